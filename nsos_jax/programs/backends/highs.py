"""HiGHS, for programs whose cones are all linear: DSOS, and Gram matrices of side 1."""

import time

import highspy
import numpy as np
from highspy._core import _Highs  # not Highs(), which prints a banner to stdout (1.16)

from nsos_jax.programs.backends.cone_problem import ConeProblem, UnfitBackend
from nsos_jax.programs.backends.point import Point, PointStatus

_STATUS = {
    highspy.HighsModelStatus.kOptimal: PointStatus.SOLVED,
    highspy.HighsModelStatus.kInfeasible: PointStatus.UNBOUNDED,
    highspy.HighsModelStatus.kUnbounded: PointStatus.INFEASIBLE,
}


def highs_point(problem: ConeProblem, time_limit: float, tolerance: float) -> Point:
    """Solves by the simplex method, so that the point is a vertex.

    Raises:
      UnfitBackend: a cone is not linear.
    """
    if not problem.is_linear:
        raise UnfitBackend(
            'backend "highs" solves linear programs only, cone="dd" throughout: choose "auto" or "clarabel"'
        )
    start = time.perf_counter()
    solver = _model(problem)
    solver.setOptionValue("primal_feasibility_tolerance", max(tolerance, 1e-10))
    solver.setOptionValue("dual_feasibility_tolerance", max(tolerance, 1e-10))
    if np.isfinite(time_limit):
        solver.setOptionValue("time_limit", max(time_limit, 1e-3))
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kUnboundedOrInfeasible:
        solver.setOptionValue("presolve", "off")
        solver.run()
        status = solver.getModelStatus()
    known = _STATUS.get(status, PointStatus.FAILED)
    solution = solver.getSolution()
    x, multipliers = np.array(solution.col_value), -np.array(solution.row_dual)
    if known is PointStatus.INFEASIBLE:
        x = _ray(solver, x)
    x, multipliers = np.resize(x, len(problem.cost)), np.resize(multipliers, len(problem.rhs))
    iterations = int(solver.getInfo().simplex_iteration_count)
    return problem.point(known, x, multipliers, time.perf_counter() - start, iterations)


def _model(problem: ConeProblem) -> _Highs:
    """min q'x with A x = b in the first rows, A x <= b in the others, x free."""
    lp = highspy.HighsLp()
    rows, variables = problem.matrix.shape
    lp.num_row_, lp.num_col_ = rows, variables
    lp.col_cost_ = problem.cost
    lp.col_lower_, lp.col_upper_ = np.full(variables, -highspy.kHighsInf), np.full(variables, highspy.kHighsInf)
    lp.row_lower_ = np.where(np.arange(rows) < problem.zeros, problem.rhs, -highspy.kHighsInf)
    lp.row_upper_ = problem.rhs
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = problem.matrix.indptr
    lp.a_matrix_.index_ = problem.matrix.indices
    lp.a_matrix_.value_ = problem.matrix.data
    solver = _Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("solver", "simplex")
    solver.passModel(lp)
    return solver


def _ray(solver: _Highs, default: np.ndarray) -> np.ndarray:
    """The direction in which the cost falls for ever: functionals that show the form infeasible."""
    _, found, ray = solver.getPrimalRay()  # type: ignore[attr-defined]
    return np.array(ray) if found else default
