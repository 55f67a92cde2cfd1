"""Values and gradients of polynomials given as arrays: exact at one rational point, float64 at many points."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from jaxtyping import Float, Int

from nsos_jax.polynomials.exponents import nonzeros, occurrences
from nsos_jax.polynomials.terms import common_denominator

SLICE_ENTRIES = 1 << 20
"""Float64 values of monomials held at once: 8 MB."""


def exact_value(
    exponents: Int[np.ndarray, "terms variables"],
    numerators: Sequence[int],
    denominator: int,
    point: Sequence[Fraction],
) -> Fraction:
    """sum_t numerators[t] x^exponents[t] / denominator at a rational point.

    With x = y / q for integers y, and D the degree, this is sum_t numerators[t] y^a q^(D - |a|) over denominator q^D:
    integers throughout, and one fraction at the end.
    """
    integers, common = common_denominator(point)
    values = list(numerators)
    rows, columns = nonzeros(exponents)
    powers: dict[tuple[int, int], int] = {}
    entries = zip(rows.tolist(), columns.tolist(), exponents[rows, columns].tolist(), strict=True)
    for row, column, exponent in entries:
        if (column, exponent) not in powers:
            powers[column, exponent] = integers[column] ** exponent
        values[row] *= powers[column, exponent]
    if common == 1:
        return Fraction(sum(values), denominator)
    degrees = exponents.sum(axis=1).tolist()
    degree = max(degrees, default=0)
    fill = {d: common ** (degree - d) for d in set(degrees)}
    total = sum(value * fill[d] for value, d in zip(values, degrees, strict=True))
    return Fraction(total, denominator * common**degree)


def float_values(
    exponents: Int[np.ndarray, "terms variables"],
    coefficients: Float[np.ndarray, " terms"],
    points: Float[np.ndarray, "points variables"],
) -> Float[np.ndarray, " points"]:
    """Values at all points, in slices of bounded memory."""
    points = _check_points(points, exponents.shape[1])
    top = int(exponents.max(initial=0)) + 1
    step = max(1, SLICE_ENTRIES // (len(exponents) + top))
    values = np.empty(len(points))
    with np.errstate(all="ignore"):
        for start in range(0, len(points), step):
            chunk = points[start : start + step]
            values[start : start + step] = coefficients @ _monomials(exponents, chunk)
    return values


def float_gradients(
    exponents: Int[np.ndarray, "terms variables"],
    coefficients: Float[np.ndarray, " terms"],
    points: Float[np.ndarray, "points variables"],
) -> Float[np.ndarray, "points variables"]:
    """Gradients at all points: each column is the value of one partial derivative."""
    points = _check_points(points, exponents.shape[1])
    gradients = np.empty(points.shape)
    for i in range(exponents.shape[1]):
        rows = np.flatnonzero(exponents[:, i])
        lowered = exponents[rows]
        slopes = coefficients[rows] * lowered[:, i]
        lowered[:, i] -= 1
        gradients[:, i] = float_values(lowered, slopes, points)
    return gradients


def _check_points(points: Float[np.ndarray, "points variables"], num_variables: int) -> np.ndarray:
    array = np.asarray(points, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != num_variables:
        raise ValueError(f"points: got shape {array.shape}, wanted (points, {num_variables})")
    return array


def _monomials(
    exponents: Int[np.ndarray, "terms variables"], points: Float[np.ndarray, "points variables"]
) -> Float[np.ndarray, "terms points"]:
    values = np.ones((len(exponents), len(points)))
    for (rows, own), coordinate in zip(occurrences(exponents), points.T, strict=True):
        if len(rows):
            values[rows] *= (coordinate ** np.arange(own.max() + 1)[:, None])[own]
    return values
