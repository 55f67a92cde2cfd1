"""Points at which V does not fall: exact, low, allowed."""

from fractions import Fraction

import pytest

from nsos_jax import Polynomial, SemialgebraicSet, control
from nsos_jax.control import System
from nsos_jax.control.escapes import escape_point, uncertain_points, value

X, U = Polynomial.parse("x"), Polynomial.parse("u")


def checked(system, function):
    """The point, which is what it is said to be, and V there."""
    point = escape_point(system, function)
    assert tuple(point) == system.variables
    assert system.uncertain.contains(point)
    assert all(value(part, point) == 0 for part in system.ideal)
    assert any(value(system.decrease(function, mode), point) <= 0 for mode in range(len(system.modes)))
    return point, value(function, point)


def test_an_escape_is_exact_and_low():
    system = System(lambda x, y: (-x + x**3, -y), states="x y")
    point, level = checked(system, Polynomial.parse("x^2 + y^2"))
    assert abs(point["x"]) >= 1
    assert level < Fraction(10001, 10000)
    assert escape_point(System(lambda x, y: (-x, -y), states="x y"), Polynomial.parse("x^2 + y^2")) is None


def test_parameters_take_their_worst_values():
    system = System(lambda x, k: (-x + k * x**3,), states="x", parameters={"k": (Fraction(1, 3), Fraction(4, 3))})
    point, level = checked(system, X**2)
    assert point["k"] == Fraction(4, 3)
    assert Fraction(3, 4) <= level < Fraction(751, 1000)


def test_inputs_are_searched_in_their_set():
    system = System(
        lambda x, u: (-x + x**3 * u,), states="x", inputs="u", uncertain=SemialgebraicSet([2 - U, U - 1, U * (3 - U)])
    )
    point, level = checked(system, X**2)
    assert 1 <= point["u"] <= 2
    assert Fraction(1, 2) <= level < Fraction(51, 100)


def test_an_empty_set_of_inputs_has_no_escapes():
    system = System(lambda x, u: (x * u,), states="x", inputs="u", uncertain=SemialgebraicSet([-1 - U**2]))
    assert uncertain_points(system) == []
    assert escape_point(system, X**2) is None


@pytest.mark.parametrize("down", [1, -1])
def test_the_other_equilibrium_of_a_pendulum(down):
    """V = w^2/2 + w s/4 + ... falls at all other points: only at the equilibrium itself does it not."""
    pendulum = System(lambda th, w: (w, -down * control.sin(th) - w), states="th w", angles="th")
    at = {"cos_th": down}
    shifted = pendulum.shift(pendulum.point(at))
    function = Polynomial.parse(f"sin_th^2 + {2 * down}*sin_th*w + 2*w^2 - {4 * down}*cos_th")
    point, level = checked(shifted, function)
    assert (point, level) == ({"sin_th": 0, "cos_th": -2 * down, "w": 0}, 8)


def test_angles_elsewhere_are_rational_points_of_the_circle():
    """A pendulum without friction that is pushed: V rises wherever w^2 > 1."""
    pushed = System(lambda th, w: (w, -control.sin(th) + (w**3 - w) / 4), states="th w", angles="th")
    shifted = pushed.shift(pushed.point())
    point, level = checked(shifted, Polynomial.parse("w^2/2 - cos_th"))
    assert level >= Fraction(1, 2) * min(1, point["w"] ** 2)


def test_an_equilibrium_in_discrete_time():
    system = System(lambda x: (3 * x / 2 - x**2 / 2 if False else x**2 / 2,), states="x", time="discrete")
    point, level = checked(system, X**2)
    assert (point["x"], level) == (2, 4)
