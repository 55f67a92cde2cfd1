"""Statuses from brackets, for all problems of a group at once."""

import numpy as np
from jaxtyping import Bool

from nsos_jax.solvers.bounds import Bounds
from nsos_jax.solvers.status import SolverStatus

RESIDUAL = 0.01
"""`CONVERGED` asks for this share of the tolerance, as nothing certifies it."""
ENDLESS = 1e8
"""Feasible points whose value, in the unit of the problem, is below minus this show `UNBOUNDED`, if nothing bounds it
from below."""


def closed(bounds: Bounds, tolerance: float) -> Bool[np.ndarray, " slots"]:
    """Whether the relative gap is within the tolerance."""
    finite = np.isfinite(bounds.lower) & np.isfinite(bounds.upper)
    lower, upper = np.where(finite, bounds.lower, 0.0), np.where(finite, bounds.upper, 0.0)
    return finite & (np.abs(upper - lower) <= tolerance * (1.0 + np.abs(lower) + np.abs(upper)))


def broken(bounds: Bounds, tolerance: float) -> Bool[np.ndarray, " slots"]:
    """Whether NaN or infinity spoiled the iterates, or the bounds contradict each other."""
    crossed = (bounds.lower > bounds.upper + bounds.rounding) & ~closed(bounds, tolerance)
    return ~np.isfinite(bounds.residual) | crossed


def margin_statuses(bounds: Bounds, tolerance: float, close_margins: bool, boundary_gap: float) -> np.ndarray:
    """`SolverStatus` of margin problems [slots]: the sign of the margin as soon as it is certain.

    Args:
      bounds: of the problems, as NumPy arrays.
      tolerance, close_margins, boundary_gap: as in `batch.SolverOptions`.
    """
    ready = closed(bounds, tolerance) | (not close_margins)
    positive, negative = bounds.lower > bounds.rounding, bounds.upper < -bounds.rounding
    with np.errstate(invalid="ignore"):
        narrow = np.asarray(bounds.upper - bounds.lower <= boundary_gap * bounds.size)
    return _first(
        (broken(bounds, tolerance) | (positive & negative), SolverStatus.FAILED),
        (ready & positive, SolverStatus.FEASIBLE),
        (ready & negative, SolverStatus.INFEASIBLE),
        (narrow, SolverStatus.BOUNDARY),
    )


def value_statuses(bounds: Bounds, tolerance: float) -> np.ndarray:
    """`SolverStatus` of programs with a cost [slots]."""
    bounded = np.isfinite(bounds.lower) & np.isfinite(bounds.upper)
    return _first(
        (broken(bounds, tolerance), SolverStatus.FAILED),
        (closed(bounds, tolerance), SolverStatus.OPTIMAL),
        (np.isneginf(bounds.lower) & (bounds.upper < -ENDLESS * bounds.unit), SolverStatus.UNBOUNDED),
        (~bounded & (bounds.residual <= RESIDUAL * tolerance), SolverStatus.CONVERGED),
    )


def _first(*cases: tuple[Bool[np.ndarray, " slots"], SolverStatus]) -> np.ndarray:
    conditions, statuses = zip(*cases, strict=True)
    return np.select(conditions, [int(status) for status in statuses], int(SolverStatus.RUNNING))
