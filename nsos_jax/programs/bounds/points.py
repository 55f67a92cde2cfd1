"""Rational points of a set near floating point ones, exactly."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
from flint import fmpq, fmpq_mat, fmpq_poly
from jaxtyping import Float
from scipy.optimize import linprog

from nsos_jax.certificates import as_fraction, as_rational
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.bounds.local import FloatPolynomials
from nsos_jax.programs.bounds.problem import BoundProblem
from nsos_jax.proofs import simple_points, simplest_fraction

Point = tuple[Fraction, ...]
TOLERANCES = (1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12)
"""To which coordinates are rounded to simple fractions, relative to their size."""
INWARD = (0.0, 1e-9, 1e-7, 1e-5, 1e-3)
"""Steps into the set, relative to the size of the point, that are tried before a point on its boundary is given up."""
MOST_THOROUGH = 15
"""Variables beyond which larger steps are not tried after one whose finest point lies in the set: coarse ones may do so
by chance, far from the floating point one."""
ACTIVE = 1e-4
REACH = 0.5
"""How far from the floating point one a rational point may lie, relative to its size."""


class RationalPoints:
    """Finds rational points of the set of one problem."""

    def __init__(self, problem: BoundProblem) -> None:
        self.problem = problem
        names = problem.variables
        self.inequalities = FloatPolynomials(problem.on.inequalities)
        linear = [h for h in problem.on.equalities if h.degree <= 1]
        self.solved = _solved_linear(linear, names)
        consistent = self.solved is not None
        images = self.solved or {}
        self.curved = [h.substitute(_within(images, h)) for h in problem.on.equalities if h.degree > 1]
        self.curved = [h for h in self.curved if not h.is_zero]
        self.possible = consistent and not any(h.degree == 0 for h in self.curved)

    def near(self, point: Float[np.ndarray, " n"]) -> Iterator[Point]:
        """Points of the set near a floating point one, those of small denominators first."""
        if not self.possible:
            return
        seen = set()
        inward = self.inward(point) if self.problem.on.inequalities else 0 * point
        directions = [step * inward for step in INWARD] if inward.any() else [inward]
        for direction in directions:
            finest_inside = False
            for tolerance in TOLERANCES:
                found = self.satisfying(point + direction, tolerance)
                if found is not None and found not in seen:
                    seen.add(found)
                    finest_inside = self.problem.on.contains(dict(zip(self.problem.variables, found, strict=True)))
                    if finest_inside:
                        yield found
            if finest_inside and len(point) > MOST_THOROUGH:
                return
            if seen and not direction.any() and not self.problem.on.inequalities:
                return

    def inward(self, point: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """A direction along the equalities into the inequalities that are nearly active, of the point's size at most.

        It maximises s with gradient(g) d >= s |gradient(g)|, |d_i| <= 1.
        """
        n, scale = len(point), 1 + float(np.abs(point).max(initial=0))
        values, slopes = self.inequalities.values(point), self.inequalities.jacobian(point)
        lengths = np.linalg.norm(slopes, axis=1)
        active = (lengths > 0) & (values < ACTIVE * lengths * scale)
        rows = [np.append(-slope / length, 1.0) for slope, length in zip(slopes[active], lengths[active], strict=True)]
        if not rows:
            return np.zeros(n)
        equal = [np.append(h.gradient_float(point[None])[0], 0.0) for h in self.problem.on.equalities]
        answer = linprog(
            np.append(np.zeros(n), -1.0),
            np.array(rows),
            [0.0] * len(rows),
            np.array(equal) if equal else None,
            [0.0] * len(equal) if equal else None,
            [(-1, 1)] * n + [(None, 1)],
        )
        if answer.x is None:
            return np.zeros(n)
        return answer.x[:n] * scale

    def satisfying(self, point: Float[np.ndarray, " n"], tolerance: float) -> Point | None:
        """A rational point near by that satisfies the equalities; inequalities are not looked at."""
        names, near = self.problem.variables, dict(zip(self.problem.variables, point.tolist(), strict=True))
        assert self.solved is not None
        known: dict[str, Fraction] = {}
        open_ = [name for name in names if name not in self.solved]
        left = list(self.curved)
        while open_ and left:
            name, value = self._next(open_, left, near, tolerance)
            left = (
                [h.substitute({name: value}) if name in h.variables else h for h in left] if value is not None else []
            )
            if value is None or any(h.degree == 0 for h in left):
                return self.on_quadric(point, tolerance) if len(self.curved) == 1 else None
            known[name] = value
            open_.remove(name)
            left = [h for h in left if not h.is_zero]
        known |= {name: rounded(near[name], tolerance) for name in open_}
        return self.completed(known)

    def _next(
        self, open_: Sequence[str], left: Sequence[Polynomial], near: dict[str, float], tolerance: float
    ) -> tuple[str, Fraction | None]:
        """The variable to fix next and its value, None where an equality in it alone has no rational root near by."""
        name = next((used[0] for used in map(_used, left) if len(used) == 1), None)
        if name is None:
            name = _least_determined(open_, left)
            return name, rounded(near[name], tolerance)
        equality = next(h for h in left if _used(h) == [name])
        root = min(rational_roots(_in_one(equality, name)), key=lambda x: abs(float(x) - near[name]), default=None)
        far = root is not None and abs(float(root) - near[name]) > REACH * (1 + abs(near[name]))
        return name, None if far else root

    def completed(self, known: dict[str, Fraction]) -> Point:
        """With the variables that the linear equalities determine."""
        values = dict(known)
        for name, image in (self.solved or {}).items():
            values[name] = image.evaluate([known[other] for other in image.variables])
        return tuple(values[name] for name in self.problem.variables)

    def on_quadric(self, point: Float[np.ndarray, " n"], tolerance: float) -> Point | None:
        """The second point of the only curved equality, if it is quadratic, on the line from a simple point of it
        through a rational point near by."""
        [h] = self.curved
        if h.degree != 2:
            return None
        base = _simple_zero(h)
        if base is None:
            return None
        place = {name: index for index, name in enumerate(self.problem.variables)}
        aim = [rounded(float(point[place[name]]), tolerance) for name in h.variables]
        line = Polynomial.parse("t")
        moving = {name: start + (end - start) * line for name, start, end in zip(h.variables, base, aim, strict=True)}
        along = h.substitute(moving)  # c1 t + c2 t^2, for t = 0 is a zero
        if not along.variables:
            return None
        slope, bend = along.coefficient([1]), along.coefficient([2])
        if bend == 0:
            return None
        share = -slope / bend
        hit = {name: start + (end - start) * share for name, start, end in zip(h.variables, base, aim, strict=True)}
        others = [name for name in self.problem.variables if name not in hit and name not in (self.solved or {})]
        hit |= {name: rounded(float(point[place[name]]), tolerance) for name in others}
        return self.completed(hit)


def rounded(value: float, tolerance: float) -> Fraction:
    """The simplest fraction within the tolerance, relative where the value is larger than 1."""
    return simplest_fraction(value, tolerance * max(1.0, abs(value)))


def _within(images: dict[str, Polynomial], polynomial: Polynomial) -> dict[str, Polynomial]:
    return {name: image for name, image in images.items() if name in polynomial.variables}


def _solved_linear(linear: Sequence[Polynomial], names: Sequence[str]) -> dict[str, Polynomial] | None:
    """The variables that linear equalities determine, as affine polynomials in the others; None for a contradiction."""
    if not linear:
        return {}
    width = len(names)
    units = np.eye(width, dtype=int).tolist()
    rows = [[as_rational(h.coefficient(unit)) for unit in units] for h in linear]
    constants = [as_rational(h.coefficient([0] * width)) for h in linear]
    table = [[*row, constant] for row, constant in zip(rows, constants, strict=True)]
    echelon, rank = fmpq_mat(table).rref()
    solved = {}
    for index in range(rank):
        row = [echelon[index, column] for column in range(width + 1)]
        pivot = next(column for column, value in enumerate(row) if value != 0)
        if pivot == width:
            return None
        others = [column for column in range(pivot + 1, width) if row[column] != 0]
        parts = [-as_fraction(row[column]) * Polynomial.parse(names[column]) for column in others]
        solved[names[pivot]] = Polynomial.sum([*parts, -as_fraction(row[width])])
    return solved


def _used(polynomial: Polynomial) -> list[str]:
    columns = np.flatnonzero(polynomial.exponents.any(axis=0)).tolist()
    return [polynomial.variables[column] for column in columns]


def _in_one(polynomial: Polynomial, name: str) -> fmpq_poly:
    """A polynomial that only this variable occurs in."""
    powers = polynomial.exponents[:, polynomial.variables.index(name)].tolist()
    numbers = [fmpq(0)] * (max(powers) + 1)
    for power, value in zip(powers, polynomial.coefficients, strict=True):
        numbers[power] = as_rational(value)
    return fmpq_poly(numbers)


def rational_roots(polynomial: fmpq_poly) -> list[Fraction]:
    """All of them.

    >>> rational_roots(fmpq_poly([0, -1, 0, 2]) * fmpq_poly([-1, 2]))
    [Fraction(0, 1), Fraction(1, 2)]
    """
    _, factors = polynomial.numer().factor()
    return sorted(Fraction(-int(factor[0]), int(factor[1])) for factor, _ in factors if factor.degree() == 1)


def _least_determined(names: Sequence[str], equalities: Sequence[Polynomial]) -> str:
    """The variable that is rounded next: one in which the fewest equalities are linear, for these can be solved for."""

    def rank(name: str) -> tuple[int, int]:
        degrees = [
            int(h.exponents[:, h.variables.index(name)].max(initial=0)) for h in equalities if name in h.variables
        ]
        return sum(degree == 1 for degree in degrees), -max(degrees, default=0)

    return min(names, key=rank)


def _simple_zero(polynomial: Polynomial) -> Point | None:
    """A zero at a point of few digits."""
    points = simple_points(polynomial.num_variables)
    values = polynomial.evaluate_float(points)
    for index in np.flatnonzero(np.abs(values) < 1e-9).tolist():
        point = tuple(map(Fraction, points[index].tolist()))
        if polynomial.evaluate(point) == 0:
            return point
    return None
