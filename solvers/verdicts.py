"""Statuses from brackets, for all problems of a group at once."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from nsos_jax.solvers.bracket import Bracket
from nsos_jax.solvers.status import SolverStatus

RESIDUAL = 0.01
"""`CONVERGED` asks for this share of the tolerance, as nothing certifies it."""


@dataclass(frozen=True)
class Bounds:
    """What decides, in the units of each problem; see `Bracket`.

    Attributes:
      lower, upper: of the margin t* of margin problems, else of the optimal value.
      rounding, size: as those of the bracket, in the same units.
      residual: relative.
      broken: whether NaN or infinity spoiled the iterates.
    """

    lower: Float[np.ndarray, " slots"]
    upper: Float[np.ndarray, " slots"]
    rounding: Float[np.ndarray, " slots"]
    size: Float[np.ndarray, " slots"]
    residual: Float[np.ndarray, " slots"]
    broken: Bool[np.ndarray, " slots"]

    @classmethod
    def of(cls, bracket: Bracket, units: Float[np.ndarray, " slots"], is_margin: bool) -> "Bounds":
        """From a bracket on the device; a margin is minus the value of its program."""
        fields = bracket.below, bracket.above, bracket.rounding, bracket.size, bracket.residual
        below, above, rounding, size, residual = map(np.asarray, fields)
        with np.errstate(invalid="ignore"):
            below, above, rounding, size = (units * x for x in (below, above, rounding, size))
        lower, upper = (-above, -below) if is_margin else (below, above)
        return cls(lower, upper, rounding, size, residual, ~np.isfinite(residual))


def closed(lower: np.ndarray, upper: np.ndarray, tolerance: float) -> Bool[np.ndarray, " slots"]:
    """Whether the relative gap is within the tolerance."""
    finite = np.isfinite(lower) & np.isfinite(upper)
    lower, upper = np.where(finite, lower, 0.0), np.where(finite, upper, 0.0)
    return finite & (upper - lower <= tolerance * (1.0 + np.abs(lower) + np.abs(upper)))


def margin_statuses(bounds: Bounds, tolerance: float, close_margins: bool, boundary_gap: float) -> np.ndarray:
    """`SolverStatus` of margin problems [slots]: the sign of the margin as soon as it is certain.

    Args:
      bounds: of the problems.
      tolerance, close_margins, boundary_gap: as in `batch.SolverOptions`.
    """
    ready = closed(bounds.lower, bounds.upper, tolerance) | (not close_margins)
    with np.errstate(invalid="ignore"):
        narrow = bounds.upper - bounds.lower <= boundary_gap * bounds.size
    return _first(
        (bounds.broken, SolverStatus.FAILED),
        (ready & (bounds.lower > bounds.rounding), SolverStatus.FEASIBLE),
        (ready & (bounds.upper < -bounds.rounding), SolverStatus.INFEASIBLE),
        (narrow, SolverStatus.BOUNDARY),
    )


def value_statuses(bounds: Bounds, tolerance: float) -> np.ndarray:
    """`SolverStatus` of programs with a cost [slots]."""
    bounded = np.isfinite(bounds.lower) & np.isfinite(bounds.upper)
    return _first(
        (bounds.broken, SolverStatus.FAILED),
        (closed(bounds.lower, bounds.upper, tolerance), SolverStatus.OPTIMAL),
        (~bounded & (bounds.residual <= RESIDUAL * tolerance), SolverStatus.CONVERGED),
    )


def _first(*cases: tuple[Bool[np.ndarray, " slots"], SolverStatus]) -> np.ndarray:
    conditions, statuses = zip(*cases, strict=True)
    return np.select(conditions, [int(status) for status in statuses], int(SolverStatus.RUNNING))
