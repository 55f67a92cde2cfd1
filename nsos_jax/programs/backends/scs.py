"""SCS, by its own interface: a first-order method, for large programs at low accuracy."""

import time

import numpy as np
import scs
from jaxtyping import Int

from nsos_jax.programs.backends.cone_problem import ConeProblem
from nsos_jax.programs.backends.point import Point, PointStatus
from nsos_jax.proofs import triangle

MAX_ITERATIONS = 200_000
_STATUS = {
    "solved": PointStatus.SOLVED,
    "solved (inaccurate - reached max_iters)": PointStatus.SOLVED,
    "solved (inaccurate - reached time_limit_secs)": PointStatus.SOLVED,
    "infeasible": PointStatus.UNBOUNDED,
    "unbounded": PointStatus.INFEASIBLE,
}


def scs_point(problem: ConeProblem, time_limit: float, tolerance: float) -> Point:
    """Solves by operator splitting."""
    order = _scs_order(problem)
    data = {"A": problem.matrix[order], "b": problem.rhs[order], "c": problem.cost}
    cones = {
        "z": problem.zeros,
        "l": problem.nonnegative,
        "q": [3] * problem.second_order,
        "s": problem.psd,
    }
    settings = {"verbose": False, "eps_abs": tolerance, "eps_rel": tolerance, "max_iters": MAX_ITERATIONS}
    if np.isfinite(time_limit):
        settings["time_limit_secs"] = max(time_limit, 1e-3)
    start = time.perf_counter()
    solution = scs.SCS(data, cones, **settings).solve()
    seconds = time.perf_counter() - start
    info = solution["info"]
    status = _STATUS.get(info["status"], PointStatus.FAILED)
    z = np.empty(len(order))
    z[order] = solution["y"]
    return problem.point(status, solution["x"], z, seconds, info["iter"])


def _scs_order(problem: ConeProblem) -> Int[np.ndarray, " rows"]:
    """The rows in the order of SCS, which stacks the columns of lower triangles."""
    at = len(problem.rhs) - sum(side * (side + 1) // 2 for side in problem.psd)
    orders = [np.arange(at)]
    for side in problem.psd:
        row, column = triangle(side)
        orders.append(at + np.lexsort((column, row)))
        at += len(row)
    return np.concatenate(orders)
