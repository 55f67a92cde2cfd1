"""Real zeros of a nonnegative polynomial, to any number of digits."""

from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np

from nsos_jax.proofs.faces.real_zeros.charts import charts
from nsos_jax.proofs.faces.real_zeros.refinement import RefinedZero
from nsos_jax.proofs.faces.real_zeros.zeros import float_zeros
from nsos_jax.proofs.gram_system import GramSystem

Coordinates = Callable[[int], list[int] | None]
"""By the number of digits, the coordinates over 10^digits; None where they are not to be had."""


def real_zeros(system: GramSystem) -> Iterator[Coordinates]:
    """Zeros of p that Newton's method finds from random starts: of forms in the charts where one variable is 1."""
    p = system.polynomial
    for chart in charts(system) if p.is_form else islice(charts(system), 1):
        for point in float_zeros(chart, np.zeros((0, chart.polynomial.num_variables)), random=True):
            yield _in_all_variables(RefinedZero(chart, point), p.variables)


def _in_all_variables(zero: RefinedZero, variables: tuple[str, ...]) -> Coordinates:
    def coordinates(digits: int) -> list[int] | None:
        found = zero.coordinates(digits)
        if found is None:
            return None
        known = dict(zip(zero.chart.polynomial.variables, found, strict=True))
        return [known.get(name, 10**digits) for name in variables]

    return coordinates
