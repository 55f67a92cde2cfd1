"""Margins over one or two parameters: where something is proven, and by how much."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from nsos_jax.plots.style import BLACK, BLUE, DIVERGING, new_figure


def margin_map(
    parameters: Mapping[str, Float[np.ndarray, " k"]],
    margins: Float[np.ndarray, "..."],
    *,
    title: str | None = None,
    label: str = "margin",
) -> Any:
    """Draws margins as a curve over one parameter, or as colours over two, with a black line where they are 0.

    Args:
      parameters: {name: increasing values}, one or two.
      margins: [k] for one, [k, m] for two: the second parameter changes along the last axis. NaN is left white.
      title: above.
      label: what the numbers are.

    Returns:
      A `matplotlib.figure.Figure`.

    Raises:
      ImportError: matplotlib is missing.
      ValueError: the shapes do not fit.
    """
    values, grids = np.asarray(margins, float), [np.asarray(one, float) for one in parameters.values()]
    shape = tuple(len(grid) for grid in grids)
    if len(grids) not in (1, 2) or values.shape != shape:
        raise ValueError(f"margins: got the shape {values.shape}, wanted {shape} for one or two parameters")
    names = [*parameters, label]
    figure, axes = new_figure(title, (names[0], names[1]))
    if len(grids) == 1:
        axes.plot(grids[0], values, color=BLUE, gid="margins")
        axes.axhline(0, color=BLACK, linewidth=1)
        return figure
    size = float(np.nanmax(np.abs(values), initial=0)) or 1.0
    mesh = axes.pcolormesh(*grids, values.T, cmap=DIVERGING, vmin=-size, vmax=size, shading="nearest")
    mesh.set_gid("margins")
    figure.colorbar(mesh, ax=axes, label=label)
    if np.nanmin(values) < 0 < np.nanmax(values):
        axes.contour(*grids, values.T, levels=[0], colors=[BLACK]).set_gid("zero")
    return figure
