"""Local minima in floating point."""

import numpy as np
import pytest

from nsos_jax import Polynomial
from nsos_jax.programs.bounds.local import FloatPolynomials, penalised, stationary_multipliers

P = Polynomial.parse


def over_plane(*texts):
    return FloatPolynomials([P(text, ["x", "y"]) for text in texts])


def test_multipliers_of_active_constraints_make_the_lagrangian_stationary():
    objective, constraints = over_plane("-x"), over_plane("1 - x^2 - y^2", "2 - y")
    found = stationary_multipliers(objective, constraints, np.zeros(2), np.array([1.0, 0.0]))
    np.testing.assert_allclose(found, [0.5, 0.0])
    inside = stationary_multipliers(objective, constraints, np.zeros(2), np.array([0.5, 0.0]))
    np.testing.assert_array_equal(inside, [0.0, 0.0])
    wrong_side = stationary_multipliers(over_plane("x"), constraints, np.zeros(2), np.array([1.0, 0.0]))
    np.testing.assert_array_equal(wrong_side, [0.0, 0.0])


@pytest.mark.parametrize("corner", [-1.0, 1.0])
def test_descents_from_a_minimum_on_the_boundary_stay_there(corner):
    objective, constraints = over_plane("-x^2 - x/100 + y^2"), over_plane("1 - x^2")
    end = penalised(objective, constraints, 1, np.array([corner, 0.0]))
    np.testing.assert_allclose(end, [corner, 0.0], atol=1e-6)
