"""Polynomials that are positive definite by inspection: sums of even powers of the states."""

from collections.abc import Iterator, Sequence
from itertools import product

from nsos_jax.polynomials import Polynomial

MOST_MIXED = 4
"""States up to which powers are mixed."""


def power_sum(states: Sequence[str], halves: Sequence[int]) -> Polynomial:
    """sum_i x_i^(2 halves[i]); a half of 0 leaves its state out.

    >>> print(power_sum(["x", "y"], [1, 2]))
    y^4 + x^2
    """
    pairs = zip(states, halves, strict=True)
    return Polynomial.sum([Polynomial.parse(name) ** (2 * half) for name, half in pairs if half])


def candidate_halves(count: int, most: int) -> Iterator[tuple[int, ...]]:
    """Powers to try for `count` states, the lowest first: the same for all, then mixed ones of few states."""
    for half in range(1, most + 1):
        yield (half,) * count
    if 1 < count <= MOST_MIXED and most > 1:
        for chosen in product((1, 2), repeat=count):
            if len(set(chosen)) > 1:
                yield chosen
