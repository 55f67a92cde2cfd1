"""Rational points of sets near floating point ones."""

from fractions import Fraction

import numpy as np
import pytest

from nsos_jax import Polynomial
from nsos_jax.programs.bounds.points import RationalPoints, rational_roots
from nsos_jax.programs.bounds.problem import BoundProblem
from nsos_jax.programs.modelling.sets import SemialgebraicSet

CASES = {
    "free": ([], [], [0.333333, 0.5]),
    "linear": ([], ["x + 3*y - 1"], [0.7, 0.1]),
    "dependent linear": ([], ["x + 3*y - 1", "2*x + 6*y - 2"], [0.7, 0.1]),
    "two linear": ([], ["x + y - 1", "x - y"], [0.5, 0.5]),
    "circle": ([], ["x^2 + y^2 - 1"], [0.6, 0.8]),
    "circle, irrational": ([], ["x^2 + y^2 - 1"], [np.sqrt(0.5), -np.sqrt(0.5)]),
    "circle with a line": ([], ["x^2 + y^2 - 1", "x - y - 1/5"], [0.8, 0.6]),
    "graph": ([], ["x - y - 2*y^4"], [1.1802, 0.7]),
    "quotient": ([], ["x*(1 + y^2) - 3*y"], [3.6 / 2.44, 1.2]),
    "roots": ([], ["x^2 - x", "(y - 1/3)*(y^2 - 2)"], [1.0, 0.3333]),
    "boundary of a disc": (["1 - x^2 - y^2"], [], [np.sqrt(0.5), np.sqrt(0.5)]),
    "corner": (["x", "y", "2 - x^2 - y^2"], [], [0.0, np.sqrt(2)]),
    "disc on a line": (["1 - x^2 - y^2"], ["x - y"], [np.sqrt(0.5), np.sqrt(0.5)]),
    "one point": (["-(x - 1/2)^2"], [], [0.5, 3.1]),
}


def rational_points(inequalities, equalities, objective="x + y"):
    on = SemialgebraicSet(map(Polynomial.parse, inequalities), map(Polynomial.parse, equalities))
    return on, RationalPoints(BoundProblem.of(Polynomial.parse(objective), on))


@pytest.mark.parametrize("name", CASES)
def test_points_lie_in_the_set_and_near(name):
    inequalities, equalities, near = CASES[name]
    on, finder = rational_points(inequalities, equalities)
    found = list(finder.near(np.array(near)))
    assert found
    for point in found:
        named = dict(zip(("x", "y"), point, strict=True))
        assert on.contains(named)
    best = min(np.abs(np.array([float(value) for value in point]) - near).max() for point in found)
    assert best < 1e-3


def test_exact_points_come_first():
    _, finder = rational_points([], ["x^2 + y^2 - 1"])
    assert next(finder.near(np.array([0.6000001, 0.7999999]))) == (Fraction(3, 5), Fraction(4, 5))
    _, finder = rational_points(["1 - x", "y"], [])
    assert next(finder.near(np.array([1.0000001, -1e-9]))) == (1, 0)


@pytest.mark.parametrize("equality", ["x^2 + y^2 - 3", "x^2 - 2", "x^3 - 2*y^3", "x^2 + 1"])
def test_sets_without_near_rational_points_give_none(equality):
    on, finder = rational_points([], [equality])
    assert all(on.contains(dict(zip("xy", p, strict=True))) for p in finder.near(np.array([1.2, 1.2])))
    assert not list(finder.near(np.array([np.sqrt(1.5), np.sqrt(1.5)])))


@pytest.mark.parametrize("equalities", [["x - 1", "x - 2"], ["x - 1", "x^2 - 2"], ["x - y", "x^2 - y^2 - 1"]])
def test_contradictory_equalities_give_none(equalities):
    _, finder = rational_points([], equalities)
    assert not list(finder.near(np.array([1.0, 1.0])))


def test_rational_roots():
    from flint import fmpq_poly

    assert rational_roots(fmpq_poly([6, -5, 1])) == [2, 3]
    assert rational_roots(fmpq_poly([-2, 0, 1])) == []
    assert rational_roots(fmpq_poly([0, 0, 1])) == [0]


def test_coarse_points_that_lie_in_the_set_by_chance_do_not_end_the_search():
    """Rounded to few digits all coordinates are 1/4, on the sphere; the point itself lies outside by 1e-10."""
    names = [f"x{i}" for i in range(16)]
    on, finder = rational_points([f"1 - {' - '.join(f'{name}^2' for name in names)}"], [], " + ".join(names))
    near = np.array([0.256] * 8 + [np.sqrt((1 - 8 * 0.256**2) / 8)] * 8) * (1 + 1e-10)
    found = list(finder.near(near))
    assert found[0] == (Fraction(1, 4),) * 16
    assert all(on.contains(dict(zip(names, point, strict=True))) for point in found)
    assert min(np.abs(np.array(point, float) - near).max() for point in found) < 1e-6
