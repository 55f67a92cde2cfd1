"""Format `lean`: a theorem of Lean 4 with Mathlib.

`linear_combination` adds up `weight * sq_nonneg root`, finds the weights nonnegative and leaves an identity to `ring1`.
"""

from collections.abc import Sequence

from nsos_jax.exports.names import is_letter, mapping_lines, safe_names
from nsos_jax.exports.statements import NegativeValue, Nonnegative, Square, Statement, SumOfSquares
from nsos_jax.exports.sums import Notation, quotient

SUMMAND = 8 * " "
"""Deeper than any tactic stands, as Lean wants it."""
CANCEL = "exact (mul_nonneg_iff_of_pos_left positive).mp product"
OPTIONS = ("set_option maxHeartbeats 0 in  -- no limit of time", "set_option maxRecDepth 100000 in")


def write_squares(statement: SumOfSquares) -> str:
    """0 <= p, or 0 <= p + epsilon z'z."""
    notation = notation_for(statement)
    lines = [*heading(statement, notation.names, "Mathlib"), "import Mathlib", ""]
    lines += [*OPTIONS, f"theorem p_nonneg {binder(notation.names)}: {goal(statement, notation)} := by"]
    lines.append(f"  {_combination(statement.squares, notation)}")
    return "\n".join(lines) + "\n"


def write_nonnegative(statement: Nonnegative) -> str:
    """0 <= p; only where sigma > 0, if the squares of sigma do not show where it vanishes."""
    notation = notation_for(statement)
    polynomial, multiplier = notation.sum(statement.polynomial), notation.sum(statement.multiplier)
    shown = statement.constant or statement.powers
    hypothesis = "" if shown else f"(positive : (0 : ℝ) < {multiplier}) "
    lines = [
        *heading(statement, notation.names, "Mathlib"),
        "import Mathlib",
        "",
        *OPTIONS,
        f"theorem p_nonneg {binder(notation.names)}{hypothesis}: (0 : ℝ) ≤ {polynomial} := by",
        f"  have product : (0 : ℝ) ≤ ({multiplier}) * ({polynomial}) := by",
        f"    {_combination(statement.squares, notation)}",
    ]
    if statement.constant:
        lines += _positive(statement, statement.constant, "norm_num", notation)
    elif statement.powers:
        zeros = [f"zero{number}" for number in range(1, len(statement.powers) + 1)]
        for zero, (variable, square) in zip(zeros, statement.powers.items(), strict=True):
            lines += [f"  by_cases {zero} : {notation.names[variable]} = 0", "  case neg =>"]
            lines += [f"  {line}" for line in _positive(statement, square, "positivity", notation)]
            lines.append(f"    {CANCEL}")
        return "\n".join([*lines, f"  norm_num [{', '.join(zeros)}]"]) + "\n"
    return "\n".join([*lines, f"  {CANCEL}"]) + "\n"


def _positive(statement: Nonnegative, last: Square, tactic: str, notation: Notation) -> list[str]:
    """`positive : 0 < sigma`, for sigma is at least its last square, which the tactic finds positive."""
    multiplier, weight = notation.sum(statement.multiplier), f"({quotient(last.weight)} : ℝ)"
    least = weight if last is statement.constant else f"{weight} * ({notation.sum(last.root)})^2"
    return [
        f"  have lower : {least} ≤ {multiplier} := by",
        f"    {_combination(statement.others(last), notation)}",
        f"  have positive : (0 : ℝ) < {multiplier} := lt_of_lt_of_le (by {tactic}) lower",
    ]


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
    return f"linear_combination\n{SUMMAND}" + f" +\n{SUMMAND}".join(hints) if hints else "norm_num"


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
