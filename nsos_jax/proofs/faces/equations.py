"""The Gram equations on a face in floating point: A(V S V') + t A(V V') = b, and what an interior-point method needs.

Letters: R rows of the system, m and r the sides of a block and of its face, B blocks of equal sides that are stacked, k
independent equations. T combines the rows to independent equations, see `combinations`.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from nsos_jax.proofs.faces.combinations import ChosenRows, Combinations, DenseCombinations
from nsos_jax.proofs.faces.face import Face

MANY_ROWS, SPARSE = 150, 0.3
"""A system is sparse if it has so many rows, and each block meets at most this share of them."""
SMALL_SIDE = 16
"""Blocks up to this side are taken pair by pair."""
MOST_PAIRS = 1 << 22
Stacks = Sequence[np.ndarray]
"""Float [B, r, r] per group of blocks."""


class FaceEquations:
    """The margin problem on a face: max t such that A(V S V') + t A(V V') = b, S psd, V with orthonormal columns.

    Blocks of equal sides are stacked, those that are cut away altogether left out.

    Attributes:
      size: the sum of the sides r.
      combinations: T.
      rhs: T b, float64 [k].
      identity: T A(V V'), float64 [k].
      inconsistency: the part of b outside of the range of A_V, relative to |b|.
      freedom: dimension of {S : A(V S V') = 0}.
    """

    def __init__(self, face: Face) -> None:
        rhs = face.system.problem().rhs
        shapes = [columns.shape for columns in face.ranges]
        self._members = [
            [block for block, own in enumerate(shapes) if own == shape] for shape in dict.fromkeys(shapes) if shape[1]
        ]
        self._rows = [np.stack([face.system.rows[block] for block in group]) for group in self._members]
        self._ranges = [np.stack([face.frames[block].orthonormal for block in group]) for group in self._members]
        self._count, self._blocks = len(rhs), len(shapes)
        self.size = face.size
        self.combinations: Combinations = ChosenRows.orthogonal(face.system.problem().counts)
        outside = 0.0
        if not face.is_whole:
            projectors = self._wide(self.eyes())
            kind = ChosenRows if self._sparse else DenseCombinations
            self.combinations, outside = kind.independent(self._schur_of_rows(projectors, projectors), rhs)
        self.inconsistency = outside / max(float(np.linalg.norm(rhs)), 1e-300)
        self.rhs = self.combinations.combine(rhs)
        self.identity = self.apply(self.eyes())
        self.freedom = sum(side * (side + 1) // 2 for side in face.sizes) - len(self.rhs)

    def eyes(self) -> list[Float[np.ndarray, "B r r"]]:
        """The identity on the face."""
        return [np.tile(np.eye(columns.shape[2]), (len(columns), 1, 1)) for columns in self._ranges]

    def blocks(self, stacks: Stacks) -> tuple[Float[np.ndarray, "r r"], ...]:
        """One matrix per block of the face, in its order."""
        result = [np.zeros((0, 0))] * self._blocks
        for group, stack in zip(self._members, stacks, strict=True):
            for block, matrix in zip(group, stack, strict=True):
                result[block] = matrix
        return tuple(result)

    def stacks(self, blocks: Sequence[np.ndarray]) -> list[Float[np.ndarray, "B r r"]]:
        """The inverse of `blocks`: one matrix per block of the face, as stacks."""
        return [np.stack([blocks[block] for block in group]) for group in self._members]

    @property
    def _sparse(self) -> bool:
        most = max((len(np.unique(rows)) for group in self._rows for rows in group), default=0)
        return self._count >= MANY_ROWS and most <= SPARSE * self._count

    def by_row(self, values: Float[np.ndarray, " k"]) -> Float[np.ndarray, " R"]:
        """T'y: multipliers of the combinations as moments, one per row."""
        return self.combinations.by_row(values)

    def apply(self, stacks: Stacks) -> Float[np.ndarray, " k"]:
        """T A(V S V')."""
        total = np.zeros(self._count)
        for rows, gram in zip(self._rows, self._wide(stacks), strict=True):
            total += np.bincount(rows.ravel(), gram.ravel(), minlength=self._count)
        return self.combinations.combine(total)

    def correction(self, missing: Float[np.ndarray, " k"]) -> list[Float[np.ndarray, "B r r"]]:
        """The least change of S that adds `missing` to T A_V(S)."""
        return self.adjoint(self.combinations.solve(missing))

    def adjoint(self, values: Float[np.ndarray, " k"]) -> list[Float[np.ndarray, "B r r"]]:
        """V' A'(T'y) V: entries of A'(y) take the values of their rows."""
        moments = self.by_row(values)
        return [
            columns.transpose(0, 2, 1) @ moments[rows] @ columns
            for rows, columns in zip(self._rows, self._ranges, strict=True)
        ]

    def schur(self, left: Stacks, right: Stacks) -> Float[np.ndarray, "k k"]:
        """The matrix of y -> T A_V(X adjoint(y) Y), made symmetric, for X = left and Y = right on the face."""
        return self.combinations.sandwich(self._schur_of_rows(self._wide(left), self._wide(right)))

    def _wide(self, stacks: Stacks) -> list[Float[np.ndarray, "B m m"]]:
        """V S V'."""
        pairs = zip(self._ranges, stacks, strict=True)
        return [columns @ stack @ columns.transpose(0, 2, 1) for columns, stack in pairs]

    def _schur_of_rows(self, left: Stacks, right: Stacks) -> Float[np.ndarray, "R R"]:
        total = np.zeros((self._count, self._count))
        for rows, x, y in zip(self._rows, left, right, strict=True):
            if rows.shape[1] <= SMALL_SIDE:
                _add_pairs(total, rows, x, y)
            else:
                for own, first, second in zip(rows, x, y, strict=True):
                    _add_products(total, own, first, second)
        return total


def _add_pairs(
    total: Float[np.ndarray, "R R"],
    rows: Int[np.ndarray, "B m m"],
    left: Float[np.ndarray, "B m m"],
    right: Float[np.ndarray, "B m m"],
) -> None:
    """Adds <A_r, X A_s Y>, the sum of X_ik Y_jl over the entries (i, j) in row r and (k, l) in row s, one by one, made
    symmetric in r and s."""
    entries = rows[0].size
    pairs = [np.unique(own, return_inverse=True) for own in rows]
    width = max(len(used) for used, _ in pairs)
    local = np.array([inverse.ravel() for _, inverse in pairs])
    chunk = max(MOST_PAIRS // entries**2, 1)
    for start in range(0, len(rows), chunk):
        part = local[start : start + chunk]
        where = (np.arange(len(part))[:, None] * width + part)[:, :, None] * width + part[:, None, :]
        x, y = left[start : start + chunk], right[start : start + chunk]
        values = x[:, :, None, :, None] * y[:, None, :, None, :]
        sums = np.bincount(where.ravel(), values.ravel(), minlength=len(part) * width**2)
        for (used, _), own in zip(pairs[start : start + chunk], sums.reshape(-1, width, width), strict=True):
            total[np.ix_(used, used)] += _symmetric(own[: len(used), : len(used)])


def _add_products(
    total: Float[np.ndarray, "R R"],
    rows: Int[np.ndarray, "m m"],
    left: Float[np.ndarray, "m m"],
    right: Float[np.ndarray, "m m"],
) -> None:
    """The same for a large block, in 2 m^3 R operations of matrix products.

    For each i, the sums over k and l are Y times a matrix that holds X_ik at (l, row of (k, l)); within one i all rows
    (i, j) differ.
    """
    used, local = np.unique(rows, return_inverse=True)
    local = local.reshape(rows.shape)
    result = np.zeros((len(used), len(used)))
    placed = np.zeros((len(rows), len(used)))
    at = (np.arange(len(rows))[None, :], local)
    for own, row in zip(local, left, strict=True):
        placed[at] = row[:, None]
        result[own] += right @ placed
    total[np.ix_(used, used)] += _symmetric(result)


def _symmetric(matrix: Float[np.ndarray, "r r"]) -> Float[np.ndarray, "r r"]:
    return (matrix + matrix.T) / 2
