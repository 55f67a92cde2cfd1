"""Local minima in floating point, from given starts: where rational points are looked for."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float
from scipy.optimize import minimize

from nsos_jax.polynomials import Polynomial, RowTable, distinct_rows
from nsos_jax.programs.bounds.problem import BoundProblem

BFGS: Any = {"gtol": 1e-11, "maxiter": 300}
SLSQP: Any = {"ftol": 1e-13, "maxiter": 100}
LBFGS: Any = {"gtol": 1e-8, "ftol": 1e-14, "maxiter": 200}
LARGE = 15
"""Variables or constraints beyond which dense quadratic programs, as SLSQP solves them, are avoided."""
ROUNDS = 12
GROWTH = 10.0
"""Of the penalty from round to round where violations do not fall fast enough."""
TIGHT = 1e-9
"""Violation of constraints at which rounds end."""
NEARLY_ACTIVE = 1e-3
"""Value of an inequality, relative to the size of its terms, up to which it may have a multiplier at the start."""
MOST_DENSE = 10_000
"""Coefficients, and derivatives of terms, up to which matrices are dense: small sparse ones cost more than they save.
"""
NEARLY = 1e-5
"""Violation of constraints, relative to the size of their terms, up to which the end of a descent is looked at."""


def local_minima(problem: BoundProblem, starts: Iterable[Float[np.ndarray, " n"]]) -> Iterator[Float[np.ndarray, " n"]]:
    """The ends of descents that nearly lie in the set."""
    objective = FloatPolynomials([problem.polynomial])
    inequalities, equalities = FloatPolynomials(problem.on.inequalities), FloatPolynomials(problem.on.equalities)
    together = FloatPolynomials([*problem.on.inequalities, *problem.on.equalities])
    kinds = (("ineq", inequalities), ("eq", equalities))
    constraints: Any = [{"type": kind, "fun": part.values, "jac": part.jacobian} for kind, part in kinds if part.count]

    def value(x: Float[np.ndarray, " n"]) -> float:
        return float(objective.values(x)[0])

    def slope(x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        return objective.jacobian(x)[0]

    large = max(len(problem.variables), inequalities.count + equalities.count) > LARGE
    for start in starts:
        with np.errstate(all="ignore"):
            if problem.unconstrained and large:
                end = minimize(value, start, jac=slope, method="L-BFGS-B", options=LBFGS).x
            elif problem.unconstrained:
                end = minimize(value, start, jac=slope, method="BFGS", options=BFGS).x
            elif large:
                end = penalised(objective, together, inequalities.count, start)
            else:
                end = minimize(value, start, jac=slope, method="SLSQP", constraints=constraints, options=SLSQP).x
            below = inequalities.values(end) < -NEARLY * inequalities.sizes(end)
            off = np.abs(equalities.values(end)) > NEARLY * equalities.sizes(end)
        if np.isfinite(end).all() and not below.any() and not off.any():
            yield end


def penalised(
    objective: "FloatPolynomials", constraints: "FloatPolynomials", inequalities: int, start: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """The end of a descent by augmented Lagrangians, whose cost follows the terms (Nocedal and Wright, ch. 17.4).

    Args:
      constraints: g >= 0 for the first ones, h = 0 for the others.
      inequalities: how many are inequalities.
    """
    least = np.where(np.arange(constraints.count) < inequalities, 0.0, -np.inf)
    multipliers, last = stationary_multipliers(objective, constraints, least, start), np.inf
    x, penalty, one = start, max(1.0, objective.largest), np.ones(1)

    def augmented(x: Float[np.ndarray, " n"]) -> tuple[float, Float[np.ndarray, " n"]]:
        (value,), slopes = objective.with_slopes(x)
        values, bends = constraints.with_slopes(x)
        forces = np.maximum(multipliers - penalty * values, least)
        slope = objective.pulled(slopes, one) - constraints.pulled(bends, forces)
        return float(value + forces @ forces / (2 * penalty)), slope

    for _ in range(ROUNDS):
        x = minimize(augmented, x, jac=True, method="L-BFGS-B", options=LBFGS).x
        values = constraints.values(x)
        forces = np.maximum(multipliers - penalty * values, least)
        violation = float(np.abs(forces - multipliers).max(initial=0.0)) / penalty
        multipliers = forces
        if not np.isfinite(x).all() or violation < TIGHT:
            break
        if violation > last / 4:
            penalty *= GROWTH
        last = violation
    return x


def stationary_multipliers(
    objective: "FloatPolynomials",
    constraints: "FloatPolynomials",
    least: Float[np.ndarray, " constraints"],
    x: Float[np.ndarray, " n"],
) -> Float[np.ndarray, " constraints"]:
    """Those with which the gradient of the Lagrangian is as short as can be, of constraints that are nearly active or
    violated, else 0: with them a descent from near a minimum stays there."""
    near = np.isneginf(least) | (constraints.values(x) < NEARLY_ACTIVE * constraints.sizes(x))
    result = np.zeros(len(least))
    if near.any():
        slopes = constraints.jacobian(x)[near]
        result[near] = np.linalg.lstsq(slopes.T, objective.jacobian(x)[0], rcond=None)[0]
    return np.maximum(result, least)


class FloatPolynomials:
    """Values and derivatives of several polynomials over the same variables, at one point at a time.

    Terms are held by the variables that occur in them: the cost follows these, not terms times variables.

    Attributes:
      coefficients: [polynomials, terms], sparse where there are many.
      count: how many polynomials.
      largest: the largest |coefficient|.
    """

    def __init__(self, polynomials: Sequence[Polynomial]) -> None:
        supports = [polynomial.exponents for polynomial in polynomials]
        self._width = supports[0].shape[1] if supports else 0
        terms = distinct_rows(np.concatenate([*supports, np.zeros((1, self._width), np.int32)]))
        table = RowTable(terms, terms.max(axis=0, initial=0))
        places = [table.find(support) for support in supports]
        nothing = np.zeros(0)
        entries = np.concatenate([nothing, *(polynomial.float_coefficients for polynomial in polynomials)])
        owners = np.repeat(np.arange(len(polynomials)), [len(place) for place in places])
        columns = np.concatenate([nothing.astype(np.intp), *places])
        sparse = sp.csr_matrix((entries, (owners, columns)), shape=(len(polynomials), len(terms)))
        self._small = len(terms) * max(len(polynomials), self._width) <= MOST_DENSE
        self.coefficients: Any = sparse.toarray() if self._small else sparse
        absolute: Any = abs(self.coefficients)
        self._absolute = absolute
        largest = absolute.max(axis=1, initial=0.0) if self._small else absolute.max(axis=1).toarray().ravel()
        self._largest: Float[np.ndarray, " polynomials"] = largest
        term, variable = np.nonzero(terms)
        slot = np.arange(len(term)) - np.searchsorted(term, term)
        self._variables = np.zeros((int(slot.max(initial=-1)) + 1, len(terms)), np.intp)
        self._exponents = np.zeros_like(self._variables)  # slots beyond the variables of a term are x^0
        self._variables[slot, term], self._exponents[slot, term] = variable, terms[term, variable]
        self._powers = np.arange(int(terms.max(initial=0)) + 1)
        self._at = self._variables * len(self._powers) + self._exponents
        self._below = self._variables * len(self._powers) + np.maximum(self._exponents - 1, 0)
        self._flat_variables = self._variables.ravel()
        self._terms = np.broadcast_to(np.arange(len(terms)), self._variables.shape).ravel()
        self._places = self._terms * self._width + self._flat_variables
        self._entries, self._owners, self._columns = entries, owners, columns
        self.count, self.largest = len(polynomials), float(np.abs(entries).max(initial=0.0))

    def values(self, x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " polynomials"]:
        return self._sums(self._factors(x).prod(axis=0))

    def sizes(self, x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " polynomials"]:
        """Sums of the absolute values of the terms, at least the largest coefficient."""
        return np.maximum(self._absolute @ np.abs(self._factors(x).prod(axis=0)), self._largest)

    def with_slopes(
        self, x: Float[np.ndarray, " n"]
    ) -> tuple[Float[np.ndarray, " polynomials"], Float[np.ndarray, "slots terms"]]:
        """The values, and the derivatives of the terms by the variable of each slot."""
        table = self._table(x).ravel()
        factors, lowered = table[self._at], table[self._below] * self._exponents
        before, after = np.ones_like(factors), np.ones_like(factors)
        np.cumprod(factors[:-1], axis=0, out=before[1:])
        np.cumprod(factors[:0:-1], axis=0, out=after[-2::-1])
        whole = before[-1] * factors[-1] if len(factors) else np.ones(factors.shape[1])
        return self._sums(whole), before * after * lowered

    def pulled(
        self, slopes: Float[np.ndarray, "slots terms"], weights: Float[np.ndarray, " polynomials"]
    ) -> Float[np.ndarray, " n"]:
        """The gradient of the sum of the polynomials with these weights."""
        shares = np.bincount(self._columns, self._entries * weights[self._owners], slopes.shape[1])
        return np.bincount(self._flat_variables, (slopes * shares).ravel(), self._width)

    def jacobian(self, x: Float[np.ndarray, " n"]) -> Float[np.ndarray, "polynomials n"]:
        _, slopes = self.with_slopes(x)
        shape = slopes.shape[1], self._width
        if self._small:
            flat = np.bincount(self._places, slopes.ravel(), shape[0] * shape[1])
            return self.coefficients @ flat.reshape(shape)
        return (
            self.coefficients @ sp.csr_matrix((slopes.ravel(), (self._terms, self._flat_variables)), shape)
        ).toarray()

    def _sums(self, terms: Float[np.ndarray, " terms"]) -> Float[np.ndarray, " polynomials"]:
        """The polynomials where their terms have these values."""
        if self._small:
            return self.coefficients @ terms
        return np.bincount(self._owners, self._entries * terms[self._columns], self.count)

    def _table(self, x: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n powers"]:
        return x[: self._width, None] ** self._powers

    def _factors(self, x: Float[np.ndarray, " n"]) -> Float[np.ndarray, "slots terms"]:
        return self._table(x).ravel()[self._at]
