"""A sum of squares in one or two variables, square by square."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from nsos_jax.certificates import Certificate, PolynomialCertificate, block_squares
from nsos_jax.plots.grams import blocks_of, drawable_numbers
from nsos_jax.plots.style import BLACK, COLORS, new_figure, new_grid
from nsos_jax.polynomials import Polynomial

POINTS = 601
GRID = 161
"""Points of a grid on a side."""
MOST_SQUARES = 8
"""Squares with a picture of their own; they are the largest on the box, and what is left is one more."""
MOST_LETTERS = 38
"""Of a formula above a picture."""


def squares(
    certificate: Certificate, box: Sequence[tuple[float, float]] | None = None, *, title: str | None = None
) -> Any:
    """Draws the weighted squares of a certificate: in one variable stacked, so that they add up to p; in two variables
    side by side with their sum, with the curves on which each is zero.

    Args:
      certificate: of a sum of squares in one or two variables (p, p + epsilon z'z, p - gamma, or sigma p).
      box: the ends of each variable, from -2 to 2 by default.
      title: above.

    Returns:
      A `matplotlib.figure.Figure`.

    Raises:
      ImportError: matplotlib is missing.
      ValueError: the certificate has no Gram matrix, or more than two variables, or numbers that are too large, or the
        box does not fit.
    """
    blocks = blocks_of(certificate)
    assert isinstance(certificate, PolynomialCertificate)
    names = tuple(certificate.variables)
    if len(names) not in (1, 2):
        raise ValueError(f"squares are drawn in one or two variables, here are {len(names)}")
    ends = [(-2.0, 2.0)] * len(names) if box is None else [(float(low), float(high)) for low, high in box]
    if len(ends) != len(names) or not all(low < high for low, high in ends):
        raise ValueError(f"box: got {box}, wanted (lower, upper) for each of {', '.join(names)}")
    count = POINTS if len(names) == 1 else GRID
    lines = [np.linspace(low, high, count) for low, high in ends]
    points = np.stack([values.ravel() for values in np.meshgrid(*lines)], axis=1)
    roots = block_squares(blocks, names)
    with drawable_numbers():
        values = [float(weight) * root.evaluate_float(points) ** 2 for weight, root in roots]
        total = sum(values, np.zeros(len(points)))
        if not np.isfinite(total).all():
            raise OverflowError
    order = sorted(range(len(values)), key=lambda k: -float((values[k] / len(points)).sum()))
    texts = [_square_text(*roots[k]) for k in order[:MOST_SQUARES]]
    shown = [values[k] for k in order[:MOST_SQUARES]]
    if order[MOST_SQUARES:]:
        shown.append(sum((values[k] for k in order[MOST_SQUARES:]), np.zeros(len(points))))
        texts.append(f"{len(order) - MOST_SQUARES} more")
    if len(names) == 1:
        return _stacked(lines[0], shown, texts, names[0], title)
    return _panels(lines, total, shown, texts, names, title)


def _square_text(weight: Fraction, root: Polynomial) -> str:
    text = f"({root})^2" if weight == 1 else f"{weight} ({root})^2"
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 3]}..."


def _stacked(line: np.ndarray, parts: list[np.ndarray], texts: list[str], name: str, title: str | None) -> Any:
    figure, axes = new_figure(title, [name, "sum of the squares"])
    colors = [COLORS[k % len(COLORS)] for k in range(len(parts))]
    axes.stackplot(line, *parts, labels=texts, colors=colors, alpha=0.55)
    axes.plot(line, sum(parts), color=BLACK, linewidth=1.2, label="the sum", gid="sum")
    axes.set(xlim=(line[0], line[-1]), ylim=(0, None))
    axes.legend(loc="best", fontsize="small")
    return figure


def _panels(
    lines: list[np.ndarray],
    total: np.ndarray,
    parts: list[np.ndarray],
    texts: list[str],
    names: Sequence[str],
    title: str | None,
) -> Any:
    """Colours are square roots of values, on one scale."""
    columns = min(3, 1 + len(parts))
    figure, grid = new_grid(math.ceil((1 + len(parts)) / columns), columns)
    figure.suptitle(title or "")
    largest = float(np.sqrt(np.maximum(total, 0)).max()) or 1.0
    extent = (lines[0][0], lines[0][-1], lines[1][0], lines[1][-1])
    for axes, values, text in zip(grid.flat, [total, *parts], ["the sum", *texts], strict=False):
        table = np.sqrt(np.maximum(values, 0)).reshape(GRID, GRID)
        image = axes.imshow(
            table, origin="lower", extent=extent, aspect="auto", cmap="cividis", vmin=0, vmax=largest, gid="square"
        )
        axes.set_title(text, fontsize="small")
        axes.set(xlabel=names[0], ylabel=names[1])
    for axes in grid.flat[1 + len(parts) :]:
        axes.set_visible(False)
    bar = figure.colorbar(image, ax=grid, shrink=0.8, label="value")
    ticks = [0, largest / 2, largest]
    bar.set_ticks(ticks, labels=[f"{tick**2:.3g}" for tick in ticks])
    return figure
