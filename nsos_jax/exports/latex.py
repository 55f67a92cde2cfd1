"""Format `latex`: the proof as displayed mathematics, for a document that uses the package amsmath."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from nsos_jax.certificates import digits
from nsos_jax.exports.names import is_word, mapping_lines, safe_names
from nsos_jax.exports.statements import (
    BoundedBelow,
    NegativeValue,
    Nonnegative,
    NoSumOfSquares,
    Square,
    Statement,
    SumOfSquares,
    Term,
)
from nsos_jax.exports.sums import Notation, broken
from nsos_jax.polynomials import latex_power, latex_symbol

WIDTH = 100
"""Characters of source on a line; about half of them are seen."""
SHIFTED = r"p + \varepsilon z^{\mathsf{T}} z"


def write_squares(statement: SumOfSquares) -> str:
    """p, or p + epsilon z'z, and the squares below it."""
    notation = _notation(statement)
    squares = _squares(statement.squares, notation) or ["0"]
    lines = _aligned("p", notation.pieces(statement.polynomial))
    if not statement.epsilon:
        return _display(statement, [*lines, *_aligned("", squares)])
    shift = notation.pieces(statement.shift)
    lines += [*_aligned(r"z^{\mathsf{T}} z", shift), *_aligned(r"\varepsilon", [_number(statement.epsilon)])]
    return _display(statement, [*lines, *_aligned(SHIFTED, squares)])


def write_bound(statement: BoundedBelow) -> str:
    """p, gamma, and the squares of p - gamma."""
    notation = _notation(statement)
    lines = _aligned("p", notation.pieces(statement.polynomial))
    lines += _aligned(r"\gamma", [_signed(statement.bound)])
    return _display(statement, [*lines, *_aligned(r"p - \gamma", _squares(statement.squares, notation) or ["0"])])


def write_nonnegative(statement: Nonnegative) -> str:
    """p, the multiplier with its squares, and those of the product."""
    notation = _notation(statement)
    lines = _aligned("p", notation.pieces(statement.polynomial))
    lines += _aligned(r"\sigma", notation.pieces(statement.multiplier))
    lines += _aligned("", _squares(statement.multiplier_squares, notation))
    return _display(statement, [*lines, *_aligned(r"\sigma p", _squares(statement.squares, notation))])


def write_negative(statement: NegativeValue) -> str:
    """p, the point, and the value there."""
    notation = _notation(statement)
    lines = _aligned("p", notation.pieces(statement.polynomial))
    for name, value in zip(notation.names, statement.point, strict=True):
        lines += _aligned(name, [_signed(value)])
    return _display(statement, [*lines, *_aligned("p", [_signed(statement.value), " < 0"])])


def write_functional(statement: NoSumOfSquares) -> str:
    """p, the basis z, the moments of L, and what makes them a proof."""
    notation = _notation(statement)
    basis = [tuple((i, power) for i, power in enumerate(row) if power) for row in statement.basis]
    monomials = [notation.sum([Term(Fraction(1), monomial)]) for monomial in basis]
    lines = _aligned("p", notation.pieces(statement.polynomial))
    lines += _aligned(
        "z", ["(", *(f"{', ' if i else ''}{text}" for i, text in enumerate(monomials)), r")^{\mathsf{T}}"]
    )
    for value, monomial in statement.functional:
        lines += _aligned(f"L({notation.sum([Term(Fraction(1), monomial)])})", [_signed(value)])
    lines += _aligned("L(p)", [_signed(statement.value), " < 0"])
    lines.append(r"L(z z^{\mathsf{T}}) &\succeq 0, \quad L = 0 \text{ at all other monomials}")
    return _display(statement, [*lines, r"&\text{no square in a sum that equals $p$ has other monomials than $z$}"])


def _squares(squares: Iterable[Square], notation: Notation) -> list[str]:
    """weight (root)^2 in pieces where lines may break."""
    pieces: list[str] = []
    for weight, root in squares:
        own = notation.pieces(root)
        own[0] = f"{' + ' if pieces else ''}{'' if weight == 1 else _number(weight) + ' '}({own[0]}"
        own[-1] += ")^{2}"
        pieces += own
    return pieces


def _aligned(left: str, pieces: Iterable[str]) -> list[str]:
    """`left &= pieces`, broken between pieces where a line would be too long."""
    return broken(f"{left} &= ", pieces, r"&\quad", WIDTH)


def _display(statement: Statement, lines: Sequence[str]) -> str:
    names = _names(statement.variables)
    comments = ["A display for amsmath; \\allowdisplaybreaks lets it run over pages.", *statement.claim]
    head = [f"% {line}" for line in (*comments, *mapping_lines(statement.variables, names))]
    return "\n".join([*head, r"\begin{align*}", " \\\\\n".join(lines), r"\end{align*}"]) + "\n"


def _names(variables: Sequence[str]) -> tuple[str, ...]:
    return safe_names(variables, is_word)


def _notation(statement: Statement) -> Notation:
    return Notation([latex_symbol(name) for name in _names(statement.variables)], _number, latex_power, times=" ")


def _number(number: Fraction) -> str:
    """A positive number."""
    numerator, denominator = digits(number.numerator), digits(number.denominator)
    return numerator if denominator == "1" else rf"\tfrac{{{numerator}}}{{{denominator}}}"


def _signed(number: Fraction) -> str:
    return f"-{_number(-number)}" if number < 0 else _number(number)
