"""Format `plain`: p as weighted squares, in text that `Polynomial.parse` reads: both sides of each `=`."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from nsos_jax.exports.names import PREFIX, mapping_lines, safe_names
from nsos_jax.exports.statements import BoundedBelow, Nonnegative, Square, Statement, SumOfSquares
from nsos_jax.exports.sums import Notation, broken, quotient

WIDTH = 100
"""Characters on a line."""
INDENT = "      "
"""Of a line that goes on with a square."""


def write_squares(statement: SumOfSquares) -> str:
    """p, or p + epsilon z'z, and its squares."""
    notation = _notation(statement)
    left = notation.pieces(statement.polynomial)
    if statement.epsilon:
        shift = notation.pieces(statement.shift)
        left += [f" + {quotient(statement.epsilon)}*({shift[0]}", *shift[1:-1], f"{shift[-1] if shift[1:] else ''})"]
    return _text(statement, _equation(left, statement.squares, notation))


def write_bound(statement: BoundedBelow) -> str:
    """p - gamma, and its squares."""
    notation, bound = _notation(statement), statement.bound
    left = notation.pieces(statement.polynomial)
    if bound:
        left.append(f" {'-' if bound > 0 else '+'} {quotient(abs(bound))}")
    return _text(statement, _equation(left, statement.squares, notation))


def write_nonnegative(statement: Nonnegative) -> str:
    """sigma p and its squares, then sigma and those of the multiplier."""
    notation = _notation(statement)
    sigma, polynomial = notation.pieces(statement.multiplier), notation.pieces(statement.polynomial)
    product = [f"({sigma[0]}", *sigma[1:], f")*({polynomial[0]}", *polynomial[1:], ")"]
    lines = [*_equation(product, statement.squares, notation), "where"]
    return _text(statement, [*lines, *_equation(sigma, statement.multiplier_squares, notation)])


def _equation(left: Sequence[str], squares: Iterable[Square], notation: Notation) -> Iterator[str]:
    """The left side, and below it a square on each line, or more where it is long."""
    yield from broken("", left, "  ", WIDTH)
    sign = "="
    for square in squares:
        yield from broken(f"  {sign} ", _square(square, notation), INDENT, WIDTH)
        sign = "+"
    if sign == "=":
        yield "  = 0"


def _square(square: Square, notation: Notation) -> list[str]:
    """weight*(root)^2 in pieces where lines may break."""
    pieces = notation.pieces(square.root)
    pieces[0] = f"{_factor(square.weight)}({pieces[0]}"
    pieces[-1] += ")^2"
    return pieces


def _factor(weight: Fraction) -> str:
    return "" if weight == 1 else f"{quotient(weight)}*"


def _text(statement: Statement, lines: Iterable[str]) -> str:
    comments = [f"# {line}" for line in mapping_lines(statement.variables, _names(statement))]
    return "\n".join([*comments, *lines]) + "\n"


def _notation(statement: Statement) -> Notation:
    return Notation(_names(statement))


def _names(statement: Statement) -> tuple[str, ...]:
    return safe_names(statement.variables, lambda name: name.isidentifier() and not name.startswith(PREFIX))
