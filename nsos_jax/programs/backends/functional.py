"""Functionals inside the dual cone, by Clarabel: deep inside, and from there towards the optimum.

    max s  s.t.  M(L) - s I positive semidefinite,  B'L = 0 and <A(I), L> = 1,  or  B'L = -c and s <= 1,  a'L <= most.

Where no functional is inside, s is 0 and L has a moment matrix of the largest rank.

    min a'L  s.t.  M(L) - share M(L_0) positive semidefinite,  B'L = -c

leaves at most the share of the gap of L_0, in coordinates in which M(L_0) is the identity: the nearer to the optimum,
the larger the differences between the eigenvalues of M, which no solver bears in other coordinates.
"""

import time

import clarabel
import numpy as np
import scipy.linalg as sla
import scipy.sparse as sp
from jaxtyping import Float

from nsos_jax.programs.backends.cone_problem import triangle_of_moments
from nsos_jax.programs.equations import ConicForm
from nsos_jax.proofs import clarabel_settings, from_triangle, triangle

TOLERANCE = 1e-10
RANK = 1e-14
_SOLVED = ("Solved", "AlmostSolved", "InsufficientProgress")


def interior_functional(
    form: ConicForm, *, homogeneous: bool, most: float | None = None, deadline: float = np.inf
) -> Float[np.ndarray, " R"] | None:
    """L in scaled coordinates, or None where the solver found none.

    Args:
      form: the equations.
      homogeneous: B'L = 0 and trace 1, instead of B'L = -c.
      most: the largest a'L, or None for any.
      deadline: of the solver, a value of `time.monotonic()`.
    """
    rows, width = form.free.shape
    equations: list = [sp.hstack([form.free.T, sp.csc_matrix((width, 1))])]
    right = [np.zeros(width) if homogeneous else -form.cost]
    bounds, limits = [], []
    if homogeneous:
        identity = form.apply([np.eye(side) for side in form.sides])
        equations.append(sp.csc_matrix(np.append(identity, 0.0)[None]))
        right.append(np.ones(1))
    else:
        bounds.append(np.append(np.zeros(rows), 1.0))
        limits.append(1.0)
    if most is not None:
        bounds.append(np.append(form.rhs, 0.0))
        limits.append(most)
    cones: list = [clarabel.ZeroConeT(width + homogeneous)] if width + homogeneous else []
    if bounds:
        equations.append(sp.csc_matrix(np.array(bounds)))
        right.append(np.array(limits))
        cones.append(clarabel.NonnegativeConeT(len(bounds)))
    for block, weights in zip(form.blocks, form.weights, strict=True):
        equations.append(-sp.hstack([triangle_of_moments(block.maps, weights, rows), -_identity(block.side)]))
        right.append(np.zeros(block.side * (block.side + 1) // 2))
        cones.append(clarabel.PSDTriangleConeT(block.side))
    cost = np.append(np.zeros(rows), -1.0)
    found = _solved(cost, sp.vstack(equations), np.concatenate(right), cones, deadline)
    return None if found is None else found[:rows]


def improved_functional(
    form: ConicForm, moments: Float[np.ndarray, " R"], gap: float, share: float, deadline: float = np.inf
) -> Float[np.ndarray, " R"] | None:
    """L nearer to the optimum than `moments`, or None.

    Args:
      form: the equations.
      moments: L_0; its moment matrices are positive definite.
      gap: about how far a'L_0 is from the optimum.
      share: what to leave of it. As much is paid for a small trace, for there may be many optima, some far away.
      deadline: of the solver, a value of `time.monotonic()`.
    """
    rows, width = form.free.shape
    directions = sla.null_space(form.free.toarray().T) if width else np.eye(rows)
    if not directions.shape[1] or not form.blocks:
        return None
    pieces, right, cones = [], [], []
    for block, weights, matrix in zip(form.blocks, form.weights, form.adjoint(moments), strict=True):
        diagonal = np.sqrt(np.maximum(matrix.diagonal(), 1e-300))
        values, vectors = np.linalg.eigh(matrix / diagonal[:, None] / diagonal)
        if not values[0] > 0:
            return None
        root = vectors / np.sqrt(values) / diagonal[:, None]
        entries = (triangle_of_moments(block.maps, weights, rows) @ directions).T
        turned = root.T @ np.array([from_triangle(entry, block.side) for entry in entries]) @ root
        row, column = triangle(block.side)
        pieces.append((turned[:, row, column] * np.where(row == column, 1.0, np.sqrt(2.0))).T)
        right.append((1 - share) * (row == column))
        cones.append(clarabel.PSDTriangleConeT(block.side))
    basis, sizes, back = np.linalg.svd(np.concatenate(pieces), full_matrices=False)
    if not sizes[-1] > RANK * sizes[0]:
        return None
    directions = directions @ (back.T / sizes)
    cost = directions.T @ form.rhs
    traces = np.concatenate(right) / (1 - share) @ basis
    cost = cost / gap + share / len(basis) * traces
    size = float(np.linalg.norm(cost))
    if not (0 < size < np.inf):
        return None
    found = _solved(cost / size, sp.csc_matrix(-basis), np.concatenate(right), cones, deadline)
    return None if found is None else moments + directions @ found


def _solved(
    cost: np.ndarray, constraints: sp.spmatrix, right: np.ndarray, cones: list, deadline: float
) -> np.ndarray | None:
    settings = clarabel_settings(TOLERANCE, max(deadline - time.monotonic(), 1e-3))
    nothing = sp.csc_matrix((len(cost), len(cost)))
    solution = clarabel.DefaultSolver(nothing, cost, sp.csc_matrix(constraints), right, cones, settings).solve()
    found = np.array(solution.x)
    return found if str(solution.status) in _SOLVED and np.isfinite(found).all() else None


def _identity(side: int) -> sp.csc_matrix:
    """I as a packed upper triangle, one column."""
    row, column = triangle(side)
    return sp.csc_matrix((row == column).astype(np.float64)[:, None])
