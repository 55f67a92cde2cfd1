"""Proofs that p is not a sum of squares: rational points of negative value, and rational dual functionals.

Floating point searches; a point counts once p has been evaluated there exactly, a functional once its moment matrix has
been proven positive semidefinite exactly.
"""

import time
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from flint import fmpz_mat
from jaxtyping import Float, Int
from scipy.optimize import minimize

from nsos_jax.bases import exposed_terms
from nsos_jax.certificates import is_psd
from nsos_jax.polynomials import Polynomial, float_values, nonzeros
from nsos_jax.proofs.gram_system import GramSystem, Scaling
from nsos_jax.proofs.short_points import Point, shorten, simple_negative_point

RAY_STEPS = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
ROUNDING_BITS = (0, 2, 5, 10, 20, 35, 52)
SAMPLES = 20
MINIMISER_OPTIONS: Any = {"maxiter": 200, "gtol": 1e-12, "ftol": 1e-16}


def quick_negative_point(polynomial: Polynomial, scaling: Scaling, seed: int = 0) -> Point | None:
    """Looks where it costs little: at points of few digits, on rays of bad Newton vertices, at a few dozen samples.

    >>> p = Polynomial.parse("x^4 - 3*x^2*y^2 + y^4")
    >>> quick_negative_point(p, Scaling.of(p))
    (Fraction(1, 1), Fraction(1, 1))
    """
    point = simple_negative_point(polynomial, scaling)
    if point is not None:
        return point
    point = _bad_vertex_point(polynomial)
    if point is None:
        point = _sampled_point(polynomial, scaling, seed)
    return None if point is None else shorten(polynomial, scaling, point)


def _bad_vertex_point(polynomial: Polynomial) -> Point | None:
    """A point on a curve x_i = s_i 2^(k w_i) along which an odd or negative vertex of the Newton polytope dominates."""
    support, n = polynomial.exponents, polynomial.num_variables
    directions = _directions(n)
    terms, which = exposed_terms(support, directions)
    odd = (support[terms] % 2).any(axis=1)
    negative = np.array([polynomial.numerators[t] < 0 for t in terms.tolist()], bool)
    for index in np.flatnonzero(odd | negative).tolist():
        signs = np.ones(n, dtype=int)
        if not negative[index]:
            signs[int(np.argmax(support[terms[index]] % 2))] = -1
        point = _follow(polynomial, signs, directions[which[index]])
        if point is not None:
            return point
    return None


@lru_cache(maxsize=16)
def _directions(n: int) -> Int[np.ndarray, "d n"]:
    eye = np.eye(n, dtype=np.int64)
    weights = np.random.default_rng(n).integers(-7, 8, (24, n))
    return np.concatenate([eye, -eye, np.ones((1, n), np.int64), -np.ones((1, n), np.int64), weights])


def _follow(polynomial: Polynomial, signs: Int[np.ndarray, " n"], weights: Int[np.ndarray, " n"]) -> Point | None:
    """The first point of the curve, with k in `RAY_STEPS` where p is negative."""
    for k in RAY_STEPS:
        pairs = zip(signs.tolist(), (k * weights).tolist(), strict=True)
        point = tuple(s * (Fraction(2**e) if e >= 0 else Fraction(1, 2**-e)) for s, e in pairs)
        if polynomial.evaluate(point) < 0:
            return point
    return None


def _sampled_point(polynomial: Polynomial, scaling: Scaling, seed: int) -> Point | None:
    points = _sample_points(polynomial.num_variables, seed)
    values = float_values(polynomial.exponents, scaling.coefficients, points)
    lowest = points[np.argsort(values)][: min(int((values < 0).sum()), 3)]
    found = (round_to_negative(polynomial, scaling, point) for point in lowest)
    return next((point for point in found if point is not None), None)


@lru_cache(maxsize=16)
def _sample_points(n: int, seed: int) -> Float[np.ndarray, "points n"]:
    """Short decimals of several sizes."""
    rng = np.random.default_rng(seed)
    return np.round(rng.standard_normal((SAMPLES, n)) * rng.choice((0.3, 1.0, 3.0), (SAMPLES, 1)), 2)


def round_to_negative(polynomial: Polynomial, scaling: Scaling, point: Float[np.ndarray, " n"]) -> Point | None:
    """The point nearest to one of the scaled polynomial with the smallest denominator 2^bits where p is negative,
    exactly; in p's own variables."""
    if not np.isfinite(point).all():
        return None
    tried = None
    for bits in ROUNDING_BITS:
        rounded = np.rint(np.ldexp(point, bits))
        candidate = scaling.unscale_point([Fraction(int(x), 2**bits) for x in rounded.tolist()])
        if candidate != tried and polynomial.evaluate(candidate) < 0:
            return candidate
        tried = candidate
    return None


def search_negative_point(
    polynomial: Polynomial,
    scaling: Scaling,
    starts: Sequence[Float[np.ndarray, " n"]] = (),
    count: int = 12,
    seed: int = 0,
    deadline: float | None = None,
) -> Point | None:
    """L-BFGS on q(x) / (1 + |x|^2)^(d/2), q the scaled polynomial, from `starts` and from `count` random points.

    The denominator bounds the function and lets it follow q to infinity. Every minimum that looks negative beyond
    rounding is tested exactly. Gives up past the deadline, a value of `time.monotonic()`.
    """
    n = polynomial.num_variables
    if n == 0:
        return None
    latest = np.inf if deadline is None else deadline

    def stop_in_time(xk: Float[np.ndarray, " n"]) -> None:
        if time.monotonic() > latest:
            raise StopIteration

    rng = np.random.default_rng(seed)
    random = rng.standard_normal((count, n)) * rng.choice((0.3, 1.0, 2.0), (count, 1))
    normalised = _Normalised(polynomial, scaling)
    for start in [*starts, *random]:
        if time.monotonic() > latest:
            return None
        with np.errstate(all="ignore"):
            end = minimize(
                normalised, start, jac=True, method="L-BFGS-B", callback=stop_in_time, options=MINIMISER_OPTIONS
            )
        if np.isfinite(end.x).all() and end.fun < 1e-9:
            found = round_to_negative(polynomial, scaling, end.x)
            if found is not None:
                return shorten(polynomial, scaling, found)
    return None


class _Normalised:
    """x -> q(x) / (1 + |x|^2)^(d/2) and its gradient, q the scaled polynomial; what is fixed is computed once.

    Terms are columns of powers of their own variables, filled up with x_1^0: the work follows the terms, however many
    variables there are.
    """

    def __init__(self, polynomial: Polynomial, scaling: Scaling) -> None:
        term, variable = nonzeros(polynomial.exponents)
        counts = np.bincount(term, minlength=polynomial.num_terms)
        place = np.arange(len(term)) - (np.cumsum(counts) - counts)[term]
        shape = (int(counts.max(initial=1)), polynomial.num_terms)
        self._exponents, self._variables = np.zeros(shape, np.intp), np.zeros(shape, np.intp)
        self._exponents[place, term] = polynomial.exponents[term, variable]
        self._variables[place, term] = variable
        self._powers = np.arange(int(polynomial.exponents.max(initial=0)) + 1)
        self._coefficients = scaling.coefficients
        self._half_degree = max(polynomial.degree, 2) / 2

    def __call__(self, x: Float[np.ndarray, " n"]) -> tuple[float, Float[np.ndarray, " n"]]:
        table = x[:, None] ** self._powers
        factors = table[self._variables, self._exponents]
        lowered = table[self._variables, np.maximum(self._exponents - 1, 0)] * self._exponents
        before, after = np.ones_like(factors), np.ones_like(factors)
        np.cumprod(factors[:-1], axis=0, out=before[1:])
        np.cumprod(factors[:0:-1], axis=0, out=after[-2::-1])
        slopes = before * after * lowered * self._coefficients
        slope = np.bincount(self._variables.ravel(), slopes.ravel(), minlength=len(x))
        value = float((before[-1] * factors[-1]) @ self._coefficients)
        norm = 1.0 + float(x @ x)
        weight = norm**-self._half_degree
        return value * weight, (slope - value * 2 * self._half_degree / norm * x) * weight


def separating_functional(system: GramSystem, moments: Float[np.ndarray, " rows"]) -> list[Fraction] | None:
    """Rational values L(x^alpha) for the rows of a system with L(p) < 0 and every moment block PSD, exactly.

    Args:
      system: p on a basis.
      moments: the dual point of a negative upper bound, in the scaled coordinates. It lies near the boundary of the
        dual cone, so it is first moved towards the interior point of the problem, by half of what L(p) < 0 allows.

    Returns:
      One value per row of the system, or None if rounding destroyed the proof.
    """
    problem = system.problem()
    interior, floor = problem.dual_interior
    value, away = float(problem.rhs @ moments), float(problem.rhs @ interior)
    share = min(0.5 * value / (value - away), 0.5) if away > value else 0.5
    moved = (1 - share) * moments + share * interior if floor > 0 else moments
    logs = (system.row_exponents @ system.scaling.shifts).tolist()
    for bits in (20, 32, 50, 80):
        integers = [int(Fraction(y) * 2**bits) for y in moved.tolist()]
        if not all(is_psd(fmpz_mat(np.array(integers, object)[rows].tolist())) for rows in system.rows):
            continue
        values = [i * Fraction(2) ** shift for i, shift in zip(integers, logs, strict=True)]
        if sum(y * t for y, t in zip(values, system.targets.tolist(), strict=True)) < 0:
            return values
    return None
