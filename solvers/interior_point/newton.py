"""Newton's equations in m and d, by Cholesky factorisations for many programs or a sparse LU factorisation for one.

H has one eigenvalue of the size of mu along m, all others are of the size of 1/mu. As F'm = -c is not 0, the equations
do not change, and that eigenvalue grows, when rho F r_f is added to the right and rho F F' to H.
"""

from typing import Any

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float
from scipy.linalg.blas import daxpy
from scipy.linalg.lapack import dpotrf, dpotrs
from scipy.sparse.linalg import splu

from nsos_jax.solvers.interior_point.batch import Batch, Columns, SparseColumns
from nsos_jax.solvers.interior_point.workspace import Workspace

RIDGES = 0.0, 1e-14, 1e-11, 1e-8
"""Of the diagonal: added one after the other where a Cholesky factorisation fails."""
REGULAR = 1e-8
"""Added to the diagonal of sparse equations, where that is 1, and taken off where it is 0."""
REFINEMENTS, EXACT = 20, 1e-14
"""Steps of refinement at most, and the residual, relative to the right-hand side, that needs no more."""


def solve_in_place(triangle: np.ndarray, sides: np.ndarray) -> None:
    """(L L')^-1 X for one program, L in the lower part of `triangle` as of Fortran, X as its rows."""
    dpotrs(triangle.T, sides.T, lower=1, overwrite_b=1)


def factor_in_place(matrix: np.ndarray, ridges: tuple[float, ...] = RIDGES) -> bool:
    """The Cholesky factor of one symmetric matrix, as `solve_in_place` wants it; False where there is none."""
    diagonal = matrix.diagonal().copy()
    for ridge in ridges:
        if ridge:
            upper = np.triu(matrix, 1)  # what is not overwritten: of C, the part above the diagonal
            matrix[:] = upper + upper.T
            np.fill_diagonal(matrix, (1.0 + ridge) * diagonal)
        if dpotrf(matrix.T, lower=1, clean=0, overwrite_a=1)[1] == 0:
            return True
    return False


class Newton:
    """Newton's equations [H, -F; F', 0], factored once for all right-hand sides; overwrites H."""

    def __init__(self, batch: Batch, matrices: Float[np.ndarray, "B R R"], work: Workspace) -> None:
        columns, count = batch.columns, batch.cost.shape[1]
        assert isinstance(columns, Columns)
        places = [slot if len(columns.free) > 1 else 0 for slot in batch.slots]
        self.batch, self.triangles = batch, matrices
        traces = columns.trace[places]
        self.weight = np.einsum("bii->b", matrices) / np.where(traces > 0, traces, np.inf)
        self.moved = work.array("moved", len(matrices), count, matrices.shape[1])
        self.inner = work.array("inner", len(matrices), count, count)
        self.alive = np.ones(len(matrices), bool)
        for index, (matrix, place) in enumerate(zip(matrices, places, strict=True)):
            if count:
                daxpy(columns.square[place], matrix.ravel(), a=self.weight[index])
            if not factor_in_place(matrix):
                self.alive[index] = False
            elif count:
                self.moved[index] = columns.free[place].T
                solve_in_place(matrix, self.moved[index])
                np.matmul(self.moved[index], columns.free[place], out=self.inner[index])
                self.alive[index] = factor_in_place(self.inner[index])

    def solve(self, upper: Float[np.ndarray, "B R"], lower: Float[np.ndarray, "B K"]) -> tuple[np.ndarray, np.ndarray]:
        """dm [B, R] and dd [B, K] with H dm - F dd = upper, F'dm = lower."""
        moments = upper + self.weight[:, None] * self.batch.combine(lower)
        for triangle, side in zip(self.triangles, moments, strict=True):
            dpotrs(triangle.T, side, lower=1, overwrite_b=1)
        free = lower - self.batch.fit(moments)
        if free.shape[1] == 1:
            free /= self.inner[:, 0] ** 2
        elif free.size:
            for triangle, side in zip(self.inner, free, strict=True):
                dpotrs(triangle.T, side, lower=1, overwrite_b=1)
        moments += np.matmul(free[:, None, :], self.moved)[:, 0]
        return moments, free


class SparseNewton:
    """The same of one program with sparse matrices: LDL' of the scaled, slightly regularised equations, by SuperLU
    without pivoting, which keeps them sparse, and iterative refinement for what the regularisation and that lose."""

    def __init__(self, batch: Batch, matrix: sp.csc_array) -> None:
        assert isinstance(batch.columns, SparseColumns)
        free = batch.columns.matrix
        self._rows, count = free.shape
        upper = 1.0 / np.sqrt(np.maximum(matrix.diagonal(), 1e-300))
        lengths = np.sqrt(np.asarray(((sp.diags_array(upper) @ free).power(2)).sum(axis=0)).ravel())
        self._scale = np.concatenate([upper, 1.0 / np.maximum(lengths, 1e-300)])
        scale = sp.diags_array(self._scale)
        parts: Any = [[matrix, free], [free.T, sp.csc_array((count, count))]]
        self._system = sp.csc_array(scale @ sp.block_array(parts) @ scale)
        signs = np.concatenate([np.ones(self._rows), -np.ones(count)])
        regular = sp.csc_array(self._system + REGULAR * sp.diags_array(signs))
        self.alive = np.ones(1, bool)
        try:
            self._factor = splu(
                regular, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
            )
        except RuntimeError:  # exactly singular
            self.alive[0] = False

    def solve(self, upper: Float[np.ndarray, "B R"], lower: Float[np.ndarray, "B K"]) -> tuple[np.ndarray, np.ndarray]:
        """dm [B, R] and dd [B, K] with H dm - F dd = upper, F'dm = lower."""
        if not self.alive[0]:
            return upper, lower
        right = self._scale * np.concatenate([upper[0], lower[0]])
        found, missing = np.zeros_like(right), right
        for _ in range(REFINEMENTS):
            better = found + self._factor.solve(missing)
            left = right - self._system @ better
            if not np.linalg.norm(left) < np.linalg.norm(missing):
                break
            found, missing = better, left
            if np.linalg.norm(missing) <= EXACT * np.linalg.norm(right):
                break
        found = self._scale * found
        return found[None, : self._rows], -found[None, self._rows :]


def equations(batch: Batch, matrices: np.ndarray | sp.csc_array, work: Workspace) -> Newton | SparseNewton:
    """Newton's equations for H, dense [B, R, R] or sparse, then of one program."""
    return Newton(batch, matrices, work) if isinstance(matrices, np.ndarray) else SparseNewton(batch, matrices)
