"""Lyapunov functions: what is proven, what is refuted, what is left open."""

from fractions import Fraction

import numpy as np
import pytest
from control_cases import check_file, simulate, values

from nsos_jax import Polynomial, control
from nsos_jax.control import ControlStatus, Stability, System, lyapunov
from nsos_jax.programs import SemialgebraicSet, SolveOptions

GLOBAL = "globally asymptotically stable"
PROVEN = {
    "linear": (System(lambda x, y: (-x + 5 * y, -y), states="x y"), {}, GLOBAL),
    "cubic damping": (System(lambda x, y: (-x + y, -x - y**3), states="x y"), {}, GLOBAL),
    "mixed powers": (System(lambda x, y: (-x - 3 * x**2 * y**3, -(y**3) + x**3 * y**2), states="x y"), {}, GLOBAL),
    "quartic V": (
        System(lambda x, y: (-y + 3 * x**2 / 2 - x**3 / 2, 3 * x - y), states="x y"),
        {"degree": 4},
        GLOBAL,
    ),
    "rational": (System(lambda x, y: (-x + y / (1 + y**2), -y), states="x y"), {}, GLOBAL),
    "discrete": (
        System(lambda x, y: (x / 2 + y / 4, -x / 4 + y / 2), states="x y", time="discrete"),
        {},
        GLOBAL,
    ),
    "switched": (
        System([lambda x, y: (-x + y / 2, -3 * x - y), lambda x, y: (-x + y / 10, -x - y)], states="x y"),
        {},
        "under arbitrary switching between 2 modes",
    ),
    "oscillator": (System(lambda x, v: (v, -x), states="x v"), {}, "stable and all trajectories are bounded"),
    "damped": (System(lambda x, v: (v, -x - v**3), states="x v"), {}, "largest invariant set"),
    "local": (
        System(lambda x: (-x + x**3,), states="x"),
        {"on": SemialgebraicSet.ball(["x"], Fraction(1, 2))},
        "locally asymptotically stable",
    ),
    "elsewhere": (
        System(lambda x, y: (2 - x, x - 2 * y), states="x y"),
        {"equilibrium": {"x": 2, "y": 1}},
        f"(x, y) = (2, 1) is {GLOBAL}",
    ),
    "pendulum": (
        System(lambda th, w: (w, -control.sin(th) - w), states="th w", angles="th"),
        {},
        "they approach the largest invariant set",
    ),
    "parameter": (
        System(lambda x, v, k: (v, -k * x - v), states="x v", parameters={"k": (1, 2)}),
        {},
        "for all signals k in the uncertain set",
    ),
    "exponential": (
        System(lambda x, y: (-2 * x + y**3, -y), states="x y"),
        {"degree": 6, "rate": "1/2"},
        "V(x(t)) <= exp(-1/2 t) V(x(0))",
    ),
    "constant parameter": (
        System(lambda x, v, k: (v, -(1 + k) * x - v), states="x v", parameters={"k": ("-0.9", "0.9")}),
        {"parametric": 1},
        "for all constant k in the uncertain set",
    ),
}


@pytest.mark.parametrize("name", PROVEN)
def test_proven(name):
    system, arguments, words = PROVEN[name]
    result = lyapunov(system, **arguments)
    assert result.status is ControlStatus.PROVEN, result.error
    assert words in result.conclusion
    assert not result.function.is_zero
    assert str(result.function) in result.explain()
    check_file(result)


def test_V_falls_along_a_trajectory():
    def f(x, y):
        return -x + y, -x - y**3

    V = lyapunov(System(f, states="x y")).function
    along = values(V, ("x", "y"), simulate(f, (2, -3)))
    assert (np.diff(along) < 0).all()
    assert along[-1] < 1e-3 * along[0]


def test_phi_is_what_remains_of_V():
    """V - positive and the decrease less `decrease` are nonnegative where the proof says so."""
    system = System(lambda x, y: (-y + 3 * x**2 / 2 - x**3 / 2, 3 * x - y), states="x y")
    result = lyapunov(system, 4)
    points = np.random.default_rng(3).normal(size=(2000, 2)) * [[3.0, 3.0]]
    fall = system.decrease(result.function)
    assert (values(result.function - result.positive, ("x", "y"), points) >= -1e-9).all()
    assert (
        values(fall - result.decrease, ("x", "y"), points) >= -1e-9 * np.abs(values(fall, ("x", "y"), points))
    ).all()


def test_an_unstable_linearisation_is_refuted_without_a_program():
    result = lyapunov(System(lambda x, y: (y, x - y), states="x y"), 6)
    assert (result.status, result.stability) == (ControlStatus.REFUTED, Stability.UNSTABLE)
    assert "unstable" in result.error
    assert result.certificate is None


def test_the_upright_pendulum_is_refuted():
    pendulum = System(lambda th, w: (w, -control.sin(th) - w), states="th w", angles="th")
    assert lyapunov(pendulum, equilibrium={"cos_th": -1}).status is ControlStatus.REFUTED


@pytest.mark.parametrize(
    ("system", "degree"),
    [
        (System(lambda x: (x**3,), states="x"), 4),
        (System(lambda x: (-x + x**3,), states="x"), 4),
        (System(lambda x, y: (-x + x * y, -y), states="x y"), 4),
        (System(lambda x, y: (-y + x * (x**2 + y**2), x + y * (x**2 + y**2)), states="x y"), 4),
        (System(lambda x: (x + x**3 / 9,), states="x", time="discrete"), 4),
        (System([lambda x, y: (-x / 9 + y, -5 * x), lambda x, y: (-x / 9 + 5 * y, -x)], states="x y"), 2),
    ],
)
def test_no_conclusion_where_none_is_true(system, degree):
    """Unstable beyond the linearisation, or not globally stable, or without a polynomial V, or by switching."""
    result = lyapunov(system, degree)
    assert result.status is ControlStatus.UNDECIDED
    assert result.conclusion is None
    assert "higher degree" in result.error


def test_that_no_quadratic_V_exists_is_proven():
    """It says nothing about the system: a quartic one proves global asymptotic stability."""
    system = System.from_text(
        ["-x1 + x2^3 - 3*x3*x4", "-x1 - x2^3", "x1*x4 - x3", "x1*x3 - x4^3"], states="x1 x2 x3 x4"
    )
    result = lyapunov(system)
    assert result.status is ControlStatus.UNDECIDED
    assert result.refutation.verify().startswith("infeasible_program")
    assert "no V of degree 2" in result.error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"degree": 3}, "even"),
        ({"degree": 0}, "even"),
        ({"rate": 0}, "rate"),
        ({"equilibrium": {"x": 1}}, "dx/dt is -1"),
        ({"equilibrium": {"z": 1}}, "states are x"),
        ({"on": SemialgebraicSet([Polynomial.parse("x - 1")])}, "at the equilibrium"),
        ({"on": SemialgebraicSet([], [Polynomial.parse("x")])}, "neighbourhood"),
        ({"on": SemialgebraicSet([Polynomial.parse("1 - z^2")])}, "in the states"),
    ],
)
def test_bad_questions_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        lyapunov(System(lambda x: (-x,), states="x"), **arguments)


def test_a_denominator_that_is_not_positive_is_named():
    system = System(lambda x: (-x / (1 - x),), states="x")
    assert "denominator" in lyapunov(system).error
    local = lyapunov(system, on=SemialgebraicSet.ball(["x"], Fraction(1, 2)))
    assert local.status is ControlStatus.PROVEN
    check_file(local)


def test_a_centre_that_is_not_allowed_refutes_nothing():
    """x' = (1 - k^2) x is unstable at k = 0, the centre of the box, but stable for all k that are allowed."""
    allowed = SemialgebraicSet([Polynomial.parse("k^2 - 2")])
    system = System(lambda x, k: ((1 - k**2) * x,), states="x", parameters={"k": (-2, 2)}, uncertain=allowed)
    assert system.stability(system.point()) is None
    result = lyapunov(system)
    assert result.status is ControlStatus.PROVEN, result.error
    assert result.conclusion.endswith("for all signals k in the uncertain set")
    grows = System(lambda x, k: (x + k * x**3,), states="x", parameters="k", uncertain=allowed)
    assert lyapunov(grows).status is ControlStatus.REFUTED


def test_powers_beyond_six():
    result = lyapunov(System(lambda x, y: (-(x**9), -y), states="x y"))
    assert result.is_asymptotic
    assert str(result.decrease) == "x^10 + y^2"
    check_file(result)


def test_uncertain_sets_that_are_empty_are_refused():
    u = Polynomial.parse("u")
    for system in (
        System(lambda x, u: (x,), states="x", inputs="u", uncertain=SemialgebraicSet([-1 - u**2])),
        System(lambda x, u: (-x,), states="x", inputs="u", uncertain=SemialgebraicSet([u - 1, -u])),
    ):
        with pytest.raises(ValueError, match="uncertain: no values of u are in the set, as was proven"):
            lyapunov(system)


def test_a_refutation_needs_inputs_that_exist():
    """x' = x is unstable; whether u with u^3 = 2 exists no rational point shows."""
    u = Polynomial.parse("u")
    irrational = SemialgebraicSet(equalities=[u**3 - 2])
    result = lyapunov(System(lambda x, u: (x,), states="x", inputs="u", uncertain=irrational))
    assert result.status is ControlStatus.UNDECIDED
    assert "no inputs and parameters in their set were found" in result.error


def test_a_time_limit_is_that_of_the_question():
    system = System(lambda x, y: (-x + y, -x - y**3), states="x y")
    result = lyapunov(system, 4, options=SolveOptions(time_limit=1e-9))
    assert result.status is ControlStatus.UNDECIDED
    assert result.error.startswith("the time limit is over: ")


def test_a_function_is_over_all_states_and_no_parameter_that_does_not_occur():
    spring = System(lambda x, v, k: (v, -k * x - v), states="x v", parameters={"k": (1, 2)})
    assert lyapunov(spring).function.variables == ("x", "v")
    assert lyapunov(spring, parametric=1).function.variables in {("x", "v"), ("x", "v", "k")}
    assert lyapunov(System(lambda x, y: (-x, -y), states="x y")).function.variables == ("x", "y")
