"""Statuses from brackets, for all problems of a group at once."""

import numpy as np
from jaxtyping import Bool

from nsos_jax.solvers.iterations.bounds import Bounds
from nsos_jax.solvers.status import SolverStatus

RESIDUAL = 0.01
"""`CONVERGED` asks for this share of the tolerance, as nothing certifies it."""
ENDLESS = 1e9
"""Feasible points whose value, in the unit of the problem, is below minus this count as `UNBOUNDED`, if nothing is
known that bounds it from below: float64 cannot tell it from a direction without end."""


def closed(bounds: Bounds, tolerance: float) -> Bool[np.ndarray, " slots"]:
    """Whether the gap is within the tolerance, relative to the bounds and the unit, or 1 where the unit is larger."""
    finite = np.isfinite(bounds.lower) & np.isfinite(bounds.upper)
    lower, upper = np.where(finite, bounds.lower, 0.0), np.where(finite, bounds.upper, 0.0)
    size = np.minimum(1.0, bounds.unit) + np.abs(lower) + np.abs(upper)
    return finite & (np.abs(upper - lower) <= tolerance * size)


def broken(bounds: Bounds, near: Bool[np.ndarray, " slots"]) -> Bool[np.ndarray, " slots"]:
    """Whether NaN or infinity spoiled the iterates, or bounds that are not `near` contradict each other."""
    crossed = (bounds.lower > bounds.upper) & ~near
    return ~np.isfinite(bounds.residual) | ~np.isfinite(bounds.unit) | crossed


def margin_statuses(bounds: Bounds, tolerance: float, close_margins: bool, boundary_gap: float) -> np.ndarray:
    """`SolverStatus` of margin problems [slots]: the sign of the margin as soon as it is certain.

    Args:
      bounds: of the problems, as NumPy arrays.
      tolerance, close_margins, boundary_gap: as in `batch.SolverOptions`.
    """
    near = closed(bounds, tolerance)
    ready = near | (not close_margins)
    positive, negative = bounds.lower > 0, bounds.upper < 0
    with np.errstate(invalid="ignore"):
        narrow = np.asarray(bounds.upper - bounds.lower <= boundary_gap * bounds.size)
    return _first(
        (broken(bounds, near) | (positive & negative), SolverStatus.FAILED),
        ((ready | narrow) & positive, SolverStatus.FEASIBLE),
        ((ready | narrow) & negative, SolverStatus.INFEASIBLE),
        (narrow, SolverStatus.BOUNDARY),
    )


def value_statuses(bounds: Bounds, tolerance: float, searched: bool) -> np.ndarray:
    """`SolverStatus` of programs with a cost [slots].

    Args:
      bounds: of the problems, as NumPy arrays.
      tolerance: as in `batch.SolverOptions`.
      searched: whether a dual interior was looked for where none was known.
    """
    near = closed(bounds, tolerance)
    endless = np.isneginf(bounds.lower) & (bounds.upper < -ENDLESS * bounds.unit) & searched
    bounded = np.isfinite(bounds.lower) & np.isfinite(bounds.upper)
    return _first(
        (broken(bounds, near), SolverStatus.FAILED),
        (near, SolverStatus.OPTIMAL),
        (endless, SolverStatus.UNBOUNDED),
        (~bounded & (bounds.residual <= RESIDUAL * tolerance), SolverStatus.CONVERGED),
    )


def _first(*cases: tuple[Bool[np.ndarray, " slots"], SolverStatus]) -> np.ndarray:
    conditions, statuses = zip(*cases, strict=True)
    return np.select(conditions, [int(status) for status in statuses], int(SolverStatus.RUNNING))
