"""Points that are found in floating point and confirmed exactly."""

from fractions import Fraction

import numpy as np

from nsos_jax import Polynomial
from nsos_jax.control.points import directions, first_radii, member
from nsos_jax.programs import SemialgebraicSet


def test_a_member_is_inside():
    far = SemialgebraicSet.ball(["x", "y", "z"], Fraction(1, 3), {"x": 9, "y": -7, "z": 5})
    point = member(far, ("x", "y", "z"))
    assert far.contains(point)
    assert max(value.denominator for value in point.values()) <= 10


def test_no_member_of_an_empty_set():
    assert member(SemialgebraicSet([Polynomial.parse("-1 - x^2")]), ("x",)) is None


def test_members_of_equalities_are_rational():
    line = SemialgebraicSet([Polynomial.parse("x")], [Polynomial.parse("x + y - 1")])
    point = member(line, ("x", "y"))
    assert point["x"] + point["y"] == 1


def test_radii_along_rays():
    radii = first_radii(Polynomial.parse("x^2 + 4*y^2"), ("x", "y"), np.array([[1.0, 0.0], [0.0, 1.0]]), 4.0)
    assert np.allclose(radii, [2, 1])
    assert np.isinf(first_radii(Polynomial.parse("-x^2"), ("x",), np.array([[1.0]]), 1.0)).all()


def test_directions_have_length_one():
    for dimension in (1, 2, 5):
        assert np.allclose(np.linalg.norm(directions(dimension), axis=1), 1)
