"""Polynomials that are positive definite by inspection: sums of even powers of the states.

Which powers fit is found by a program of its own, in which each power has an unknown weight.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import AffinePolynomial, SosProgram

Halves = dict[str, int]
"""By state half of the power that it has in a margin; states that are missing do not occur."""
Affine = AffinePolynomial | Polynomial


def power_sum(halves: Mapping[str, int], factor: Fraction | int = 1) -> Polynomial:
    """factor * sum_i x_i^(2 halves[i]).

    >>> print(power_sum({"x": 1, "y": 2}))
    y^4 + x^2
    """
    return Polynomial.sum([factor * Polynomial.parse(name) ** (2 * half) for name, half in halves.items()])


@dataclass(frozen=True)
class Weighted:
    """Sums of even powers with unknown nonnegative weights.

    Attributes:
      phi: the sum, affine in the weights.
      totals: for each state the sum of the weights of its powers.
      weights: for each state those of x^2, x^4, ..., by name.
    """

    phi: Affine
    totals: dict[str, Affine]
    weights: dict[str, list[str]]

    @staticmethod
    def declare(program: SosProgram, name: str, states: Sequence[str], most: int) -> "Weighted":
        """Declares the weights of the powers up to 2 `most`."""
        phi: Affine = Polynomial.constant(0)
        totals: dict[str, Affine] = {}
        weights: dict[str, list[str]] = {}
        for state in states:
            totals[state] = Polynomial.constant(0)
            weights[state] = [f"{name}_{state}_{half}" for half in range(1, most + 1)]
            for half, chosen in enumerate(weights[state], start=1):
                weight = program.scalar(chosen, lower=0)
                phi = phi + weight * Polynomial.parse(state) ** (2 * half)
                totals[state] = totals[state] + weight
        return Weighted(phi, totals, weights)

    def halves(self, values: Mapping[str, Polynomial], least: float = 0.5) -> Halves:
        """The half power of the largest weight of each state, for the states whose total is at least so large."""
        result: Halves = {}
        for state, names in self.weights.items():
            found = [float(sum(values[name].coefficients, Fraction(0))) for name in names]
            if sum(found) >= least:
                result[state] = 1 + max(range(len(found)), key=lambda index: found[index])
        return result
