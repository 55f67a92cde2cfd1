"""Wrong types in questions of control are said by name; results and systems fit a screen."""

import pytest

from nsos_jax import Polynomial, SemialgebraicSet, control
from nsos_jax.control import System

X = Polynomial.parse("x")
LINE = System(lambda x: (-x,), states="x")
PLANT = System(lambda x, u: (x + u,), states="x", inputs="u")
SPRING = (lambda x, k: (-k * x,), "x")
START, FAR = SemialgebraicSet([1 - X**2]), SemialgebraicSet([X - 2])
DOMAIN = SemialgebraicSet([9 - X**2])
WRONG = {
    "f: a number": (lambda: System(3, states="x"), r"f\[0\]: got int, wanted a function"),
    "f: text": (lambda: System("-x", states="x"), r"f\[0\]: got str.*from_text"),
    "from_text": (lambda: System.from_text("-x", "x"), "dynamics: got the text '-x', wanted a list"),
    "from_state_space": (lambda: System.from_state_space([[-1]]), "system: got list, wanted an object with matrices"),
    "states": (lambda: System(lambda x: (-x,), states=1), "states: got 1"),
    "parameters: a number": (lambda: System(*SPRING, parameters={"k": 1}), r"parameters\['k'\]: got 1, wanted a pair"),
    "parameters: text": (lambda: System(*SPRING, parameters={"k": ("a", 1)}), r"parameters\['k'\]: got 'a'"),
    "uncertain": (lambda: System(*SPRING, parameters="k", uncertain={"k": (0, 1)}), "uncertain: got dict"),
    "with_controller": (lambda: PLANT.with_controller(-2 * X), "controller: got Polynomial"),
    "linearize": (lambda: LINE.linearize([0]), "point: got list"),
    "no system": (lambda: control.lyapunov(lambda x: (-x,)), "system: got function, wanted a System"),
    "degree: text": (lambda: control.lyapunov(LINE, "2"), "degree: got '2'"),
    "degree: float": (lambda: control.region_of_attraction(LINE, 2.0), "degree: got 2.0"),
    "order": (lambda: control.lyapunov(LINE, order="a"), "order: got 'a'"),
    "rate": (lambda: control.lyapunov(LINE, rate="fast"), "rate: got 'fast'"),
    "equilibrium": (lambda: control.lyapunov(LINE, equilibrium={"x": "a"}), r"equilibrium\['x'\]: got 'a'"),
    "unsafe: a polynomial": (lambda: control.barrier(LINE, START, X - 2), "unsafe: got Polynomial"),
    "unsafe: polynomials": (lambda: control.barrier(LINE, START, [X - 2]), r"unsafe\[0\]: got Polynomial"),
    "unsafe: a box": (lambda: control.barrier(LINE, START, {"x": (2, 3)}), "unsafe: got dict"),
    "initial: nothing": (lambda: control.barrier(LINE, None, FAR), "initial: got NoneType"),
    "initial: several": (lambda: control.barrier(LINE, [START], FAR), "initial: got several.*ask about each"),
    "target: nothing": (lambda: control.reach_avoid(LINE, START, None, domain=DOMAIN), "target: got NoneType"),
    "bounds: a pair": (lambda: control.stabilizing_controller(PLANT, bounds=(-1, 1)), r"bounds: got \(-1, 1\)"),
    "bounds: a number": (lambda: control.stabilizing_controller(PLANT, bounds={"u": 1}), r"bounds\['u'\]: got 1"),
    "bounds: infinite": (
        lambda: control.stabilizing_controller(PLANT, bounds={"u": (-float("inf"), 1)}),
        r"bounds\['u'\]: got -inf",
    ),
    "controller": (lambda: control.stabilizing_controller(PLANT, controller=-2 * X), "controller: got "),
    "safe: unsafe": (lambda: control.safe_controller(PLANT, START, X - 2), "unsafe: got Polynomial"),
    "matrices": (lambda: control.joint_spectral_radius([[1, 2], [3, 4]]), r"matrices\[0\]: got \[1, 2\]"),
    "family": (lambda: control.lyapunov_family(3, states="x"), "f: got int"),
    "dissipation": (lambda: control.dissipation(PLANT, "u*x", "2"), "degree: got '2'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_types_are_named(name):
    wrong, message = WRONG[name]
    with pytest.raises((TypeError, ValueError), match=message):
        wrong()


def test_controllers_may_be_texts():
    assert repr(PLANT.with_controller({"u": "-2*x"})) == "<System: x' = -x>"


def test_systems_and_results_fit_a_screen():
    wide = System(lambda *x: x, states=[f"x{i}" for i in range(40)], time="discrete")
    assert repr(wide) == "<System: discrete in x0, x1, x2, x3, ..., x39>"
    long = System(lambda x: (-((x + 1) ** 40),), states="x")
    assert len(repr(long)) < 100
    found = control.lyapunov(LINE)
    assert repr(found) == f"<LyapunovResult: PROVEN, {found.conclusion}, V = {found.function}>"
    refused = control.lyapunov(System(lambda x: (x,), states="x"))
    assert repr(refused).startswith("<LyapunovResult: REFUTED, an eigenvalue")
