"""Numbers by family of polynomials, such as coverage ranks: a row for each family, a dot for each proposer."""

from collections.abc import Mapping
from itertools import cycle
from typing import Any

import numpy as np

from nsos_jax.plots.style import COLORS, GREY, new_figure

MARKERS = "o^sDv*xP+"


def family_dots(
    values: Mapping[str, Mapping[str, float]],
    *,
    label: str = "coverage rank / |B*|",
    logarithmic: bool = False,
    title: str | None = None,
) -> Any:
    """Draws, for each family, a number of each proposer: by default the coverage rank over the planted basis B*.

    The coverage rank says how much of a proposer's order must be taken until it holds B*. At the grey line, 1, the
    order begins with B*, or the cost is that of B*. What is not finite, as of orders that never hold it, is left out.

    Args:
      values: {family: {proposer: number}}, as `scripts/eval_proposers.py --json` has them under `families`.
      label: what the numbers are.
      logarithmic: the scale.
      title: above.

    Returns:
      A `matplotlib.figure.Figure`.

    Raises:
      ImportError: matplotlib is missing.
      ValueError: there is no number, or more proposers than can be told apart.
    """
    names = list(dict.fromkeys(name for row in values.values() for name in row))
    if not names or len(names) > len(MARKERS):
        raise ValueError(f"values: got {len(names)} proposers, wanted 1 to {len(MARKERS)}, in one family at least")
    figure, axes = new_figure(title, (label, ""))
    figure.set_size_inches(9, 2 + 0.22 * len(values))
    rows = np.arange(len(values))
    for name, color, marker in zip(names, cycle(COLORS), MARKERS, strict=False):
        numbers = np.array([row.get(name, np.nan) for row in values.values()], float)
        known = np.isfinite(numbers)
        axes.plot(numbers[known], rows[known], marker, color=color, label=name, alpha=0.8, gid=name)
    axes.axvline(1, color=GREY, linewidth=1, zorder=0)
    axes.set_xscale("log" if logarithmic else "linear")
    axes.set_yticks(rows, list(values))
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    axes.legend()
    return figure
