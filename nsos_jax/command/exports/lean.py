"""Format `lean`: a theorem of Lean 4 with Mathlib.

`linear_combination` adds up `weight * sq_nonneg root`, finds the weights nonnegative and leaves an identity to `ring1`.
"""

from collections.abc import Sequence

from nsos_jax.command.exports.names import is_letter, mapping_lines, safe_names
from nsos_jax.command.exports.statements import NegativeValue, Nonnegative, Square, Statement, SumOfSquares
from nsos_jax.command.exports.sums import Notation, quotient

OPTIONS = ("set_option maxHeartbeats 0 in  -- no limit of time", "set_option maxRecDepth 100000 in")


def write_squares(statement: SumOfSquares) -> str:
    """0 <= p, or 0 <= p + epsilon z'z."""
    notation = notation_for(statement)
    lines = [*heading(statement, notation.names, "Mathlib"), "import Mathlib", ""]
    lines += [*OPTIONS, f"theorem p_nonneg {binder(notation.names)}: {goal(statement, notation)} := by"]
    lines.append(f"  {_combination(statement.squares, notation)}")
    return "\n".join(lines) + "\n"


def write_nonnegative(statement: Nonnegative) -> str:
    """0 <= p, where sigma > 0 is a hypothesis unless the squares of sigma show a positive constant."""
    notation = notation_for(statement)
    polynomial, multiplier = notation.sum(statement.polynomial), notation.sum(statement.multiplier)
    lines = [*heading(statement, notation.names, "Mathlib"), "import Mathlib", "", *OPTIONS]
    hypothesis = "" if statement.least else f"(positive : (0 : ℝ) < {multiplier}) "
    lines.append(f"theorem p_nonneg {binder(notation.names)}{hypothesis}: (0 : ℝ) ≤ {polynomial} := by")
    if statement.least:
        lines.append(f"  have lower : ({quotient(statement.least)} : ℝ) ≤ {multiplier} := by")
        lines.append(f"    {_combination(statement.others, notation)}")
        lines.append(f"  have positive : (0 : ℝ) < {multiplier} := lt_of_lt_of_le (by norm_num) lower")
    lines.append(f"  have product : (0 : ℝ) ≤ ({multiplier}) * ({polynomial}) := by")
    lines.append(f"    {_combination(statement.squares, notation)}")
    lines.append("  exact (mul_nonneg_iff_of_pos_left positive).mp product")
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


def _combination(squares: Sequence[Square], notation: Notation) -> str:
    """The tactic that adds up weighted squares."""
    hints = [f"({quotient(weight)} : ℝ) * sq_nonneg ({notation.sum(root)} : ℝ)" for weight, root in squares]
    return "linear_combination\n      " + " +\n      ".join(hints) if hints else "norm_num"


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
