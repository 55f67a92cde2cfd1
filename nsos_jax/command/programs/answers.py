"""What `nsos solve` and `nsos bound` show of their answers: lines for one program, one line of many."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from nsos_jax.command.explain import LABEL, labelled, short_number
from nsos_jax.command.records import Outcome
from nsos_jax.command.reports import Display, shorten
from nsos_jax.polynomials import Rounding, decimal_text

if TYPE_CHECKING:
    from nsos_jax.programs import Answer  # which loads solvers

PROGRAM_MEANINGS = {
    "OPTIMAL": "proven values, and a proof that none are better up to the tolerance",
    "FEASIBLE": "values that satisfy the constraints, proven exactly",
    "INFEASIBLE": "proven: no values satisfy the constraints with these Gram bases",
    "NEAR_FEASIBLE": "values of a solver that nearly fit; nothing is proven",
}
BOUND_MEANINGS = {
    "OPTIMAL": "a proven lower bound, and a point of that value up to the tolerance",
    "BOUNDED": "a lower bound, proven exactly",
    "NO_BOUND": "proven: no bound has a certificate of this order; there may be one",
    "UNBOUNDED": "the polynomial takes values below every bound",
    "EMPTY": "the set is empty, proven exactly",
}
OPEN = {"UNDECIDED": "nothing was proven"}
SIDES = {"lower": Rounding.DOWN, "upper": Rounding.UP}
MOST_VALUES = 20
"""Unknowns that are shown."""


def answer_lines(answer: "Answer", width: int, meanings: Mapping[str, str]) -> Iterator[str]:
    """The answer for one program or bound."""
    yield shorten(f"{answer.status}: {meanings[answer.status]}", width)
    if answer.value is not None:
        yield labelled("value", f"{answer.value:.12g}")
    for name, bound in (("lower", answer.lower), ("upper", answer.upper)):
        if bound is not None:
            yield labelled(name, f"{_number(bound, width - LABEL - 10, SIDES[name])}, proven")
    for index, (name, value) in enumerate(list(answer.values.items())[:MOST_VALUES]):
        yield labelled("" if index else "values", shorten(f"{name} = {value}", width - LABEL))
    if len(answer.values) > MOST_VALUES:
        yield labelled("", f"{len(answer.values) - MOST_VALUES} unknowns more")
    yield labelled("seconds", f"{answer.seconds:.3g}")
    if why := answer.reason or answer.error:
        yield labelled("reason", why)


def _number(value: Fraction, width: int, side: Rounding) -> str:
    text = str(value)
    return text if len(text) <= width else short_number(value, rounding=side)


def _columns(outcome: Outcome) -> str:
    """Both bounds in eight digits, rounded outwards."""
    texts = {key: outcome.record[key] for key in SIDES}
    return " ".join(f"{_decimals(text, SIDES[key]):>13}" for key, text in texts.items())


def _decimals(text: str | None, side: Rounding) -> str:
    return "-" if text is None else decimal_text(Fraction(text), 8, side)


def _display(command: str, meanings: Mapping[str, str]) -> Display:
    head, answer = f"{'lower':>13} {'upper':>13}", partial(answer_lines, meanings=meanings)
    return Display(command, tuple(meanings), head, 13, _columns, answer)


SOLVED = _display("solve", BOUND_MEANINGS | PROGRAM_MEANINGS | OPEN)
BOUNDED = _display("bound", BOUND_MEANINGS | OPEN)
