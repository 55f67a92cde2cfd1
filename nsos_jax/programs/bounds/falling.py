"""Curves along which a polynomial falls below every bound, proven by one exact value."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np
from jaxtyping import Float, Int

from nsos_jax.polynomials import Polynomial, nearest_float
from nsos_jax.programs.modelling import SemialgebraicSet
from nsos_jax.proofs import Scaling, quick_negative_point

MOST_FOR_ALL_WEIGHTS = 4
"""Variables up to which all weights from -1 to 1 are tried."""
RANDOM_WEIGHTS = 24
SMALL = 1e-9
"""Values of leading forms, relative to their coefficients, that rays are not given up for."""
MOST_RAYS = 40
"""That are looked at exactly."""


@dataclass(frozen=True)
class FallingCurve:
    """x_i = base_i + start_i t^weight_i for t > 0: p = value t^degree + terms of lower degree in t, value < 0 < degree.

    On a set, the curve lies in it for all large t.

    >>> curve = falling_curve(Polynomial.parse("x^4 + x^2*y^3 + 1"))
    >>> print(curve)
    x = t, y = -t: -t^5 + terms of lower degree in t
    """

    variables: tuple[str, ...]
    start: tuple[Fraction, ...]
    weights: tuple[int, ...]
    value: Fraction
    degree: int
    base: tuple[Fraction, ...] = ()

    def __str__(self) -> str:
        bases, t = self.base or (Fraction(0),) * len(self.variables), self._parameter()
        parts = zip(self.variables, bases, self.start, self.weights, strict=True)
        curve = ", ".join(f"{name} = {_sum(base, _term(factor, weight, t))}" for name, base, factor, weight in parts)
        return f"{curve}: {_term(self.value, self.degree, t)} + terms of lower degree in {t}"

    def _parameter(self) -> str:
        """t, with primes where a variable has this name."""
        t = "t"
        while t in self.variables:
            t += "'"
        return t


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


def hopeful_rays(polynomial: Polynomial, on: SemialgebraicSet) -> Int[np.ndarray, "rays n"]:
    """Simple directions along which leading forms, in floating point, let p fall and rays stay in a set: of the axes
    first, then of all of -1, 0, 1 in few variables, and all ones in many."""
    n = polynomial.num_variables
    if n <= MOST_FOR_ALL_WEIGHTS:
        every = np.array(list(product((-1, 0, 1), repeat=n)), np.int64).reshape(-1, n)
        others = every[np.abs(every).sum(axis=1) > 1]
    else:
        others = np.array([[-1] * n, [1] * n])
    kept = _leading(polynomial, others) <= SMALL
    for inequality in on.inequalities:
        kept &= _leading(inequality, others) >= -SMALL
    found = np.flatnonzero(kept)[:MOST_RAYS]
    rays = np.zeros((len(found), n), np.int64)
    for row, index in enumerate(found.tolist()):
        if index >= 2 * n:
            rays[row] = others[index - 2 * n]
        else:
            rays[row, index % n] = -1 if index < n else 1
    return rays


def _leading(polynomial: Polynomial, others: Int[np.ndarray, "rays n"]) -> Float[np.ndarray, " all"]:
    """The form of the highest degree on -axes, axes and other directions, relative to its coefficients."""
    n, degree = polynomial.num_variables, polynomial.degree
    values = np.zeros(2 * n + len(others))
    if degree <= 0:
        return values
    top = polynomial.exponents.sum(axis=1) == degree
    exponents, sizes = polynomial.exponents[top], [polynomial.numerators[i] for i in np.flatnonzero(top).tolist()]
    largest = max(map(abs, sizes))
    weights = np.array([nearest_float(size, largest) for size in sizes])
    term, axis = np.nonzero(exponents == degree)
    values[axis], values[n + axis] = (-1) ** degree * weights[term], weights[term]
    used = np.flatnonzero(exponents.any(axis=0))
    values[2 * n :] = np.prod(others[:, None, used].astype(float) ** exponents[:, used], axis=2) @ weights
    return values


def falling_ray(
    polynomial: Polynomial, on: SemialgebraicSet, base: Sequence[Fraction], rays: Int[np.ndarray, "rays n"]
) -> FallingCurve | None:
    """A ray in a set, for all large t, that proves p unbounded below on it, if one of some directions gives one.

    Args:
      polynomial: p.
      on: the set, each of its polynomials over the variables of p.
      base: a point of the set, where the ray starts.
      rays: the directions.

    >>> p, strip = Polynomial.parse("x^2 - y"), SemialgebraicSet([Polynomial.parse("1 - x^2 + 0*y")])
    >>> print(falling_ray(p, strip, [Fraction(0)] * 2, hopeful_rays(p, strip)))
    x = 0, y = t: -t + terms of lower degree in t
    """
    names = polynomial.variables
    for direction in rays.tolist():
        along = dict(zip(names, zip(base, direction, strict=True), strict=True))
        value, degree = _end(polynomial, along)
        if value >= 0 or degree <= 0:
            continue
        stays = all(_end(g, along)[0] >= 0 for g in on.inequalities)
        if stays and all(_end(h, along)[0] == 0 for h in on.equalities):
            start = tuple(map(Fraction, direction))
            return FallingCurve(names, start, tuple(map(abs, direction)), value, degree, tuple(base))
    return None


def _end(polynomial: Polynomial, ray: dict[str, tuple[Fraction, int]]) -> tuple[Fraction, int]:
    """The leading coefficient along the ray base + t direction, and its power of t, exactly; (0, -1) of zero."""
    t = Polynomial.parse("t")
    along = polynomial.substitute({name: base + slope * t for name, (base, slope) in ray.items()})
    if along.is_zero:
        return Fraction(0), -1
    return along.coefficient([along.degree] * along.num_variables), along.degree


def _weights(n: int) -> Iterator[Int[np.ndarray, " n"]]:
    """All ones first: rays."""
    yield np.ones(n, np.int64)
    if n <= MOST_FOR_ALL_WEIGHTS:
        yield from (np.array(row, np.int64) for row in product((1, 0, -1), repeat=n) if 1 in row and row != (1,) * n)
        return
    yield from np.eye(n, dtype=np.int64)
    yield from np.random.default_rng(n).integers(-2, 3, (RANDOM_WEIGHTS, n))


def _sum(base: Fraction, term: str) -> str:
    if base == 0 or term == "0":
        return str(base) if term == "0" else term
    return f"{base} - {term[1:]}" if term.startswith("-") else f"{base} + {term}"


def _term(factor: Fraction, power: int, t: str) -> str:
    if factor == 0 or power == 0:
        return str(factor)
    monomial = t if power == 1 else f"{t}^{power}" if power > 0 else f"{t}^({power})"
    return monomial if factor == 1 else f"-{monomial}" if factor == -1 else f"{factor}*{monomial}"
