"""How far to enlarge a basis that did not work: sizes of nested prefixes of one order of candidate monomials.

What a schedule costs is the sum of `rung_cost` over its sizes up to the first prefix that holds the whole basis.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple, TypeVar

import numpy as np
from jaxtyping import Float

RUNG_COST = 16.0**3
"""Cost of any rung besides the cube of its size: entering it takes time too."""
LEAST_CHANCE = 1e-4
LEAST_RATIO = 1.01
GRID = 400
Size = TypeVar("Size", float, np.ndarray)


def rung_cost(size: Size) -> Size:
    """What trying a basis of this size, or of each of these, costs, up to a factor."""
    return size**3 + RUNG_COST


def expansion_schedule(start: int, total: int, ratio: float = 1.5) -> list[int]:
    """Nested basis sizes that grow by `ratio` from `start` up to `total` (Algorithm 2 and Lemma 3 of the paper).

    Reaching a basis of size r takes at most 1 + ceil(log(r / start) / log(ratio)) sizes.

    Raises `ValueError` unless 0 <= start <= total and 1 < ratio < infinity.

    >>> expansion_schedule(10, 40)
    [10, 15, 23, 35, 40]
    """
    if not 0 <= start <= total:
        raise ValueError(f"start must be from 0 to total = {total}, got {start}")
    if not 1 < ratio < math.inf:
        raise ValueError(f"ratio must be a finite number above 1, got {ratio}")
    sizes = [start]
    while sizes[-1] < total:
        sizes.append(max(sizes[-1] + 1, math.ceil(min(ratio * sizes[-1], total) - 1e-9)))
    return sizes


def cheapest_schedule(
    chances: Float[np.ndarray, " k"], start: int, works: Float[np.ndarray, " k"] | None = None
) -> list[int]:
    """Sizes from at least `start` up to k with the least expected cost, for candidates of known chances.

    The members of the basis are taken as independent, so the prefix of size s lacks none with probability
    prod(1 - chances[s:]), unless it is known how likely prefixes work. The first size is always paid for, each later
    one if the one before lacks a member: dynamic programming from the last size, which is k, back to the first.

    Args:
        chances: probability that the basis has each candidate; those below `LEAST_CHANCE` count as that.
        start: the smallest size that is worth trying.
        works: probability that the first 1, 2, ... of them are enough; as larger prefixes hold smaller ones, none
            counts for less than one before it.

    >>> chances = np.array([1.0] * 20 + [0.5] * 2 + [0.01] * 20)
    >>> cheapest_schedule(chances, 20)
    [22, 37, 42]
    >>> cheapest_schedule(chances, 20, np.array([0.0] * 24 + [0.99] * 18))
    [25, 42]
    """
    total = len(chances)
    if not 0 <= start <= total:
        raise ValueError(f"start must be from 0 to {total}, the number of candidates, got {start}")
    absent = np.log1p(-np.clip(chances, LEAST_CHANCE, 1 - 1e-12))
    lacking = -np.expm1(np.concatenate([np.cumsum(absent[::-1])[::-1], [0.0]]))
    if works is not None:
        lacking[1:] = 1 - np.maximum.accumulate(works)
    costs = rung_cost(np.arange(total + 1.0))
    later, following = np.zeros(total + 1), np.full(total + 1, total)
    for size in range(total - 1, start - 1, -1):
        options = lacking[size] * costs[size + 1 :] + later[size + 1 :]
        best = int(options.argmin())
        later[size], following[size] = options[best], size + 1 + best
    sizes = [start + int((costs[start:] + later[start:]).argmin())]
    while sizes[-1] < total:
        sizes.append(int(following[sizes[-1]]))
    return sizes


class Run(NamedTuple):
    """A recorded order: the first rung, how many of its monomials were needed, and how many there were."""

    start: int
    needed: int
    total: int


def schedule_cost(run: Run, ratio: float) -> float:
    """Sum of the costs of all sizes up to the first that is enough.

    >>> schedule_cost(Run(start=10, needed=12, total=40), 1.5) == rung_cost(10) + rung_cost(15)
    True
    """
    cost = 0.0
    for size in expansion_schedule(run.start, run.total, ratio):
        cost += rung_cost(size)
        if size >= run.needed:
            break
    return cost


def fit_ratio(runs: Iterable[Run], largest: float = 4.0) -> float:
    """The ratio up to `largest` with the least mean cost over the cost of the needed sizes on recorded runs.

    Up to rounding of the sizes, the cost jumps only where some power of the ratio just reaches needed / start and grows
    in between, so a finite grid of ratios has the best one (Theorem 8 of the paper): (needed / start)^(1 / j). Of those
    from LEAST_RATIO on, GRID are tried, evenly by rank; ratios that the rounding of the sizes favours may lie between.

    Raises `ValueError` if there is no run.

    >>> round(fit_ratio([Run(10, 12, 40), Run(10, 12, 40), Run(10, 10, 40)]), 2)
    1.2
    """
    recorded = list(runs)
    if not recorded:
        raise ValueError("runs must hold at least one recorded run, got none")
    lengths = {run.needed / run.start for run in recorded if 0 < run.start < run.needed}
    powers = {length: int(math.log(length) / math.log(LEAST_RATIO)) for length in lengths}
    grid = {length ** (1 / j) for length, most in powers.items() for j in range(1, most + 1)}
    chosen = sorted(ratio for ratio in grid if LEAST_RATIO <= ratio <= largest) or [largest]
    chosen = [chosen[i] for i in np.unique(np.linspace(0, len(chosen) - 1, GRID).round().astype(int))]

    def mean_cost(ratio: float) -> float:
        return float(np.mean([schedule_cost(run, ratio) / rung_cost(run.needed) for run in recorded]))

    return min(chosen, key=mean_cost)
