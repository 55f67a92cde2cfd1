"""Format `lean`: a theorem of Lean 4 with Mathlib.

`linear_combination` adds up `weight * sq_nonneg root`, finds the weights nonnegative and leaves an identity to `ring1`.
"""

from collections.abc import Sequence

from nsos_jax.command.exports.names import is_letter, mapping_lines, safe_names
from nsos_jax.command.exports.statements import NegativeValue, Statement, SumOfSquares
from nsos_jax.command.exports.sums import Notation, quotient

OPTIONS = ("set_option maxHeartbeats 0 in  -- no limit of time", "set_option maxRecDepth 100000 in")


def write_squares(statement: SumOfSquares) -> str:
    """0 <= p, or 0 <= p + epsilon z'z."""
    notation = notation_for(statement)
    hints = [f"({quotient(weight)} : ℝ) * sq_nonneg ({notation.sum(root)} : ℝ)" for weight, root in statement.squares]
    tactic = "  linear_combination\n    " + " +\n    ".join(hints) if hints else "  exact le_refl 0"
    lines = [*heading(statement, notation.names, "Mathlib"), "import Mathlib", ""]
    lines += [*OPTIONS, f"theorem p_nonneg {binder(notation.names)}: {goal(statement, notation)} := by", tactic]
    return "\n".join(lines) + "\n"


def write_negative(statement: NegativeValue) -> str:
    """Some point has p < 0."""
    notation = notation_for(statement)
    lines = [*heading(statement, notation.names, "Mathlib"), "import Mathlib", ""]
    claim = f"{notation.sum(statement.polynomial)} < (0 : ℝ)"
    if notation.names:
        point = ", ".join(map(quotient, statement.point))
        lines.append(f"theorem p_negative : ∃ {' '.join(notation.names)} : ℝ, {claim} :=\n  ⟨{point}, by norm_num⟩")
    else:
        lines.append(f"theorem p_negative : {claim} := by\n  norm_num")
    return "\n".join(lines) + "\n"


def goal(statement: SumOfSquares, notation: Notation) -> str:
    """What the theorem says."""
    text = f"(0 : ℝ) ≤ {notation.sum(statement.polynomial)}"
    if statement.epsilon:
        text += f" + {quotient(statement.epsilon)} * ({notation.sum(statement.shift)})"
    return text


def notation_for(statement: Statement) -> Notation:
    """Only a letter with a number keeps its name: Mathlib adds to Lean's keywords."""
    return Notation(safe_names(statement.variables, is_letter))


def heading(statement: Statement, names: Sequence[str], library: str) -> list[str]:
    """What the text is, as comments."""
    origin = f"Lean 4 with {library}. Written by nsos, which has not compiled it: Lean has the last word."
    return [f"-- {line}" for line in (origin, *statement.claim, *mapping_lines(statement.variables, names))]


def binder(names: Sequence[str]) -> str:
    """`(x y : ℝ) `, or nothing."""
    return f"({' '.join(names)} : ℝ) " if names else ""
