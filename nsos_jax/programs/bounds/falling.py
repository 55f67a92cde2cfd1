"""Curves along which a polynomial falls below every bound, proven by one exact value."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np
from jaxtyping import Int

from nsos_jax.polynomials import Polynomial
from nsos_jax.proofs import Scaling, quick_negative_point

MOST_FOR_ALL_WEIGHTS = 4
"""Variables up to which all weights from -1 to 1 are tried."""
RANDOM_WEIGHTS = 24


@dataclass(frozen=True)
class FallingCurve:
    """x_i = start_i t^weight_i for t > 0: p = value t^degree + terms of lower degree in t, with value < 0 < degree.

    >>> curve = falling_curve(Polynomial.parse("x^4 + x^2*y^3 + 1"))
    >>> print(curve)
    x = t, y = -t: -t^5 + terms of lower degree in t
    """

    variables: tuple[str, ...]
    start: tuple[Fraction, ...]
    weights: tuple[int, ...]
    value: Fraction
    degree: int

    def __str__(self) -> str:
        parts = zip(self.variables, self.start, self.weights, strict=True)
        curve = ", ".join(f"{name} = {_term(factor, weight)}" for name, factor, weight in parts)
        return f"{curve}: {_term(self.value, self.degree)} + terms of lower degree in t"


def falling_curve(polynomial: Polynomial) -> FallingCurve | None:
    """A curve that proves p unbounded below, if one is found at simple points of its initial forms.

    For weights w, the terms of largest weight, if it is positive, decide p(s_i t^w_i) for large t: one rational point s
    where their sum is negative is the proof.
    """
    for weights in _weights(polynomial.num_variables):
        scores = polynomial.exponents.astype(np.int64) @ weights
        degree = int(scores.max(initial=0))
        if degree <= 0:
            continue
        top = np.flatnonzero(scores == degree)
        coefficients = [polynomial.coefficients[index] for index in top.tolist()]
        form = Polynomial.from_arrays(polynomial.exponents[top], coefficients, polynomial.variables)
        point = quick_negative_point(form, Scaling.of(form))
        if point is not None:
            used = [w if s else 0 for s, w in zip(point, weights.tolist(), strict=True)]
            return FallingCurve(polynomial.variables, point, tuple(used), form.evaluate(point), degree)
    return None


def _weights(n: int) -> Iterator[Int[np.ndarray, " n"]]:
    """All ones first: rays."""
    yield np.ones(n, np.int64)
    if n <= MOST_FOR_ALL_WEIGHTS:
        yield from (np.array(row, np.int64) for row in product((1, 0, -1), repeat=n) if 1 in row and row != (1,) * n)
        return
    yield from np.eye(n, dtype=np.int64)
    yield from np.random.default_rng(n).integers(-2, 3, (RANDOM_WEIGHTS, n))


def _term(factor: Fraction, power: int) -> str:
    if factor == 0 or power == 0:
        return str(factor)
    monomial = "t" if power == 1 else f"t^{power}" if power > 0 else f"t^({power})"
    return monomial if factor == 1 else f"-{monomial}" if factor == -1 else f"{factor}*{monomial}"
