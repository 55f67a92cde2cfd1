"""Zeros of nonnegative polynomials to any number of digits, and the evaluation vectors of bases there.

A zero of p >= 0 is a zero of the gradient, to which Newton's method converges quadratically where the Hessian has full
rank. Where it has not, the zero lies on a curve or is degenerate: coordinates that the Hessian does not determine are
fixed at short binary fractions. All numbers are integers over a power of two (fixed point), in the scaled
variables of a chart, where they are about one.
"""

import math
from collections.abc import Sequence

import flint
import numpy as np
import scipy.linalg as sla
from flint import arb, arb_mat
from jaxtyping import Float, Int

from nsos_jax.proofs.faces.real_zeros.charts import Chart
from nsos_jax.proofs.faces.real_zeros.zeros import Derivatives, apart, scaled_coefficients

FLAT = 1e-5
"""Eigenvalues of the Hessian below this share of the largest leave coordinates undetermined."""
FIXED_BITS = 3
BITS_PER_DIGIT = math.log2(10)
GUARD_BITS = 64
START_BITS = 100
NEWTON_STEPS = 40
FIRST_STEPS = 4
GROWTH = 1.3
"""After the first steps, bits must grow by this factor in each, else convergence is not quadratic."""


class RefinedZero:
    """A zero of the polynomial of a chart, refined as far as was asked for.

    Attributes:
      chart: where it lies.
      free: the coordinates that Newton's method determines; the others are fixed.
    """

    def __init__(self, chart: Chart, scaled: Float[np.ndarray, " n"]) -> None:
        self.chart = chart
        self._scaled = scaled
        self._system = _FixedPoint(chart)
        self._start(list(range(len(scaled))))

    def _start(self, free: list[int]) -> None:
        """Begins again from the floating point zero, with other coordinates free."""
        self.free = free
        self._bits, self._digits, self._evaluated = START_BITS, 0, 0
        self._vectors: list[np.ndarray] = []
        rough = np.rint(self._scaled * 2**FIXED_BITS) / 2**FIXED_BITS
        start = np.where(np.isin(np.arange(len(rough)), free), self._scaled, rough)
        self._point = [_fixed(x, START_BITS) for x in start.tolist()]

    def _determined(self) -> list[int]:
        """Coordinates that the Hessian determines."""
        derivatives = Derivatives(self.chart.polynomial.exponents.astype(np.int64), scaled_coefficients(self.chart))
        hessian = derivatives.values(self._scaled[None])[2][0]
        spectrum = np.abs(np.linalg.eigvalsh(hessian))
        rank = int((spectrum > FLAT * spectrum.max(initial=0.0)).sum())
        return sorted(sla.qr(hessian, mode="r", pivoting=True)[-1][:rank].tolist())

    def differs(self, scaled: Float[np.ndarray, " n"]) -> bool:
        """Whether a point of the scaled chart is another one."""
        return apart(scaled, self._scaled)

    def coordinates(self, digits: int) -> list[int] | None:
        """In the chart, to about `digits` digits, over 10^digits; None where Newton's method does not get there."""
        if not self._reach(digits):
            return None
        shifts = (self.chart.shifts - self._bits).tolist()
        scaled = [x * 10**digits for x in self._point]
        return [x << shift if shift >= 0 else x >> -shift for x, shift in zip(scaled, shifts, strict=True)]

    def evaluations(self, digits: int) -> list[np.ndarray] | None:
        """The evaluation vector of every block to about `digits` digits, integers up to a common factor; None where
        Newton's method does not get there."""
        if not self._reach(digits):
            return None
        if self._evaluated != self._bits:
            self._evaluated, self._vectors = self._bits, self._evaluate()
        return self._vectors

    def _evaluate(self) -> list[np.ndarray]:
        powers = self._system.powers(self._point, self._bits)
        result = []
        for basis, alive in zip(self.chart.bases, self.chart.alive, strict=True):
            values = _monomials(powers, basis, self._bits)
            logs = basis @ self.chart.shifts
            lifted = [v << e for v, e in zip(values.tolist(), (logs - logs.min(initial=0)).tolist(), strict=True)]
            result.append(np.where(alive, np.array(lifted, dtype=object), 0))
        return result

    def _reach(self, digits: int) -> bool:
        """Refines to so many digits; where the whole Hessian does not allow it, with the coordinates it determines."""
        if digits <= self._digits or self._refine(digits):
            return True
        if self._digits or len(self.free) < len(self._scaled):
            return False
        self._start(self._determined())
        return self._refine(digits)

    def _refine(self, digits: int) -> bool:
        """Newton's method with growing precision; False unless it converges to a zero of p."""
        wanted = int(BITS_PER_DIGIT * digits) + GUARD_BITS
        accuracy = 0
        for step in range(NEWTON_STEPS):
            changes = self._system.newton_step(self._point, self.free, self._bits)
            if changes is None:
                return False
            for index, change in zip(self.free, changes, strict=True):
                self._point[index] -= change
            length = max(map(abs, self._point), default=0) + (1 << self._bits)
            largest = max(map(abs, changes), default=0)
            last, accuracy = accuracy, length.bit_length() - largest.bit_length()
            if accuracy >= BITS_PER_DIGIT * digits and self._bits >= wanted:
                self._digits = digits
                return self._system.vanishes(self._point, self._bits, digits)
            if accuracy < 4 or (step >= FIRST_STEPS and accuracy < GROWTH * min(last, wanted)):
                return False
            more = min(wanted, max(2 * accuracy + GUARD_BITS, self._bits))
            self._point = [x << more - self._bits for x in self._point]
            self._bits = more
        return False


class _FixedPoint:
    """The polynomial of a chart in scaled variables with integer coefficients, up to a factor."""

    def __init__(self, chart: Chart) -> None:
        p = chart.polynomial
        self.exponents = p.exponents.astype(np.int64)
        logs = self.exponents @ chart.shifts
        lifts = (logs - logs.min(initial=0)).tolist()
        self.coefficients = np.array([c << lift for c, lift in zip(p.numerators, lifts, strict=True)], dtype=object)
        self.size = sum(map(abs, self.coefficients.tolist()))
        self.degree = p.degree

    def powers(self, point: Sequence[int], bits: int) -> list[np.ndarray]:
        """Per coordinate, its powers up to those that any exponent needs."""
        top = max(int(self.exponents.max(initial=0)), 1)
        result = []
        for x in point:
            row = [1 << bits]
            for _ in range(top):
                row.append(row[-1] * x >> bits)
            result.append(np.array(row, dtype=object))
        return result

    def vanishes(self, point: Sequence[int], bits: int, digits: int) -> bool:
        """Whether the value at the point is 0 to nearly `digits` digits."""
        value = int(self.coefficients @ _monomials(self.powers(point, bits), self.exponents, bits))
        length = max(map(abs, point), default=0) / 2**bits + 1
        limit = math.log10(self.size) + self.degree * math.log10(length) + 5 - digits
        return abs(value) == 0 or math.log10(abs(value)) - bits * math.log10(2) < limit

    def newton_step(self, point: Sequence[int], free: Sequence[int], bits: int) -> list[int] | None:
        """H^-1 g in the free coordinates, over 2^bits."""
        powers = self.powers(point, bits)
        gradient = [self._derivative(powers, (i,), bits) for i in free]
        hessian = [[arb(0)] * len(free) for _ in free]
        with flint.ctx.workprec(bits + GUARD_BITS):
            for a, i in enumerate(free):
                for b, j in enumerate(free[: a + 1]):
                    hessian[a][b] = hessian[b][a] = arb(self._derivative(powers, (i, j), bits))
            if not free:
                return []
            try:
                solution = arb_mat(hessian).solve(arb_mat([[arb(g << bits)] for g in gradient]))
            except ZeroDivisionError:
                return None
            steps = [solution[a, 0].mid() for a in range(len(free))]
            if not all(step.is_finite() for step in steps):
                return None
            return [_floor(step) for step in steps]

    def _derivative(self, powers: list[np.ndarray], by: Sequence[int], bits: int) -> int:
        exponents = self.exponents.copy()
        weights = self.coefficients
        for i in by:
            weights = weights * exponents[:, i]
            exponents[:, i] -= 1
        kept = np.flatnonzero((exponents >= 0).all(axis=1))
        return int(weights[kept] @ _monomials(powers, exponents[kept], bits)) if len(kept) else 0


def _floor(number: arb) -> int:
    mantissa, exponent = number.man_exp()
    return int(mantissa) << int(exponent) if exponent >= 0 else int(mantissa) >> -int(exponent)


def _monomials(powers: list[np.ndarray], exponents: Int[np.ndarray, "k n"], bits: int) -> np.ndarray:
    """Their values over 2^bits, integers [k]."""
    product = np.full(len(exponents), 1 << bits, dtype=object)
    for row, column in zip(powers, exponents.T, strict=True):
        present = np.flatnonzero(column)
        if len(present):
            product[present] = product[present] * row[column[present]] >> bits
    return product


def _fixed(number: float, bits: int) -> int:
    """The integer nearest to number * 2^bits."""
    mantissa, exponent = math.frexp(number)
    shift = bits + exponent - 53
    integer = int(mantissa * 2**53)
    return integer << shift if shift >= 0 else integer >> -shift
