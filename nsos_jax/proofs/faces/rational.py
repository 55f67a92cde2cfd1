"""Rational subspaces from floating point ones: simplest fractions row by row, short integer vectors by LLL."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import scipy.linalg as sla
from flint import fmpq_mat, fmpz_mat
from jaxtyping import Float

TOLERANCES = (1e-10, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3)
UNLIKELY = 2.5e-3
"""A row with common denominator q that was found within e counts as recognised if q^2 e is below this: random numbers
have such neighbours too seldom."""
MOST_DENOMINATOR = 10**8
QUICK_DENOMINATORS = np.arange(1, 25)
DIGITS = (4, 5, 6, 7, 8, 10, 12)
"""Digits of floating point vectors that LLL is given."""
SEPARATION = 10.0
"""How much longer than the short vectors the next one has to be."""
MOST_FOR_LLL = 100
ACCIDENT = 1.0
"""Decimal digits by which a relation has to be less likely than an accident."""


class Recognised(NamedTuple):
    """Integer rows of a subspace.

    Attributes:
      rows: integers [found, r], object array.
      left: how many dimensions were not recognised.
    """

    rows: np.ndarray
    left: int


def recognise(vectors: Float[np.ndarray, "r k"]) -> Recognised:
    """Those rows of the echelon form of a span that look rational, as integers."""
    echelon, pivots = _echelon(vectors)
    found = []
    for row in echelon:
        integers = _integer_row(row, pivots)
        if integers is not None:
            found.append(integers)
    rows = np.array(found, dtype=object).reshape(len(found), len(vectors))
    return Recognised(rows, len(echelon) - len(found))


def _echelon(vectors: Float[np.ndarray, "r k"]) -> tuple[Float[np.ndarray, "k r"], list[int]]:
    """The basis of a span that is the identity on well conditioned pivots."""
    count = vectors.shape[1]
    order = sla.qr(vectors.T, mode="r", pivoting=True)[-1]
    pivots = sorted(order[:count].tolist())
    echelon = np.linalg.solve(vectors.T[:, pivots], vectors.T)
    echelon[:, pivots] = np.eye(count)
    return echelon, pivots


def _integer_row(row: Float[np.ndarray, " r"], pivots: list[int]) -> list[int] | None:
    """A multiple of the row in integers, by the tightest tolerance at which its common denominator is convincing."""
    for tolerance in TOLERANCES:
        multiples = np.multiply.outer(QUICK_DENOMINATORS, row)
        near = (np.abs(multiples - np.rint(multiples)) <= tolerance * QUICK_DENOMINATORS[:, None]).all(axis=1)
        if near.any():
            denominator = int(QUICK_DENOMINATORS[np.argmax(near)])
            if denominator**2 * tolerance <= UNLIKELY:
                return [int(x) for x in np.rint(multiples[np.argmax(near)]).tolist()]
        most = min(MOST_DENOMINATOR - 1, math.isqrt(int(UNLIKELY / tolerance)))
        integers = _with_common_denominator(row.tolist(), tolerance, most)
        if integers is not None:
            return integers
    return None


def _with_common_denominator(row: list[float], tolerance: float, most: int) -> list[int] | None:
    """A multiple of the simplest fractions within the tolerance, if their common denominator is at most `most`."""
    fractions, denominator = [], 1
    for number in row:
        fractions.append(simplest_fraction(number, tolerance))
        denominator = math.lcm(denominator, fractions[-1].denominator)
        if denominator > most:
            return None
    return [int(fraction * denominator) for fraction in fractions]


def simplest_fraction(number: float | Fraction, tolerance: float | Fraction) -> Fraction:
    """The fraction of least denominator within the tolerance, by continued fractions.

    >>> simplest_fraction(0.3334, 1e-3)
    Fraction(1, 3)
    """
    low, high = Fraction(number) - Fraction(tolerance), Fraction(number) + Fraction(tolerance)
    if low <= 0 <= high:
        return Fraction(0)
    return _simplest(low, high) if low > 0 else -_simplest(-high, -low)


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    """The simplest fraction in [low, high], 0 < low <= high: the quotients that both ends share, and one more."""
    (a, b), (c, d) = low.as_integer_ratio(), high.as_integer_ratio()
    before, last = (0, 1), (1, 0)  # convergents, numerator and denominator
    while True:
        floor = a // b
        done = floor * b == a
        if not done and (floor + 1) * d <= c:
            floor, done = floor + 1, True
        before, last = last, (floor * last[0] + before[0], floor * last[1] + before[1])
        if done:
            return Fraction(*last)
        a, b, c, d = d, c - floor * d, b, a - floor * b


def short_complement(vectors: Float[np.ndarray, "r k"]) -> np.ndarray | None:
    """Integer rows [r - k, r] orthogonal to a span, if all of them are short and nothing else is; None otherwise.

    Rows of [I | 10^digits vectors] are reduced by LLL: combinations with small integers that nearly vanish on the
    vectors come first. It finds spaces whose echelon form has huge denominators.
    """
    count = len(vectors) - vectors.shape[1]
    if not 0 < count <= MOST_FOR_LLL:
        return None
    for digits in DIGITS:
        scaled = np.rint(vectors * 10.0**digits).astype(np.int64).tolist()
        reduced = reduce_relations(scaled)
        lengths = [math.log2(sum(x * x for x in row) + 1) / 2 for row in reduced]
        order = sorted(range(len(reduced)), key=lengths.__getitem__)
        if lengths[order[count]] - lengths[order[count - 1]] > math.log2(SEPARATION):
            rows = [reduced[i][: len(vectors)] for i in sorted(order[:count])]
            return np.array(rows, dtype=object)
    return None


def shortest_complement(vectors: Float[np.ndarray, "r k"], digits: int) -> np.ndarray:
    """The r - k shortest integer rows that are orthogonal to a span to a few digits, whether they stand out or not."""
    reduced = reduce_relations(np.rint(vectors * 10.0**digits).astype(np.int64).tolist())
    lengths = [sum(x * x for x in row) for row in reduced]
    order = sorted(range(len(reduced)), key=lengths.__getitem__)
    rows = [reduced[i][: len(vectors)] for i in sorted(order[: len(vectors) - vectors.shape[1]])]
    return np.array(rows, dtype=object)


def short_relations(vectors: Float[np.ndarray, "r k"]) -> np.ndarray | None:
    """Integer rows [found, r], fewer than r - k, that are orthogonal to a span: what its rational hull leaves, as far
    as floating point tells; None if there are none or as many as `short_complement` finds.

    A row counts if one as short hardly vanishes so nearly by accident.
    """
    size, rank = vectors.shape
    if not 0 < size - rank <= MOST_FOR_LLL:
        return None
    best: list[list[int]] = []
    for digits in DIGITS:
        reduced = reduce_relations(np.rint(vectors * 10.0**digits).astype(np.int64).tolist())
        found = [row[:size] for row in reduced if _accidents(row, size) < digits * rank - ACCIDENT]
        if len(found) > len(best):
            best = found
    return np.array(best, dtype=object) if 0 < len(best) < size - rank else None


def _accidents(row: Sequence[int], size: int) -> float:
    """log10 of how many integer rows are as short, with as many of the first `size` entries and all of the others."""
    used = sum(map(bool, row[:size]))
    dimension = used + len(row) - size
    logs = dimension / 2 * math.log(math.pi * (sum(x * x for x in row) + 1)) - math.lgamma(dimension / 2 + 1)
    return math.log10(math.comb(size, used)) + logs / math.log(10) if used else math.inf


def reduce_relations(columns: Sequence[Sequence[int]]) -> list[list[int]]:
    """LLL on the rows of [I | columns]."""
    size = len(columns)
    rows = [[int(i == j) for j in range(size)] + list(column) for i, column in enumerate(columns)]
    return [[int(x) for x in row] for row in fmpz_mat(rows).lll().tolist()]


def integer_nullspace(rows: np.ndarray) -> np.ndarray:
    """A basis [r, r - rank] of the integer vectors that integer rows [k, r] annihilate, reduced by LLL."""
    width = rows.shape[1]
    basis, nullity = fmpz_mat(rows.tolist()).nullspace()
    if not nullity:
        return np.zeros((width, 0), dtype=object)
    vectors = fmpz_mat([[basis[i, j] for i in range(width)] for j in range(nullity)])
    return _columns(_saturated(vectors).lll())


def reduced_product(ranges: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """V N for integer matrices, with LLL-reduced columns."""
    product = ranges @ columns
    return _columns(fmpz_mat(product.T.tolist()).lll()) if product.shape[1] else product


def _saturated(vectors: fmpz_mat) -> fmpz_mat:
    """A basis of all integer vectors in the rational span of independent rows: B' = U H in Hermite form, so the rows of
    T'^-1 B are a basis, T being the top of H."""
    rank = vectors.nrows()
    hermite = vectors.transpose().hnf()
    top = fmpz_mat([[hermite[i, j] for j in range(rank)] for i in range(rank)])
    numerators, denominator = (fmpq_mat(top.transpose()).inv() * fmpq_mat(vectors)).numer_denom()
    assert denominator == 1
    return numerators


def _columns(matrix: fmpz_mat) -> np.ndarray:
    """The transpose as an object array of Python integers."""
    rows = [[int(x) for x in row] for row in matrix.tolist()]
    return np.array(rows, dtype=object).reshape(matrix.nrows(), matrix.ncols()).T
