"""Integer relations between vectors known to many digits, by LLL with growing precision.

Rows of [I | 10^d vectors] are reduced for growing d, each time from the last reduction, so that numbers stay short.
Rows at the end whose Gram-Schmidt length exceeds what a relation may have take part in no relation, and are dropped.
"""

from collections.abc import Callable

import numpy as np
from flint import fmpz_mat

STEP_DIGITS = 6
LEAST_DIGITS = 18
"""From here on relations are told from accidents."""
STILL_VANISHES = 0.4
"""At twice the d digits at which it was found, a relation vanishes up to 10^(0.4 d) units; an accident to 10^d."""
Vectors = Callable[[int], np.ndarray | None]
"""Digits d -> integers [r, k], 10^d times vectors of length one; None where they are not known to as many digits."""


def integer_relations(vectors: Vectors, size: int, longest: float, most_digits: int) -> np.ndarray | None:
    """Integer rows [found, size] that annihilate all vectors, as far as twice the digits at which they were found can
    tell; None where the vectors are not known well enough, or relations not told apart within `most_digits`.

    Args:
      vectors: at any number of digits.
      size: r.
      longest: length of the longest relation that is looked for.
      most_digits: where to give up.
    """
    transform = fmpz_mat([[int(i == j) for j in range(size)] for i in range(size)])
    for digits in range(STEP_DIGITS, most_digits + 1, STEP_DIGITS):
        known = vectors(2 * digits)
        if known is None:
            return None
        transform = _reduced(transform, known // 10**digits, longest)
        rows = np.array([[int(x) for x in row] for row in transform.tolist()], dtype=object).reshape(-1, size)
        if not len(rows) or (
            digits >= LEAST_DIGITS and np.abs(rows @ known).max() < 10 ** int(STILL_VANISHES * digits)
        ):
            return rows
    return None


def _reduced(transform: fmpz_mat, vectors: np.ndarray, longest: float) -> fmpz_mat:
    """The relations among `transform`'s rows, reduced for more digits, without those that are surely none."""
    values = transform * fmpz_mat([[int(x) for x in row] for row in vectors.tolist()])
    joined = [[*row, *own] for row, own in zip(transform.tolist(), values.tolist(), strict=True)]
    reduced = fmpz_mat(joined).lll()
    floats = np.array([[float(int(x)) for x in row] for row in reduced.tolist()])
    lengths = np.abs(np.diagonal(np.linalg.qr(floats.T)[1]))
    short = np.flatnonzero(lengths <= longest)
    kept = int(short[-1]) + 1 if len(short) else 0
    width = transform.ncols()
    return fmpz_mat(kept, width, [reduced[i, j] for i in range(kept) for j in range(width)])
