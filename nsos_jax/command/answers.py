"""What `nsos certify` shows of its answers: lines for one polynomial, one line of many."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flint import fmpz

from nsos_jax.certificates import (
    NearSosCertificate,
    NegativePointCertificate,
    Quotients,
    SosCertificate,
    Terms,
    count_text,
)
from nsos_jax.command.explain import LABEL, Room, labelled, point_lines, short_number, square_lines, terms_text
from nsos_jax.command.records import Outcome
from nsos_jax.command.reports import Display, shorten
from nsos_jax.membership import Result, SecondOpinion, Status
from nsos_jax.polynomials import Polynomial, Rounding, bracket_text

if TYPE_CHECKING:
    from nsos_jax.membership import Compacted

MEANINGS = {
    Status.SOS: "a sum of squares, proven exactly",
    Status.NEGATIVE: "takes a negative value, proven exactly",
    Status.NONNEGATIVE: "nonnegative, proven exactly by a multiplier; not proven a sum of squares",
    Status.NOT_SOS: "no sum of squares, proven exactly; it may still be nonnegative",
    Status.NEAR_SOS: "a sum of squares after epsilon z'z is added; not decided without",
    Status.UNDECIDED: "not decided within the limits",
}
OVER_Q = "no sum of squares of rational polynomials, proven exactly; it may be one of real polynomials"
MAX_BASIS_FOR_SQUARES = 10


def answer_lines(result: Result, width: int) -> Iterator[str]:
    """The answer for one polynomial."""
    certificate = result.certificate
    rational = result.status is Status.NOT_SOS and result.over == "Q"
    yield f"{result.status}: {OVER_Q if rational else MEANINGS[result.status]}"
    polynomial = result.polynomial
    terms = Terms(polynomial.exponents, Quotients(polynomial.numerators, fmpz(polynomial.denominator)))
    yield labelled("polynomial", terms_text(polynomial.variables, terms, Room(width - LABEL)))
    yield labelled("variables", _variables_text(polynomial, width - LABEL))
    if len(result.basis):
        yield labelled("margin", bracket_text(*result.margin, 6))
        sizes = f"{count_text(len(result.basis), 'monomial')} in {count_text(len(result.blocks), 'block')}"
        yield labelled("basis", f"{sizes}, proposer {result.proposer}")
    yield labelled("seconds", _seconds_text(result))
    if isinstance(certificate, NearSosCertificate):
        yield labelled("epsilon", short_number(certificate.epsilon, rounding=Rounding.UP))
    elif isinstance(certificate, NegativePointCertificate):
        yield from point_lines(certificate, Room(width))
    elif isinstance(certificate, SosCertificate) and len(result.basis) <= MAX_BASIS_FOR_SQUARES:
        yield from square_lines("p", certificate.squares(), Room(width))
    elif isinstance(certificate, SosCertificate):
        yield labelled("squares", "shown by nsos explain FILE, after nsos certify -o FILE")
    if result.compacted:
        yield labelled("compact", _compact_text(result.compacted))
    if result.reference:
        yield labelled("reference", _reference_text(result.reference))
    if result.error:
        yield labelled("reason", result.error)


def _compact_text(found: "Compacted | str") -> str:
    if isinstance(found, str):
        return found
    bytes_, squares = (
        f"{found.before} to {found.after} bytes",
        f"{found.squares_before} to {found.squares_after} squares",
    )
    ended = "" if found.finished else "; the time was up"
    return f"{bytes_}, {squares}, {count_text(found.trials, 'trial')}{ended}"


def _reference_text(opinion: SecondOpinion) -> str:
    if opinion.margin is None:
        return f"{opinion.solver}: {opinion.status}, no solution, in {opinion.seconds:.3g} s"
    verdict = "agrees" if opinion.agrees else "DISAGREES WITH THE PROOF"
    margin = f"margin {opinion.margin:.6g} when scaled"
    return f"{opinion.solver} {verdict}: {opinion.status}, {margin}, in {opinion.seconds:.3g} s"


def _seconds_text(result: Result) -> str:
    compiling = f", and {result.compile_seconds:.3g} of compiling" if result.compile_seconds >= 0.005 else ""
    return f"{result.work_seconds:.3g}{compiling}"


def _variables_text(polynomial: Polynomial, width: int) -> str:
    """How many were read, and which, since any word is one."""
    return shorten(f"{polynomial.num_variables}: {', '.join(polynomial.variables)}".rstrip(": "), width)


def _columns(outcome: Outcome) -> str:
    size = outcome.record["basis_size"] if outcome.result is not None else None
    return f"{size or '-':>6}"


CERTIFIED = Display("certify", tuple(map(str, MEANINGS)), f"{'basis':>6}", 14, _columns, answer_lines)
