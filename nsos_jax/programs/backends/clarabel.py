"""Clarabel, by its own interface, on the moment side.

    min a'L + T u  s.t.  B'L = -c,  <A(J), L> + u = mu,  u >= 0,  M(L) = A'(L) positive semidefinite

is the dual of  max c'w + mu t  s.t.  a + B w = A(Q),  Q - t J positive semidefinite,  t <= T. Its variables are the
rows of the program, far fewer than the entries of the Gram matrices, which come back as multipliers.
"""

import time

import clarabel
import numpy as np
import scipy.sparse as sp
from jaxtyping import Float

from nsos_jax.programs.backends.point import Point, PointStatus
from nsos_jax.programs.conic import ConicForm

TOLERANCE = 1e-9
_STATUS = {
    "Solved": PointStatus.SOLVED,
    "AlmostSolved": PointStatus.SOLVED,
    "PrimalInfeasible": PointStatus.UNBOUNDED,
    "DualInfeasible": PointStatus.INFEASIBLE,
    "AlmostPrimalInfeasible": PointStatus.UNBOUNDED,
    "AlmostDualInfeasible": PointStatus.INFEASIBLE,
}


def clarabel_point(
    form: ConicForm, *, margin_limit: float | None = None, time_limit: float = np.inf, tolerance: float = TOLERANCE
) -> Point:
    """Solves a form: for its objective, or, with `margin_limit` T, for the largest margin t <= T without it."""
    rows, width = form.free.shape
    extra = margin_limit is not None
    variables = rows + extra
    cost = np.append(form.rhs, margin_limit) if extra else form.rhs
    equations = [sp.hstack([form.free.T, sp.csc_matrix((width, 1))]) if extra else form.free.T]
    right = [np.zeros(width) if extra else -form.cost]
    cones: list = [clarabel.ZeroConeT(width + extra)] if width + extra else []
    if extra:
        identity = form.apply([np.eye(side) for side in form.sides])
        equations.append(sp.csc_matrix(np.append(identity, 1.0)[None]))
        right.append(np.ones(1))
        equations.append(sp.csc_matrix((-np.ones(1), ([0], [rows])), shape=(1, variables)))
        right.append(np.zeros(1))
        cones.append(clarabel.NonnegativeConeT(1))
    for block, weights in zip(form.blocks, form.weights, strict=True):
        equations.append(-packed_adjoint(block.maps, weights, variables))
        right.append(np.zeros(block.side * (block.side + 1) // 2))
        cones.append(clarabel.PSDTriangleConeT(block.side))
    settings = clarabel.DefaultSettings()
    settings.verbose, settings.max_threads = False, 1
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = tolerance
    if np.isfinite(time_limit):
        settings.time_limit = max(time_limit, 1e-3)
    start = time.perf_counter()
    nothing = sp.csc_matrix((variables, variables))
    constraints = sp.csc_matrix(sp.vstack(equations))
    solution = clarabel.DefaultSolver(nothing, cost, constraints, np.concatenate(right), cones, settings).solve()
    seconds = time.perf_counter() - start
    status = _STATUS.get(str(solution.status), PointStatus.FAILED)
    dual = np.array(solution.z)
    grams, at = [], width + 2 * extra
    for side in form.sides:
        stop = at + side * (side + 1) // 2
        grams.append(unpacked(dual[at:stop], side))
        at = stop
    free = dual[:width]
    margin = -float(dual[width]) if extra else 0.0
    if extra:
        grams = [gram + margin * np.eye(len(gram)) for gram in grams]
    value = margin if extra else float(form.cost @ free)
    moments = np.array(solution.x)[:rows]
    return Point(status, free, grams, moments, value, margin, seconds, solution.iterations)


def packed_adjoint(maps: np.ndarray, weights: np.ndarray, variables: int) -> sp.csc_matrix:
    """L -> the upper triangle of M(L), column after column, with sqrt 2 off the diagonal."""
    side = maps.shape[1]
    column, row = np.tril_indices(side)
    at = np.arange(len(row))
    factor = np.where(row == column, 1.0, np.sqrt(2.0))
    entries = np.concatenate([weight[row, column] * factor for weight in weights])
    targets = np.concatenate([rows[row, column] for rows in maps])
    return sp.csc_matrix((entries, (np.tile(at, len(maps)), targets)), shape=(len(row), variables))


def unpacked(entries: Float[np.ndarray, " entries"], side: int) -> Float[np.ndarray, "k k"]:
    """The symmetric matrix of such a triangle."""
    column, row = np.tril_indices(side)
    matrix = np.zeros((side, side))
    matrix[row, column] = matrix[column, row] = entries / np.where(row == column, 1.0, np.sqrt(2.0))
    return matrix
