"""Clarabel, by its own interface."""

import time
from typing import Any

import clarabel
import numpy as np
import scipy.sparse as sp

from nsos_jax.programs.backends.cone_problem import ConeProblem
from nsos_jax.programs.backends.point import Point, PointStatus
from nsos_jax.programs.limits import Limits
from nsos_jax.proofs import clarabel_settings

REGULARISATIONS = (1e-7, 1e-5, 1e-8)
"""Of the linear systems, relative to their scale. The default, 1e-8, loses the factorisation where there are many
unknowns; refinement makes up for larger ones."""
REFINEMENTS = 30
LARGE = 1000
"""Variables beyond which another regularisation is not tried for the last digit."""
NEARLY = 10.0
"""Tolerances within which that digit is missing."""
KKT_BYTES = 200
"""Of memory for each entry of the linear systems, in which a matrix of side k has a dense block of side k (k + 1) / 2:
two copies of them, their factors and work space."""
FIRST_FACTORISATIONS = 10
SECONDS_PER_OPERATION = 2e-10
"""Of a factorisation on one CPU core, whose dense blocks of side N take N^3 / 3 operations at least."""
CONVERGED = ("Solved", "PrimalInfeasible", "DualInfeasible")
_STATUS = {
    "Solved": PointStatus.SOLVED,
    "AlmostSolved": PointStatus.SOLVED,
    "PrimalInfeasible": PointStatus.UNBOUNDED,
    "DualInfeasible": PointStatus.INFEASIBLE,
    "AlmostPrimalInfeasible": PointStatus.UNBOUNDED,
    "AlmostDualInfeasible": PointStatus.INFEASIBLE,
}


def check_clarabel(problem: ConeProblem, limits: Limits) -> None:
    """Refuses problems for which there is not enough memory, or time for the first iterations: the solver looks at the
    clock between them.

    Raises:
      TooLarge, DeadlineExceeded: with what is needed.
    """
    dense = [side * (side + 1) // 2 for side in problem.psd]
    what = f"Clarabel with {len(dense)} matrices of side up to {max(problem.psd, default=0)}"
    limits.check_memory(KKT_BYTES * (problem.matrix.nnz + sum(size * (size + 1) // 2 for size in dense)), what)
    operations = sum(size**3 for size in dense) / 3
    limits.check_time(FIRST_FACTORISATIONS * SECONDS_PER_OPERATION * operations, what)


def clarabel_point(problem: ConeProblem, time_limit: float, tolerance: float) -> Point:
    """Solves by an interior-point method."""
    cones: list = [clarabel.ZeroConeT(problem.zeros)] if problem.zeros else []
    if problem.nonnegative:
        cones.append(clarabel.NonnegativeConeT(problem.nonnegative))
    cones += [clarabel.SecondOrderConeT(3)] * problem.second_order
    cones += [clarabel.PSDTriangleConeT(side) for side in problem.psd]
    start = time.perf_counter()
    solution = _solution(problem, cones, tolerance, time_limit)
    seconds = time.perf_counter() - start
    status = _STATUS.get(str(solution.status), PointStatus.FAILED)
    return problem.point(status, np.array(solution.x), np.array(solution.z), seconds, solution.iterations)


def _solution(problem: ConeProblem, cones: list, tolerance: float, time_limit: float) -> Any:
    """The first that converges, or the best, with one regularisation after another."""
    best, least, deadline = None, np.inf, time.monotonic() + time_limit
    for regularisation in REGULARISATIONS:
        settings = clarabel_settings(tolerance, max(deadline - time.monotonic(), 1e-3))
        settings.static_regularization_constant = regularisation
        settings.iterative_refinement_max_iter = REFINEMENTS
        nothing = sp.csc_matrix((len(problem.cost),) * 2)
        solver = clarabel.DefaultSolver(nothing, problem.cost, problem.matrix, problem.rhs, cones, settings)
        solution = solver.solve()
        error = max(solution.r_prim, solution.r_dual, abs(solution.obj_val - solution.obj_val_dual))
        if best is None or error < least:
            best, least = solution, error
        enough = len(problem.cost) > LARGE and _nearly_solved(solution, NEARLY * tolerance)
        if str(solution.status) in CONVERGED or enough or time.monotonic() > deadline:
            return solution
    return best


def _nearly_solved(solution: Any, tolerance: float) -> bool:
    gap = abs(solution.obj_val - solution.obj_val_dual) / max(1.0, abs(solution.obj_val))
    return str(solution.status) == "AlmostSolved" and max(solution.r_prim, solution.r_dual, gap) <= tolerance
