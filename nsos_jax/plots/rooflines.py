"""Rooflines (Williams, Waterman, Patterson 2009): how near programs are to what the machine can do."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from nsos_jax.plots.style import BLACK, COLORS, GREY, new_figure


class Work(NamedTuple):
    """What a program did: floating point operations, bytes moved to and from memory, seconds."""

    operations: float
    bytes: float
    seconds: float


def roofline(work: Mapping[str, Work], rate: float, bandwidth: float, *, title: str | None = None) -> Any:
    """Draws programs under the roof min(rate, bandwidth * intensity), both axes logarithmic.

    Args:
      work: by name of the program; the intensity is operations / bytes, the height operations / seconds.
      rate: operations in a second that the machine reaches, as measured on large products of matrices.
      bandwidth: bytes in a second, as measured on copies.
      title: above.

    Returns:
      A `matplotlib.figure.Figure`.

    Raises:
      ImportError: matplotlib is missing.
      ValueError: there is no program, or a number is not positive.
    """
    numbers = [rate, bandwidth, *(number for one in work.values() for number in one)]
    if not work or not all(np.isfinite(number) and number > 0 for number in numbers):
        raise ValueError("work, rate, bandwidth: wanted positive numbers, of one program at least")
    figure, axes = new_figure(title, ("operations per byte", "operations per second"))
    intensities = [one.operations / one.bytes for one in work.values()]
    ends = np.array([min(*intensities, rate / bandwidth) / 4, max(*intensities, rate / bandwidth) * 4])
    x = np.sort(np.append(ends, rate / bandwidth))
    axes.plot(x, np.minimum(rate, bandwidth * x), color=BLACK, gid="roof")
    for (name, one), color in zip(work.items(), (COLORS * len(work))[: len(work)], strict=True):
        place = one.operations / one.bytes, one.operations / one.seconds
        share = place[1] / min(rate, bandwidth * place[0])
        axes.plot(*place, "o", color=color, label=f"{name}: {share:.0%} of the roof", gid=name)
        axes.plot([place[0]] * 2, [place[1], min(rate, bandwidth * place[0])], ":", color=GREY, linewidth=1)
    axes.set(xscale="log", yscale="log")
    axes.legend()
    return figure
