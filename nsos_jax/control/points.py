"""Points: searched for in floating point, rounded, and believed only where exact arithmetic confirms them."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from jaxtyping import Float

from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import SemialgebraicSet

DIGITS = (3, 10, 100, 10_000, 10**6, 10**9)
"""Denominators of rounded coordinates, the shortest first."""
STARTS = 20
ROOM = 1e-2
"""By which inequalities should hold, relative to their largest coefficient."""
DIRECTIONS = 400
RADII, BISECTIONS = 600, 40
SMALLEST, LARGEST = 1e-3, 1e3
"""Radii that are looked at along rays."""
SEED = 20_240_501
NOT_FOUND = "no point of some set was found in the domain: if it is empty there, the statement says nothing of it"
"""What is said where `member` found none."""

Point = dict[str, Fraction]


def values_at(
    polynomial: Polynomial, names: Sequence[str], points: Float[np.ndarray, "k n"]
) -> Float[np.ndarray, " k"]:
    """A polynomial in which some of the names occur, at points that have coordinates for all of them."""
    zeros = np.zeros(len(points))
    own = [points[:, names.index(name)] if name in names else zeros for name in polynomial.variables]
    return polynomial.evaluate_float(np.stack(own, axis=1) if own else np.zeros((len(points), 0)))


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
    along = _along_rays(polynomial - Fraction(level), names, rays) * (-1 if below else 1)
    powers = np.arange(along.shape[1])
    radii = np.geomspace(SMALLEST, LARGEST, RADII)
    holds = along @ radii[None, :] ** powers[:, None] >= 0
    index = np.argmax(holds, axis=1)
    high = radii[index]
    low = np.where(index > 0, radii[np.maximum(index - 1, 0)], 0.0)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        inside = (along * middle[:, None] ** powers).sum(axis=1) >= 0
        high, low = np.where(inside, middle, high), np.where(inside, low, middle)
    return np.where(holds.any(axis=1), high, np.inf)


def _along_rays(
    polynomial: Polynomial, names: Sequence[str], rays: Float[np.ndarray, "rays n"]
) -> Float[np.ndarray, "rays degree"]:
    """The coefficients of the polynomial in the radius, from that of 1 on, for each ray."""
    result = np.zeros((len(rays), max(polynomial.degree, 0) + 1))
    degrees = polynomial.exponents.sum(axis=1)
    for degree in sorted(set(degrees.tolist())):
        chosen = degrees == degree
        part = Polynomial.from_arrays(
            polynomial.exponents[chosen],
            np.array(polynomial.coefficients, object)[chosen].tolist(),
            polynomial.variables,
        )
        result[:, degree] = values_at(part, names, rays)
    return result


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

    sizes = np.array([max(1e-9, float(np.max(np.abs(part.float_coefficients), initial=0))) for part, _ in parts])
    if not np.isfinite(sizes).all():
        return start
    inequality = np.array([room > 0 for _, room in parts])
    columns = [[names.index(name) for name in part.variables] for part, _ in parts]

    def violations(point: np.ndarray) -> np.ndarray:
        values = np.array([values_at(part, names, point[None])[0] for part, _ in parts]) / sizes
        return np.where(inequality, np.minimum(values - ROOM, 0.0), values)

    def slopes(point: np.ndarray) -> np.ndarray:
        rows = np.zeros((len(parts), len(names)))
        for row, (part, _), own in zip(rows, parts, columns, strict=True):
            row[own] = part.gradient_float(point[None, own])[0]
        held = inequality & (violations(point) == 0)
        return np.where(held[:, None], 0.0, rows / sizes[:, None])

    return least_squares(violations, start, slopes, max_nfev=50).x if parts else start
