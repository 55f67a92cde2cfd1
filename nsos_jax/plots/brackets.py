"""Brackets of margins: how both bounds close in on the largest smallest eigenvalue as the solver iterates."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from nsos_jax.plots.style import BLACK, BLUE, SKY, VERMILLION, new_figure


def margin_bracket(
    iterations: Int[np.ndarray, " k"],
    lower: Float[np.ndarray, " k"],
    upper: Float[np.ndarray, " k"],
    *,
    title: str | None = None,
) -> Any:
    """Draws the bounds lower <= t* <= upper of a margin against iterations, and fills what lies between.

    t* = max t with p = z'Qz and Q - t I positive semidefinite: above 0, p is proven to be a sum of squares on that
    basis, below 0, it is proven to be none. The axis is linear near 0 and logarithmic elsewhere.

    Args:
      iterations: increasing, such as `SosSolver.solutions[i].iterations` after each call of `advance`.
      lower, upper: the bounds at these iterations; infinite ones are left out.
      title: above.

    Returns:
      A `matplotlib.figure.Figure`.

    Raises:
      ImportError: matplotlib is missing.
      ValueError: the shapes differ, a bracket is empty, or no bound is finite.
    """
    steps, below, above = np.asarray(iterations), np.asarray(lower, float), np.asarray(upper, float)
    if steps.ndim != 1 or not steps.shape == below.shape == above.shape:
        raise ValueError(f"lower, upper: got the shapes {below.shape} and {above.shape}, wanted {steps.shape}")
    if (below > above).any():
        raise ValueError("lower: got a bound above the upper one")
    sizes = np.abs(np.concatenate([below, above]))
    sizes = sizes[np.isfinite(sizes)]
    if not len(sizes):
        raise ValueError("lower, upper: no bound is finite, so there is nothing to draw")
    figure, axes = new_figure(title, ("iterations", "margin"))
    both = np.isfinite(below) & np.isfinite(above)
    axes.fill_between(steps[both], below[both], above[both], color=SKY, alpha=0.35, linewidth=0, step="post")
    for values, color, name in ((above, VERMILLION, "upper"), (below, BLUE, "lower")):
        known = np.isfinite(values)
        axes.step(steps[known], values[known], "o-", where="post", color=color, markersize=3, label=name, gid=name)
    axes.axhline(0, color=BLACK, linewidth=1)
    axes.set_yscale("symlog", linthresh=max(float(sizes[sizes > 0].min(initial=1.0)), 1e-12))
    axes.legend()
    return figure
