"""Stabilising controllers: regions and bounds against trajectories of the plant, and plants that do not fit."""

from fractions import Fraction

import numpy as np
import pytest
from control_cases import check_file, values

from nsos_jax import Polynomial
from nsos_jax.control import ControlStatus, System, simulate, sin, stabilizing_controller

DUFFING = System(lambda x, v, u: (v, x - x**3 + u), states="x v", inputs="u")


def starts_in(result, names, count=100, scale=2.0):
    """Random states in the region of a result."""
    points = np.random.default_rng(0).uniform(-scale, scale, (5000, len(names)))
    return points[values(result.function, names, points) <= float(result.level)][:count]


def check_by_simulation(plant, result, starts, bounds, **others):
    """Trajectories of the plant stay in the region, tend to the origin, and the controller keeps its bounds."""
    closed = plant.with_controller(result.controller)
    states = simulate(closed, starts, np.linspace(0, 30, 300), **others)
    rows = states.reshape(-1, states.shape[-1])
    assert (values(result.function, closed.states, rows) <= float(result.level) * (1 + 1e-6)).all()
    assert np.abs(states[-1]).max() < 1e-2
    for name, (lower, upper) in bounds.items():
        inputs = values(result.controller[name], closed.states, rows)
        assert inputs.min() >= lower - 1e-6
        assert inputs.max() <= upper + 1e-6


def test_an_unstable_oscillator_with_bounded_inputs():
    bounds = {"u": (-1, 1)}
    start = stabilizing_controller(DUFFING, bounds=bounds, iterations=0)
    result = stabilizing_controller(DUFFING, bounds=bounds, iterations=4)
    assert result.status is ControlStatus.PROVEN, result.error
    assert result.conclusion.startswith("with u = ")
    assert ", which is in the input set: {V <= 1} is compact, invariant and attracted" in result.conclusion
    check_by_simulation(DUFFING, result, starts_in(result, ("x", "v")), bounds)
    sizes = [len(starts_in(one, ("x", "v"), count=5000)) for one in (start, result)]
    assert sizes[1] > 1.2 * sizes[0]
    certificate = check_file(result)
    assert certificate.inputs == ("u",)
    assert "u = " in result.explain()


def test_the_plant_of_the_certificate_is_the_plant():
    result = stabilizing_controller(DUFFING, iterations=0)
    record = result.certificate.to_dict()
    (mode,) = record["plant"]
    mode["numerators"][1][0][0] = "7"
    with pytest.raises(ValueError, match=r"plant\[0\].numerators\[1\]: with the controller it is not"):
        type(result.certificate).from_dict(record).verify()


def test_parameters_and_another_equilibrium():
    plant = System(lambda x, u, k: (k * (x - 1) + u,), states="x", inputs="u", parameters={"k": ("1/2", 1)})
    bounds = {"u": (-1, 2)}
    result = stabilizing_controller(plant, bounds=bounds, equilibrium={"x": 1}, iterations=2)
    assert result.status is ControlStatus.PROVEN, result.error
    assert "attracted to x = 1, for all signals k in the uncertain set" in result.conclusion
    law = result.controller["u"]
    assert law.evaluate({"x": 1}) == 0


def test_a_pendulum_upright():
    plant = System(lambda th, w, u: (w, sin(th) - w / 10 + u), states="th w", angles="th", inputs="u")
    result = stabilizing_controller(plant, bounds={"u": (-1, 1)}, iterations=1)
    assert result.status is ControlStatus.PROVEN, result.error
    assert "attracted to (sin_th, cos_th, w) = (0, 1, 0)" in result.conclusion


def test_a_controller_of_the_user_is_the_start():
    plant = System(lambda x, y, u: (-x + x**2 * u, -y + u), states="x y", inputs="u")
    result = stabilizing_controller(plant, controller={"u": "-y"}, iterations=0)
    assert result.status is ControlStatus.PROVEN, result.error
    assert result.controller["u"] == Polynomial.parse("-y")


def test_what_inputs_do_not_reach_is_told():
    plant = System(lambda x, y, u: (x, -y + u), states="x y", inputs="u")
    result = stabilizing_controller(plant)
    assert result.status is ControlStatus.UNDECIDED
    assert "not stabilised with these inputs" in result.error
    assert result.certificate is None


def plant_of(*rows, **options):
    return System(lambda *_: [Polynomial.parse(row) for row in rows], "x", **{"inputs": "u", **options})


BAD = [
    (plant_of("-x", inputs=()), {}, "inputs: the system has none to choose"),
    (plant_of("x + u^2"), {}, "inputs: the dynamics are not affine in them"),
    (plant_of("x + u + 1"), {}, "equilibrium: the point does not rest"),
    (plant_of("x + u", time="discrete"), {}, "time: got a system in discrete time"),
    (plant_of("x + u"), {"bounds": {"v": (-1, 1)}}, "bounds: got 'v', wanted some of the inputs u"),
    (plant_of("x + u"), {"bounds": {"u": (0, 1)}}, "bounds: u is from 0 to 1, wanted 0 between them"),
    (plant_of("x + u"), {"controller": {"v": "x"}}, "controller: got v, wanted one for each of u"),
    (plant_of("x + u"), {"degree": 3}, "degree: got 3, wanted an even number"),
    (plant_of("x + u"), {"controller_degree": 0}, "controller_degree: got 0"),
]


@pytest.mark.parametrize(("plant", "options", "message"), BAD)
def test_bad_input(plant, options, message):
    with pytest.raises(ValueError, match=message):
        stabilizing_controller(plant, **options)


def test_bounds_are_exact():
    result = stabilizing_controller(plant_of("x + u"), bounds={"u": ("-1/3", "1/3")}, iterations=1)
    assert result.status is ControlStatus.PROVEN, result.error
    sides = result.certificate.to_dict()["input_set"]["inequalities"]
    assert {Fraction(value) for side in sides for value, (_, power) in side if power == 0} == {Fraction(1, 3)}
