"""Format `sympy`: a Python script that asserts the proof with SymPy and then prints what holds."""

import builtins
import keyword
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from math import prod

from nsos_jax.certificates import digits
from nsos_jax.exports.names import is_letter, is_word, mapping_lines, safe_names
from nsos_jax.exports.statements import (
    NegativeValue,
    Nonnegative,
    NoSumOfSquares,
    Square,
    Statement,
    Sum,
    SumOfSquares,
)
from nsos_jax.exports.sums import Notation

LONGEST = 4_000
"""Digits of a decimal literal; Python reads no longer ones, but hexadecimal ones of any length."""
NESTED = 100
"""Terms in one sum of Python's; longer ones are given to SymPy's `Add`, for they would nest too deeply to be parsed."""
MAX_BOX = 100_000
WORDS = [
    "Add",
    "Rational",
    "expand",
    "multiplier",
    "multiplier_squares",
    "point",
    "polynomial",
    "root",
    "shifted",
    "squares",
    "symbols",
    "sympify",
    "weight",
]
"""What the scripts with symbols call their own."""
RESERVED = {*WORDS, *keyword.kwlist, *keyword.softkwlist, *dir(builtins)}


class TooLarge(ValueError):
    """A proof that a script of this kind would not finish."""


def write_squares(statement: SumOfSquares) -> str:
    """p + epsilon z'z minus the squares expands to 0, and all weights are positive."""
    notation, head = _head(statement, "Add, Rational, expand, symbols")
    lines = [*head, f"polynomial = {_sum(statement.polynomial, notation)}"]
    shifted = "polynomial"
    if statement.epsilon:
        lines.append(f"shifted = polynomial + {_number(statement.epsilon)}*({_sum(statement.shift, notation)})")
        shifted = "shifted"
    lines += [
        *_squares("squares", statement.squares, notation),
        "assert all(weight > 0 for weight, root in squares)",
        f"assert expand({shifted} - Add(*[weight*root**2 for weight, root in squares])) == 0",
        f'print(f"holds: {shifted} is a sum of {{len(squares)}} weighted squares")',
    ]
    return "\n".join(lines) + "\n"


def write_nonnegative(statement: Nonnegative) -> str:
    """sigma is a sum of squares and not zero, sigma p is one."""
    notation, head = _head(statement, "Add, Rational, expand, symbols")
    lines = [
        *head,
        f"polynomial = {_sum(statement.polynomial, notation)}",
        f"multiplier = {_sum(statement.multiplier, notation)}",
        *_squares("multiplier_squares", statement.multiplier_squares, notation),
        *_squares("squares", statement.squares, notation),
        "assert expand(multiplier) != 0",
        "assert all(weight > 0 for weight, root in multiplier_squares + squares)",
        "assert expand(multiplier - Add(*[weight*root**2 for weight, root in multiplier_squares])) == 0",
        "assert expand(multiplier*polynomial - Add(*[weight*root**2 for weight, root in squares])) == 0",
        'print(f"holds: polynomial is nonnegative, a multiple is a sum of {len(squares)} weighted squares")',
    ]
    return "\n".join(lines) + "\n"


def write_negative(statement: NegativeValue) -> str:
    """The value of p at the point is below 0."""
    notation, head = _head(statement, "Add, Rational, symbols, sympify")
    pairs = zip(notation.names, statement.point, strict=True)
    lines = [
        *head,
        f"polynomial = sympify({_sum(statement.polynomial, notation)})",
        f"point = {{{', '.join(f'{name}: {_number(value)}' for name, value in pairs)}}}",
        "assert polynomial.subs(point) < 0",
        'print("holds: polynomial is negative at point")',
    ]
    return "\n".join(lines) + "\n"


def write_functional(statement: NoSumOfSquares) -> str:
    """L(p) < 0, the moment matrix is a sum of weighted squares, and the basis is complete.

    Raises:
        TooLarge: the script would have to enumerate more than MAX_BOX monomials to see that the basis is complete.
    """
    count = len(statement.variables)
    largest = [max((dict(term.monomial).get(i, 0) for term in statement.polynomial), default=0) for i in range(count)]
    box = prod(power // 2 + 1 for power in largest)
    if box > MAX_BOX:
        raise TooLarge(f"it would have to enumerate {box} monomials, the limit is {MAX_BOX}")
    lines = [
        *_comment(statement),
        "# A monomial is the tuple of its exponents.",
        "import itertools",
        "",
        "from sympy import Rational",
        "",
        *_table("polynomial = {", _moments(statement.polynomial, count), "}"),
        *_table("functional = {", _moments(statement.functional, count), "}"),
        *_table("basis = [", map(_tuple, statement.basis), "]"),
        *_table("halfspaces = [", map(_tuple, statement.halfspaces), "]"),
        "# The moment matrix is the sum of weight * row * row', each row by index.",
        *_table("squares = [", (f"({_number(weight)}, {_row(row)})" for weight, row in statement.squares), "]"),
        f"box = [range(power // 2 + 1) for power in {_tuple(largest)}]",
        FUNCTIONAL_CHECK,
    ]
    return "\n".join(lines)


FUNCTIONAL_CHECK = """
def inner(left, right):
    return sum(i * j for i, j in zip(left, right))

def moment(left, right):
    return functional.get(tuple(i + j for i, j in zip(left, right)), 0)

# The functional is negative at the polynomial and nonnegative at all squares over the basis.
assert sum(value * functional.get(monomial, 0) for monomial, value in polynomial.items()) < 0
assert all(weight > 0 for weight, row in squares)
for i, left in enumerate(basis):
    for j, right in enumerate(basis):
        value = sum(weight * row[i] * row[j] for weight, row in squares if i in row and j in row)
        assert value == moment(left, right)

# No other monomial can occur in a square: what the Newton polytope leaves, less those m for which x^(2m) is no other
# product of two of them and has no positive coefficient in the polynomial.
bounds = [(row, max(inner(row, monomial) for monomial in polynomial)) for row in halfspaces]
rest = {m for m in itertools.product(*box) if all(2 * inner(row, m) <= value for row, value in bounds)}
freed = True
while freed:
    freed = set()
    for monomial in rest:
        doubled = tuple(2 * i for i in monomial)
        other = (tuple(i - j for i, j in zip(doubled, m)) for m in rest if m != monomial)
        if polynomial.get(doubled, 0) <= 0 and not any(m in rest for m in other):
            freed.add(monomial)
    rest -= freed
assert rest <= set(basis)
print("holds: polynomial is no sum of squares")
"""


def _comment(statement: Statement) -> list[str]:
    """What the script is, as comments."""
    return [f"# {line}" for line in ("Run with Python and SymPy.", *statement.claim)]


def _head(statement: Statement, imports: str) -> tuple[Notation, list[str]]:
    """The notation, and the first lines of a script over symbols."""
    names = safe_names(statement.variables, lambda name: (is_letter(name) or is_word(name)) and name not in RESERVED)
    mapping = [f"# {line}" for line in mapping_lines(statement.variables, names)]
    lines = [*_comment(statement), *mapping, f"from sympy import {imports}", ""]
    if names:
        lines.append(f'{", ".join(names)}{"," * (len(names) == 1)} = symbols("{" ".join(names)}", seq=True)')
    return Notation(names, _number, lambda name, power: name if power == 1 else f"{name}**{power}"), lines


def _squares(name: str, squares: Iterable[Square], notation: Notation) -> list[str]:
    """The list of (weight, root) of that name."""
    return _table(f"{name} = [", (f"({_number(weight)}, {_sum(root, notation)})" for weight, root in squares), "]")


def _sum(terms: Sum, notation: Notation) -> str:
    if len(terms) <= NESTED:
        return notation.sum(terms)
    return f"Add({', '.join(notation.sum(terms[i : i + NESTED]) for i in range(0, len(terms), NESTED))})"


def _number(number: Fraction) -> str:
    numerator = _integer(number.numerator)
    return numerator if number.denominator == 1 else f"Rational({numerator}, {_integer(number.denominator)})"


def _integer(number: int) -> str:
    text = digits(number)
    return text if len(text) <= LONGEST else hex(number)


def _tuple(numbers: Sequence[int]) -> str:
    return f"({', '.join(map(_integer, numbers))}{',' * (len(numbers) == 1)})"


def _moments(terms: Sum, count: int) -> Iterator[str]:
    """`exponents: value` for each term."""
    for value, monomial in terms:
        row = dict(monomial)
        yield f"{_tuple([row.get(i, 0) for i in range(count)])}: {_number(value)}"


def _row(row: dict[int, int]) -> str:
    return f"{{{', '.join(f'{i}: {_integer(value)}' for i, value in row.items())}}}"


def _table(opening: str, entries: Iterable[str], closing: str) -> list[str]:
    return [opening, *(f"    {entry}," for entry in entries), closing]
