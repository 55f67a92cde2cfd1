"""Trajectories are those of the traced right-hand side: known solutions, inputs, modes, angles, escapes."""

import numpy as np
import pytest

from nsos_jax import control
from nsos_jax.control import System, simulate


def test_known_solutions():
    oscillator = System(lambda x, v: (v, -x), states="x v")
    times = np.linspace(0, 3, 7)
    found = simulate(oscillator, np.array([[1.0, 0.0], [0.0, 2.0]]), times)
    assert found.shape == (7, 2, 2)
    assert np.allclose(found[:, 0], np.column_stack([np.cos(times), -np.sin(times)]), atol=1e-6)
    assert np.allclose(found[:, 1], 2 * np.column_stack([np.sin(times), np.cos(times)]), atol=1e-6)


def test_inputs_parameters_and_denominators():
    system = System(lambda x, u, k: (-k * x / (1 + x * x) + u,), states="x", inputs="u", parameters={"k": (1, 3)})
    start, times = np.array([[0.5], [0.25]]), np.array([0.0, 0.5])
    held = simulate(system, start, times, others={"u": lambda t: np.array([0.8, 8 / 17])})  # k = 2: at rest
    assert np.allclose(held[-1], start)
    driven = simulate(system, start, times, others={"u": lambda t: np.cos(t), "k": 0.0})
    assert np.allclose(driven[-1], start + np.sin(0.5))


def test_modes_and_discrete_time():
    switched = System([lambda x: (2 * x,), lambda x: (x + 1,)], states="x", time="discrete")
    found = simulate(switched, np.array([[1.0]]), np.array([0, 1, 3]), mode=lambda step: step % 2)
    assert found[:, 0, 0].tolist() == [1, 2, 6]
    with pytest.raises(ValueError, match="numbers of steps"):
        simulate(switched, np.array([[1.0]]), np.array([0, 0.5]))


def test_an_angle_stays_on_its_circle():
    pendulum = System(lambda th, w: (w, -control.sin(th)), states="th w", angles="th")
    states = simulate(pendulum, np.array([[0.0, 1.0, 1.5]]), np.linspace(0, 20, 50))[:, 0]
    assert np.allclose(states[:, 0] ** 2 + states[:, 1] ** 2, 1, atol=1e-5)
    assert np.allclose(states[:, 2] ** 2 / 2 - states[:, 1], 1.5**2 / 2 - 1, atol=1e-5)


def test_what_escapes_stays_at_the_limit_and_disturbs_no_other():
    growing = System(lambda x: (x**3,), states="x")
    found = simulate(growing, np.array([[2.0], [0.1]]), np.array([0.0, 1.0, 2.0]), limit=50)
    assert np.isfinite(found).all()
    assert found[-1, 0, 0] >= 50
    assert np.isclose(found[-1, 1, 0], (0.1**-2 - 4) ** -0.5)


def test_bad_input():
    decay = System(lambda x: (-x,), states="x")
    with pytest.raises(ValueError, match=r"starts: got the shape \(1, 2\)"):
        simulate(decay, np.zeros((1, 2)), np.array([0.0, 1.0]))
    with pytest.raises(ValueError, match="others: got 'u'"):
        simulate(decay, np.zeros((1, 1)), np.array([0.0, 1.0]), others={"u": 1})
