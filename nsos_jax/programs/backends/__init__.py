"""Solvers, other people's by their own interfaces, and ours: conic forms in, floating point points out.

May import `conic` and `cones` beside it, and the room `solvers`. A solver is one file and one row of the table; nothing
that it says is believed before it is proven.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from nsos_jax.programs.backends.clarabel import check_clarabel, clarabel_point
from nsos_jax.programs.backends.cone_problem import ConeProblem, UnfitBackend
from nsos_jax.programs.backends.functional import improved_functional, interior_functional
from nsos_jax.programs.backends.highs import highs_point
from nsos_jax.programs.backends.mosek import missing_license, mosek_point, mosek_task
from nsos_jax.programs.backends.own import gram_blocks, own_point, with_margin
from nsos_jax.programs.backends.point import Point, PointStatus
from nsos_jax.programs.backends.scs import scs_point
from nsos_jax.programs.equations import ConicForm
from nsos_jax.programs.limits import NO_LIMITS, Limits

__all__ = [
    "BACKENDS",
    "Backend",
    "ConeProblem",
    "Point",
    "PointStatus",
    "UnfitBackend",
    "check_backend",
    "gram_blocks",
    "improved_functional",
    "interior_functional",
    "mosek_task",
    "solve_form",
    "with_margin",
]


@dataclass(frozen=True)
class Backend:
    """A solver.

    Attributes:
      solve: a problem, seconds that it may take, and a tolerance, to a point.
      tolerance: the default.
      missing: why it cannot solve here, or nothing.
      check: refuses problems that would take more than is allowed.
    """

    solve: Callable[[ConeProblem, float, float], Point]
    tolerance: float = 1e-9
    missing: Callable[[], str] = lambda: ""
    check: Callable[[ConeProblem, Limits], None] = lambda problem, limits: limits.check_time()


BACKENDS = {
    "clarabel": Backend(clarabel_point, check=check_clarabel),
    "highs": Backend(highs_point),
    "jax": Backend(own_point),
    "mosek": Backend(mosek_point, missing=missing_license),
    "scs": Backend(scs_point, tolerance=1e-7),
}
"""By name; "auto" stands for HiGHS where all cones are linear, else for Clarabel."""


def check_backend(name: str) -> None:
    """That a backend can solve here, before any work.

    Raises:
      ValueError: there is none of this name.
      RuntimeError: it has no licence.
    """
    if name == "auto":
        return
    if name not in BACKENDS:
        raise ValueError(f"backend: got {name!r}, wanted auto, {', '.join(BACKENDS)}")
    if reason := BACKENDS[name].missing():
        raise RuntimeError(f"backend {name!r} cannot solve here: {reason} Choose another, such as backend='auto'")


def solve_form(
    form: ConicForm,
    backend: str = "auto",
    *,
    margin_limit: float | None = None,
    time_limit: float = np.inf,
    tolerance: float | None = None,
    limits: Limits = NO_LIMITS,
) -> Point:
    """Solves a form: for its objective, or, with `margin_limit` T, for the largest margin t <= T without it.

    Raises:
      TooLarge: the solver would need more memory than the limit.
      DeadlineExceeded: its first steps would take longer than is left.
    """
    problem = ConeProblem.of(form, margin_limit)
    if backend == "auto":
        backend = "highs" if problem.is_linear else "clarabel"
    chosen = BACKENDS[backend]
    chosen.check(problem, limits)
    point = chosen.solve(problem, time_limit, chosen.tolerance if tolerance is None else tolerance)
    unused = np.diff(form.free.indptr) == 0
    if margin_limit is None and form.cost[unused].any():  # which no solver needs to notice
        point = replace(point, status=PointStatus.UNBOUNDED)
    return replace(point, backend=backend)
