"""How programs are shown, in texts, notebooks, and the names of constraints."""

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from nsos_jax.certificates import count_text
from nsos_jax.polynomials import card, nearest_float, shortened
from nsos_jax.programs.modelling.constraints import Constraint

if TYPE_CHECKING:
    from nsos_jax.programs.modelling.program import SosProgram

MOST_DIGITS = 40
"""Of a number in the name of a constraint."""


def program_text(program: "SosProgram") -> str:
    """One line: the variables, and how many unknowns and constraints there are."""
    counts = [(len(program.unknowns.names), "unknown"), (len(program.constraints), "constraint")]
    words = [f"{count} {noun}{'s' * (count != 1)}" for count, noun in counts]
    if program.objective.expression is not None:
        aim = str(program.objective.expression)
        words.append(f"{program.objective.sense} {aim if len(aim) <= 40 else '...'}")
    return f"<SosProgram in {', '.join(program.variables)}: {', '.join(words)}>"


def program_html(program: "SosProgram") -> str:
    """The unknowns, constraints and objective as a card."""
    facts = [
        ("for all", shortened(", ".join(program.variables))),
        *((f"unknown {name}", count_text(len(item.indices), "coefficient")) for name, item in program.declared.items()),
        *((constraint.name, _constraint_html(constraint)) for constraint in program.constraints),
    ]
    if program.objective.expression is not None:
        facts.append((program.objective.sense, shortened(str(program.objective.expression))))
    return card("sum-of-squares program", facts)


def _constraint_html(constraint: Constraint) -> str:
    """The target with its unknown coefficients, and the set."""
    claim = "= 0" if constraint.kind == "zero" else "is a sum of squares"
    on_set = [f"{g} >= 0" for g in constraint.on.inequalities] + [f"{h} = 0" for h in constraint.on.equalities]
    where = f", with multipliers for {shortened(', '.join(on_set))}" if on_set else ""
    return f"{shortened(str(constraint.target))} {claim}{where}"


def number_text(bound: Any) -> str:
    """A number for the name of a constraint."""
    text = str(bound)
    return text if len(text) <= MOST_DIGITS else f"{nearest_float(*Fraction(bound).as_integer_ratio()):.12g}"
