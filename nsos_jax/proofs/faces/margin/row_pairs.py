"""Sums over pairs of Gram entries by the pairs of their rows: the matrices A (X (x) Y) A' of Newton's equations.

Letters: R rows, B blocks of equal side m that are stacked. Their entries at rows r and s are <A_r, X A_s Y>, the sum of
X_ik Y_jl over the entries (i, j) in row r and (k, l) in row s, made symmetric in r and s. Each block adds to the few
rows that it meets: the sum is dense, or sparse where that is much less than R^2 numbers.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float, Int, Int64

MOST_NUMBERS = 1 << 22
"""Of the matrices of stacked blocks at once."""
MANY_ROWS, SPARSE = 500, 0.35
"""Rows from which on matrices are sparse, and the share of their numbers that are not zero up to which they are."""
Matrix = Float[np.ndarray, "R R"] | sp.csc_array
Stacks = Sequence[np.ndarray]
"""Float [B, m, m] per group of blocks."""


class RowPairs:
    """Which rows the blocks of a system meet.

    Attributes:
      count: R.
      most: the largest share of the rows that a block meets.
      sparse: whether sums are sparse.
    """

    def __init__(self, groups: Sequence[Int[np.ndarray, "B m m"]], count: int) -> None:
        self.count = count
        self._groups = [_Group(rows) for rows in groups]
        met = [len(used) for group in self._groups for used in group.used]
        self.most = max(met, default=0) / max(count, 1)
        self.sparse = count >= MANY_ROWS and sum(own**2 for own in met) <= SPARSE * count**2

    def sums(self, left: Stacks, right: Stacks) -> Matrix:
        """The matrix for X = left and Y = right."""
        own = [group.sums(x, y) for group, x, y in zip(self._groups, left, right, strict=True)]
        values = np.concatenate([np.zeros(0), *own])
        if not self.sparse:
            total = np.bincount(self._places, values, minlength=self.count**2)
            return _symmetric(total.reshape(self.count, self.count))
        found = sp.csc_array((values, np.divmod(self._places, self.count)), shape=(self.count, self.count))
        return sp.csc_array((found + found.T) / 2)

    @cached_property
    def _places(self) -> Int64[np.ndarray, " numbers"]:
        """Where in the matrix the numbers of all blocks belong."""
        return np.concatenate([np.zeros(0, np.int64), *(group.places(self.count) for group in self._groups)])


class _Group:
    """Stacked blocks: the rows that each meets, and their numbers within it."""

    def __init__(self, rows: Int[np.ndarray, "B m m"]) -> None:
        pairs = [np.unique(own, return_inverse=True) for own in rows]
        self.used = [used.astype(np.int32) for used, _ in pairs]
        self._width = max(map(len, self.used))
        self._local: np.ndarray = np.array([inverse.ravel() for _, inverse in pairs]).reshape(rows.shape)

    @cached_property
    def _present(self) -> Bool[np.ndarray, "B width width"] | None:
        """Numbers that stand for rows of a block; None if all blocks meet equally many."""
        lengths = np.array([*map(len, self.used)])
        if (lengths == self._width).all():
            return None
        within = np.arange(self._width) < lengths[:, None]
        return within[:, :, None] & within[:, None, :]

    def places(self, count: int) -> Int64[np.ndarray, " numbers"]:
        """Of the numbers of `sums` in a matrix of so many rows and columns."""
        parts = [(used.astype(np.int64)[:, None] * count + used).ravel() for used in self.used]
        return np.concatenate(parts)

    def sums(
        self, left: Float[np.ndarray, "B m m"], right: Float[np.ndarray, "B m m"]
    ) -> Float[np.ndarray, " numbers"]:
        """What each block adds to the pairs of its rows, before that is made symmetric."""
        step = max(MOST_NUMBERS // self._width**2, 1)
        found = []
        for start in range(0, len(self.used), step):
            part = slice(start, start + step)
            own = _products(self._width, self._local[part], left[part], right[part])
            found.append(own.ravel() if self._present is None else own[self._present[part]])
        return np.concatenate(found)


def _products(
    width: int, local: Int[np.ndarray, "B m m"], left: Float[np.ndarray, "B m m"], right: Float[np.ndarray, "B m m"]
) -> Float[np.ndarray, "B width width"]:
    """In 2 m^3 width operations of matrix products each.

    For each i, the sums over k and l are Y times a matrix that holds X_ik at (l, row of (k, l)); within one i all rows
    (i, j) differ.
    """
    count, side = local.shape[:2]
    blocks = np.arange(count)[:, None]
    result = np.zeros((count, width, width))
    placed = np.zeros((count, side, width))
    at = blocks[:, :, None], np.arange(side)[None, None, :], local
    for i in range(side):
        placed[at] = left[:, i, :, None]
        result[blocks, local[:, i]] += right @ placed
    return result


def _symmetric(matrix: Float[np.ndarray, "r r"]) -> Float[np.ndarray, "r r"]:
    return (matrix + matrix.T) / 2
