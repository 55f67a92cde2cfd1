"""Values of the objective to aim at."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np

from nsos_jax.certificates import as_fraction
from nsos_jax.programs.equations import Presolved
from nsos_jax.proofs import simplest_fraction

TOLERANCES = (1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4)
"""Within which a fraction of few digits is sought, relative to 1 + |value|."""
UNLIKELY = 2.5e-3
"""A fraction with denominator q that was found within e is convincing if q^2 e is below this."""
SLACKS = (1e-8, 1e-7, 4e-7, 1e-5, 1e-4, 1e-3)
"""Of the optimal value, relative to 1 + |value|, that is given up for an interior."""


def pretty_values(optimum: float) -> list[Fraction]:
    """Fractions of few digits that the optimal value may be meant to be, the nearest first.

    >>> pretty_values(2.9999999988)
    [Fraction(3, 1)]
    """
    size = 1.0 + abs(optimum)
    found: list[Fraction] = []
    for tolerance in TOLERANCES:
        value = simplest_fraction(optimum, tolerance * size)
        if value.denominator**2 * tolerance * size <= UNLIKELY and value not in found:
            found.append(value)
    return found


def backed_off(optimum: float, least: float = 0.0) -> Iterator[Fraction]:
    """Values a little worse than the optimal one, of few digits, from a slack of `least` on."""
    size = 1.0 + abs(optimum)
    for slack in (slack for slack in SLACKS if slack >= least):
        step = 2.0 ** np.floor(np.log2(slack * size / 4))
        yield Fraction(float(np.floor((optimum - slack * size) / step))) * Fraction(step)


def at_level(presolved: Presolved, value: Fraction) -> Presolved:
    """The same with one more row: the objective, as it is to be maximised, has this value."""
    system = presolved.system.with_value(value - as_fraction(presolved.cost_constant))
    return replace(presolved, system=system, rows=np.append(presolved.rows, -1))
