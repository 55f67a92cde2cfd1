"""Storage functions and L2 gains, against formulas for linear systems."""

from fractions import Fraction

import numpy as np
import pytest
from control_cases import check_file, values

from nsos_jax.control import ControlStatus, System, dissipation, l2_gain


def test_passivity_forces_the_storage_function():
    system = System(lambda x, u: (-(x**3) + u,), states="x", inputs="u")
    result = dissipation(system, lambda x, u: u * x, 4)
    assert result.status is ControlStatus.PROVEN
    assert str(result.function) == "1/2*x^2"
    assert "dissipative" in result.conclusion
    check_file(result)


def test_storage_is_fed_by_the_supply():
    system = System(lambda x, v, u: (v, -x - x**3 - v + u), states="x v", inputs="u")
    result = dissipation(system, "u*v", 4)
    assert result.status is ControlStatus.PROVEN, result.error
    points = np.random.default_rng(1).normal(size=(500, 3))
    fed = values(system.decrease(result.function), system.variables, points) + points[:, 2] * points[:, 1]
    assert (fed >= -1e-9).all()
    assert (values(result.function, system.variables, points) >= 0).all()


def test_no_storage_for_an_active_system():
    result = dissipation(System(lambda x, u: (x + u,), states="x", inputs="u"), "u*x")
    assert result.status is ControlStatus.UNDECIDED
    assert result.certificate is None


@pytest.mark.parametrize(
    ("f", "gain_squared"),
    [
        (lambda x, v, u: (v, -x - v + u), Fraction(4, 3)),  # max |1/(1 - w^2 + i w)|^2 = 4/3
        (lambda x, v, u: (-x + u, -v), Fraction(1)),
        (lambda x, v, u: (-2 * x + 3 * u, -v), Fraction(9, 4)),
    ],
)
def test_gain_of_linear_systems(f, gain_squared):
    result = l2_gain(System(f, states="x v", inputs="u"), "x")
    assert result.gain_squared == gain_squared
    assert result.gain == pytest.approx(float(gain_squared) ** 0.5)
    check_file(result)


def test_gain_in_discrete_time():
    """x+ = x/2 + u: the transfer function 1/(z - 1/2) has the norm 2."""
    result = l2_gain(System(lambda x, u: (x / 2 + u,), states="x", inputs="u", time="discrete"), lambda x, u: x)
    assert result.gain_squared == 4


def test_a_gain_is_claimed_as_long_as_the_state_exists():
    """x' = x^3 + u escapes in finite time, also from rest; y stays below u until then."""
    result = l2_gain(System(lambda x, y, u: (x**3 + u, -y + u), states="x y", inputs="u"), "y")
    assert result.gain_squared == 1
    assert "from rest at the origin, as long as the state exists" in result.conclusion


def test_gain_of_several_outputs():
    result = l2_gain(System(lambda x, u: (-x + u,), states="x", inputs="u"), ["x", lambda x, u: u])
    assert result.gain_squared == 2


def test_no_gain_for_an_unstable_system():
    result = l2_gain(System(lambda x, u: (x + u,), states="x", inputs="u"), "x")
    assert result.status is ControlStatus.UNDECIDED
    assert result.gain_squared is None


@pytest.mark.parametrize(
    ("system", "arguments", "message"),
    [
        (System(lambda x: (-x,), states="x"), {}, "inputs"),
        (System(lambda x, u: (-x + u,), states="x", inputs="u"), {"degree": 3}, "even"),
        (System(lambda x, u: (1 - x + u,), states="x", inputs="u"), {}, "does not rest"),
        (System(lambda x, u: (-x + u,), states="x", inputs="u"), {"output": "z"}, "output"),
    ],
)
def test_bad_questions_are_named(system, arguments, message):
    with pytest.raises(ValueError, match=message):
        l2_gain(system, **({"output": "x"} | arguments))
