"""One look for all pictures: the colours of Okabe and Ito, which people with any colour vision tell apart."""

import io
from collections.abc import Sequence
from functools import cache
from typing import Any

BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILLION, PURPLE = (
    "#000000",
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#f0e442",
    "#0072b2",
    "#d55e00",
    "#cc79a7",
)
GREY = "#999999"
COLORS = (BLUE, ORANGE, GREEN, VERMILLION, PURPLE, SKY)
"""For curves beside one another."""
DIVERGING = "PuOr"
"""Colours of negative and positive numbers, told apart with any colour vision."""
SIZE = (6.0, 5.0)
"""Inches."""


def new_figure(title: str | None, labels: Sequence[str]) -> tuple[Any, Any]:
    """A figure with its axes, which have as many dimensions as labels.

    Raises:
      ImportError: matplotlib is missing; says how it is installed.
    """
    figure = _figure(SIZE)
    axes = figure.subplots(subplot_kw={"projection": "3d"} if len(labels) == 3 else None)
    axes.set(**dict(zip(("xlabel", "ylabel", "zlabel"), labels, strict=False)), title=title or "")
    if len(labels) == 2:
        axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def new_pair(title: str | None) -> tuple[Any, Any, Any]:
    """A figure with axes on its left and on its right. Raises what `new_figure` raises."""
    figure = _figure((2 * SIZE[0], SIZE[1]))
    left, right = figure.subplots(1, 2)
    figure.suptitle(title or "")
    right.spines[["top", "right"]].set_visible(False)
    return figure, left, right


def new_grid(rows: int, columns: int) -> tuple[Any, Any]:
    """A figure with an array of axes. Raises what `new_figure` raises."""
    figure = _figure((0.8 * SIZE[0] * columns, 0.7 * SIZE[1] * rows))
    return figure, figure.subplots(rows, columns, squeeze=False)


def _figure(size: tuple[float, float]) -> Any:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError('plots need matplotlib: pip install "nsos-jax[plot]"') from error
    return _shown_figures(Figure)(figsize=size, layout="constrained")


@cache
def _shown_figures(figures: Any) -> Any:
    """Figures that notebooks show, also without pyplot, whose import would be what makes them do so."""

    class ShownFigure(figures):
        def _repr_png_(self) -> bytes:
            picture = io.BytesIO()
            self.savefig(picture, format="png")
            return picture.getvalue()

    return ShownFigure
