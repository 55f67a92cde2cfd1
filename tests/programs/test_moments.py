"""Dual points as moments."""

import pytest

from nsos_jax import Polynomial, SemialgebraicSet, SosProgram
from nsos_jax.programs.equations.moments import completed

P = Polynomial.parse


def test_the_moments_of_a_bound_are_those_of_its_minimiser():
    program = SosProgram("x y")
    gamma = program.scalar("gamma")
    program.nonnegative(P("x + y") - gamma, on=SemialgebraicSet([P("2 - x^2 - y^2")]), order=2, name="bound")
    program.maximize(gamma)
    moments = program.solve().moments["bound"]
    for exponents, value in moments.items():
        assert value == pytest.approx((-1.0) ** sum(exponents), abs=1e-3)
    assert moments[0, 0] == pytest.approx(1)


def test_products_across_blocks_of_sign_symmetry_average_out():
    program = SosProgram("x y")
    gamma = program.scalar("gamma")
    program.sos(P("(x^2 - 1)^2 + (y^2 - 1)^2") - gamma, name="bound")
    program.maximize(gamma)
    moments = program.solve().moments["bound"]
    assert moments[2, 0] == pytest.approx(1, abs=1e-4)
    assert moments[1, 0] == moments[1, 1] == 0


def test_moments_that_equalities_determine():
    x, y = 0.6, 0.8
    known = {(i, j): x**i * y**j for i, j in [(0, 0), (1, 0), (0, 1), (0, 2), (1, 1), (1, 2), (0, 3), (1, 3), (0, 4)]}
    circle = Polynomial.from_dict({(2, 0): 1, (0, 2): 1, (0, 0): -1}, ["x", "y"])
    found = completed(known, [circle], 4)
    assert len(found) == 15
    for (i, j), value in found.items():
        assert value == pytest.approx(x**i * y**j)


def test_what_is_not_determined_is_left_out():
    circle = Polynomial.from_dict({(2, 0): 1, (0, 2): 1, (0, 0): -1}, ["x", "y"])
    assert completed({(0, 0): 1.0}, [circle], 2) == {(0, 0): 1.0}
