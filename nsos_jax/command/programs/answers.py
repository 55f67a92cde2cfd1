"""What `nsos solve` and `nsos bound` show of their answers: lines for one program, one line of many."""

from collections.abc import Iterator
from fractions import Fraction

from nsos_jax.certificates import as_rational
from nsos_jax.command.explain import LABEL, labelled, short_number
from nsos_jax.command.records import Outcome
from nsos_jax.command.reports import Display, shorten
from nsos_jax.programs import ProgramResult, ProgramStatus

MEANINGS = {
    ProgramStatus.OPTIMAL: "values that satisfy the constraints, and a bound that says none are better, both proven",
    ProgramStatus.FEASIBLE: "values that satisfy the constraints, proven exactly",
    ProgramStatus.INFEASIBLE: "no values satisfy the constraints with these Gram bases, proven exactly",
    ProgramStatus.NEAR_FEASIBLE: "a solver found values that nearly satisfy the constraints; nothing is proven",
    ProgramStatus.UNDECIDED: "not decided within the limits",
}
MOST_VALUES = 20
"""Unknowns that are shown."""


def program_lines(result: ProgramResult, width: int) -> Iterator[str]:
    """The answer for one program."""
    yield shorten(f"{result.status}: {MEANINGS[result.status]}", width)
    if result.value is not None:
        yield labelled("value", f"{result.value:.12g}")
    for name, bound in (("lower", result.lower), ("upper", result.upper)):
        if bound is not None:
            yield labelled(name, f"{_number(bound, width - LABEL - 10)}, proven")
    for name, value in list(result.values.items())[:MOST_VALUES]:
        yield labelled("values", shorten(f"{name} = {value}", width - LABEL))
    if len(result.values) > MOST_VALUES:
        yield labelled("", f"{len(result.values) - MOST_VALUES} unknowns more")
    yield labelled("seconds", f"{result.seconds:.3g}")
    if why := result.reason or result.error:
        yield labelled("reason", why)


def _number(value: Fraction, width: int) -> str:
    text = str(value)
    return text if len(text) <= width else short_number(as_rational(value))


def _columns(outcome: Outcome) -> str:
    """Both bounds in floating point."""
    return " ".join(f"{_float(outcome.record[key]):>13}" for key in ("lower", "upper"))


def _float(text: str | None) -> str:
    return "-" if text is None else f"{float(Fraction(text)):.8g}"


def _display(command: str) -> Display:
    statuses = tuple(map(str, MEANINGS))
    return Display(command, statuses, f"{'lower':>13} {'upper':>13}", 13, _columns, program_lines)


SOLVED, BOUNDED = _display("solve"), _display("bound")
