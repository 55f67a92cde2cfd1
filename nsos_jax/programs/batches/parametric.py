"""Numbers that are polynomials in parameters, evaluated exactly at many values of them.

Letters: N values of the parameters, K parameters, D numbers, M monomials in the parameters.
"""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
from jaxtyping import Bool, Float, Int

from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.batches.structure import Numbers, spread

Powers = tuple[int, ...]


def coefficients_in(
    polynomial: Polynomial, names: Sequence[str], parameters: Sequence[str]
) -> dict[Powers, dict[Powers, Fraction]]:
    """The coefficients of the monomials in `names`, highest degrees first, as polynomials in the parameters.

    >>> coefficients_in(Polynomial.parse("3*a^2*x + x + a"), ["x"], ["a"])
    {(1,): {(2,): Fraction(3, 1), (0,): Fraction(1, 1)}, (0,): {(1,): Fraction(1, 1)}}
    """
    own = spread(polynomial.exponents, polynomial.variables, names).tolist()
    powers = spread(polynomial.exponents, polynomial.variables, parameters).tolist()
    found: dict[Powers, dict[Powers, Fraction]] = {}
    for row, power, value in zip(own, powers, polynomial.coefficients, strict=True):
        found.setdefault(tuple(row), {})[tuple(power)] = value
    return {row: found[row] for row in sorted(found, key=lambda row: (sum(row), row), reverse=True)}


class ParametricNumbers:
    """D polynomials in K parameters.

    Attributes:
      steady: which of them depend on no parameter, bool [D].
    """

    def __init__(self, numbers: Sequence[Mapping[Powers, Fraction]], parameters: int) -> None:
        monomials = sorted({power for number in numbers for power in number}) or [(0,) * parameters]
        self.monomials: Int[np.ndarray, "M K"] = np.array(monomials, np.int64).reshape(len(monomials), parameters)
        column = {power: index for index, power in enumerate(monomials)}
        triples = [(slot, column[power], value) for slot, own in enumerate(numbers) for power, value in own.items()]
        self._common = math.lcm(1, *(value.denominator for _, _, value in triples))
        self._rows = np.array([slot for slot, _, _ in triples], np.int64)
        self._columns = np.array([at for _, at, _ in triples], np.int64)
        self._factors = np.array([int(value * self._common) for _, _, value in triples], dtype=object)
        self._starts = np.flatnonzero(np.diff(self._rows, prepend=-1))
        self.coefficients: Float[np.ndarray, "D M"] = np.zeros((len(numbers), len(monomials)))
        self.coefficients[self._rows, self._columns] = [float(value) for _, _, value in triples]
        varying = self.coefficients[:, self.monomials.any(axis=1)]
        self.steady: Bool[np.ndarray, " D"] = np.asarray(~varying.any(axis=1))

    def at(self, thetas: Float[np.ndarray, "N K"]) -> Numbers:
        """Their values, exactly at the binary values of the parameters."""
        most = int(self.monomials.sum(axis=1).max())
        numerators = np.empty(thetas.shape, dtype=object)
        scales = np.empty(len(thetas), dtype=object)
        for index, row in enumerate(thetas.tolist()):
            fractions = [value.as_integer_ratio() for value in row]
            common = max((denominator for _, denominator in fractions), default=1)
            numerators[index] = [numerator * (common // denominator) for numerator, denominator in fractions]
            scales[index] = common
        values = np.empty((len(thetas), len(self.monomials)), dtype=object)
        for column, powers in enumerate(self.monomials.tolist()):
            value = scales ** (most - sum(powers))
            for k, power in enumerate(powers):
                if power:
                    value = value * numerators[:, k] ** power
            values[:, column] = value
        result = np.zeros((len(thetas), len(self.coefficients)), dtype=object)
        if len(self._rows):
            sums = np.add.reduceat(values[:, self._columns] * self._factors, self._starts, axis=1)
            result[:, self._rows[self._starts]] = sums
        return Numbers(result, self._common * scales**most)

    def pulled_back(
        self, thetas: Float[np.ndarray, "N K"], gradients: Float[np.ndarray, "N D"]
    ) -> Float[np.ndarray, "N K"]:
        """Derivatives by the parameters from those by the numbers."""
        by_monomial = gradients @ self.coefficients
        result = np.zeros(thetas.shape)
        for k in range(thetas.shape[1]):
            lowered = self.monomials.copy()
            lowered[:, k] = np.maximum(lowered[:, k] - 1, 0)
            slopes = self.monomials[:, k] * np.prod(thetas[:, None, :] ** lowered, axis=2)
            result[:, k] = (by_monomial * slopes).sum(axis=1)
        return result
