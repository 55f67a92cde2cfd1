"""The Gram equations on a face in floating point: A(V S V') + t A(V V') = b, and what an interior-point method needs.

Letters: R rows of the system, m and r the sides of a block and of its face, B blocks of equal sides that are stacked, k
independent equations. T combines the rows to independent equations, see `combinations`.
"""

import numpy as np
from jaxtyping import Float

from nsos_jax.proofs.faces.face import Face
from nsos_jax.proofs.faces.margin.combinations import ChosenRows, Combinations, DenseCombinations, TouchedRows
from nsos_jax.proofs.faces.margin.row_pairs import Matrix, RowPairs, Stacks
from nsos_jax.proofs.faces.margin.stacked_blocks import StackedBlocks

MANY_ROWS, SPARSE = 150, 0.3
"""Rows are chosen, not combined, if there are so many, and each block meets at most this share of them."""


class FaceEquations(StackedBlocks):
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
        super().__init__(shapes)
        self._rows = [np.stack([face.system.rows[block] for block in group]) for group in self._members]
        self._sides = [face.sizes[group[0]] for group in self._members]
        self._ranges = [
            None if shapes[group[0]] == (side, side) else np.stack([face.frames[block].orthonormal for block in group])
            for group, side in zip(self._members, self._sides, strict=True)
        ]
        self._count = len(rhs)
        self._pairs = RowPairs(self._rows, len(rhs))
        self.size = face.size
        self.combinations: Combinations = ChosenRows.orthogonal(face.system.problem().counts)
        outside = 0.0
        if not face.is_whole:
            projectors = self._wide(self.eyes())
            self.combinations, outside = self._kind.independent(self._pairs.sums(projectors, projectors), rhs)
        self.inconsistency = outside / max(float(np.linalg.norm(rhs)), 1e-300)
        self.rhs = self.combinations.combine(rhs)
        self.identity = self.apply(self.eyes())
        self.freedom = sum(side * (side + 1) // 2 for side in face.sizes) - self.combinations.rank

    def eyes(self) -> list[Float[np.ndarray, "B r r"]]:
        """The identity on the face."""
        return [np.tile(np.eye(side), (len(rows), 1, 1)) for side, rows in zip(self._sides, self._rows, strict=True)]

    @property
    def _kind(self) -> type[TouchedRows] | type[ChosenRows] | type[DenseCombinations]:
        if self._pairs.sparse:
            return TouchedRows
        return ChosenRows if self._count >= MANY_ROWS and self._pairs.most <= SPARSE else DenseCombinations

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
            moments[rows] if columns is None else columns.transpose(0, 2, 1) @ moments[rows] @ columns
            for rows, columns in zip(self._rows, self._ranges, strict=True)
        ]

    def schur(self, left: Stacks, right: Stacks) -> Matrix:
        """The matrix of y -> T A_V(X adjoint(y) Y), made symmetric, for X = left and Y = right on the face."""
        return self.combinations.sandwich(self._pairs.sums(self._wide(left), self._wide(right)))

    def _wide(self, stacks: Stacks) -> list[Float[np.ndarray, "B m m"]]:
        """V S V'."""
        return [
            stack if columns is None else columns @ stack @ columns.transpose(0, 2, 1)
            for columns, stack in zip(self._ranges, stacks, strict=True)
        ]
