"""How an explanation is laid out: labelled lines, and numbers and polynomials shortened to the room there is."""

import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from flint import fmpq

from nsos_jax.certificates import Rational, Terms, as_fraction, as_rational, monomial_text
from nsos_jax.polynomials import Rounding, decimal_text

LABEL = 13


@dataclass(frozen=True)
class Room:
    """How much is shown; what is longer is shortened.

    Attributes:
      width: characters on a line.
      squares: squares of a decomposition.
      side: largest block, in monomials, whose squares are computed.
      coordinates: coordinates of a point, moments of a functional, monomials of a basis.
      halfspaces: halfspaces that prove a basis complete.
      blocks: blocks whose size is listed.
      bits: size of a number that is written exactly, numerator and denominator together.
    """

    width: int = 80
    squares: int = 20
    side: int = 60
    coordinates: int = 20
    halfspaces: int = 0
    blocks: int = 12
    bits: int = 64

    def less(self, width: int) -> "Room":
        """The room beside a text of that width."""
        return replace(self, width=self.width - width)


DEFAULT = Room()
FULL = Room(*7 * [sys.maxsize])


def labelled(label: str, text: str) -> str:
    """One line of an explanation."""
    return f"{label:<{LABEL}}{text}"


def wrapped(label: str, pieces: Iterable[str], room: Room) -> Iterator[str]:
    """Pieces joined by commas over several lines."""
    line = ""
    for position, piece in enumerate(pieces):
        if position == room.coordinates:
            line += ", ..."
            break
        if line and len(line) + len(piece) + 2 > room.width - LABEL:
            yield labelled(label, line + ",")
            label, line = "", ""
        line += f", {piece}" if line else piece
    yield labelled(label, line)


def text_lines(label: str, text: str, width: int) -> Iterator[str]:
    """A sentence over several lines."""
    for i, line in enumerate(textwrap.wrap(text, width - LABEL)):
        yield labelled("" if i else label, line)


def terms_text(variables: Sequence[str], terms: Terms, room: Room = DEFAULT) -> str:
    """A polynomial, cut at a term where it would be longer than the width.

    >>> import numpy as np
    >>> cubes = Terms(np.array([[3, 0], [0, 3], [0, 0]]), (fmpq(1), fmpq(-2), fmpq(1, 3)))
    >>> terms_text(("x", "y"), cubes), terms_text(("x", "y"), cubes, Room(24))
    ('x^3 - 2*y^3 + 1/3', 'x^3 ... (3 terms)')
    """
    texts = (monomial_text(row, variables) for row in terms.exponents.tolist())
    return sum_text(list(zip(terms.rationals(), texts, strict=True)), room)


def sum_text(summands: Sequence[tuple[fmpq, str]], room: Room = DEFAULT) -> str:
    """The sum of number times monomial, cut at a term where it would be longer than the width."""
    text = ""
    ending = f" ... ({len(summands)} terms)"
    for i, piece in enumerate(_pieces(summands, room)):
        width = room.width if i == len(summands) - 1 else room.width - len(ending)
        if i and len(text) + len(piece) > width:
            return text + ending
        text += piece
    return text or "0"


def sum_lines(label: str, summands: Sequence[tuple[fmpq, str]], room: Room) -> Iterator[str]:
    """The same over several lines."""
    line = ""
    for i, piece in enumerate(_pieces(summands, room)):
        if i == room.coordinates:
            line += f" ... ({len(summands)} terms)"
            break
        if line and len(line) + len(piece) > room.width - LABEL:
            yield labelled(label, line)
            label, line, piece = "", "", piece.lstrip()
        line += piece
    yield labelled(label, line or "0")


def _pieces(summands: Iterable[tuple[fmpq, str]], room: Room) -> Iterator[str]:
    """The summands with their signs."""
    for i, (value, monomial) in enumerate(summands):
        sign = ("-" if value < 0 else "") if i == 0 else (" - " if value < 0 else " + ")
        number = short_number(abs(value), room.bits)
        yield sign + (number if monomial == "1" else monomial if number == "1" else f"{number}*{monomial}")


def short_number(value: Rational | fmpq, bits: int = DEFAULT.bits, rounding: Rounding = Rounding.NEAREST) -> str:
    """The exact number where it is short, else six digits of it, marked with '~'; those of a bound are one, too, if
    they are rounded to its side.

    >>> from fractions import Fraction
    >>> short_number(Fraction(-7, 3)), short_number(Fraction(10**40, 7)), short_number(Fraction(1, 10**400))
    ('-7/3', '~1.42857e+39', '~1e-400')
    """
    number = value if isinstance(value, fmpq) else as_rational(value)
    if number.p.bit_length() + number.q.bit_length() <= bits:
        return str(number)
    return f"~{decimal_text(as_fraction(number), 6, rounding)}"
