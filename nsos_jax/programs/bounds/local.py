"""Local minima in floating point, from given starts: where rational points are looked for."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize

from nsos_jax.polynomials import Polynomial, distinct_rows
from nsos_jax.programs.bounds.problem import BoundProblem

BFGS: Any = {"gtol": 1e-11, "maxiter": 300}
SLSQP: Any = {"ftol": 1e-13, "maxiter": 100}
NEARLY = 1e-5
"""Violation of constraints, relative to the size of their terms, up to which the end of a descent is looked at."""


def local_minima(problem: BoundProblem, starts: Iterable[Float[np.ndarray, " n"]]) -> Iterator[Float[np.ndarray, " n"]]:
    """The ends of descents that nearly lie in the set."""
    objective = FloatPolynomials([problem.polynomial])
    inequalities, equalities = FloatPolynomials(problem.on.inequalities), FloatPolynomials(problem.on.equalities)
    kinds = (("ineq", inequalities), ("eq", equalities))
    constraints: Any = [
        {"type": kind, "fun": part.values, "jac": part.jacobian} for kind, part in kinds if len(part.coefficients)
    ]

    def value(x: Float[np.ndarray, " n"]) -> float:
        return float(objective.values(x)[0])

    def slope(x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        return objective.jacobian(x)[0]

    for start in starts:
        with np.errstate(all="ignore"):
            if problem.unconstrained:
                end = minimize(value, start, jac=slope, method="BFGS", options=BFGS).x
            else:
                end = minimize(value, start, jac=slope, method="SLSQP", constraints=constraints, options=SLSQP).x
            below = inequalities.values(end) < -NEARLY * inequalities.sizes(end)
            off = np.abs(equalities.values(end)) > NEARLY * equalities.sizes(end)
        if np.isfinite(end).all() and not below.any() and not off.any():
            yield end


class FloatPolynomials:
    """Values and derivatives of several polynomials over the same variables, at one point at a time."""

    def __init__(self, polynomials: Sequence[Polynomial]) -> None:
        supports = [polynomial.exponents for polynomial in polynomials]
        width = supports[0].shape[1] if supports else 0
        self._exponents = distinct_rows(np.concatenate([*supports, np.zeros((1, width), np.int32)])).astype(np.intp).T
        place = {tuple(row): index for index, row in enumerate(self._exponents.T.tolist())}
        self.coefficients = np.zeros((len(polynomials), len(place)))
        for row, polynomial in zip(self.coefficients, polynomials, strict=True):
            row[[place[tuple(term)] for term in polynomial.exponents.tolist()]] = polynomial.float_coefficients
        self._variables = np.arange(width)[:, None]
        self._powers = np.arange(int(self._exponents.max(initial=0)) + 1)

    def values(self, x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " polynomials"]:
        return self.coefficients @ self._factors(x).prod(axis=0)

    def sizes(self, x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " polynomials"]:
        """Sums of the absolute values of the terms, at least the largest coefficient."""
        largest = np.abs(self.coefficients).max(axis=1)
        return np.maximum(np.abs(self.coefficients) @ np.abs(self._factors(x).prod(axis=0)), largest)

    def jacobian(self, x: Float[np.ndarray, " n"]) -> Float[np.ndarray, "polynomials n"]:
        table = self._table(x)
        factors = table[self._variables, self._exponents]
        lowered = table[self._variables, np.maximum(self._exponents - 1, 0)] * self._exponents
        before, after = np.ones_like(factors), np.ones_like(factors)
        np.cumprod(factors[:-1], axis=0, out=before[1:])
        np.cumprod(factors[:0:-1], axis=0, out=after[-2::-1])
        return self.coefficients @ (before * after * lowered).T

    def _table(self, x: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n powers"]:
        return x[: len(self._variables), None] ** self._powers

    def _factors(self, x: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n terms"]:
        return self._table(x)[self._variables, self._exponents]
