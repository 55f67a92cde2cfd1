"""What `nsos verify` prints: a verdict for each certificate, the polynomial it is about, and the count of all."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from nsos_jax.certificates import (
    AboutProgram,
    AboutSystem,
    Certificate,
    Checked,
    EmptySetCertificate,
    JointSpectralRadiusCertificate,
    LowerBoundCertificate,
    LowerBoundOnSetCertificate,
    NearSosCertificate,
    PolynomialCertificate,
    StateFeedbackCertificate,
    StoredCertificate,
    Terms,
    Verdict,
    count_text,
)
from nsos_jax.command.explain import Room, quoted, terms_text
from nsos_jax.command.reports import shorten
from nsos_jax.command.sharing import Engine, cost_of_checking, schedule_by_cost
from nsos_jax.command.stored import check_stored
from nsos_jax.engines import Failure

NEAR = "holds for p + epsilon z'z only"
ZERO = "proves only 0 = 0"
_INDENT = 11
_PIPE_WIDTH = 200


class Tally:
    """Counts what became of certificates; what proves less than the others is counted apart."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, verified: "Verified") -> None:
        self._counts[verified.counted_as] += 1

    @property
    def total(self) -> int:
        return self._counts.total()

    def __str__(self) -> str:
        words = [Verdict.HOLDS, NEAR, ZERO, *(verdict for verdict in Verdict if verdict is not Verdict.HOLDS)]
        return ", ".join(f"{self._counts[word]} {word}" for word in words if self._counts[word])


class Verified(NamedTuple):
    """What is said of one certificate, also by another process."""

    verdict: Verdict
    counted_as: str
    lines: tuple[str, ...]


def verified(stored: Sequence[StoredCertificate], width: int | None) -> list[Verified]:
    """The verdicts on certificates; the width is that of `verdict_lines`."""
    return [_said(one, check_stored(one), width) for one in stored]


def verified_by(engine: Engine, stored: Iterable[StoredCertificate], width: int | None) -> Iterator[Verified]:
    """The verdicts in order, from this process or from others, which check several at a time."""
    if engine.is_here:
        for one in stored:
            yield from verified([one], width)
        return
    work, schedule = partial(verified, width=width), schedule_by_cost(_cost)
    for one, answer in engine.answers(stored, work, schedule, "verify", lambda state: None):
        if isinstance(answer, Failure):
            yield _said(one, Checked(Verdict.FAILS, f"could not be checked: {answer.reason}"), width)
        else:
            yield answer


def _cost(stored: StoredCertificate) -> float:
    """Of all certificates of a record, or of the one."""
    return cost_of_checking(stored.values if stored.record is None else stored.record)


def _said(stored: StoredCertificate, checked: Checked, width: int | None) -> Verified:
    return Verified(checked.verdict, _counted_as(checked), tuple(verdict_lines(stored, checked, width)))


def verdict_lines(stored: StoredCertificate, checked: Checked, width: int | None) -> Iterator[str]:
    """The verdict with the record's own id; below it the polynomial of a certificate that holds.

    These are shortened to the width of the terminal; None is for a file or pipe. What does not hold is told in full.
    """
    known = not isinstance(stored.id, str | int) or stored.id == stored.place
    name = "" if known else f"[{shorten(str(stored.id), 60 if checked.certificate is None else 24)}] "
    line = f"{checked.verdict:<{_INDENT}}{stored.place}: {name}{checked.reason}"
    if checked.certificate is None:
        yield shorten(line, max(len(line), 3))
        return
    yield shorten(line, width or max(len(line), 3))
    room = (width or _PIPE_WIDTH) - _INDENT
    yield f"{'':<{_INDENT}}{shorten(subject_text(checked.certificate, room), room)}"


def subject_text(certificate: Certificate, width: int) -> str:
    """What the certificate is about."""
    if isinstance(certificate, PolynomialCertificate):
        text = f"p = {terms_text(certificate.variables, proven(certificate), Room(width - 4))}"
        return f"{text}: nothing but 0 = 0 is proven" if _is_trivial(certificate) else text
    names = ", ".join(map(quoted, certificate.variables))
    if isinstance(certificate, EmptySetCertificate):
        count = count_text(len(certificate.on.inequalities) + len(certificate.on.equalities), "constraint")
        return f"the set of {count} on {names}"
    if isinstance(certificate, AboutSystem):
        time, states = certificate.system.time, ", ".join(map(quoted, certificate.system.states))
        return f"the {time}-time system with the states {states}"
    if isinstance(certificate, StateFeedbackCertificate):
        inputs = ", ".join(map(quoted, certificate.inputs))
        return f"{subject_text(certificate.closed_loop, width)}, and the inputs {inputs}"
    if isinstance(certificate, JointSpectralRadiusCertificate):
        side = len(certificate.variables)
        return f"{'matrices' if len(certificate.matrices) > 1 else 'a matrix'} of {side} x {side} entries"
    assert isinstance(certificate, AboutProgram)
    unknowns = ", ".join(quoted(unknown.name) for unknown in certificate.statement.unknowns)
    return f"the program in {names} for {unknowns or 'no unknowns'}"


def proven(certificate: PolynomialCertificate) -> Terms:
    """The polynomial p that the certificate is about."""
    return certificate.of if isinstance(certificate, NearSosCertificate) else certificate.polynomial


def _is_trivial(certificate: Certificate) -> bool:
    """Whether it is about the zero polynomial, of which a bound can still say something."""
    is_bound = isinstance(certificate, LowerBoundCertificate | LowerBoundOnSetCertificate)
    return isinstance(certificate, PolynomialCertificate) and not is_bound and not proven(certificate).num_terms


def _counted_as(checked: Checked) -> str:
    if checked.certificate is None:
        return checked.verdict
    if _is_trivial(checked.certificate):
        return ZERO
    return NEAR if isinstance(checked.certificate, NearSosCertificate) else checked.verdict
