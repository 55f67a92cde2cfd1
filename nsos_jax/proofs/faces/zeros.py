"""Real zeros of nonnegative polynomials: found in floating point, refined to any number of digits.

A zero of p >= 0 is a zero of the gradient, to which Newton's method converges quadratically where the Hessian has full
rank. Where it has not, the zero lies on a curve or is degenerate: coordinates that the Hessian does not
determine are fixed at short binary fractions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import flint
import numpy as np
import scipy.linalg as sla
from flint import arb, arb_mat, fmpq
from jaxtyping import Float, Int

from nsos_jax.polynomials import Polynomial
from nsos_jax.proofs.faces.charts import Chart

STARTS = 48
STEPS = 60
SEED = 0
VANISHING = 1e-9
"""Largest value at a zero in floating point, against the sum of the absolute values of the terms."""
APART = 1e-3
FLAT = 1e-5
"""Eigenvalues of the Hessian below this share of the largest leave coordinates undetermined."""
FIXED_BITS = 3
MOST_ZEROS = 40
BITS_PER_DIGIT = 3.33
GUARD_BITS = 64
NEWTON_STEPS = 60


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


def float_zeros(chart: Chart, starts: Sequence[Float[np.ndarray, " n"]] = ()) -> list[Float[np.ndarray, " n"]]:
    """Zeros of the scaled polynomial of a chart, to about half the digits of floating point.

    Damped Newton steps with the absolute values of the Hessian's eigenvalues, from the starts and from random points,
    all at once.
    """
    p = chart.polynomial
    n = p.num_variables
    if n == 0:
        return []
    rng = np.random.default_rng(SEED)
    random = rng.standard_normal((STARTS, n)) * rng.choice((0.3, 1.0, 3.0), (STARTS, 1))
    points = np.concatenate([np.reshape(starts, (-1, n)), np.zeros((1, n)), random])
    derivatives = Derivatives(p.exponents.astype(np.int64), _scaled_coefficients(chart))
    with np.errstate(all="ignore"):
        points = _minimise(derivatives, points)
        values, _, _, sizes = derivatives.values(points)
    found: list[np.ndarray] = []
    for point, value, size in zip(points, values, sizes, strict=True):
        known = any(np.linalg.norm(point - other) < APART * (1 + np.linalg.norm(other)) for other in found)
        if np.isfinite(point).all() and value <= VANISHING * size and not known:
            found.append(point)
    return found[:MOST_ZEROS]


def _scaled_coefficients(chart: Chart) -> Float[np.ndarray, " terms"]:
    """Coefficients in scaled variables, the largest about one."""
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


class RefinedZero:
    """A zero of the polynomial of a chart, to as many digits as are asked for.

    Attributes:
      chart: where it lies.
      free: the coordinates that Newton's method determines; the others are fixed.
    """

    def __init__(self, chart: Chart, scaled: Float[np.ndarray, " n"]) -> None:
        self.chart = chart
        derivatives = Derivatives(chart.polynomial.exponents.astype(np.int64), _scaled_coefficients(chart))
        _, _, hessians, _ = derivatives.values(scaled[None])
        spectrum = np.linalg.eigvalsh(hessians[0])
        rank = int((np.abs(spectrum) > FLAT * np.abs(spectrum).max()).sum())
        order = sla.qr(hessians[0], mode="r", pivoting=True)[-1]
        self.free = sorted(order[:rank].tolist())
        self._start = [self._start_of(i, x) for i, x in enumerate(scaled.tolist())]
        self._known: list[arb] = []
        self._digits = 0

    def _start_of(self, index: int, scaled: float) -> fmpq:
        if index not in self.free:
            scaled = round(scaled * 2**FIXED_BITS) / 2**FIXED_BITS
        numerator, denominator = scaled.as_integer_ratio()
        return fmpq(numerator, denominator) * fmpq(2) ** int(self.chart.shifts[index])

    def coordinates(self, digits: int) -> list[arb] | None:
        """Midpoints that are zeros of p to `digits` digits; None where Newton's method does not get there."""
        if digits > self._digits:
            with flint.ctx.workprec(int(BITS_PER_DIGIT * digits) + GUARD_BITS):
                start = self._known or [arb(x) for x in self._start]
                refined = _newton(self.chart.polynomial, start, self.free, digits)
            if refined is None:
                return None
            self._known, self._digits = refined, digits
        return self._known

    def evaluations(self, digits: int) -> list[list[arb]] | None:
        """The evaluation vector of every block."""
        point = self.coordinates(digits)
        if point is None:
            return None
        with flint.ctx.workprec(int(BITS_PER_DIGIT * digits) + GUARD_BITS):
            return [
                [_monomial(point, row) if live else arb(0) for row, live in zip(basis.tolist(), alive, strict=True)]
                for basis, alive in zip(self.chart.bases, self.chart.alive, strict=True)
            ]


def _monomial(point: Sequence[arb], exponents: Sequence[int]) -> arb:
    product = arb(1)
    for x, exponent in zip(point, exponents, strict=True):
        if exponent:
            product *= x**exponent
    return product.mid()


def _newton(polynomial: Polynomial, start: Sequence[arb], free: Sequence[int], digits: int) -> list[arb] | None:
    """Newton's method for the gradient in the free coordinates, at the working precision; None unless it converges to
    a zero of the polynomial."""
    point = [x.mid() for x in start]
    tolerance = arb(10) ** -digits
    size = 1 + sum(abs(arb(c)) for c in polynomial.numerators)
    last = None
    for _ in range(NEWTON_STEPS):
        value, gradient, hessian = _derivatives(polynomial, point, free)
        change = arb(0)
        if free:
            try:
                step = arb_mat(hessian).solve(arb_mat([[g] for g in gradient]))
            except ZeroDivisionError:
                return None
            for row, index in enumerate(free):
                point[index] = (point[index] - step[row, 0]).mid()
                change = max(change, abs(step[row, 0]).mid())
        length = 1 + max((abs(x).mid() for x in point), default=arb(0))
        if not change.is_finite():
            return None
        if change <= tolerance * length:
            limit = tolerance * 10**5 * size * length**polynomial.degree
            return point if abs(value).mid() <= limit else None
        if last is not None and change > last * 4:
            return None
        last = change
    return None


def _derivatives(
    polynomial: Polynomial, point: Sequence[arb], free: Sequence[int]
) -> tuple[arb, list[arb], list[list[arb]]]:
    """Numerators of p: value, gradient and Hessian in the free coordinates."""
    n = len(point)
    top = int(polynomial.exponents.max(initial=0))
    powers = []
    for x in point:
        row = [arb(1)]
        for _ in range(top):
            row.append((row[-1] * x).mid())
        powers.append(row)
    value, gradient = arb(0), [arb(0) for _ in free]
    hessian = [[arb(0) for _ in free] for _ in free]
    for exponents, coefficient in zip(polynomial.exponents.tolist(), polynomial.numerators, strict=True):

        def monomial(lowered: Sequence[int], exponents: Sequence[int] = exponents) -> arb:
            product = arb(coefficient)  # noqa: B023, used within this pass
            for i in range(n):
                exponent = exponents[i]
                for _ in range(lowered.count(i)):
                    product *= exponent
                    exponent -= 1
                if exponent < 0:
                    return arb(0)
                if exponent:
                    product *= powers[i][exponent]
            return product

        value += monomial(())
        for a, i in enumerate(free):
            if exponents[i]:
                gradient[a] += monomial((i,))
                for b, j in enumerate(free[: a + 1]):
                    if exponents[j]:
                        hessian[a][b] += monomial((i, j))
    for a in range(len(free)):
        for b in range(a):
            hessian[b][a] = hessian[a][b]
    return value.mid(), [g.mid() for g in gradient], [[h.mid() for h in row] for row in hessian]
