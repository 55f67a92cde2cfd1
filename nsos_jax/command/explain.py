"""Certificates for people: the polynomial, the squares, the point or the functional, shortened to the room there is."""

import math
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from flint import fmpq

from nsos_jax.bases import DeadlineExceeded, TooLarge, half_newton_polytope
from nsos_jax.certificates import (
    Block,
    Certificate,
    NearSosCertificate,
    NegativePointCertificate,
    NotSosCertificate,
    Rational,
    SosCertificate,
    Terms,
    as_rational,
    count_text,
    digits,
    evaluate,
    monomial_text,
    pairing,
)
from nsos_jax.polynomials import nearest_float

NEWTON_CANDIDATES = 200_000
NEWTON_SECONDS = 5.0
LABEL = 13
MOST_ZEROS = 6
"""Coordinates of a point that are 0 and shown."""


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


def explain(certificate: Certificate, room: Room = DEFAULT) -> list[str]:
    """The lines of `nsos explain`, for a certificate that holds."""
    shown = certificate.of if isinstance(certificate, NearSosCertificate) else certificate.polynomial
    degrees = shown.exponents.sum(axis=1)
    size = f"{count_text(len(degrees), 'term')} in {count_text(len(certificate.variables), 'variable')}"
    lines = [
        labelled("polynomial p", terms_text(certificate.variables, shown, room.less(LABEL))),
        labelled("", f"{size}, degree {max(degrees.tolist(), default=0)}"),
    ]
    match certificate:
        case SosCertificate():
            lines += _explain_sos(certificate, room)
        case NearSosCertificate():
            lines += _explain_near_sos(certificate, room)
        case NegativePointCertificate():
            lines += [labelled("answer", "p takes a negative value"), *point_lines(certificate, room)]
        case NotSosCertificate():
            lines += _explain_functional(certificate, room)
    return lines


def terms_text(variables: Sequence[str], terms: Terms, room: Room = DEFAULT) -> str:
    """A polynomial, cut at a term where it would be longer than the width.

    >>> cubes = Terms(np.array([[3, 0], [0, 3], [0, 0]]), (fmpq(1), fmpq(-2), fmpq(1, 3)))
    >>> terms_text(("x", "y"), cubes), terms_text(("x", "y"), cubes, Room(24))
    ('x^3 - 2*y^3 + 1/3', 'x^3 ... (3 terms)')
    """
    text = ""
    ending = f" ... ({terms.num_terms} terms)"
    for i, (row, value) in enumerate(zip(terms.exponents.tolist(), terms.rationals(), strict=True)):
        sign = ("-" if value < 0 else "") if i == 0 else (" - " if value < 0 else " + ")
        monomial, number = monomial_text(row, variables), short_number(abs(value), room.bits)
        piece = number if monomial == "1" else monomial if number == "1" else f"{number}*{monomial}"
        width = room.width if i == terms.num_terms - 1 else room.width - len(ending)
        if i and len(text) + len(sign) + len(piece) > width:
            return text + ending
        text += sign + piece
    return text or "0"


def short_number(value: Rational | fmpq, bits: int = DEFAULT.bits) -> str:
    """The exact number where it is short, else about the number, marked with '~'.

    >>> from fractions import Fraction
    >>> short_number(Fraction(-7, 3)), short_number(Fraction(10**40, 7)), short_number(Fraction(1, 10**400))
    ('-7/3', '~1.42857e+39', '~1e-400')
    """
    number = value if isinstance(value, fmpq) else as_rational(value)
    if number.p.bit_length() + number.q.bit_length() <= bits:
        return str(number)
    about = nearest_float(int(number.p), int(number.q))
    return _beyond_floats(number) if about == 0 or np.isinf(about) else f"~{about:.6g}"


def _beyond_floats(number: fmpq) -> str:
    """About the number, from the leading bits of its numerator and denominator."""
    leading, shifts = [], []
    for part in (abs(number.p), number.q):
        shifts.append(max(part.bit_length() - 64, 0))
        leading.append(float(int(part >> shifts[-1])))
    exponent, rest = divmod(math.log10(leading[0] / leading[1]) + (shifts[0] - shifts[1]) * math.log10(2), 1)
    mantissa = float(f"{10**rest:.6g}")
    if mantissa >= 10:
        mantissa, exponent = mantissa / 10, exponent + 1
    return f"~{'-' if number < 0 else ''}{mantissa:g}e{int(exponent):+d}"


def square_lines(certificate: SosCertificate, room: Room) -> Iterator[str]:
    """The sum of weighted squares, one square a line."""
    yield labelled("squares", "p =")
    squares = certificate.squares()
    if not squares:
        yield "  0"
    for weight, square in squares[: room.squares]:
        factor = "  + (" if weight == 1 else f"  + {short_number(weight, room.bits)} * ("
        values = tuple(map(as_rational, square.coefficients))
        text = terms_text(square.variables, Terms(square.exponents, values), room.less(len(factor) + 3))
        yield f"{factor}{text})^2"
    if len(squares) > room.squares:
        yield f"  + {len(squares) - room.squares} squares more"


def point_lines(certificate: NegativePointCertificate, room: Room) -> Iterator[str]:
    """The value and the coordinates; those that are 0 are left out where they are many."""
    value = evaluate(certificate.polynomial, tuple(map(as_rational, certificate.point)))
    yield labelled("value", short_number(value, room.bits))
    pairs = list(zip(certificate.variables, certificate.point, strict=True))
    others = [(name, value) for name, value in pairs if value != 0]
    is_sparse = len(pairs) - len(others) > MOST_ZEROS
    coordinates = [f"{name} = {short_number(value, room.bits)}" for name, value in (others if is_sparse else pairs)]
    if not others:
        coordinates = ["the origin"]
    elif is_sparse:
        coordinates[0] = f"zero except for {coordinates[0]}"
    yield from _wrapped("point", coordinates, room)


def _explain_sos(certificate: SosCertificate, room: Room) -> Iterator[str]:
    yield labelled("answer", "p is a sum of squares")
    yield from _basis_lines(certificate.polynomial, certificate.blocks, certificate.variables, room)
    if max((len(block.basis) for block in certificate.blocks), default=0) > room.side:
        yield labelled("squares", f"not computed for blocks above {room.side} monomials, unless with --full")
        return
    yield from square_lines(certificate, room)


def _explain_near_sos(certificate: NearSosCertificate, room: Room) -> Iterator[str]:
    yield labelled("answer", "p + epsilon z'z is a sum of squares, z being the basis; p itself is undecided")
    yield labelled("epsilon", short_number(certificate.epsilon, room.bits))
    yield from _basis_lines(certificate.of, certificate.blocks, certificate.variables, room)


def _explain_functional(certificate: NotSosCertificate, room: Room) -> Iterator[str]:
    size, moments = len(certificate.basis), certificate.functional.num_terms
    yield labelled("answer", "p is no sum of squares (it may still be nonnegative)")
    value = short_number(pairing(certificate.polynomial, certificate.functional), room.bits)
    yield labelled("L(p)", f"{value}, below 0")
    yield labelled("functional", f"L has {count_text(moments, 'moment')}; its moment matrix ({size} x {size}) is PSD")
    pairs = zip(certificate.functional.exponents.tolist(), certificate.functional.rationals(), strict=True)
    texts = (
        f"L({monomial_text(row, certificate.variables)}) = {short_number(value, room.bits)}" for row, value in pairs
    )
    yield from _wrapped("", texts, room)
    yield labelled("basis", f"{count_text(size, 'monomial')}{_newton_text(certificate.polynomial)}")
    yield from _monomial_lines(certificate.basis, certificate.variables, room)
    cuts = count_text(len(certificate.halfspaces), "halfspace")
    yield labelled("", f"no square in p can hold others, by {cuts} and the diagonal rule")
    for row in certificate.halfspaces[: room.halfspaces]:
        yield labelled("halfspace", ", ".join(map(digits, row)))


def _basis_lines(polynomial: Terms, blocks: Sequence[Block], variables: Sequence[str], room: Room) -> Iterator[str]:
    sizes = sorted((len(block.basis) for block in blocks), reverse=True)
    shown = ", ".join(map(str, sizes[: room.blocks])) + (", ..." if len(sizes) > room.blocks else "")
    yield labelled("basis", f"{count_text(sum(sizes), 'monomial')}{_newton_text(polynomial)}")
    if sizes:
        yield from _monomial_lines(np.concatenate([block.basis for block in blocks]), variables, room)
    yield labelled("blocks", f"{len(sizes)} of size {shown}" if sizes else "none")
    if sizes:
        smallest = min(map(_smallest_eigenvalue, blocks))
        yield labelled("eigenvalue", f"{smallest:.6g}, the smallest (floating point; the proof does not use it)")


def _monomial_lines(basis: np.ndarray, variables: Sequence[str], room: Room) -> Iterator[str]:
    if len(basis):
        yield from _wrapped("", (monomial_text(row, variables) for row in basis.tolist()), room)


def _newton_text(polynomial: Terms) -> str:
    """How many monomials the half Newton polytope has, if that is cheap to tell."""
    if not polynomial.num_terms:
        return ""
    deadline = time.monotonic() + NEWTON_SECONDS
    try:
        polytope = half_newton_polytope(polynomial.exponents, max_candidates=NEWTON_CANDIDATES, deadline=deadline)
    except (TooLarge, DeadlineExceeded):
        return "; the half Newton polytope is too large to list"
    return f"; the half Newton polytope has {len(polytope.monomials)}"


def _smallest_eigenvalue(block: Block) -> float:
    rows = [[nearest_float(value, block.denominator) for value in row] for row in block.gram.tolist()]
    matrix = np.array(rows)
    return float(np.linalg.eigvalsh(matrix)[0]) if np.isfinite(matrix).all() and len(matrix) else np.nan


def labelled(label: str, text: str) -> str:
    """One line of an explanation."""
    return f"{label:<{LABEL}}{text}"


def _wrapped(label: str, pieces: Iterable[str], room: Room) -> Iterator[str]:
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
