"""Derivatives and integrals of exact polynomials, on rows of exponents."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from jaxtyping import Int

from nsos_jax.polynomials.scalars import rational


def differentiate(
    exponents: Int[np.ndarray, "terms n"], numerators: tuple[int, ...], column: int
) -> tuple[Int[np.ndarray, "kept n"], list[int]]:
    """The partial derivative by the variable of a column: exponents and numerators over the same denominator."""
    rows = np.flatnonzero(exponents[:, column])
    lowered = exponents[rows]
    factors = lowered[:, column].tolist()
    lowered[:, column] -= 1
    return lowered, [numerators[i] * factor for i, factor in zip(rows.tolist(), factors, strict=True)]


def integrate(
    exponents: Int[np.ndarray, "terms n"],
    coefficients: tuple[Fraction, ...],
    names: tuple[str, ...],
    box: Mapping[str, tuple[Any, Any]],
) -> tuple[Int[np.ndarray, "terms rest"], list[Fraction]]:
    """The integral over a box in some of the variables: exponents of the others, not necessarily distinct, and
    coefficients."""
    bounds = {}
    for name, interval in box.items():
        if not isinstance(interval, tuple | list) or len(interval) != 2:
            raise ValueError(f"box[{name!r}]: got {interval!r}, wanted (lower, upper)")
        bounds[name] = [rational(end, f"box[{name!r}]") for end in interval]
    values = list(coefficients)
    for column, name in enumerate(names):
        if name in bounds:
            lower, upper = bounds[name]
            powers = [power + 1 for power in exponents[:, column].tolist()]
            moments = {power: (upper**power - lower**power) / power for power in set(powers)}
            values = [value * moments[power] for value, power in zip(values, powers, strict=True)]
    absent = Fraction(1)
    for name, (lower, upper) in bounds.items():
        if name not in names:
            absent *= upper - lower
    kept = [column for column, name in enumerate(names) if name not in bounds]
    return exponents[:, kept], [absent * value for value in values]
