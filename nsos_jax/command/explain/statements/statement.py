"""Statements of programs for people."""

from collections.abc import Iterator

from flint import fmpq

from nsos_jax.certificates import (
    AffineTerms,
    ProgramStatement,
    StatedConstraint,
    StatedUnknown,
    count_text,
    monomial_text,
)
from nsos_jax.command.explain.layout import LABEL, Room, labelled, sum_lines, sum_text, wrapped
from nsos_jax.command.explain.statements.sets import set_lines

WORDS = {"sos": "is a sum of squares", "zero": "is zero"}


def statement_lines(statement: ProgramStatement, room: Room) -> Iterator[str]:
    """The variables, unknowns and objective."""
    yield from wrapped("variables", map(quoted, statement.variables), room)
    unknowns = [
        quoted(one.name) if _is_scalar(one) else f"{quoted(one.name)} ({count_text(len(one.monomials), 'coefficient')})"
        for one in statement.unknowns
    ]
    yield from wrapped("unknowns", unknowns or ["none"], room)
    objective = statement.objective
    if objective is None:
        yield labelled("objective", "none")
    else:
        summands = [(value, coefficient_name(statement, place)) for place, value in objective.weights().items()]
        if objective.constant() != 0:
            summands.append((objective.constant(), "1"))
        text = sum_text(summands, room.less(LABEL + len(objective.sense) + 1))
        yield labelled("objective", f"{objective.sense} {text}")


def constraint_lines(constraint: StatedConstraint, statement: ProgramStatement, room: Room) -> Iterator[str]:
    """What a constraint says."""
    on = " on the set" if constraint.inequalities or constraint.equalities else ""
    claim = "is nonnegative, by sums of squares," if on else WORDS[constraint.kind]
    yield labelled("constraint", f"{constraint.name}: the target {claim}{on}"[: room.width - LABEL])
    yield from sum_lines("target", _summands(constraint.target, statement), room)
    yield from set_lines(constraint, statement.variables, room)


def _summands(target: AffineTerms, statement: ProgramStatement) -> list[tuple[fmpq, str]]:
    """The terms of a polynomial with unknown coefficients; V[x^2] is that of V at x^2."""
    summands: list[tuple[fmpq, str]] = []
    terms = target.terms()
    triples = zip(terms.rationals(), terms.exponents.tolist(), target.places.tolist(), strict=True)
    for value, row, (unknown, coefficient) in triples:
        monomial = monomial_text(row, statement.variables)
        if unknown >= 0:
            name = coefficient_name(statement, (unknown, coefficient))
            monomial = name if monomial == "1" else f"{name}*{monomial}"
        summands.append((value, monomial))
    return summands


def coefficient_name(statement: ProgramStatement, place: tuple[int, int]) -> str:
    """A coefficient of an unknown: the name of a scalar, else with its monomial."""
    unknown = statement.unknowns[place[0]]
    if _is_scalar(unknown):
        return quoted(unknown.name)
    monomial = monomial_text(unknown.monomials[place[1]].tolist(), statement.variables)
    return f"{quoted(unknown.name)}[{monomial}]"


def quoted(name: str) -> str:
    """A name; one that is no word could pass for a polynomial."""
    return name if name.isidentifier() else repr(name)


def _is_scalar(unknown: StatedUnknown) -> bool:
    return len(unknown.monomials) == 1 and not unknown.monomials.any()
