"""Where a function does not fall: searched for in floating point, rounded, and confirmed exactly.

Angles are searched by their size, and rounded to rational points of the circle; inputs and parameters are searched in
their set together with the states.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Float

from nsos_jax.control.dynamics import System, cosine_name, sine_name, substituted
from nsos_jax.control.points import BISECTIONS, DIGITS, LARGEST, SEED, SMALLEST, Point, directions, first_radii, member
from nsos_jax.control.points import values_at as floats_at
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import SemialgebraicSet

STEPS_OUT = (0, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
"""By how much a point is moved outwards before it is rounded."""
MOST_BOXES = 3
"""Parameters of which all corners of the box are looked at."""
SIDES = 8
"""Directions in which the edge of another set of inputs and parameters is looked for."""
TURNS = 250
"""Radii that are looked at along rays where there are angles."""
FARTHEST = 30.0
"""The largest of them."""
STARTS = 20
RESTS = 1e-6
"""Of a right-hand side, what is taken for 0."""
REFINED = 3
"""Starts from which a smaller value of V is looked for."""


def escape_point(system: System, function: Polynomial) -> Point | None:
    """A rational point with as small a value of V as found, at which V does not fall; None where none was found.

    It has coordinates for states, inputs and parameters; these are in their set, and the denominator of the mode in
    which V does not fall is positive there.

    Args:
      system: in coordinates around its equilibrium.
      function: V.
    """
    best: tuple[Fraction, Point] | None = None
    chart = _Chart(system)
    for mode in range(len(system.modes)):
        fall, bottom = system.decrease(function, mode), system.modes[mode].denominator
        for point in (*_candidates(chart, function, fall), *_other_equilibria(chart, mode)):
            if value(fall, point) <= 0 and value(bottom, point) > 0 and chart.contains(point):
                found = value(function, point)
                if found > 0 and (best is None or found < best[0]):
                    best = found, point
    return None if best is None else {name: best[1][name] for name in system.variables}


def value(polynomial: Polynomial, point: Mapping[str, Fraction]) -> Fraction:
    """Exactly, of a polynomial in some of the names of the point."""
    return polynomial.evaluate({name: point[name] for name in polynomial.variables})


@dataclass(frozen=True, eq=False)
class _Chart:
    """Coordinates q of the states that satisfy the ideal: how far an angle has turned, and all other states."""

    system: System

    @cached_property
    def angles(self) -> list[tuple[str, str, Fraction, Fraction]]:
        """Names of sine and cosine, and their values at the equilibrium, which the shifted ideal tells."""
        found = []
        for angle, circle in zip(self.system.angles, self.system.ideal, strict=True):
            names = sine_name(angle), cosine_name(angle)
            rows = {name: tuple(int(name == other) for other in circle.variables) for name in names}
            s, c = (circle.coefficient(rows[name]) / 2 for name in names)
            found.append((*names, s, c))
        return found

    @cached_property
    def plain(self) -> list[str]:
        """The states that are no angles."""
        turned = {name for sine, cosine, _, _ in self.angles for name in (sine, cosine)}
        return [name for name in self.system.states if name not in turned]

    @property
    def others(self) -> tuple[str, ...]:
        """Inputs and parameters."""
        return (*self.system.inputs, *self.system.parameters)

    @property
    def size(self) -> int:
        return len(self.angles) + len(self.plain)

    def states(self, q: Float[np.ndarray, "k m"]) -> Float[np.ndarray, "k n"]:
        """In the order of the system."""
        columns = dict(zip(self.plain, q[:, len(self.angles) :].T, strict=True))
        for (sine, cosine, s, c), turn in zip(self.angles, q.T, strict=False):
            angle = turn + math.atan2(s, c)
            columns[sine], columns[cosine] = np.sin(angle) - float(s), np.cos(angle) - float(c)
        return np.column_stack([columns[name] for name in self.system.states])

    def rounded(self, q: Float[np.ndarray, " m"], denominator: int) -> Point:
        """The states of a rational point nearby that satisfies the ideal."""
        point = dict(zip(self.plain, (_near(x, denominator) for x in q[len(self.angles) :].tolist()), strict=True))
        for (sine, cosine, s, c), turn in zip(self.angles, q.tolist(), strict=False):
            exact = _on_circle(turn + math.atan2(s, c), denominator)
            point[sine], point[cosine] = exact[0] - s, exact[1] - c
        return point

    def contains(self, point: Point) -> bool:
        """Whether inputs and parameters are in their set, and the states, not those at rest, satisfy the ideal."""
        on_ideal = all(value(part, point) == 0 for part in self.system.ideal)
        return on_ideal and any(point[name] for name in self.system.states) and self.system.uncertain.contains(point)


def _candidates(chart: _Chart, function: Polynomial, fall: Polynomial) -> Iterator[Point]:
    """Rational points near those at which V is low and does not seem to fall, not checked."""
    rays = directions(chart.size)
    starts: list[tuple[float, np.ndarray, Point]] = []
    for others in uncertain_points(chart.system):
        radii = _radii(chart, substituted(fall, others), rays)
        reached = np.isfinite(radii)
        q = radii[reached, None] * rays[reached]
        if len(q):
            levels = floats_at(substituted(function, others), chart.system.states, chart.states(q))
            starts += [(levels[k], q[k], others) for k in np.argsort(levels)[:REFINED].tolist()]
    starts.sort(key=lambda start: start[0])
    for k, (_, q, others) in enumerate(starts[:REFINED]):
        given = np.array([float(others[name]) for name in chart.others])
        low = _lowered(chart, function, fall, np.concatenate([q, given]))
        yield from _outwards(chart, low[: chart.size], low[chart.size :])
        if k == 0:
            yield from _outwards(chart, q, given)


def _radii(chart: _Chart, fall: Polynomial, rays: Float[np.ndarray, "rays m"]) -> Float[np.ndarray, " rays"]:
    """How far along each ray V first does not fall."""
    if not chart.angles:
        return first_radii(fall, chart.system.states, rays, below=True)

    def falls(radii: np.ndarray) -> np.ndarray:
        q = (radii[:, :, None] * rays[:, None]).reshape(-1, chart.size)
        return (floats_at(fall, chart.system.states, chart.states(q)) > 0).reshape(radii.shape)

    grid = np.geomspace(SMALLEST, FARTHEST, TURNS)
    ended = ~falls(np.broadcast_to(grid, (len(rays), TURNS)))
    index = np.argmax(ended, axis=1)
    high, low = grid[index], np.where(index > 0, grid[np.maximum(index - 1, 0)], 0.0)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        inside = falls(middle[:, None])[:, 0]
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return np.where(ended.any(axis=1), high, np.inf)


def _other_equilibria(chart: _Chart, mode: int) -> Iterator[Point]:
    """Rational points near those where the states rest, besides the equilibrium: V may fall around them."""
    from scipy.optimize import least_squares

    system = chart.system
    rays = np.random.default_rng(SEED).normal(size=(STARTS, chart.size)) * np.geomspace(0.1, 30, STARTS)[:, None]
    for others in uncertain_points(system)[:1]:
        parts = [substituted(part, others) for part in system.modes[mode].numerators]
        bottom = substituted(system.modes[mode].denominator, others)

        def moves(q: np.ndarray, parts: list[Polynomial] = parts, bottom: Polynomial = bottom) -> np.ndarray:
            states = chart.states(q[None])
            found = np.array([floats_at(part, system.states, states)[0] for part in parts])
            still = states[0] * floats_at(bottom, system.states, states)[0] if system.time == "discrete" else 0.0
            return found - still

        for start in rays:
            q = least_squares(moves, start, max_nfev=50).x
            if np.abs(moves(q)).max() < RESTS and np.abs(q).max() > SMALLEST:
                for denominator in DIGITS[1:]:
                    yield {**chart.rounded(q, denominator), **others}


def uncertain_points(system: System) -> list[Point]:
    """Some rational values of inputs and parameters in their set: corners of boxes, else a point within and points at
    the edge."""
    names = (*system.inputs, *system.parameters)
    if not names:
        return [{}]
    centre = {name: system.centre.get(name, Fraction(0)) for name in names}
    if set(system.boxes) == set(names) and len(names) <= MOST_BOXES:
        corners = [dict(zip(names, ends, strict=True)) for ends in product(*(system.boxes[name] for name in names))]
        return [point for point in (centre, *corners) if system.uncertain.contains(point)]
    inside = centre if system.uncertain.contains(centre) else member(system.uncertain, names)
    if inside is None:
        return []
    rays = directions(len(names), SIDES)
    return [inside, *(_edge(system.uncertain, inside, dict(zip(names, ray, strict=True))) for ray in rays.tolist())]


def _edge(within: SemialgebraicSet, inside: Point, ray: Mapping[str, float]) -> Point:
    """The last of some rational points along a ray that is in a set, from one that is."""
    for radius in np.geomspace(LARGEST, SMALLEST, 100).tolist():
        point = {name: start + _near(radius * ray[name], 1000) for name, start in inside.items()}
        if within.contains(point):
            return point
    return inside


def _lowered(
    chart: _Chart, function: Polynomial, fall: Polynomial, start: Float[np.ndarray, " m"]
) -> Float[np.ndarray, " m"]:
    """A local minimum of V where it does not fall, in q and in inputs and parameters."""
    from scipy.optimize import minimize

    names = (*chart.system.states, *chart.others)

    def at(polynomial: Polynomial, point: np.ndarray) -> float:
        states = chart.states(point[None, : chart.size])
        return float(floats_at(polynomial, names, np.concatenate([states, point[None, chart.size :]], axis=1))[0])

    size = max(1e-12, abs(at(function, start)))

    def height(point: np.ndarray, *_: Any, **__: Any) -> float:
        return at(function, point) / size

    rules: list[Any] = [{"type": "ineq", "fun": lambda point: -at(fall, point) / size}]
    for kind, parts in (("ineq", chart.system.uncertain.inequalities), ("eq", chart.system.uncertain.equalities)):
        rules += [{"type": kind, "fun": lambda point, part=part: at(part, point)} for part in parts]
    options: Any = {"ftol": 1e-14, "maxiter": 200}
    found = minimize(height, start, method="SLSQP", constraints=rules, options=options)
    moved = np.isfinite(found.x).all() and np.abs(found.x[: chart.size]).max() > SMALLEST
    return found.x if moved else start


def _outwards(chart: _Chart, q: Float[np.ndarray, " m"], others: Float[np.ndarray, " r"]) -> Iterator[Point]:
    """Rational points near one, and a little further out."""
    for step in STEPS_OUT:
        for denominator in DIGITS[2:]:
            given = {name: _near(x, denominator) for name, x in zip(chart.others, others.tolist(), strict=True)}
            yield {**chart.rounded((1 + step) * q, denominator), **given}


def _near(number: float, denominator: int) -> Fraction:
    return Fraction(number).limit_denominator(denominator)


def _on_circle(angle: float, denominator: int) -> tuple[Fraction, Fraction]:
    """Rational sine and cosine of an angle nearby: by the tangent of half the angle from a multiple of a right one."""
    quarter = round(angle / (math.pi / 2))
    t = _near(math.tan((angle - quarter * math.pi / 2) / 2), denominator)
    s, c = 2 * t / (1 + t * t), (1 - t * t) / (1 + t * t)
    for _ in range(quarter % 4):
        s, c = c, -s
    return s, c
