"""Faces of the cone of invariant Gram matrices: A = V S V' per component, exactly and in floating point.

In the scaled variables of the system W becomes D W = orthonormal @ triangle, so A has the coordinates X = T S T' with
triangle @ V = orthonormal @ T.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int64

from nsos_jax.proofs.faces import DenseEquations, IntegerEquations, symmetric_blocks
from nsos_jax.proofs.symmetric.system import SymmetricSystem

EXACT = 1 << 62
"""Integers below it are multiplied and added up in int64."""


class _Frame(NamedTuple):
    """triangle @ V = orthonormal @ inner, where triangle is that of D W."""

    orthonormal: Float[np.ndarray, "m r"]
    inner: Float[np.ndarray, "r r"]


@dataclass(frozen=True, eq=False)
class SymmetricFace:
    """See the module.

    Attributes:
      symmetric: the equations.
      ranges: V per component, integers [m, r], object arrays with independent columns; r may be 0.
    """

    symmetric: SymmetricSystem
    ranges: tuple[np.ndarray, ...]

    @staticmethod
    def whole(symmetric: SymmetricSystem) -> "SymmetricFace":
        """The cone itself."""
        return SymmetricFace(symmetric, tuple(np.eye(side, dtype=np.int64).astype(object) for side in symmetric.sides))

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sides r."""
        return tuple(columns.shape[1] for columns in self.ranges)

    @property
    def is_whole(self) -> bool:
        return self.sizes == self.symmetric.sides

    @cached_property
    def frames(self) -> list[_Frame]:
        """One per component."""
        triples = zip(self.symmetric.blocks, self.symmetric.components, self.ranges, strict=True)
        return [self._frame(*own) for own in triples]

    def _frame(self, block: int, component, columns: np.ndarray) -> _Frame:
        logs = self.symmetric.system.bases[block] @ self.symmetric.system.scaling.shifts
        vectors = np.ldexp((component.columns.astype(object) @ columns).astype(np.float64), logs[:, None])
        return _Frame(*np.linalg.qr(vectors))

    @cached_property
    def _matrices(self) -> list[np.ndarray]:
        """V' E V per component, integers [rows, r, r]."""
        return [_sandwiched(own, columns) for own, columns in zip(self.symmetric.equations, self.ranges, strict=True)]

    def margin(self) -> DenseEquations:
        """The margin problem in the coordinates X; its rows are orbits of rows, its multipliers moments of these."""
        system, rows = self.symmetric.system, self.symmetric.rows
        logs = system.row_exponents[rows.leaders] @ system.scaling.shifts
        matrices = []
        for own, frame in zip(self._matrices, self.frames, strict=True):
            inverse = np.linalg.inv(frame.inner)
            matrices.append(np.ldexp(inverse.T @ own.astype(np.float64) @ inverse, logs[:, None, None]))
        rhs = system.problem().rhs[rows.leaders] * rows.sizes
        squares = sum((own**2).sum(axis=(1, 2)) for own in matrices)
        norms = np.where(squares > 0, np.sqrt(squares), 1.0)
        return DenseEquations([own / norms[:, None, None] for own in matrices], rhs / norms, np.diag(1 / norms))

    def equations(self) -> IntegerEquations:
        """All equations in the entries of the upper triangles of S, in integers.

        Raises:
          Inconsistent: they have no solution.
        """
        parts = []
        for own, side in zip(self._matrices, self.sizes, strict=True):
            i, j = np.triu_indices(side)
            parts.append(own[:, i, j] * np.where(i == j, 1, 2))
        return IntegerEquations(np.concatenate(parts, axis=1).astype(object), self.symmetric.targets)

    def cores(self, grams: Sequence[Float[np.ndarray, "r r"]]) -> list[Float[np.ndarray, "r r"]]:
        """S for given X."""
        result = []
        for frame, gram in zip(self.frames, grams, strict=True):
            inverse = np.linalg.inv(frame.inner)
            result.append(inverse @ gram @ inverse.T)
        return result

    def wide(self, cores: Sequence[np.ndarray]) -> list[np.ndarray]:
        """A = V S V'."""
        pairs = zip(self.ranges, cores, strict=True)
        return [columns.astype(core.dtype) @ core @ columns.T.astype(core.dtype) for columns, core in pairs]

    def split(self, entries: Sequence[int]) -> tuple[np.ndarray, ...]:
        """S from the unknowns of `equations`."""
        return symmetric_blocks(entries, self.sizes)


def _sandwiched(matrices: Int64[np.ndarray, "rows m m"], columns: np.ndarray) -> np.ndarray:
    """V' E V in integers, int64 where it is sure to fit."""
    largest = int(np.abs(matrices).max(initial=0)) * max((abs(int(x)) for x in columns.ravel()), default=0) ** 2
    fits = largest * max(len(columns), 1) ** 2 < EXACT
    values = columns.astype(np.int64) if fits else columns
    return values.T @ (matrices if fits else matrices.astype(object)) @ values
