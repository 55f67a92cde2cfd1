"""Curves along which polynomials fall below every bound."""

from fractions import Fraction

import pytest

from nsos_jax import Polynomial
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
    "(x - y)^2 + x",  # unbounded below along x = y, which no curve of monomials follows: not found
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
