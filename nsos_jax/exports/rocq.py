"""Format `rocq`: a theorem of Rocq (formerly Coq) with its standard library of real numbers.

Everything is multiplied by a common denominator, because `ring` does not reduce fractions of real numbers:
N p = sum of n_k f_k^2 in integers by `ring`, each n_k f_k^2 is nonnegative by `pow2_ge_0`, and N > 0 is cancelled.
"""

from collections.abc import Sequence
from fractions import Fraction

from nsos_jax.certificates import digits
from nsos_jax.exports.names import is_letter, mapping_lines, safe_names
from nsos_jax.exports.statements import NegativeValue, Nonnegative, Square, Statement, Sum, SumOfSquares
from nsos_jax.exports.sums import Notation, common_denominator, multiple, quotient

ORIGIN = "For Rocq (Coq) with its standard library. Written by nsos, which has not compiled it."
RESERVED = {"R", "S", "O", "I", "o"}
"""Types and constructors, and the operator of the composition of functions."""


def write_squares(statement: SumOfSquares) -> str:
    """0 <= D p, or 0 <= D (p + epsilon z'z), for the least D with integer coefficients."""
    notation = _notation(statement)
    scale = _scale(statement.polynomial, statement.epsilon)
    claim = notation.sum(multiple(statement.polynomial, scale))
    if statement.epsilon:
        claim += f" + {_integer(statement.epsilon * scale)}*({notation.sum(statement.shift)})"
    lines = [*_heading(statement, notation.names, scale), f"Theorem p_nonneg : {_forall(notation.names)}0 <= {claim}."]
    lines += ["Proof.", f"  {_intros(notation.names)}"]
    if not statement.squares:
        return "\n".join([*lines, "  lra.", "Qed."]) + "\n"
    common, squares = _whole_squares(statement.squares, scale, notation)
    factor = digits(common // scale)
    lines += [
        f"  assert (identity : {factor} * ({claim}) =\n    {squares}) by ring.",
        *_sum_is_nonnegative("squares", squares),
        "  rewrite <- identity in squares.",
        f"  apply (Rmult_le_reg_l {factor}); [lra | rewrite Rmult_0_r; exact squares].",
        "Qed.",
    ]
    return "\n".join(lines) + "\n"


def write_nonnegative(statement: Nonnegative) -> str:
    """0 <= D p; only where sigma > 0, if the squares of sigma do not show where it vanishes."""
    notation = _notation(statement)
    scale, multiplier_scale = _scale(statement.polynomial), _scale(statement.multiplier)
    polynomial = multiple(statement.polynomial, scale)
    claim, multiplier = notation.sum(polynomial), notation.sum(multiple(statement.multiplier, multiplier_scale))
    common, squares = _whole_squares(statement.squares, scale * multiplier_scale, notation)
    factor = digits(common // (scale * multiplier_scale))
    shown = statement.constant or statement.powers
    hypothesis, assumed = ("", []) if shown else (f"0 < {multiplier} -> ", ["positive"])
    lines = [
        *_heading(statement, notation.names, scale),
        f"Theorem p_nonneg : {_forall(notation.names)}{hypothesis}0 <= {claim}.",
        "Proof.",
        f"  {_intros([*notation.names, *assumed])}",
        f"  assert (identity : {factor} * (({multiplier}) * ({claim})) =\n    {squares}) by ring.",
        *_sum_is_nonnegative("squares", squares),
        "  rewrite <- identity in squares.",
        f"  assert (product : 0 <= ({multiplier}) * ({claim}))",
        f"    by (apply (Rmult_le_reg_l {factor}); [lra | rewrite Rmult_0_r; exact squares]).",
    ]
    cancel = f"  apply (Rmult_le_reg_l ({multiplier})); [exact positive | rewrite Rmult_0_r; exact product]."
    if statement.constant:
        lines += _positive(statement, statement.constant, multiplier_scale, notation)
    elif statement.powers:
        zeros = [f"zero{number}" for number in range(1, len(statement.powers) + 1)]
        for zero, (variable, square) in zip(zeros, statement.powers.items(), strict=True):
            lines += [f"  destruct (Req_dec {notation.names[variable]} 0) as [{zero} | nonzero].", "  2: {"]
            lines += [f"  {line}" for line in (*_positive(statement, square, multiplier_scale, notation), cancel)]
            lines.append("  }")
        names = ["0" if i in statement.powers else name for i, name in enumerate(notation.names)]
        constant = sum((term.value for term in polynomial if not term.monomial), Fraction(0))
        lines += [
            f"  rewrite {', '.join(zeros)}.",
            f"  replace ({Notation(names).sum(polynomial)}) with {_integer(constant)} by ring.",
            "  lra.",
            "Qed.",
        ]
        return "\n".join(lines) + "\n"
    return "\n".join([*lines, cancel, "Qed."]) + "\n"


def _positive(statement: Nonnegative, last: Square, scale: int, notation: Notation) -> list[str]:
    """`positive : 0 < sigma`, from N sigma = n_1 g_1^2 + ... + n g^2 whose last square is positive."""
    multiplier = notation.sum(multiple(statement.multiplier, scale))
    common, _ = _whole_squares(statement.multiplier_squares, scale, notation)
    factor = digits(common // scale)
    if statement.constant is last:
        summand, tactic = _integer(last.weight * common), "lra"
    else:
        root = notation.sum(last.root)
        nonzero = "exact nonzero" if last.root[0].monomial[0][1] == 1 else "apply pow_nonzero; exact nonzero"
        summand = f"{_integer(last.weight * common)}*({root})^2"
        tactic = f"apply Rmult_lt_0_compat; [lra | rewrite <- (Rsqr_pow2 ({root})); apply Rsqr_pos_lt; {nonzero}]"
    parts: list[str] = []
    if statement.others(last):
        others = _squares_text(statement.others(last), common, notation)
        parts = _sum_is_nonnegative("others", others)
        summand = f"{others} +\n    {summand}"
        tactic = f"apply Rplus_le_lt_0_compat; [exact others |\n    {tactic}]"
    return [
        f"  assert (lower : {factor} * ({multiplier}) =\n    {summand}) by ring.",
        *parts,
        f"  assert (positive : 0 < {multiplier})",
        f"    by (apply (Rmult_lt_reg_l {factor}); [lra | rewrite Rmult_0_r, lower;\n    {tactic}]).",
    ]


def _sum_is_nonnegative(name: str, squares: str) -> list[str]:
    """`name : 0 <= squares`, for weights that are positive integers."""
    return [
        f"  assert ({name} : 0 <= {squares})",
        "    by (repeat apply Rplus_le_le_0_compat; (apply Rmult_le_pos; [lra | apply pow2_ge_0])).",
    ]


def _whole_squares(squares: Sequence[Square], scale: int, notation: Notation) -> tuple[int, str]:
    """The least multiple of `scale` that makes all weights integers, and the squares times it."""
    common = common_denominator([Fraction(1, scale), *(weight for weight, _ in squares)])
    return common, _squares_text(squares, common, notation)


def _intros(names: Sequence[str]) -> str:
    return f"intros {' '.join(names)}." if names else "intros."


def write_negative(statement: NegativeValue) -> str:
    """Some point has D p < 0, for the least D with integer coefficients."""
    notation = _notation(statement)
    scale = _scale(statement.polynomial)
    polynomial = multiple(statement.polynomial, scale)
    lines = _heading(statement, notation.names, scale)
    if not notation.names:
        return "\n".join([*lines, f"Theorem p_negative : {notation.sum(polynomial)} < 0.", "Proof. lra. Qed."]) + "\n"
    point = [f"({quotient(value)})" for value in statement.point]
    degree = max((sum(power for _, power in monomial) for _, monomial in polynomial), default=0)
    factor = common_denominator(statement.point) ** degree
    lines += [
        f"Theorem p_negative : exists {' '.join(notation.names)} : R, {notation.sum(polynomial)} < 0.",
        "Proof.",
        f"  exists {', '.join(point)}.",
        f"  assert (identity : {digits(factor)} * ({Notation(point).sum(polynomial)}) =",
        f"    {_integer(statement.value * scale * factor)}) by field.",
        f"  apply (Rmult_lt_reg_l {digits(factor)}); [lra | rewrite identity; lra].",
        "Qed.",
    ]
    return "\n".join(lines) + "\n"


def _squares_text(squares: Sequence[Square], common: int, notation: Notation) -> str:
    return " +\n    ".join(f"{_integer(weight * common)}*({notation.sum(root)})^2" for weight, root in squares)


def _scale(polynomial: Sum, *others: Fraction) -> int:
    return common_denominator([*(term.value for term in polynomial), *others])


def _integer(number: Fraction) -> str:
    return digits(number.numerator)


def _notation(statement: Statement) -> Notation:
    """Only a letter with a number keeps its name: libraries add to Rocq's keywords."""
    return Notation(safe_names(statement.variables, lambda name: is_letter(name) and name not in RESERVED))


def _forall(names: Sequence[str]) -> str:
    return f"forall {' '.join(names)} : R, " if names else ""


def _heading(statement: Statement, names: Sequence[str], scale: int) -> list[str]:
    """What the text is, as comments, and the libraries."""
    lines = [*statement.claim, *mapping_lines(statement.variables, names)]
    if scale != 1:
        lines.append(f"The theorem speaks about {digits(scale)} times that, which has integer coefficients.")
    comments = [f"(* {line} *)" for line in (ORIGIN, *lines)]
    return [*comments, "Require Import Reals Lra.", "Open Scope R_scope.", ""]
