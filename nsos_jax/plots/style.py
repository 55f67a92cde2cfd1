"""One look for all pictures: the colours of Okabe and Ito, which people with any colour vision tell apart."""

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
DIVERGING = "PuOr"
"""Colours of negative and positive numbers, told apart with any colour vision."""
SIZE = (6.0, 5.0)
"""Inches."""


def new_figure(title: str | None, labels: tuple[str, str]) -> tuple[Any, Any]:
    """A figure with its axes.

    Raises:
      ImportError: matplotlib is missing; says how it is installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError('plots need matplotlib: pip install "nsos-jax[plot]"') from error
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    axes.set(xlabel=labels[0], ylabel=labels[1], title=title or "")
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes
