"""Points: searched for in floating point, rounded, and believed only where exact arithmetic confirms them."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from jaxtyping import Float

from nsos_jax.control.dynamics import System
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import SemialgebraicSet

DIGITS = (3, 10, 100, 10_000, 10**6, 10**9)
"""Denominators of rounded coordinates, the shortest first."""
STARTS = 60
DIRECTIONS = 400
SMALLEST, LARGEST = 1e-3, 1e3
"""Radii that are looked at along rays."""
STEPS_OUT = (0, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
"""By how much a point is moved outwards before it is rounded."""
SEED = 20_240_501

Point = dict[str, Fraction]


def values_at(
    polynomial: Polynomial, names: Sequence[str], points: Float[np.ndarray, "k n"]
) -> Float[np.ndarray, " k"]:
    """A polynomial in some of the names, at points that have coordinates for all of them."""
    columns = [names.index(name) for name in polynomial.variables]
    return polynomial.evaluate_float(points[:, columns])


def directions(dimension: int, count: int = DIRECTIONS) -> Float[np.ndarray, "count n"]:
    """Unit vectors, the same each time: evenly spaced in the plane, else at random."""
    if dimension == 1:
        return np.array([[1.0], [-1.0]])
    if dimension == 2:
        angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
        return np.stack([np.cos(angles), np.sin(angles)], axis=1)
    vectors = np.random.default_rng(SEED).normal(size=(count, dimension))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def first_radii(
    polynomial: Polynomial,
    names: Sequence[str],
    rays: Float[np.ndarray, "rays n"],
    level: float = 0.0,
    below: bool = False,
) -> Float[np.ndarray, " rays"]:
    """How far along each ray a polynomial is first >= level, or <= level if `below`; infinite where not to LARGEST."""

    def condition(points: Float[np.ndarray, "k n"]) -> np.ndarray:
        values = values_at(polynomial, names, points)
        return values <= level if below else values >= level

    radii = np.geomspace(SMALLEST, LARGEST, 600)
    holds = np.stack([condition(radius * rays) for radius in radii], axis=1)
    index = np.argmax(holds, axis=1)
    high = radii[index]
    low = np.where(index > 0, radii[np.maximum(index - 1, 0)], 0.0)
    for _ in range(30):
        middle = (low + high) / 2
        inside = condition(middle[:, None] * rays)
        high, low = np.where(inside, middle, high), np.where(inside, low, middle)
    return np.where(holds.any(axis=1), high, np.inf)


def member(chosen: SemialgebraicSet, names: Sequence[str]) -> Point | None:
    """A rational point of a set, as far inside as a local search finds it; None where none was found."""
    candidates = [np.zeros(len(names))]
    rng = np.random.default_rng(SEED)
    candidates += [rng.normal(size=len(names)) * scale for scale in np.geomspace(0.1, 30, STARTS)]
    parts = [(part, 1.0) for part in chosen.inequalities] + [(part, 0.0) for part in chosen.equalities]
    for start in candidates:
        found = _pulled_inside(parts, names, start)
        for denominator in DIGITS:
            point = {
                name: Fraction(float(value)).limit_denominator(denominator)
                for name, value in zip(names, found, strict=True)
            }
            if chosen.contains(point):
                return point
    return None


def _pulled_inside(
    parts: list[tuple[Polynomial, float]], names: Sequence[str], start: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Where the violations are locally smallest; inequalities that hold with little room count as violated."""
    from scipy.optimize import least_squares

    sizes = [max(1e-9, float(np.max(np.abs(part.float_coefficients), initial=0))) for part, _ in parts]

    def violations(point: np.ndarray) -> np.ndarray:
        values = [values_at(part, names, point[None])[0] / size for (part, _), size in zip(parts, sizes, strict=True)]
        pairs = zip(values, parts, strict=True)
        return np.array([min(value - 1e-2, 0.0) if room else value for value, (_, room) in pairs] or [0.0])

    return least_squares(violations, start, max_nfev=200).x


def escape_point(system: System, function: Polynomial) -> Point | None:
    """A rational point with as small a value of V as found, at which V does not fall; None where none was found.

    The system is in coordinates around its equilibrium, without inputs, parameters and an ideal.
    """
    names = system.states
    rays = directions(len(names))
    best: tuple[Fraction, Point] | None = None
    for mode in range(len(system.modes)):
        fall = system.decrease(function, mode)
        radii = first_radii(fall, names, rays, below=True)
        if not np.isfinite(radii).any():
            continue
        starts = radii[np.isfinite(radii), None] * rays[np.isfinite(radii)]
        order = np.argsort(values_at(function, names, starts))
        for start in (*(_lowered(function, fall, names, starts[index]) for index in order[:3]), starts[order[0]]):
            for point in _rounded_outwards(fall, names, start):
                value = _value(function, point)
                if value > 0 and (best is None or value < best[0]):
                    best = value, point
    return None if best is None else best[1]


def _lowered(
    function: Polynomial, fall: Polynomial, names: Sequence[str], start: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """A local minimum of V where it does not fall."""
    from scipy.optimize import minimize

    size = max(1e-12, float(abs(values_at(function, names, start[None])[0])))

    def value(point: np.ndarray) -> float:
        return float(values_at(function, names, point[None])[0]) / size

    def rise(point: np.ndarray) -> float:
        return -float(values_at(fall, names, point[None])[0]) / size

    options: Any = {"ftol": 1e-14, "maxiter": 200}
    result = minimize(value, start, method="SLSQP", constraints=[{"type": "ineq", "fun": rise}], options=options)
    return result.x if np.isfinite(result.x).all() and np.abs(result.x).max() > SMALLEST else start


def _rounded_outwards(fall: Polynomial, names: Sequence[str], start: Float[np.ndarray, " n"]) -> list[Point]:
    """Rational points near a point at which V does not fall, exactly."""
    found = []
    for step in STEPS_OUT:
        for denominator in DIGITS[2:]:
            moved = (1 + step) * start
            point = {
                name: Fraction(float(value)).limit_denominator(denominator)
                for name, value in zip(names, moved, strict=True)
            }
            if any(point.values()) and _value(fall, point) <= 0:
                found.append(point)
    return found


def _value(polynomial: Polynomial, point: Mapping[str, Fraction]) -> Fraction:
    return polynomial.evaluate({name: point[name] for name in polynomial.variables})
