"""Factors of symmetric positive semidefinite matrices, dense or sparse, with as much on the diagonal as it takes."""

from collections.abc import Callable

import numpy as np
import scipy.linalg as sla
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from jaxtyping import Float

from nsos_jax.proofs.faces.margin.row_pairs import Matrix

RIDGE, TRIES = 1e-15, 6
"""The first share of the mean diagonal that is added, and how often it is raised."""
Solve = Callable[[Float[np.ndarray, " k"]], Float[np.ndarray, " k"]]
"""v -> M^-1 v, about."""


def factored(matrix: Matrix) -> Solve:
    """What solves with the matrix.

    Raises:
      LinAlgError: it is not finite, or too far from being positive semidefinite.
    """
    values = matrix.data if isinstance(matrix, sp.csc_array) else matrix
    if not np.isfinite(values).all():
        raise np.linalg.LinAlgError("the Schur complement is not finite")
    ridge = RIDGE * float(matrix.trace()) / max(matrix.shape[0], 1)
    for _ in range(TRIES):
        try:
            return _sparse(matrix, ridge)[0] if isinstance(matrix, sp.csc_array) else _dense(matrix, ridge)
        except sla.LinAlgError:
            ridge *= 100.0
    raise np.linalg.LinAlgError("the Schur complement cannot be factored")


def regularised(matrix: sp.csc_array, ridge: float) -> tuple[Solve, Float[np.ndarray, " k"]]:
    """What solves with M + ridge I, and the pivots of its elimination."""
    return _sparse(matrix, ridge)


def _dense(matrix: Float[np.ndarray, "k k"], ridge: float) -> Solve:
    lifted = matrix.copy()
    lifted[np.diag_indices(len(matrix))] += ridge
    factor = sla.cho_factor(lifted, lower=True, overwrite_a=True, check_finite=False)
    return lambda values: sla.cho_solve(factor, values, check_finite=False)


def _sparse(matrix: sp.csc_array, ridge: float) -> tuple[Solve, Float[np.ndarray, " k"]]:
    """L U without pivoting, which is L D L' of a positive definite matrix."""
    lifted = sp.csc_matrix(matrix + ridge * sp.eye_array(matrix.shape[0], format="csc"))
    try:
        factor = spla.splu(
            lifted, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True, "Equil": False}
        )
    except RuntimeError as error:  # exactly singular
        raise sla.LinAlgError(str(error)) from None
    pivots = factor.U.diagonal()
    if not (pivots > 0).all():
        raise sla.LinAlgError("a pivot is not positive")
    return factor.solve, pivots
