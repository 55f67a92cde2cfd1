"""Cones of Gram matrices inside the positive semidefinite one, by their generators.

    "psd"  positive semidefinite: p = z'Qz is a sum of squares (SOS)
    "sdd"  scaled diagonally dominant: sums of positive semidefinite matrices that vanish outside of rows and columns
           i, j (SDSOS), a second-order cone program
    "dd"   diagonally dominant: nonnegative sums of e_i e_i' and (e_i +- e_j) (e_i +- e_j)' (DSOS), a linear program

dd is inside sdd, sdd inside psd. Source: Ahmadi and Majumdar, DSOS and SDSOS optimization, SIAM J. Appl. Algebra
Geometry 3 (2019), Theorem 3.1 and Lemma 3.8.

Symmetric matrices are written as their triangles (`proofs`).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy.sparse as sp
from jaxtyping import Int

from nsos_jax.programs.options import Cone


@dataclass(frozen=True)
class Parts:
    """A cone of matrices as C'z, with z in a product of simple cones; its dual cone is where C M lies in their duals.

    Attributes:
      linear: rows of C, for z >= 0, sparse [l, k (k + 1) / 2].
      second_order: rows of C in threes, for z_0 >= |(z_1, z_2)|, sparse [3 q, k (k + 1) / 2].
      psd: whether the triangle itself is z, instead of both.
    """

    linear: sp.csr_matrix
    second_order: sp.csr_matrix
    psd: bool = False

    @staticmethod
    def of(cone: Cone, side: int, shifts: Int[np.ndarray, " side"]) -> "Parts":
        """The parts of the matrices Q with D Q D in the cone, D = diag(2^shifts); only "dd" depends on D.

        Matrices of side 1 and 2 are linear and second-order cones, whatever the cone.

        >>> parts = Parts.of("dd", 2, np.zeros(2, int))
        >>> parts.linear.toarray().round(2).tolist()  # e_1 e_1', e_2 e_2', and (e_1 +- e_2) (e_1 +- e_2)'
        [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [1.0, 1.41, 1.0], [1.0, -1.41, 1.0]]
        """
        if cone == "dd" and side > 1:
            return Parts(_rays(side, shifts), sp.csr_matrix((0, side * (side + 1) // 2)))
        return _unscaled_parts(cone, side)


@cache
def _unscaled_parts(cone: Cone, side: int) -> Parts:
    """Those that do not depend on shifts."""
    none = sp.csr_matrix((0, side * (side + 1) // 2))
    if side == 1:
        return Parts(_rays(side, np.zeros(1, np.int64)), none)
    return Parts(none, _pairs(side)) if cone == "sdd" or side == 2 else Parts(none, none, psd=True)


def _places(side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The pairs i < j, and where the entries ii, jj, ij of a triangle stand."""
    i, j = np.triu_indices(side, 1)
    return i, j, i * (i + 3) // 2, j * (j + 3) // 2, j * (j + 1) // 2 + i


def _rays(side: int, shifts: np.ndarray) -> sp.csr_matrix:
    """e_i e_i' for all i, then v v' with v = 2^-shifts[i] e_i +- 2^-shifts[j] e_j, brought near 1, for i < j."""
    i, j, first, second, mixed = _places(side)
    own = np.arange(side)
    ratio = np.ldexp(1.0, shifts[j] - shifts[i])
    plus = side + 2 * np.arange(len(i))
    rows = [own, plus, plus + 1, plus, plus + 1, plus, plus + 1]
    columns = [own * (own + 3) // 2, first, first, second, second, mixed, mixed]
    root = np.full(len(i), np.sqrt(2.0))
    values = [np.ones(side), ratio, ratio, 1 / ratio, 1 / ratio, root, -root]
    shape = (side + 2 * len(i), side * (side + 1) // 2)
    return sp.csr_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=shape)


def _pairs(side: int) -> sp.csr_matrix:
    """(M_ii + M_jj, M_ii - M_jj, 2 M_ij) / sqrt 2 for i < j: in the second-order cone where that part is psd."""
    i, _, first, second, mixed = _places(side)
    at = 3 * np.arange(len(i))
    half, one = np.full(len(i), np.sqrt(0.5)), np.ones(len(i))
    rows = np.concatenate([at, at, at + 1, at + 1, at + 2])
    columns = np.concatenate([first, second, first, second, mixed])
    values = np.concatenate([half, half, half, -half, one])
    return sp.csr_matrix((values, (rows, columns)), shape=(3 * len(i), side * (side + 1) // 2))
