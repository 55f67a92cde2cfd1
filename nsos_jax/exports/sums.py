"""Sums, squares and numbers as text, in the notation of a language."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from nsos_jax.certificates import digits
from nsos_jax.exports.statements import Sum, Term


def quotient(number: Fraction) -> str:
    """`p` or `p/q`."""
    return digits(number.numerator) + ("" if number.denominator == 1 else f"/{digits(number.denominator)}")


def caret(name: str, exponent: int) -> str:
    """`x^2`."""
    return name if exponent == 1 else f"{name}^{exponent}"


@dataclass(frozen=True)
class Notation:
    """How a language writes sums.

    Attributes:
        names: one per variable.
        number: a positive number as a factor.
        power: a name with an exponent of at least 1.
        times: between factors.
    """

    names: Sequence[str]
    number: Callable[[Fraction], str] = quotient
    power: Callable[[str, int], str] = caret
    times: str = "*"

    def pieces(self, terms: Iterable[Term]) -> list[str]:
        """The terms with their signs, that of the first only where it is a minus; `["0"]` for none.

        >>> Notation(["x", "y"]).pieces([Term(Fraction(-1), ((0, 2), (1, 1))), Term(Fraction(1, 2), ())])
        ['-x^2*y', ' + 1/2']
        """
        pieces: list[str] = []
        for value, monomial in terms:
            powers = [self.power(self.names[i], exponent) for i, exponent in monomial]
            factors = powers if powers and abs(value) == 1 else [self.number(abs(value)), *powers]
            sign = (" - " if value < 0 else " + ") if pieces else ("-" if value < 0 else "")
            pieces.append(sign + self.times.join(factors))
        return pieces or ["0"]

    def sum(self, terms: Iterable[Term]) -> str:
        """The sum on one line."""
        return "".join(self.pieces(terms))


def broken(start: str, pieces: Iterable[str], continuation: str, width: int) -> list[str]:
    """`start` and the pieces as lines, broken between pieces where one would be longer than the width.

    >>> broken("p = ", ["x^2", " - 2*x", " + 1"], "  ", 12)
    ['p = x^2', '   - 2*x + 1']
    """
    lines, line = [], start
    for i, piece in enumerate(pieces):
        if i and len(line) + len(piece) > width:
            lines.append(line)
            line = continuation
        line += piece
    return [*lines, line]


def multiple(terms: Sum, factor: int) -> Sum:
    """The sum times an integer that is not 0."""
    return tuple(Term(value * factor, monomial) for value, monomial in terms)


def common_denominator(numbers: Iterable[Fraction]) -> int:
    """The least positive integer whose product with each of them is an integer."""
    return math.lcm(*[number.denominator for number in numbers])
