"""Phase portraits: level sets of the exact V, and trajectories of the very right-hand side that was proven about."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from nsos_jax.control import ControllerResult, ControlResult, RegionResult, System, right_hand_side, simulate
from nsos_jax.plots.plane import Box, Plane
from nsos_jax.plots.style import BLACK, BLUE, GREY, SKY, VERMILLION, new_figure

SAMPLES = 400
"""Times at which a trajectory is drawn."""
LEVELS = 6
"""Level sets of a V without a level of its own."""
SEED = 0
BEYOND = 3.0
"""Trajectories end that far outside, in lengths of the box from the origin."""


def phase_portrait(
    system: System,
    result: ControlResult | None = None,
    *,
    box: Box,
    at: Mapping[str, Any] | None = None,
    levels: Sequence[float] | None = None,
    trajectories: int = 24,
    seconds: float = 10.0,
    title: str | None = None,
) -> Any:
    """Draws trajectories and, of a result, level sets of its function.

    A region of attraction is filled; trajectories from its inside are blue, others vermillion.

    Args:
      system: the dynamics; of a switching one the first mode is simulated.
      result: with a function V.
      box: {coordinate: (lower, upper)} for two states or angles, the first from left to right.
      at: {state: number} for the other states; the origin by default.
      levels: of V; by default that of the region, or some.
      trajectories: how many, from random points, the same each time.
      seconds: how long, of discrete time in steps.
      title: by default the conclusion.

    Returns:
      A `matplotlib.figure.Figure`; `figure.savefig(path)` writes it.

    Raises:
      ImportError: matplotlib is missing.
      ValueError: the box has not two coordinates of the system.
    """
    plane = Plane.create(system, box, at)
    known = None if result is None else result.conclusion
    figure, axes = new_figure(title or known, plane.names)
    axes.title.set(wrap=True, fontsize="medium")
    level = None
    if result is not None and result.function is not None:
        level = (
            float(result.level)
            if isinstance(result, RegionResult | ControllerResult) and result.level is not None
            else None
        )
        _draw_levels(axes, plane, result, level, levels)
    if system.time == "continuous":
        _draw_flow(axes, plane)
    starts = plane.sampled(trajectories, np.random.default_rng(SEED))
    inside = np.zeros(len(starts), bool)
    if level is not None and result is not None and result.function is not None:
        inside = plane.values(result.function, starts) < level
    if level is None:
        draw_trajectories(axes, plane, starts, seconds, BLUE, "path")
    else:
        draw_trajectories(axes, plane, starts[~inside], seconds, VERMILLION, "outside")
        draw_trajectories(axes, plane, starts[inside], seconds, BLUE, "inside")
    plane.fill(axes)
    return figure


def draw_trajectories(
    axes: Any, plane: Plane, starts: Float[np.ndarray, "k 2"], seconds: float, color: str, name: str
) -> None:
    """Lines with the gid `name` from points of the plane; the paths of discrete time are dots on thin lines."""
    if not len(starts):
        return
    discrete = plane.system.time == "discrete"
    times = np.arange(round(seconds) + 1) if discrete else np.linspace(0, seconds, SAMPLES)
    limit = BEYOND * max(abs(end) for ends in plane.box.values() for end in ends)
    paths = plane.shown(simulate(plane.system, plane.states(starts), times, limit=max(limit, BEYOND)))
    style = {"marker": ".", "markersize": 3, "linewidth": 0.5} if discrete else {"linewidth": 1.0}
    for path in np.swapaxes(paths, 0, 1):
        axes.plot(*path.T, color=color, gid=name, **style)
    axes.plot(*starts.T, "o", color=color, markersize=3, gid=f"{name} starts")


def _draw_levels(
    axes: Any, plane: Plane, result: ControlResult, level: float | None, levels: Sequence[float] | None
) -> None:
    x, y, _ = plane.grid()
    values = plane.on_grid(result.function)  # type: ignore[arg-type]
    if level is not None:
        axes.contourf(x, y, values, levels=[-np.inf, level], colors=[SKY], alpha=0.35)
        axes.contour(x, y, values, levels=[level], colors=[BLUE], linewidths=2).set_gid("region")
    chosen = sorted(levels or ([] if level is not None else np.quantile(values, np.linspace(0.02, 0.8, LEVELS))))
    if len(chosen):
        axes.contour(x, y, values, levels=chosen, colors=[BLACK], linewidths=0.8).set_gid("levels")
    escape = getattr(result, "escape", None)
    if escape is not None and set(plane.names) <= set(escape):
        axes.plot(*[[float(escape[name])] for name in plane.names], "x", color=BLACK, markersize=8, gid="escape")


def _draw_flow(axes: Any, plane: Plane) -> None:
    """The direction of the flow in the plane, in grey; of more states its projection."""
    x, y, points = (part[..., ::15] if part.ndim == 1 else part[::15, ::15] for part in plane.grid())
    states = plane.states(points.reshape(-1, 2))
    system = plane.system
    slopes = right_hand_side(system, plane.variables(states))
    index = {name: i for i, name in enumerate(system.states)}
    columns = []
    for name in plane.names:
        if name in system.angles:  # th' = s' c - c' s
            s, c = index[f"sin_{name}"], index[f"cos_{name}"]
            columns.append(slopes[:, s] * states[:, c] - slopes[:, c] * states[:, s])
        else:
            columns.append(slopes[:, index[name]])
    u, v = (column.reshape(len(y), len(x)) for column in columns)
    axes.streamplot(x, y, u, v, color=GREY, linewidth=0.4, arrowsize=0.6, density=1.2)
