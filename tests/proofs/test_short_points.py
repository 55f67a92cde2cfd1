"""Negative points are short where short ones exist, and shortening keeps them negative."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsos_jax import Polynomial
from nsos_jax.proofs.gram_system import Scaling
from nsos_jax.proofs.refutation import quick_negative_point, search_negative_point
from nsos_jax.proofs.short_points import GRIDS, shorten, simple_negative_point, simple_points

parse = Polynomial.parse
SHORT = {  # the most characters of the point, written as fractions
    "x^4 + y^4 - 3*x^2*y^2 + 1/10": 2,
    "x^2 - y": 2,
    "x^3 + 100*x^2 + 10^6": 4,
    "x^4 + y^4 + x^4*y^3 + 1": 3,
    "(10*x - 3)^2 + (10*y - 7)^2 - 1/10^8": 8,
    "(x - 1000)^2 + (y - 2000)^2 - 1/10^4": 8,
    "(x^2 - 2)^2 - 1/10^6": 6,
    "(x - 5)^2 + (y + 3)^2 - 1/100": 3,
    "(x^2 + y^2 - 1)^2 + (x - y)^2 - 1/10^3": 8,
    "x^6 - 2*x^2*y^2*z^2 + y^6 + z^6 - 2": 3,
    "a^2 + b^2 + c^2 + d^2 + e^2 + f^2 - 9*e*f": 6,
    "(x - y)^4 + x^2 + 1 - y^3": 2,
    "x1^4*x2^2 + x1^2*x2^4 - 3*x1^2*x2^2 + 1 - 1/10^6": 2,
    " + ".join(f"x{i}^4" for i in range(60)) + " - 3*x30^2*x41^2": 62,
}


def test_witnesses_are_short():
    for text, most in SHORT.items():
        p = parse(text)
        point = quick_negative_point(p, Scaling.of(p)) or search_negative_point(p, Scaling.of(p))
        assert p.evaluate(point) < 0
        assert len("".join(map(str, point))) <= most, (text, point)


@pytest.mark.parametrize("n", [*GRIDS, 7, 40, 10_000])
def test_simple_points_are_few_and_different(n):
    points = simple_points(n)
    assert points.shape[1] == n
    assert len(points) <= 3**6
    assert n not in GRIDS or len(np.unique(points, axis=0)) == len(points)
    assert not points[0].any()


def test_a_simple_point_is_proven_exactly():
    """The floats of this polynomial are negative at 1, where it vanishes."""
    p = parse("(x - 1)^2*(x^2 + 1/3)")
    noisy = Scaling(np.zeros(1, np.int64), 0, p.float_coefficients - 1e-9)
    assert simple_negative_point(p, noisy) is None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.fractions(-(10**6), 10**6, max_denominator=10**12), min_size=2, max_size=2).map(tuple),
    st.sampled_from(["x*y^3 - x^2", "(x - 3)^2 - y^2 + 1", "x^3 + y", "10^300*x - y^5/10^300", "-1/10^400"]),
)
def test_shorter_points_are_negative_too(point, text):
    p = parse(text) + parse("0*x*y")
    if p.evaluate(point) < 0:
        short = shorten(p, Scaling.of(p), point)
        assert p.evaluate(short) < 0
        assert sum(len(str(x)) for x in short) <= sum(len(str(x)) for x in point) + 2  # counted in bits


def test_what_no_float_holds_may_stay():
    p = parse("x - 1")
    far = (-(Fraction(10) ** 400),)
    assert p.evaluate(shorten(p, Scaling.of(p), far)) < 0
    assert shorten(p, Scaling.of(p), (Fraction(0),)) == (0,)
