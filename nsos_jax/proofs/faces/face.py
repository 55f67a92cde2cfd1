"""A face of the cone of Gram matrices, given by integer matrices, and its coordinates in floating point.

Gram matrices that vanish on the kernel of a face are Q_k = V_k S_k V_k' with S_k psd: V_k holds the *range* of block k,
m_k x r_k integers, and S_k are the coordinates on the face. V_k = I is the whole cone.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from nsos_jax.proofs.gram_system import GramSystem


class Frame(NamedTuple):
    """Orthonormal coordinates of one range in the scaled variables of a system: D V = orthonormal @ triangle, with
    D = diag(2^(shifts . m)) over the basis monomials m."""

    orthonormal: Float[np.ndarray, "m r"]
    triangle: Float[np.ndarray, "r r"]


@dataclass(frozen=True, eq=False)
class Face:
    """The Gram matrices V S V' of a system.

    Attributes:
      system: the Gram equations.
      ranges: integers [m_k, r_k] per block, object arrays with independent columns; r_k may be 0.
    """

    system: GramSystem
    ranges: tuple[np.ndarray, ...]

    @staticmethod
    def whole(system: GramSystem) -> "Face":
        """The cone itself."""
        return Face(system, tuple(np.eye(len(basis), dtype=np.int64).astype(object) for basis in system.bases))

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sides r_k."""
        return tuple(columns.shape[1] for columns in self.ranges)

    @property
    def size(self) -> int:
        return sum(self.sizes)

    @property
    def is_whole(self) -> bool:
        return all(rows == columns for rows, columns in (matrix.shape for matrix in self.ranges))

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from other faces, of this system while that is alive."""
        entries = (None if len(own) == own.shape[1] else tuple(own.ravel().tolist()) for own in self.ranges)
        return id(self.system), *entries

    @cached_property
    def frames(self) -> tuple[Frame, ...]:
        """One per block; the identity where a block is not cut."""
        return tuple(self._frame(*pair) for pair in zip(self.system.bases, self.ranges, strict=True))

    def _frame(self, basis: np.ndarray, columns: np.ndarray) -> Frame:
        logs = basis @ self.system.scaling.shifts
        if columns.shape[0] == columns.shape[1]:
            return Frame(np.eye(len(logs)), np.diag(np.exp2(logs)))
        return Frame(*np.linalg.qr(np.ldexp(columns.astype(np.float64), logs[:, None])))

    def coordinates(self, block: int, gram: Float[np.ndarray, "r r"]) -> Float[np.ndarray, "r r"]:
        """S of 2^-unit p for the Gram matrix of a block in the orthonormal coordinates."""
        inverse = np.linalg.inv(self.frames[block].triangle)
        return np.asarray(inverse @ gram @ inverse.T)
