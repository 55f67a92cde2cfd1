"""Clarabel, by its own interface."""

import time

import clarabel
import numpy as np
import scipy.sparse as sp

from nsos_jax.programs.backends.cone_problem import ConeProblem
from nsos_jax.programs.backends.point import Point, PointStatus

_STATUS = {
    "Solved": PointStatus.SOLVED,
    "AlmostSolved": PointStatus.SOLVED,
    "PrimalInfeasible": PointStatus.UNBOUNDED,
    "DualInfeasible": PointStatus.INFEASIBLE,
    "AlmostPrimalInfeasible": PointStatus.UNBOUNDED,
    "AlmostDualInfeasible": PointStatus.INFEASIBLE,
}


def clarabel_point(problem: ConeProblem, time_limit: float, tolerance: float) -> Point:
    """Solves by an interior-point method."""
    cones: list = [clarabel.ZeroConeT(problem.zeros)] if problem.zeros else []
    if problem.nonnegative:
        cones.append(clarabel.NonnegativeConeT(problem.nonnegative))
    cones += [clarabel.SecondOrderConeT(3)] * problem.second_order
    cones += [clarabel.PSDTriangleConeT(side) for side in problem.psd]
    settings = clarabel.DefaultSettings()
    settings.verbose, settings.max_threads = False, 1
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = tolerance
    if np.isfinite(time_limit):
        settings.time_limit = max(time_limit, 1e-3)
    start = time.perf_counter()
    nothing = sp.csc_matrix((len(problem.cost),) * 2)
    solver = clarabel.DefaultSolver(nothing, problem.cost, problem.matrix, problem.rhs, cones, settings)
    solution = solver.solve()
    seconds = time.perf_counter() - start
    status = _STATUS.get(str(solution.status), PointStatus.FAILED)
    return problem.point(status, np.array(solution.x), np.array(solution.z), seconds, solution.iterations)
