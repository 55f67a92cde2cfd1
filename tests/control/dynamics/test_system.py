"""Systems: traced exactly, refused where they are not rational, shifted, linearised."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nsos_jax import Polynomial, control
from nsos_jax.control import NotPolynomial, Stability, System
from nsos_jax.programs import SemialgebraicSet


def numerators(system, mode=0):
    return [str(part) for part in system.modes[mode].numerators]


def test_python_functions_are_traced_exactly():
    system = System(lambda x, y: (-y / 3, x + (x**2 - 1) * y), states="x y")
    assert numerators(system) == ["-1/3*y", "x^2*y + x - y"]
    assert system.modes[0].denominator == 1


def test_numpy_objects_and_loops_are_traced():
    matrix = np.array([[0, 1], [-2, -3]])

    def f(*state):
        result = matrix @ np.array(state, dtype=object)
        for _ in range(2):
            result = result + np.array([0, state[0] ** 2])
        return result

    assert numerators(System(f, states=["x", "v"])) == ["v", "2*x^2 - 2*x - 3*v"]


def test_jax_functions_are_traced_like_python():
    def f(x, y):
        state = jnp.stack([x, y])
        return jnp.array([[0.0, 1.0], [-1.0, -0.5]]) @ state + jnp.stack([0.0 * x, -jnp.square(y) * y])

    traced = System(f, states="x y")
    assert traced.modes[0].numerators == System(lambda x, y: (y, -x - y / 2 - y**3), states="x y").modes[0].numerators


def test_the_same_function_simulates_and_proves():
    def f(x, y):
        return -y, x + (x**2 - 1) * y

    system = System(f, states="x y")
    point = {"x": 0.25, "y": -1.5}
    exact = [part.evaluate({name: point[name] for name in part.variables}) for part in system.modes[0].numerators]
    assert np.allclose(jax.jit(f)(0.25, -1.5), np.array(exact, float))


def test_division_gives_a_common_denominator():
    system = System(lambda x, y: (-x / (1 + y**2), y / (2 + x**2)), states="x y")
    assert system.modes[0].denominator == Polynomial.parse("(1 + y^2)*(2 + x^2)")
    assert system.modes[0].numerators[0] == Polynomial.parse("-x*(2 + x^2)")


def test_angles_become_sines_and_cosines():
    system = System(lambda th, w: (w, -control.sin(2 * th) - w), states="th w", angles="th")
    assert system.states == ("sin_th", "cos_th", "w")
    assert system.modes[0].numerators[2] == Polynomial.parse("-2*sin_th*cos_th - w")
    (circle,) = system.ideal
    motion = sum(
        (
            circle.derivative(name) * part
            for name, part in zip(system.states, system.modes[0].numerators, strict=True)
            if name != "w"
        ),
        Polynomial.constant(0),
    )
    assert motion.is_zero


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x, y: (abs(x), y), "compare"),
        (lambda x, y: (x if x > 0 else y, y), "compare"),
        (lambda x, y: (x ** Fraction(1, 2), y), "integer powers"),
        (lambda x, y: (2**x, y), "exponent"),
        (lambda x, y: (jnp.tanh(x), y), "'tanh'"),
        (lambda x, y: (jnp.exp(x), y), "'exp'"),
        (lambda x, y: (control.sin(x), y), "angles"),
    ],
)
def test_what_is_not_rational_is_refused_by_name(f, message):
    with pytest.raises(NotPolynomial, match=message):
        System(f, states="x y")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"states": "x x"}, "distinct"),
        ({"states": "x y", "time": "hybrid"}, "time"),
        ({"states": "x y", "angles": "z"}, "angles"),
        ({"states": "x y z"}, "f"),
        ({"states": "x y", "uncertain": SemialgebraicSet([Polynomial.parse("1 - q^2")])}, "uncertain"),
    ],
)
def test_bad_declarations_are_named(arguments, message):
    with pytest.raises((ValueError, NotPolynomial), match=message):
        System(lambda x, y: (-x, -y), **arguments)


def test_an_angle_must_not_occur_by_itself():
    with pytest.raises(NotPolynomial, match="angle"):
        System(lambda th, w: (w, -th), states="th w", angles="th")


def test_an_equilibrium_that_is_none_is_named_by_the_state_that_moves():
    system = System(lambda x, y: (y, 1 - x), states="x y")
    with pytest.raises(ValueError, match="dy/dt is 1"):
        system.check_equilibrium(system.point())
    system.check_equilibrium(system.point({"x": 1}))


def test_an_equilibrium_rests_for_all_parameters():
    system = System(lambda x, k: (k - x,), states="x", parameters={"k": (0, 1)})
    with pytest.raises(ValueError, match="is k there"):
        system.check_equilibrium(system.point())


def test_shift_moves_the_equilibrium_to_the_origin():
    system = System(lambda x, y: (y, 1 - x**2), states="x y")
    shifted = system.shift(system.point({"x": 1}))
    assert numerators(shifted) == ["y", "-x^2 - 2*x"]
    discrete = System(lambda x: (x / 2 + 1,), states="x", time="discrete")
    assert numerators(discrete.shift(discrete.point({"x": 2}))) == ["1/2*x"]


def test_linearisation_of_a_quotient():
    system = System(lambda x, y: (y / (1 + x**2), -2 * x / (2 + y)), states="x y")
    assert system.linearize() == [[0, 1], [-1, 0]]


def test_stability_goes_along_the_circle():
    """Across it nothing moves, which must not count as a critical direction."""
    pendulum = System(lambda th, w: (w, -control.sin(th) - w), states="th w", angles="th")
    assert pendulum.stability(pendulum.point()) is Stability.STABLE
    assert pendulum.stability(pendulum.point({"cos_th": -1})) is Stability.UNSTABLE


def test_stability_is_unknown_with_free_parameters():
    system = System(lambda x, k: (-k * x,), states="x", parameters="k")
    assert system.stability(system.point()) is None
    boxed = System(lambda x, k: (-k * x,), states="x", parameters={"k": ("0.5", 2)})
    assert boxed.centre == {"k": Fraction(5, 4)}
    assert boxed.stability(boxed.point()) is Stability.STABLE


def test_decrease_in_both_times():
    V = Polynomial.parse("x^2")
    assert System(lambda x: (-x,), states="x").decrease(V) == Polynomial.parse("2*x^2")
    assert System(lambda x: (x / 2,), states="x", time="discrete").decrease(V) == Polynomial.parse("3/4*x^2")


def test_from_sympy_and_state_spaces():
    sympy = pytest.importorskip("sympy")
    x, y = sympy.symbols("x y")
    assert numerators(System.from_sympy([y, -x - y**3], [x, y])) == ["y", "-y^3 - x"]

    class StateSpace:
        A, B, dt = [[0, 1], [-1, -1]], [[0], [1]], 0

    system = System.from_state_space(StateSpace)
    assert numerators(system) == ["x2", "-x1 - x2 + u1"]
    assert system.inputs == ("u1",)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (jnp.sum(jnp.array([x, x]).astype(int)),),
        lambda x: (jax.jit(lambda y: jax.lax.div(jnp.int32(7), jnp.int32(2)) * y)(jnp.sin(0.0) + x),),
        lambda x: (1 if x == 0 else -x,),
        lambda x: (-x if x != 0 else 1,),
    ],
)
def test_integers_and_equality_are_no_rational_functions(f):
    with pytest.raises(NotPolynomial, match=r"integers or truth values|branch on a variable"):
        System(f, states="x")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: System(lambda t, x, y: (y, -x), states="x y"), r"takes the arguments \(t, x, y\), is called with 2"),
        (lambda: System(lambda state: (state[1], state[0]), states="x y"), "one for each state, input and parameter"),
        (lambda: System(lambda x, k: (-k * x,), states="x", parameters={"k": (2, 1)}), r"got \(2, 1\), wanted \(lower"),
        (lambda: System(lambda x, u: (u - x,), states="x", inputs="u").check_equilibrium({"x": 0}), "barriers, diss"),
    ],
)
def test_what_people_write_first_is_answered_with_the_remedy(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_other_types_are_named():
    system = System(lambda x: (-x,), states="x")
    disc = SemialgebraicSet([1 - Polynomial.parse("x") ** 2])
    for ask, message in (
        (lambda: control.lyapunov(system, on=1 - Polynomial.parse("x") ** 2), "on: got Polynomial"),
        (lambda: control.lyapunov(system, options={"backend": "scs"}), "options: got dict"),
        (lambda: control.lyapunov(system, equilibrium=[0]), "equilibrium: got list"),
        (lambda: control.barrier(system, [disc], disc), "initial: got several, wanted one"),
    ):
        with pytest.raises(TypeError, match=message):
            ask()
