"""Curves along which polynomials fall below every bound."""

from fractions import Fraction

import pytest

from nsos_jax import Polynomial, SemialgebraicSet
from nsos_jax.programs.bounds import BoundStatus, lower_bound
from nsos_jax.programs.bounds.falling import falling_curve

FALLING = [
    "x^3 + y^2",
    "x^2 - y^2",
    "x^4 + x + y",
    "x^4 + x^2*y^3 + 1",
    "x^2*y^2 + x",
    "(x*y - 1)^2 - x^2",
    "x1^2 + x2^2 + x3^2 + x4^2 + x5^2 - x6",
    "x^2 - 10^12*x*y + y^2",
]
BOUNDED = [
    "x^2",
    "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1",
    "(x*y - 1)^2 + x^2",
    "x^4 - 1000*x^2 + y^2 - x*y",
    "(x - y)^2 + x",  # unbounded below along x = y, which no curve of monomials follows: a ray is needed
]


@pytest.mark.parametrize("text", FALLING)
def test_values_fall_below_every_bound(text):
    polynomial = Polynomial.parse(text)
    curve = falling_curve(polynomial)
    assert curve.value < 0 < curve.degree
    for wanted in (10**3, 10**30):
        values = []
        for power in (20, 40, 80, 160):
            t = Fraction(2) ** power
            point = [start * t**weight for start, weight in zip(curve.start, curve.weights, strict=True)]
            values.append(polynomial.evaluate(point))
        assert min(values) < -wanted
        assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("text", BOUNDED)
def test_nothing_is_claimed_of_others(text):
    assert falling_curve(Polynomial.parse(text)) is None


def test_the_curve_is_printed():
    assert str(falling_curve(Polynomial.parse("x^4 + x + y"))) == "x = 0, y = -t: -t + terms of lower degree in t"


RAYS = [
    ("(x - y)^2 + x", [], []),
    ("10^400*((x - y)^2 + x)", [], []),
    ("x^2 + y", ["1 - x^2"], []),
    ("-x^2", ["x"], []),
    ("x^3", [], ["y^2 - 1"]),
    ("-y", ["y - x^2"], []),
    ("-x*y", ["x", "y", "1 - x"], []),
    ("z", ["1 - x^2 - y^2"], ["x - y"]),
    ("x + t", ["1 - x^2"], []),
    ("x1 + x2 + x3 + x4 + x5 + x6", ["1 - x1^2 - x2^2 - x3^2 - x4^2 - x5^2"], []),
]


@pytest.mark.parametrize(("text", "inequalities", "equalities"), RAYS)
def test_rays_stay_in_the_set_and_fall(text, inequalities, equalities):
    on = SemialgebraicSet(*(map(Polynomial.parse, part) for part in (inequalities, equalities)))
    polynomial = Polynomial.parse(text)
    result = lower_bound(polynomial, on)
    assert result.status is BoundStatus.UNBOUNDED
    curve = result.falling
    values = []
    for t in (10**6, 10**12, 10**24):
        parts = zip(curve.variables, curve.base, curve.start, curve.weights, strict=True)
        point = {name: base + start * t**weight for name, base, start, weight in parts}
        assert on.contains(point)
        values.append(polynomial.evaluate({name: point[name] for name in polynomial.variables}))
    assert values[2] < -(10**20)
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize(("text", "inequality"), [("x + y", "1 - x^2 - y^2"), ("x^4 + y", "y"), ("x*y", "1 - x^2*y^2")])
def test_no_ray_is_claimed_where_values_are_bounded(text, inequality):
    result = lower_bound(Polynomial.parse(text), SemialgebraicSet([Polynomial.parse(inequality)]))
    assert result.status is not BoundStatus.UNBOUNDED
    assert result.falling is None


def test_the_parameter_of_a_curve_is_no_variable():
    result = lower_bound(Polynomial.parse("x + t"), SemialgebraicSet([Polynomial.parse("1 - x^2")]))
    assert str(result.falling).startswith("t = -t'")
