"""Regions of attraction: proven levels, the points that refuse larger ones, alternation."""

from fractions import Fraction

import numpy as np
import pytest
from control_cases import check_file, simulate, values

from nsos_jax import control
from nsos_jax.control import ControlStatus, Stability, System, region_of_attraction

VAN_DER_POL = System(lambda x, y: (-y, x + (x**2 - 1) * y), states="x y")
"""In reverse time: the region lies within the limit cycle."""
POTENTIAL = "100*x^4 - 384*x^2*y^2 + 400*y^4"
NONCONVEX = System.from_text(
    [f"({POTENTIAL} - 1)*(400*x^3 - 768*x*y^2)", f"({POTENTIAL} - 1)*(1600*y^3 - 768*x^2*y)"], states="x y"
)
"""x' = (U - 1) grad U: the region is {U < 1}, which contains discs up to the radius^2 1/20."""


def within(level, true, digits):
    assert true * (1 - Fraction(1, 10**digits)) <= level <= true


def test_level_of_a_given_V():
    """V = 3/2 x^2 - x y + y^2: 2.304475 is published for it."""
    result = region_of_attraction(VAN_DER_POL, V="3/2*x^2 - x*y + y^2")
    assert 2.30447 <= result.level < result.escape_level < 2.30448
    assert "compact, invariant and attracted to the origin" in result.conclusion
    fall = VAN_DER_POL.decrease(result.function)
    assert fall.evaluate({name: result.escape[name] for name in fall.variables}) <= 0
    assert result.function.evaluate(result.escape) == result.escape_level
    check_file(result)


def test_the_lyapunov_equation_gives_a_first_V():
    result = region_of_attraction(VAN_DER_POL, iterations=0)
    assert str(result.function) == "3/2*x^2 - x*y + y^2"
    assert result.stability is Stability.STABLE


def test_a_level_that_tolerances_get_wrong():
    """Solvers have answered 0.067 and more. It is 1/20: the disc touches {U = 1}, where everything rests."""
    result = region_of_attraction(NONCONVEX, V="x^2 + y^2")
    assert result.level == Fraction(1, 20)
    assert result.conclusion == "{V < 1/20} is bounded, invariant and attracted to the origin"
    within(Fraction(1, 20), result.escape_level, 6)
    check_file(result)


def test_a_V_without_quadratic_part():
    result = region_of_attraction(System(lambda x: (-x + x**3,), states="x"), V="3*x^4")
    assert (result.level, result.is_open) == (3, True)
    assert result.escape == {"x": 1}


def test_alternation_enlarges_the_region():
    first = region_of_attraction(VAN_DER_POL, iterations=0)
    better = region_of_attraction(VAN_DER_POL, 4, iterations=4)
    points = np.random.default_rng(1).uniform(-3, 3, (20_000, 2))
    inside = [(values(result.function, ("x", "y"), points) <= float(result.level)) for result in (first, better)]
    assert inside[1].sum() > 1.02 * inside[0].sum()
    for start in points[inside[1]][:20]:
        assert np.linalg.norm(simulate(lambda x, y: (-y, x + (x**2 - 1) * y), start, 40)[-1]) < 1e-3


def test_a_shape_within_the_region():
    result = region_of_attraction(VAN_DER_POL, shape="x^2 + y^2", iterations=2)
    assert result.shape_level > 1.2
    assert "it contains {shape <= " in result.conclusion
    check_file(result)


def test_elsewhere_than_at_the_origin():
    system = System(lambda x: (-(x - 2) + (x - 2) ** 3,), states="x")
    result = region_of_attraction(system, V="(x - 2)^2", equilibrium={"x": 2})
    assert result.level == 1
    assert result.escape in ({"x": 1}, {"x": 3})
    check_file(result)


def test_angles_and_discrete_time():
    pendulum = System(lambda th, w: (w, -control.sin(th) - w), states="th w", angles="th")
    result = region_of_attraction(pendulum, iterations=0)
    upright = {"sin_th": 0, "cos_th": -1, "w": 0}
    assert result.escape == upright
    assert result.is_open
    assert result.level == result.function.evaluate(upright)
    check_file(result)
    discrete = region_of_attraction(System(lambda x: (x**2 / 2,), states="x", time="discrete"), V="x^2")
    assert discrete.conclusion == "{V < 4} is bounded, invariant and attracted to the origin"


def test_parameters_have_a_worst_value_and_a_V_that_knows_it():
    system = System(lambda x, y, m: (-y, x + m * (x**2 - 1) * y), states="x y", parameters={"m": ("4/5", "6/5")})
    given = region_of_attraction(system, V="3/2*x^2 - x*y + y^2")
    assert given.escape["m"] == Fraction(4, 5)
    assert 2.0356 < given.level < given.escape_level < 2.0358
    check_file(given)
    found = region_of_attraction(system, iterations=2)
    for m in (Fraction(4, 5), Fraction(1), Fraction(6, 5)):
        assert values(found.function, ("x", "y"), np.zeros((1, 2))) == 0
        start = np.array([[0.5, 0.5]])
        assert values(found.function, ("x", "y"), start) <= float(found.level)
        field = lambda x, y, m=float(m): (-y, x + m * (x**2 - 1) * y)  # noqa: E731
        assert np.linalg.norm(simulate(field, start[0], 40)[-1]) < 1e-3


def test_unstable_equilibria_are_refuted():
    result = region_of_attraction(System(lambda x: (x - x**3,), states="x"))
    assert (result.status, result.level) == (ControlStatus.REFUTED, None)


@pytest.mark.parametrize("V", ["x^2 - y^2", "x^2"])
def test_V_that_is_not_definite_proves_nothing(V):
    result = region_of_attraction(VAN_DER_POL, V=V)
    assert result.status is ControlStatus.UNDECIDED
    assert "V is not" in result.error


def test_V_that_does_not_fall_proves_nothing():
    result = region_of_attraction(System(lambda x, y: (-x + 9 * y, -y), states="x y"), V="x^2 + y^2")
    assert result.status is ControlStatus.UNDECIDED
    assert result.level is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"V": "x^2 + 1"}, "V: is 1"),
        ({"V": "z^2"}, "V"),
        ({"degree": 5}, "even"),
        ({"equilibrium": {"x": 1}}, "does not rest"),
        ({"shape": "z^2"}, "shape"),
    ],
)
def test_bad_questions_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        region_of_attraction(VAN_DER_POL, **arguments)


def test_levels_end_where_a_denominator_vanishes():
    """x' = -x / (1 - x^2), written with the other sign: V falls, but beyond x = 1 the sign changes."""
    result = region_of_attraction(System(lambda x: (x / (x**2 - 1),), states="x"), V="x^2")
    assert result.status is ControlStatus.PROVEN, result.error
    assert result.escape is None
    assert Fraction(99, 100) < result.level < 1


def test_a_V_of_the_alternation_on_a_face_whose_unknowns_are_not_free():
    pendulum = System(lambda th, w: (w, -control.sin(th) - w), states="th w", angles="th")
    result = region_of_attraction(pendulum, iterations=1)
    assert result.status is ControlStatus.PROVEN, result.error
    assert result.level > Fraction(9, 10)
