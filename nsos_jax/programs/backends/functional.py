"""Functionals deep inside the dual cone, by Clarabel.

    max s  s.t.  M(L) - s I positive semidefinite,  B'L = 0 and <A(I), L> = 1,  or  B'L = -c and s <= 1,  a'L <= most.

Where no functional is inside, s is 0 and L has a moment matrix of the largest rank.
"""

import clarabel
import numpy as np
import scipy.sparse as sp
from jaxtyping import Float

from nsos_jax.programs.backends.clarabel import packed_adjoint
from nsos_jax.programs.conic import ConicForm

TOLERANCE = 1e-10
_SOLVED = ("Solved", "AlmostSolved", "InsufficientProgress")


def interior_functional(
    form: ConicForm, *, homogeneous: bool, most: float | None = None, time_limit: float = np.inf
) -> Float[np.ndarray, " R"] | None:
    """L in scaled coordinates, or None where the solver found none.

    Args:
      form: the equations.
      homogeneous: B'L = 0 and trace 1, instead of B'L = -c.
      most: the largest a'L, or None for any.
      time_limit: seconds.
    """
    rows, width = form.free.shape
    equations = [sp.hstack([form.free.T, sp.csc_matrix((width, 1))])]
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
        equations.append(-sp.hstack([packed_adjoint(block.maps, weights, rows), -_identity(block.side)]))
        right.append(np.zeros(block.side * (block.side + 1) // 2))
        cones.append(clarabel.PSDTriangleConeT(block.side))
    settings = clarabel.DefaultSettings()
    settings.verbose, settings.max_threads = False, 1
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = TOLERANCE
    if np.isfinite(time_limit):
        settings.time_limit = max(time_limit, 1e-3)
    cost = np.append(np.zeros(rows), -1.0)
    nothing, constraints = sp.csc_matrix((rows + 1, rows + 1)), sp.csc_matrix(sp.vstack(equations))
    solution = clarabel.DefaultSolver(nothing, cost, constraints, np.concatenate(right), cones, settings).solve()
    found = np.array(solution.x)[:rows]
    return found if str(solution.status) in _SOLVED and np.isfinite(found).all() else None


def _identity(side: int) -> sp.csc_matrix:
    """I as a packed upper triangle, one column."""
    column, row = np.tril_indices(side)
    return sp.csc_matrix((row == column).astype(np.float64)[:, None])
