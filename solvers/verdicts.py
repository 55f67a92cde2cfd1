"""Statuses from brackets, for all problems of a group at once."""

import numpy as np
from jaxtyping import Bool

from nsos_jax.solvers.bounds import Bounds
from nsos_jax.solvers.status import SolverStatus

RESIDUAL = 0.01
"""`CONVERGED` asks for this share of the tolerance, as nothing certifies it."""


def closed(lower: np.ndarray, upper: np.ndarray, tolerance: float) -> Bool[np.ndarray, " slots"]:
    """Whether the relative gap is within the tolerance."""
    finite = np.isfinite(lower) & np.isfinite(upper)
    lower, upper = np.where(finite, lower, 0.0), np.where(finite, upper, 0.0)
    return finite & (upper - lower <= tolerance * (1.0 + np.abs(lower) + np.abs(upper)))


def margin_statuses(bounds: Bounds, tolerance: float, close_margins: bool, boundary_gap: float) -> np.ndarray:
    """`SolverStatus` of margin problems [slots]: the sign of the margin as soon as it is certain.

    Args:
      bounds: of the problems, as NumPy arrays.
      tolerance, close_margins, boundary_gap: as in `batch.SolverOptions`.
    """
    ready = closed(bounds.lower, bounds.upper, tolerance) | (not close_margins)
    with np.errstate(invalid="ignore"):
        narrow = bounds.upper - bounds.lower <= boundary_gap * bounds.size
    return _first(
        (~np.isfinite(bounds.residual), SolverStatus.FAILED),
        (ready & (bounds.lower > bounds.rounding), SolverStatus.FEASIBLE),
        (ready & (bounds.upper < -bounds.rounding), SolverStatus.INFEASIBLE),
        (narrow, SolverStatus.BOUNDARY),
    )


def value_statuses(bounds: Bounds, tolerance: float) -> np.ndarray:
    """`SolverStatus` of programs with a cost [slots]."""
    bounded = np.isfinite(bounds.lower) & np.isfinite(bounds.upper)
    return _first(
        (~np.isfinite(bounds.residual), SolverStatus.FAILED),
        (closed(bounds.lower, bounds.upper, tolerance), SolverStatus.OPTIMAL),
        (~bounded & (bounds.residual <= RESIDUAL * tolerance), SolverStatus.CONVERGED),
    )


def _first(*cases: tuple[Bool[np.ndarray, " slots"], SolverStatus]) -> np.ndarray:
    conditions, statuses = zip(*cases, strict=True)
    return np.select(conditions, [int(status) for status in statuses], int(SolverStatus.RUNNING))
