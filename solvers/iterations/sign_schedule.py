"""Odd quintics whose composition maps [low, 1] to almost 1: the sign of a symmetric matrix by products alone.

Each quintic is the best uniform approximation of 1 on the interval that those before it leave; taking the best one at
each step gives the best composition (Amsel, Persson, Musco and Gower, "The Polar Express", 2025). Remez' exchange finds
it. But the best ones for a wide interval take some large values to almost 0, next to small ones, where rounding mixes
their eigenvectors; so the interval is cut to one whose image is wider than rounding (section 4.4 there).
"""

from functools import cache

import numpy as np

Quintic = tuple[float, float, float]
"""a, b, c of a x + b x^3 + c x^5."""

NARROW = 1e-3
"""An interval [low, high] with high - low below this share of high is left to the quintic of Newton and Schulz, which
is as good there; the exchange would lose its digits to rounding."""
CUSHION = 0.05
"""Least low / high of an interval that a quintic is fitted to. Values below are enlarged all the same."""
EXCHANGES = 50


@cache
def sign_schedule(steps: int, low: float) -> tuple[Quintic, ...]:
    """The quintics, first to last, of `steps` steps from the interval [low, 1].

    >>> x = np.array([3e-5, 1e-3, 0.3, 1.0])
    >>> for a, b, c in sign_schedule(9, 3e-5):
    ...     x = a * x + b * x**3 + c * x**5
    >>> bool(np.abs(x - 1).max() < 1e-4)
    True
    """
    quintics = []
    high = 1.0
    for _ in range(steps):
        start = max(low, CUSHION * high)
        quintic, error = _narrow_quintic(low, high) if high - low < NARROW * high else _best_quintic(start, high)
        a, b, c = quintic
        low, high = min(a * low + b * low**3 + c * low**5, 1 - error), 1 + error
        quintics.append(quintic)
    return tuple(quintics)


def _best_quintic(low: float, high: float) -> tuple[Quintic, float]:
    """The odd quintic nearest to 1 on [low, high], and its error, which it attains with alternating signs in four
    points: the ends and two extrema between them."""
    inner = np.array([0.75 * low + 0.25 * high, 0.25 * low + 0.75 * high])
    a = b = c = error = 0.0
    for _ in range(EXCHANGES):
        points = np.array([low, *inner, high])
        columns = [points, points**3, points**5, np.array([1.0, -1.0, 1.0, -1.0])]
        before = a, b, c
        a, b, c, error = np.linalg.solve(np.stack(columns, axis=1), np.ones(4)).tolist()
        inner = np.sqrt(np.sort(np.roots([5 * c, 3 * b, a]).real))  # where the derivative, in x^2, vanishes
        if np.allclose((a, b, c), before, rtol=1e-13, atol=0.0):
            break
    return (a, b, c), abs(error)


def _narrow_quintic(low: float, high: float) -> tuple[Quintic, float]:
    """15/8 x - 10/8 x^3 + 3/8 x^5, scaled to the middle of the interval."""
    middle = (low + high) / 2
    a, b, c = 1.875 / middle, -1.25 / middle**3, 0.375 / middle**5
    return (a, b, c), max(abs(1 - (a * x + b * x**3 + c * x**5)) for x in (low, high))
