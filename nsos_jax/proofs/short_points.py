"""Negative points that a person can read: those of few digits are tried first, and a longer one is shortened.

Floating point values choose what to test; a point counts once p has been evaluated there exactly.
"""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import islice, product

import numpy as np
from jaxtyping import Float

from nsos_jax.polynomials import Polynomial, float_values
from nsos_jax.proofs.gram_system import Scaling

GRIDS = {
    1: (0, 1, 2, 0.5, 3, 1.5, 4, 0.25, 5, 0.75, 6, 8, 10, 20, 50, 100),
    2: (0, 1, 2, 0.5, 3, 1.5),
    3: (0, 1, 2, 0.5),
    4: (0, 1),
    5: (0, 1),
    6: (0, 1),
}
"""By number of variables, the coordinates of the points of a grid, shortest first and without their signs."""
SIMPLE_ENTRIES, SHORTER_ENTRIES = 1 << 15, 1 << 17
"""Monomials that are evaluated for simple points, and for a point that is shortened: some milliseconds."""
MOST_SIMPLE, RANDOM_SIGNS = 400, 20
MOST_EXACT = 3
"""Exact evaluations that may fail where floating point values were wrong."""
DENOMINATORS = (1, 2, 3, 4, 5, 8, 10, 16, 25, 32, 50, 64, 100, 1000, 10**4, 10**6)
DIGITS = (1, 2, 3, 4, 6, 8)
MOST_DECADES = 20
MOST_COORDINATES = 100
"""That do not vanish, in a point that is shortened."""
MOST_BITS, LOG_2 = 2000, 0.30103
Point = tuple[Fraction, ...]


def simple_negative_point(polynomial: Polynomial, scaling: Scaling) -> Point | None:
    """The first of some hundred points of few digits where p is negative.

    >>> p = Polynomial.parse("x^4 + y^4 - 3*x^2*y^2 + 1/10")
    >>> simple_negative_point(p, Scaling.of(p))
    (Fraction(1, 1), Fraction(1, 1))
    """
    most = max(SIMPLE_ENTRIES // (len(polynomial.exponents) + polynomial.num_variables + 1), RANDOM_SIGNS)
    points = simple_points(polynomial.num_variables)[:most]
    return _first_negative(polynomial, scaling, points, lambda index: tuple(map(Fraction, points[index].tolist())))


@lru_cache(maxsize=16)
def simple_points(n: int) -> Float[np.ndarray, "points n"]:
    """Points of few digits, shortest first: a grid, or patterns where that is too large."""
    if n in GRIDS:
        ranks = {sign * value: rank for rank, value in enumerate(GRIDS[n]) for sign in (1, -1)}
        grid = sorted(product(ranks, repeat=n), key=lambda row: sum(ranks[value] for value in row))
        return np.array(grid, float)
    most = min(MOST_SIMPLE, max(SIMPLE_ENTRIES // max(n, 1), RANDOM_SIGNS))
    signs = np.random.default_rng(n).choice((1.0, -1.0), (RANDOM_SIGNS, n))
    everywhere = (np.full(n, value) for value in (0.0, 1.0, -1.0))
    sizes = (np.full(n, sign * value) for value in (2.0, 0.5, 3.0, 10.0) for sign in (1, -1))
    rows = [*everywhere, *signs, *sizes, *islice(_sparse(n), most)]
    return np.stack(rows)[:most]


def _sparse(n: int) -> Iterator[Float[np.ndarray, " n"]]:
    """One coordinate, or two neighbours, that do not vanish."""
    for value, width in product((1.0, -1.0, 2.0, -2.0), (1, 2)):
        for first in range(n - width + 1):
            row = np.zeros(n)
            row[first : first + width] = value
            yield row


def shorten(polynomial: Polynomial, scaling: Scaling, point: Point) -> Point:
    """A point of fewer digits near by or towards the origin where p is negative too, or the point itself.

    First all coordinates are rounded alike, then one by one, the longest first.

    >>> p = Polynomial.parse("x^2 - y")
    >>> shorten(p, Scaling.of(p), (Fraction(1, 1024), Fraction(9589, 2)))
    (Fraction(0, 1), Fraction(1, 1))
    """
    if sum(map(bool, point)) > MOST_COORDINATES:
        return point
    point = _shortest(polynomial, scaling, point, _rounded_alike(point))
    left = SHORTER_ENTRIES // (len(polynomial.exponents) + len(point) + 1)
    for i in sorted(filter(point.__getitem__, range(len(point))), key=lambda i: -_length(point[i])):
        length = _length(point[i])
        values = {value for value in _substitutes(point[i]) if _length(value) < length}
        left -= len(values)
        if left < 0:
            break
        point = _shortest(polynomial, scaling, point, [(*point[:i], value, *point[i + 1 :]) for value in values])
    return point


def _shortest(polynomial: Polynomial, scaling: Scaling, point: Point, others: Iterable[Point]) -> Point:
    """The shortest of some points where p is negative, the given one being so."""
    length = sum(map(_length, point))
    shorter = sorted((other for other in set(others) if sum(map(_length, other)) < length), key=_order)
    if not shorter:
        return point
    floats = np.array([[_as_float(x) for x in other] for other in shorter])
    return _first_negative(polynomial, scaling, floats, shorter.__getitem__) or point


def _first_negative(
    polynomial: Polynomial, scaling: Scaling, points: Float[np.ndarray, "points n"], exact: Callable[[int], Point]
) -> Point | None:
    """The first of the points where p is negative; `exact` gives each by its index."""
    scaled = np.ldexp(points, -scaling.shifts)
    promising = np.flatnonzero(float_values(polynomial.exponents, scaling.coefficients, scaled) < 0)
    tested = map(exact, promising[:MOST_EXACT].tolist())
    return next((point for point in tested if polynomial.evaluate(point) < 0), None)


def _rounded_alike(point: Point) -> Iterable[Point]:
    """The point rounded, and drawn towards the origin until its largest coordinate is 1, 10, 100, ..."""
    largest = max(map(abs, point), default=Fraction(0))
    drawn = [10**k / largest for k in range(MOST_DECADES) if 10**k < largest]
    same = [Fraction(0)] * (len(DENOMINATORS) + len(DIGITS) + 2 * len(drawn))
    columns = (
        [*_roundings(x), *((x * share).limit_denominator(most) for share in drawn for most in (1, 10))] if x else same
        for x in point
    )
    return zip(*columns, strict=True)


def _substitutes(x: Fraction) -> list[Fraction]:
    """What may take the place of one coordinate: its roundings, and 0, 1/2, 1, 2, 5, 10, 20, ... below it."""
    steps = [Fraction(1, 2), *(Fraction(digit * 10**k) for k in range(MOST_DECADES) for digit in (1, 2, 5))]
    size, sign = abs(x), 1 if x > 0 else -1
    return [*_roundings(x), Fraction(0), Fraction(sign), *(sign * step for step in steps if step < size)]


def _roundings(x: Fraction) -> list[Fraction]:
    """By denominator and by decimal digits, as many for every x."""
    return [*(x.limit_denominator(most) for most in DENOMINATORS), *(_rounded(x, digits) for digits in DIGITS)]


def _rounded(x: Fraction, digits: int) -> Fraction:
    """To an integer of so many decimal digits that are no trailing zeros, about."""
    spare = max(int(int(abs(x)).bit_length() * LOG_2) - digits + 1, 0)
    unit = 10**spare
    return Fraction(round(x / unit) * unit)


def _length(x: Fraction) -> float:
    """Decimal digits, of which trailing zeros count less; about, where there are many."""
    if x.denominator == 1 and -10 < x.numerator < 10:
        return 1.0 if x else 0.0
    bits = x.numerator.bit_length() + x.denominator.bit_length()
    if bits > MOST_BITS:
        return bits * LOG_2
    top, bottom = str(abs(x.numerator)), str(x.denominator)
    shown = len(top.rstrip("0"))
    return shown + 0.25 * (len(top) - shown) + (len(bottom) if x.denominator > 1 else 0)


def _order(point: Point) -> tuple:
    """By length; of two signs the positive one first."""
    return sum(map(_length, point)), [x < 0 for x in point], point


def _as_float(x: Fraction) -> float:
    """Infinite where a float cannot hold it."""
    try:
        return float(x)
    except OverflowError:
        return float("inf")
