"""Upper bounds: values of p at rational points of the set, near the atoms of moments and the ends of descents."""

import time
from fractions import Fraction
from itertools import takewhile

import numpy as np
from jaxtyping import Float

from nsos_jax.programs.bounds.atoms import atoms_of, mean_and_covariance
from nsos_jax.programs.bounds.local import local_minima
from nsos_jax.programs.bounds.points import Point, RationalPoints
from nsos_jax.programs.bounds.problem import BoundProblem
from nsos_jax.programs.bounds.results import Minimiser, as_float
from nsos_jax.programs.equations import Moments

SCALES = (0.3, 1.0, 3.0)
BLIND_STARTS = 6
SAMPLES = 6
"""Starts drawn from the normal distribution that has the moments."""
MANY_VARIABLES = 50
"""From which on half as many starts are drawn: descents cost more, and those from the mean lead where moments do."""
SHORTER = 1e-11
"""How much lower, relative to its size, a value must be to be preferred to that of an earlier, shorter point."""
NEAR_BEST = 1e-5
"""Distance of values from the best one, relative to their size, up to which points count as minimisers."""
SAME = 1e-7
"""Distance up to which the ends of two descents are one."""
APART = 1e-3
"""Distance, relative to their size, from which on two points are two minimisers."""
MOST_ATOMS = 20
FARTHEST = 1e12
"""Descents that end farther away run to infinity."""
STATIONARY = 1e-4
"""Largest derivative, relative to coefficients and coordinates, that is taken for 0."""


class UpperBound:
    """The best rational point found so far.

    Args:
      deadline: a value of `time.monotonic()`, after which no other start is looked at.

    Attributes:
      value, point: exact; None before a point of the set was found.
      flat: whether the last moments had atoms.
    """

    def __init__(self, problem: BoundProblem, deadline: float = np.inf) -> None:
        self.problem, self.deadline = problem, deadline
        self.rational = RationalPoints(problem)
        self.value: Fraction | None = None
        self.point: Point | None = None
        self.flat = False
        self._ends: list[tuple[float, Float[np.ndarray, " n"], Point | None, Fraction | None]] = []

    def look(self, moments: Moments | None = None) -> None:
        """Searches from what moments suggest, or without them from a few points."""
        n = len(self.problem.variables)
        if n == 0:
            self._take(np.zeros(0))
            return
        starts = self._suggested(moments) if moments else self._blind()
        for end in local_minima(self.problem, takewhile(lambda _: time.monotonic() < self.deadline, starts)):
            self._take(end)

    @property
    def stationary(self) -> bool:
        """Whether the gradient of p nearly vanishes at the best point, as it does at minima on the whole space."""
        if self.point is None:
            return False
        at, p = np.array(self.point, float)[None], self.problem.polynomial
        size = float(np.abs(p.float_coefficients).max(initial=0.0)) * max(1.0, float(np.abs(at).max(initial=0.0)))
        return bool(np.abs(p.gradient_float(at)).max(initial=0.0) <= STATIONARY * size)

    def minimisers(self, lower: Fraction | None) -> tuple[Minimiser, ...]:
        """The points near the lower bound, or without one near the best value, lowest first."""
        values = [value for value, *_ in self._ends]
        best = as_float(lower) if lower is not None else min(values, default=np.inf)
        result: list[Minimiser] = []
        taken: list[np.ndarray] = []
        names = self.problem.variables
        for value, end, point, exact in sorted(self._ends, key=lambda item: item[0]):
            near = value <= best + NEAR_BEST * (1 + abs(best))
            apart = all(np.abs(end - other).max() > APART * (1 + np.abs(other).max()) for other in taken)
            if near and (apart or not taken):
                taken.append(end)
                atom = dict(zip(names, end.tolist(), strict=True))
                named = None if point is None else dict(zip(names, point, strict=True))
                result.append(Minimiser(atom, named, exact))
        return tuple(result)

    def _take(self, end: Float[np.ndarray, " n"]) -> None:
        """Looks for the best rational point near a floating point one."""
        if np.abs(end).max(initial=0.0) > FARTHEST:
            return
        if any(np.allclose(end, other, rtol=SAME, atol=SAME) for _, other, point, _ in self._ends if point):
            return
        best: tuple[Fraction, Point] | None = None
        float_value = float(self.problem.polynomial.evaluate_float(end[None])[0]) if len(end) else 0.0
        known = np.inf if self.value is None else as_float(self.value)
        hopeless = float_value > known + NEAR_BEST * (1 + abs(known))
        for point in () if hopeless else self.rational.near(end):
            value = self.problem.polynomial.evaluate(point)
            if best is None or _clearly_below(value, best[0]):
                best = value, point
        self._ends.append((float_value, end, best and best[1], best and best[0]))
        if best is not None and (self.value is None or _clearly_below(best[0], self.value)):
            self.value, self.point = best

    def _drawn(self, starts: int) -> int:
        return starts if len(self.problem.variables) < MANY_VARIABLES else starts // 2

    def _blind(self) -> list[Float[np.ndarray, " n"]]:
        n, rng = len(self.problem.variables), np.random.default_rng(0)
        drawn = [
            scale * rng.standard_normal(n) for scale in SCALES for _ in range(self._drawn(BLIND_STARTS) // len(SCALES))
        ]
        return [np.zeros(n), np.ones(n), *drawn]

    def _suggested(self, moments: Moments) -> list[Float[np.ndarray, " n"]]:
        """Atoms, the mean, and samples of the normal distribution."""
        n = len(self.problem.variables)
        atoms = atoms_of(moments, n)
        self.flat = atoms is not None
        starts = list(atoms.points[:MOST_ATOMS]) if atoms is not None else []
        summary = mean_and_covariance(moments, n)
        if summary is None:
            return starts
        mean, covariance = summary
        starts.append(mean)
        if not self.flat:
            rng = np.random.default_rng(0)
            eigenvalues, vectors = np.linalg.eigh(covariance)
            root = vectors * np.sqrt(np.maximum(eigenvalues, 0.0))
            starts += [mean + root @ rng.standard_normal(n) for _ in range(self._drawn(SAMPLES))]
        return starts


def _clearly_below(value: Fraction, other: Fraction) -> bool:
    return other - value > Fraction(SHORTER) * max(Fraction(1), abs(other))
