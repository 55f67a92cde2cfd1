"""Safe controllers: against trajectories of the plant, and what cannot be safe."""

import numpy as np
import pytest
from control_cases import check_file, values

from nsos_jax import Polynomial
from nsos_jax.control import ControlStatus, System, safe_controller, simulate
from nsos_jax.programs import SemialgebraicSet

CART = System(lambda x, v, u: (v, u), states="x v", inputs="u")
START, ROOM = SemialgebraicSet.ball("x v", 0.5), SemialgebraicSet.ball("x v", 4)
WALLS = [SemialgebraicSet([Polynomial.parse(text)]) for text in ("x - 2", "-2 - x")]


def test_a_cart_between_walls():
    result = safe_controller(CART, START, WALLS, ROOM, 2, bounds={"u": (-3, 3)})
    assert result.status is ControlStatus.PROVEN, result.error
    assert ", which is in the input set along trajectories from the initial set in the domain: no " in result.conclusion
    closed = CART.with_controller(result.controller)
    angles = np.linspace(0, 2 * np.pi, 40)
    starts = np.stack([np.cos(angles), np.sin(angles)], axis=1) / 2
    states = simulate(closed, starts, np.linspace(0, 20, 200)).reshape(-1, 2)
    assert np.abs(states[:, 0]).max() < 2
    assert np.abs(values(result.controller["u"], ("x", "v"), states)).max() <= 3
    assert (values(result.function, ("x", "v"), states) <= 1e-6).all()
    check_file(result)


def test_sets_that_meet_cannot_be_safe():
    result = safe_controller(CART, START, SemialgebraicSet([Polynomial.parse("x")]), ROOM, 2)
    assert result.status is ControlStatus.REFUTED
    assert "the initial set meets the unsafe set" in result.error


def test_a_weak_input_proves_nothing():
    """x' = x + u with |u| <= 1/10 from |x| <= 1 gets beyond 2, whatever u is."""
    plant = System(lambda x, u: (x + u,), states="x", inputs="u")
    sets = [SemialgebraicSet([Polynomial.parse(text)]) for text in ("1 - x^2", "x - 2", "9 - x^2")]
    result = safe_controller(plant, *sets, 2, bounds={"u": ("-1/10", "1/10")}, iterations=2)
    assert result.status is ControlStatus.UNDECIDED
    assert result.certificate is None


def test_discrete_time_is_refused():
    step = System(lambda x, u: (x + u,), states="x", inputs="u", time="discrete")
    with pytest.raises(ValueError, match="time: got a system in discrete time"):
        safe_controller(step, SemialgebraicSet([Polynomial.parse("1 - x^2")]), WALLS)
