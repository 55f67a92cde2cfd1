"""The lines for the kinds about dynamical systems and matrices: the conclusion, the statement, and each claim."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from nsos_jax.certificates import (
    AboutSystem,
    BarrierCertificate,
    ByClaims,
    DissipationCertificate,
    JointSpectralRadiusCertificate,
    LyapunovCertificate,
    Rational,
    ReachAvoidCertificate,
    RegionOfAttractionCertificate,
    StatedSystem,
    StateFeedbackCertificate,
    Terms,
    as_rational,
    count_text,
)
from nsos_jax.command.explain.layout import (
    LABEL,
    Room,
    labelled,
    short_number,
    sum_text,
    terms_text,
    text_lines,
    wrapped,
)
from nsos_jax.command.explain.statements.sets import identity_lines, set_lines
from nsos_jax.command.explain.statements.statement import quoted
from nsos_jax.polynomials import Rounding


def lyapunov_lines(certificate: LyapunovCertificate, room: Room) -> Iterator[str]:
    """The system, V and what it is at least and falls by at least."""
    yield from _head_lines(certificate, room)
    yield from _stability_lines(certificate, room)
    yield from _claim_lines(certificate, room)


def region_of_attraction_lines(certificate: RegionOfAttractionCertificate, room: Room) -> Iterator[str]:
    """The same with the level and the shape."""
    yield from _head_lines(certificate, room)
    yield from _stability_lines(certificate, room)
    ending = ", open" if certificate.is_open else ""
    yield labelled("level", f"{short_number(certificate.level, room.bits, Rounding.DOWN)}{ending}")
    if certificate.shape is not None:
        shape, level = certificate.shape
        ending = f" <= {short_number(level, room.bits, Rounding.DOWN)}"
        yield labelled("shape", terms_text(certificate.variables, shape, room.less(LABEL + len(ending))) + ending)
    yield from _claim_lines(certificate, room)


def barrier_lines(certificate: BarrierCertificate, room: Room) -> Iterator[str]:
    """The system, B and epsilon; the sets are shown with the claims."""
    yield from _head_lines(certificate, room)
    yield from _polynomial_line("B", certificate.B, certificate.variables, room)
    yield labelled("epsilon", short_number(certificate.epsilon, room.bits, Rounding.DOWN))
    if certificate.rate.num_terms:
        yield from _polynomial_line("rate", certificate.rate, certificate.variables, room)
    yield from _claim_lines(certificate, room)


def reach_avoid_lines(certificate: ReachAvoidCertificate, room: Room) -> Iterator[str]:
    """The system, V, its bounds and its speed; the sets are shown with the claims."""
    yield from _head_lines(certificate, room)
    yield from _polynomial_line("V", certificate.V, certificate.variables, room)
    for label in ("epsilon", "speed", "lower"):
        yield labelled(label, short_number(getattr(certificate, label), room.bits, Rounding.DOWN))
    if certificate.radius_squared is not None:
        yield labelled("domain", f"|x|^2 <= {short_number(certificate.radius_squared, room.bits, Rounding.UP)}")
    yield from _claim_lines(certificate, room)


def dissipation_lines(certificate: DissipationCertificate, room: Room) -> Iterator[str]:
    """The system, inputs, outputs, the supply rate w and the storage function V."""
    yield from _head_lines(certificate, room)
    yield from wrapped("inputs", map(quoted, certificate.inputs), room)
    for i, output in enumerate(certificate.outputs[: room.blocks]):
        yield from _polynomial_line(f"output {i + 1}", output, certificate.variables, room)
    yield from _polynomial_line("supply w", certificate.supply_rate(), certificate.variables, room)
    yield from _polynomial_line("storage V", certificate.V, certificate.variables, room)
    yield from _claim_lines(certificate, room)


CLOSED_LOOP: dict[type[AboutSystem], Callable[[Any, Room], Iterator[str]]] = {
    LyapunovCertificate: lyapunov_lines,
    RegionOfAttractionCertificate: region_of_attraction_lines,
    BarrierCertificate: barrier_lines,
    ReachAvoidCertificate: reach_avoid_lines,
    DissipationCertificate: dissipation_lines,
}


def state_feedback_lines(certificate: StateFeedbackCertificate, room: Room) -> Iterator[str]:
    """The controller, where it is in the input set, and what is proven of the closed loop."""
    yield from text_lines("answer", certificate.conclusion, room.width)
    label = "controller"
    for name, law in zip(certificate.inputs, certificate.controller, strict=True):
        left = f"{quoted(name)} = "
        text = terms_text(certificate.variables, law, room.less(LABEL + len(left)))
        yield labelled(label, f"{left}{text}")
        label = ""
    yield from _claim_lines(certificate, room)
    yield labelled("closed loop", "")
    yield from CLOSED_LOOP[type(certificate.closed_loop)](certificate.closed_loop, room)


def joint_spectral_radius_lines(certificate: JointSpectralRadiusCertificate, room: Room) -> Iterator[str]:
    """The bound, the matrices and V."""
    yield from text_lines("answer", certificate.conclusion, room.width)
    yield labelled("bound", short_number(certificate.bound, room.bits, Rounding.UP))
    side = len(certificate.variables)
    yield labelled("matrices", f"{count_text(len(certificate.matrices), 'square one')} with {count_text(side, 'row')}")
    yield from _polynomial_line("V", certificate.V, certificate.variables, room)
    yield from _claim_lines(certificate, room)


def _head_lines(certificate: AboutSystem, room: Room) -> Iterator[str]:
    """The conclusion and the system."""
    yield from text_lines("answer", certificate.conclusion, room.width)
    system = certificate.system
    yield from wrapped("states", map(quoted, system.states), room)
    if system.others:
        yield from wrapped("others", map(quoted, system.others), room)
    yield from _mode_lines(system, room)
    for i, terms in enumerate(system.ideal[: room.blocks]):
        text = terms_text(system.variables, terms, room.less(LABEL + 4))
        yield labelled("ideal" if i == 0 else "", f"{text} = 0")


def _mode_lines(system: StatedSystem, room: Room) -> Iterator[str]:
    """The right-hand sides."""
    mark = "'" if system.is_continuous else "+"
    for m, mode in enumerate(system.modes[: room.blocks]):
        label = "dynamics" if len(system.modes) == 1 else f"mode {m + 1}"
        divided = "" if mode.constant_denominator == 1 else " / d"
        for name, numerator in list(zip(system.states, mode.numerators, strict=True))[: room.coordinates]:
            left = f"{quoted(name)}{mark} = "
            text = terms_text(system.variables, numerator, room.less(LABEL + len(left) + len(divided) + 2))
            yield labelled(label, f"{left}({text}){divided}" if divided else f"{left}{text}")
            label = ""
        if len(system.states) > room.coordinates:
            yield labelled("", f"and {len(system.states) - room.coordinates} more")
        if divided:
            yield labelled("", f"d = {terms_text(system.variables, mode.denominator, room.less(LABEL + 4))}")
    if len(system.modes) > room.blocks:
        yield labelled("", f"and {count_text(len(system.modes) - room.blocks, 'mode')} more")


def _stability_lines(certificate: LyapunovCertificate | RegionOfAttractionCertificate, room: Room) -> Iterator[str]:
    """The equilibrium, V, phi1, phi2 and the rate."""
    yield from wrapped("equilibrium", _point_texts(certificate.system, certificate.equilibrium, room), room)
    yield from _polynomial_line("V", certificate.V, certificate.variables, room)
    if certificate.rate is not None:
        yield labelled("rate", short_number(certificate.rate, room.bits, Rounding.DOWN))
    for label, powers in (("positive", certificate.positive), ("decrease", certificate.decrease)):
        summands = [
            (
                as_rational(coefficient),
                _power_text(certificate.variables[state], certificate.equilibrium[state], exponent, room),
            )
            for coefficient, state, exponent in zip(powers.coefficients, powers.states, powers.exponents, strict=True)
        ]
        yield labelled(label, sum_text(summands, room.less(LABEL)))


def _power_text(name: str, at: Fraction, exponent: int, room: Room) -> str:
    """(name - at)^exponent."""
    if at == 0:
        return f"{quoted(name)}^{exponent}"
    return f"({quoted(name)} {'-' if at > 0 else '+'} {short_number(abs(at), room.bits)})^{exponent}"


def _point_texts(system: StatedSystem, point: Sequence[Rational], room: Room) -> list[str]:
    pairs = zip(system.states, point, strict=True)
    return [f"{quoted(name)} = {short_number(value, room.bits)}" for name, value in pairs]


def _polynomial_line(label: str, terms: Terms, variables: Sequence[str], room: Room) -> Iterator[str]:
    yield labelled(label, terms_text(variables, terms, room.less(LABEL)))


def _claim_lines(certificate: ByClaims, room: Room) -> Iterator[str]:
    """Each polynomial that is nonnegative on a set, with its identity."""
    claims = list(certificate.claims())
    seen: dict[str, int] = {}
    for claim in claims[: room.blocks]:
        identity = certificate.identities[claim.key][seen.get(claim.key, 0)]
        seen[claim.key] = seen.get(claim.key, 0) + 1
        yield labelled("claim", f"{claim.key}: q >= 0 for q = {claim.text}")
        yield from _polynomial_line("", claim.target, certificate.variables, room)
        yield from set_lines(claim.on, certificate.variables, room)
        yield from identity_lines("q", identity, claim.on, certificate.variables, room)
    if len(claims) > room.blocks:
        yield f"and {count_text(len(claims) - room.blocks, 'claim')} more"
