"""Barriers and reach-avoid problems: the curve B = 0 between where trajectories start and where they must not go."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from nsos_jax.control import ControlResult, System
from nsos_jax.plots.plane import Box, Plane
from nsos_jax.plots.portraits import SEED, draw_trajectories
from nsos_jax.plots.style import BLACK, BLUE, GREEN, GREY, VERMILLION, new_figure
from nsos_jax.programs import SemialgebraicSet


def barrier_portrait(
    system: System,
    result: ControlResult,
    initial: SemialgebraicSet,
    unsafe: SemialgebraicSet | Iterable[SemialgebraicSet],
    domain: SemialgebraicSet | None = None,
    target: SemialgebraicSet | None = None,
    *,
    box: Box,
    at: Mapping[str, Any] | None = None,
    trajectories: int = 24,
    seconds: float = 10.0,
    title: str | None = None,
) -> Any:
    """Draws the sets, the curve on which the exact B, or V, vanishes, and trajectories from the initial set.

    The initial set is green, unsafe ones are vermillion and hatched, the edge of the domain is grey, a target blue.

    Args:
      system: the dynamics.
      result: with a function B, or V of `reach_avoid`; without one the sets and trajectories are drawn alone.
      initial, unsafe, domain, target: as they were given to `barrier` or `reach_avoid`.
      box, at, trajectories, seconds, title: as in `phase_portrait`.

    Returns:
      A `matplotlib.figure.Figure`.

    Raises:
      ImportError: matplotlib is missing.
      ValueError: the box has not two coordinates of the system, or a set has equalities.
    """
    plane = Plane.create(system, box, at)
    figure, axes = new_figure(title or result.conclusion, plane.names)
    axes.title.set(wrap=True, fontsize="medium")
    x, y, _ = plane.grid()
    avoided = [unsafe] if isinstance(unsafe, SemialgebraicSet) else list(unsafe)
    for chosen, color, hatch, name in [
        (initial, GREEN, None, "initial"),
        *((u, VERMILLION, "//", "unsafe") for u in avoided),
        *([] if target is None else [(target, BLUE, None, "target")]),
    ]:
        area = plane.inside(chosen)
        axes.contourf(x, y, area, levels=[0, np.inf], colors=[color], alpha=0.3, hatches=[hatch])
        axes.contour(x, y, area, levels=[0], colors=[color], linewidths=1).set_gid(name)
    if domain is not None:
        axes.contour(x, y, plane.inside(domain), levels=[0], colors=[GREY], linestyles="dashed").set_gid("domain")
    if result.function is not None:
        values = plane.on_grid(result.function)
        axes.contour(x, y, values, levels=[0], colors=[BLACK], linewidths=2).set_gid("barrier")

    def starts_there(points: np.ndarray) -> Any:
        return np.all([plane.values(part, points) >= 0 for part in initial.inequalities], axis=0)

    starts = plane.sampled(trajectories, np.random.default_rng(SEED), starts_there)
    draw_trajectories(axes, plane, starts, seconds, BLUE, "path")
    plane.fill(axes)
    return figure
