"""What `nsos control` shows of its answers: lines for one question, one line of many."""

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from nsos_jax.command.explain import LABEL, labelled, text_lines
from nsos_jax.command.records import Outcome
from nsos_jax.command.reports import Display, shorten
from nsos_jax.polynomials import Rounding, decimal_text, root_above

if TYPE_CHECKING:
    from nsos_jax.control import ControlResult  # which loads solvers

MEANINGS = {
    "PROVEN": "the conclusion is a theorem, proven exactly",
    "REFUTED": "the opposite holds, exactly",
    "UNDECIDED": "nothing was proven; it says nothing about the system",
}


def answer_lines(result: "ControlResult", width: int) -> Iterator[str]:
    """The answer for one question."""
    yield f"{result.status}: {MEANINGS[result.status]}"
    if result.conclusion is not None:
        yield from text_lines("conclusion", result.conclusion, width)
    if result.function is not None:
        yield labelled(result.name, shorten(str(result.function), width - LABEL))
    for fact in result.facts():
        yield from text_lines("besides", fact, width)
    yield labelled("seconds", f"{result.seconds:.3g}")
    if result.error is not None:
        yield from text_lines("reason", result.error, width)


def _columns(outcome: Outcome) -> str:
    return f"{_value_text(outcome.record['values'] or {}):>13}"


def _value_text(exact: dict[str, str]) -> str:
    """The number that was asked for in eight digits, rounded to where it still holds: a level down, the others up."""
    if level := exact.get("level"):
        return decimal_text(Fraction(level), 8, Rounding.DOWN)
    if square := exact.get("gain_squared"):
        return decimal_text(root_above(Fraction(square), 8), 8, Rounding.UP)
    bound = exact.get("duration") or exact.get("upper")
    return decimal_text(Fraction(bound), 8, Rounding.UP) if bound else "-"


ANSWERED = Display("control", tuple(MEANINGS), f"{'value':>13}", 10, _columns, answer_lines)
