"""Real zeros of nonnegative polynomials in floating point: all that Newton's method finds from many starts at once."""

import numpy as np
from jaxtyping import Float, Int

from nsos_jax.proofs.faces.real_zeros.charts import Chart

STARTS = 48
STEPS = 60
SEED = 0
VANISHING = 1e-9
"""Largest value at a zero in floating point, against the sum of the absolute values of the terms."""
APART = 1e-3
MOST_ZEROS = 40


class Derivatives:
    """A polynomial with its first and second derivatives in floating point, at many points at once."""

    def __init__(self, exponents: Int[np.ndarray, "terms n"], coefficients: Float[np.ndarray, " terms"]) -> None:
        self._size = exponents.shape[1]
        self._value = _Monomials(exponents, coefficients)
        unit = np.eye(self._size, dtype=exponents.dtype)
        self._gradient, self._hessian = {}, {}
        for i in range(self._size):
            own = np.flatnonzero(exponents[:, i])
            lowered, weights = exponents[own] - unit[i], coefficients[own] * exponents[own, i]
            self._gradient[i] = _Monomials(lowered, weights)
            for j in range(i, self._size):
                both = np.flatnonzero(lowered[:, j])
                if len(both):
                    self._hessian[i, j] = _Monomials(lowered[both] - unit[j], weights[both] * lowered[both, j])

    def values(self, points: Float[np.ndarray, "points n"]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Values, gradients, Hessians, and sums of absolute terms at all points."""
        extended = np.concatenate([points, np.ones((len(points), 1))], axis=1)
        gradients = np.zeros(points.shape)
        hessians = np.zeros((*points.shape, self._size))
        for i, monomials in self._gradient.items():
            gradients[:, i] = monomials.at(extended)
        for (i, j), monomials in self._hessian.items():
            hessians[:, i, j] = hessians[:, j, i] = monomials.at(extended)
        return self._value.at(extended), gradients, hessians, self._value.at(np.abs(extended), absolute=True)


class _Monomials:
    """Terms as lists of variables, padded with one that is 1: as many factors as the degree, however many variables."""

    def __init__(self, exponents: Int[np.ndarray, "terms n"], coefficients: Float[np.ndarray, " terms"]) -> None:
        self._coefficients = coefficients
        width = int(exponents.sum(axis=1).max(initial=0))
        self._factors = np.full((len(exponents), width), exponents.shape[1])
        for term, row in enumerate(exponents):
            variables = np.repeat(np.arange(len(row)), row)
            self._factors[term, : len(variables)] = variables

    def at(self, points: Float[np.ndarray, "points n"], absolute: bool = False) -> Float[np.ndarray, " points"]:
        coefficients = np.abs(self._coefficients) if absolute else self._coefficients
        products = np.ones((len(points), len(coefficients)))
        for column in self._factors.T:
            products *= points[:, column]
        return products @ coefficients


def float_zeros(chart: Chart, starts: Float[np.ndarray, "starts n"], random: bool) -> list[Float[np.ndarray, " n"]]:
    """Zeros of the scaled polynomial of a chart, to about half the digits of floating point.

    Damped Newton steps with the absolute values of the Hessian's eigenvalues, from the starts and, with `random`, from
    the origin and random points, all at once.
    """
    p = chart.polynomial
    n = p.num_variables
    if n == 0:
        return []
    points = starts
    if random:
        rng = np.random.default_rng(SEED)
        spread = rng.standard_normal((STARTS, n)) * rng.choice((0.3, 1.0, 3.0), (STARTS, 1))
        points = np.concatenate([starts, np.zeros((1, n)), spread])
    if not len(points):
        return []
    derivatives = Derivatives(p.exponents.astype(np.int64), scaled_coefficients(chart))
    with np.errstate(all="ignore"):
        points = _minimise(derivatives, points)
        values, _, _, sizes = derivatives.values(points)
    found: list[np.ndarray] = []
    for point, value, size in zip(points, values, sizes, strict=True):
        known = not all(apart(point, other) for other in found)
        if np.isfinite(point).all() and value <= VANISHING * size and not known:
            found.append(point)
    return found[:MOST_ZEROS]


def apart(point: Float[np.ndarray, " n"], other: Float[np.ndarray, " n"]) -> bool:
    """Whether two points are not taken for the same zero."""
    return bool(np.linalg.norm(point - other) > APART * (1 + np.linalg.norm(other)))


def scaled_coefficients(chart: Chart) -> Float[np.ndarray, " terms"]:
    """Coefficients of the polynomial of a chart in scaled variables, the largest about one."""
    p = chart.polynomial
    logs = p.exponents @ chart.shifts
    mantissas, exponents = [], []
    for numerator, shift in zip(p.numerators, logs.tolist(), strict=True):
        length = numerator.bit_length()
        mantissas.append(float(numerator >> (length - 60)) * 2.0**-60 if length > 60 else numerator / 2.0**length)
        exponents.append(length + shift)
    return np.ldexp(np.array(mantissas), np.array(exponents) - max(exponents))


def _minimise(derivatives: Derivatives, points: Float[np.ndarray, "points n"]) -> Float[np.ndarray, "points n"]:
    damping = np.full(len(points), 1e-2)
    values, gradients, hessians, _ = derivatives.values(points)
    for _ in range(STEPS):
        finite = np.isfinite(hessians).all(axis=(1, 2)) & np.isfinite(gradients).all(axis=1)
        hessians = np.where(finite[:, None, None], hessians, np.eye(points.shape[1]))
        spectrum, vectors = np.linalg.eigh(hessians)
        curvature = np.abs(spectrum) + (damping * np.abs(spectrum).max(axis=1) + 1e-300)[:, None]
        step = np.einsum("pia,pa,pja,pj->pi", vectors, 1 / curvature, vectors, np.where(finite[:, None], gradients, 0))
        trial = points - step
        new_values, new_gradients, new_hessians, _ = derivatives.values(trial)
        better = new_values <= values
        points = np.where(better[:, None], trial, points)
        values = np.where(better, new_values, values)
        gradients = np.where(better[:, None], new_gradients, gradients)
        hessians = np.where(better[:, None, None], new_hessians, hessians)
        damping = np.where(better, damping / 4, np.minimum(damping * 8, 1e6))
    return points
