"""Points from kernels: the common zeros whose evaluation vectors span a space of vectors over monomials.

Multiplication by a variable maps the space to itself where the monomials allow it; the eigenvalues of these
commuting matrices are the coordinates of the points (Stetter; Henrion and Lasserre for moment matrices).
"""

import numpy as np
from jaxtyping import Float, Int

SEED = 0
RANK = 1e-6
REAL = 1e-3
"""Largest imaginary part, relative to the point, of one that is taken for real."""


def points_of_kernel(basis: Int[np.ndarray, "m n"], kernel: Float[np.ndarray, "m k"]) -> Float[np.ndarray, "points n"]:
    """Real points whose evaluation vectors lie in the span of `kernel`; none where the monomials whose products with
    all variables are in the basis do not determine them.

    >>> basis = np.array([[0], [1], [2]])
    >>> points_of_kernel(basis, np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 1.0]])).ravel().round(6).tolist()
    [-1.0, 2.0]
    """
    n = basis.shape[1]
    none = np.zeros((0, n))
    index = {tuple(row): i for i, row in enumerate(basis.tolist())}
    shifted = [[index.get(tuple(row), -1) for row in (basis + unit).tolist()] for unit in np.eye(n, dtype=basis.dtype)]
    inner = [i for i in range(len(basis)) if all(column[i] >= 0 for column in shifted)]
    if not inner or not kernel.shape[1] or np.linalg.matrix_rank(kernel[inner], tol=RANK) < kernel.shape[1]:
        return none
    inverse = np.linalg.pinv(kernel[inner])
    multiplications = [inverse @ kernel[[column[i] for i in inner]] for column in shifted]
    weights = np.random.default_rng(SEED).standard_normal(n)
    vectors = np.linalg.eig(np.tensordot(weights, np.array(multiplications), 1))[1]
    if np.linalg.cond(vectors) > 1e12:
        return none
    back = np.linalg.inv(vectors)
    points = np.array([np.diag(back @ matrix @ vectors) for matrix in multiplications]).T
    real = np.abs(points.imag).max(axis=1) < REAL * (1 + np.abs(points).max(axis=1))
    return points.real[real]
