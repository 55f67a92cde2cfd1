"""Real zeros of nonnegative polynomials in floating point: all that Newton's method finds from many starts at once."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from nsos_jax.proofs.faces.charts import Chart

STARTS = 48
STEPS = 60
SEED = 0
VANISHING = 1e-9
"""Largest value at a zero in floating point, against the sum of the absolute values of the terms."""
APART = 1e-3
MOST_ZEROS = 40


@dataclass(frozen=True, eq=False)
class Derivatives:
    """A polynomial with its first and second derivatives, as exponents and coefficients, in scaled variables."""

    exponents: Int[np.ndarray, "terms n"]
    coefficients: Float[np.ndarray, " terms"]

    def values(self, points: Float[np.ndarray, "points n"]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Values, gradients, Hessians, and sums of absolute terms at all points."""
        count, n = points.shape
        powers = points[:, :, None] ** np.arange(int(self.exponents.max(initial=0)) + 1)
        at = self.exponents

        def monomials(exponents: np.ndarray) -> np.ndarray:
            factors = powers[:, np.arange(n)[None, :], np.maximum(exponents, 0)]
            return factors.prod(axis=2)

        terms = monomials(at)
        gradients, hessians = np.zeros((count, n)), np.zeros((count, n, n))
        unit = np.eye(n, dtype=np.int64)
        for i in range(n):
            lowered = at - unit[i]
            gradients[:, i] = monomials(lowered) @ (self.coefficients * at[:, i])
            for j in range(i, n):
                weight = self.coefficients * at[:, i] * (at[:, j] - (i == j))
                hessians[:, i, j] = hessians[:, j, i] = monomials(lowered - unit[j]) @ weight
        return terms @ self.coefficients, gradients, hessians, np.abs(terms) @ np.abs(self.coefficients)


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
