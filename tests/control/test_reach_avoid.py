"""Reach-avoid problems: what is reached, when and by which way, against trajectories; sets that do not fit."""

from fractions import Fraction

import numpy as np
import pytest
from control_cases import check_file

from nsos_jax import Polynomial
from nsos_jax.control import ControlStatus, System, cos, reach_avoid, simulate, sin
from nsos_jax.programs import SemialgebraicSet

SPIRAL = System(lambda x, y: (-x + y, -x - y), states="x y")


def disc(radius, x=0, y=0):
    return SemialgebraicSet.ball("x y", Fraction(radius), {"x": Fraction(x), "y": Fraction(y)})


def where(*texts):
    return SemialgebraicSet([Polynomial.parse(text) for text in texts])


def inside(chosen, names, states):
    """Which states [..., n] are in a set."""
    rows = states.reshape(-1, states.shape[-1])
    values = [
        part.evaluate_float(rows[:, [names.index(name) for name in part.variables]]) for part in chosen.inequalities
    ]
    return (np.min(values, axis=0) >= -1e-9).reshape(states.shape[:-1])


def check_by_simulation(system, result, starts, target, unsafe, domain, **others):
    """Trajectories reach the target by the duration, and no unsafe state and no end of the domain before."""
    duration = float(result.duration)
    times = np.arange(int(duration) + 1) if system.time == "discrete" else np.linspace(0, duration, 400)
    states = simulate(system, starts, times, **others)
    there = inside(target, system.states, states)
    assert there.any(axis=0).all()
    before = np.cumsum(there, axis=0) == 0
    assert not (before & ~inside(domain, system.states, states)).any()
    for one in unsafe:
        assert not (before & inside(one, system.states, states)).any()


def ring(x, y, radius, count=60):
    angles = np.linspace(0, 2 * np.pi, count)
    return np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], axis=1)


def test_a_target_is_reached_and_unsafe_sets_are_avoided():
    target, unsafe, domain = disc("1/2"), [disc("1/2", -1, 1)], disc(3)
    result = reach_avoid(SPIRAL, disc("1/2", 2), target, unsafe, domain)
    assert result.status is ControlStatus.PROVEN, result.error
    assert "reaches the target within time" in result.conclusion
    assert "meets no unsafe set and stays in the domain until then" in result.conclusion
    check_by_simulation(SPIRAL, result, ring(2, 0, 0.5), target, unsafe, domain)
    check_file(result)


def test_an_equilibrium_outside_of_the_target_needs_a_rate():
    """Duffing's equation with friction: the domain contains the saddles at +-sqrt(3)."""
    system = System(lambda x, y: (y, -x + x**3 / 3 - y), states="x y")
    target, unsafe, domain = disc("2/5"), [disc("2/5", -1, -1)], disc(2)
    sets = disc("3/10", "11/10"), target, unsafe, domain
    assert reach_avoid(system, *sets, degree=6, rate=0).status is ControlStatus.UNDECIDED
    result = reach_avoid(system, *sets, degree=6, rate="1/2")
    assert result.status is ControlStatus.PROVEN, result.error
    check_by_simulation(system, result, ring(1.1, 0, 0.3), target, unsafe, domain)


def test_angles_and_the_circle():
    """A pendulum that starts near the bottom, gets slower; upright it would stand still."""
    system = System(lambda th, w: (w, -sin(th) - w), states="th w", angles="th")
    start, target = where("cos_th - 1/2", "1/4 - w^2"), where("cos_th - 3/4 - w^2/2")
    domain = where("9 - w^2")
    result = reach_avoid(system, start, target, domain=domain, degree=2)
    assert result.status is ControlStatus.PROVEN, result.error
    th, w = np.meshgrid(np.linspace(-np.pi / 3, np.pi / 3, 9), np.linspace(-0.5, 0.5, 5))
    starts = np.stack([np.sin(th), np.cos(th), w], axis=-1).reshape(-1, 3)
    check_by_simulation(system, result, starts, target, [], domain)
    assert cos(0) == 1


def test_uncertain_inputs_and_rational_dynamics():
    system = System(
        lambda x, y, u: ((-x + y) / (1 + y**2 / 4), -x - y + u), states="x y", parameters={"u": (-0.25, 0.25)}
    )
    target, domain = disc("1/2"), disc(2)
    result = reach_avoid(system, disc("3/10", 1), target, domain=domain, degree=2)
    assert result.status is ControlStatus.PROVEN, result.error
    assert "for all signals u" in result.conclusion
    for u in (0.25, lambda time: 0.25 * np.sin(5 * time)):
        check_by_simulation(system, result, ring(1, 0, 0.3), target, [], domain, others={"u": u})


def test_discrete_time_counts_steps():
    system = System(lambda x, y: (x / 2 + y / 4, y / 2 - x / 4), states="x y", time="discrete")
    target, unsafe, domain = disc("1/4"), [where("x - 3")], disc(4)
    result = reach_avoid(system, disc(2), target, unsafe, domain, degree=2)
    assert result.status is ControlStatus.PROVEN, result.error
    assert f"within {result.duration} steps" in result.conclusion
    check_by_simulation(system, result, ring(0, 0, 2.0), target, unsafe, domain)
    whole = reach_avoid(system, disc(2), target, degree=2)
    assert whole.conclusion.startswith(
        f"every trajectory from the initial set reaches the target within {whole.duration}"
    )


def test_a_start_in_the_target_is_there_at_once():
    result = reach_avoid(SPIRAL, disc("3/10"), disc("1/2"), domain=disc(2))
    assert result.status is ControlStatus.PROVEN, result.error
    assert result.duration == 0


def test_an_empty_initial_set_is_told():
    result = reach_avoid(SPIRAL, where("-1 - x^2"), disc("1/2"), domain=disc(2))
    assert result.members == (None,)
    assert "no point of some set was found" in result.explain()
    assert "not empty" not in (result.conclusion or "")


def test_sets_that_meet_refute():
    result = reach_avoid(SPIRAL, disc(1), disc("1/2"), [disc("1/4", 3), disc(1, -1)], disc(4))
    assert result.status is ControlStatus.REFUTED
    assert disc(1, -1).contains(result.meeting)
    assert "unsafe[1]" in result.error


UNDECIDED = {
    "a target that is empty": ((disc(1), where("-1 - x^2")), {"domain": disc(2)}, "no point of the target"),
    "a target elsewhere": ((disc(1), disc("1/9", 5)), {"domain": disc(2)}, "take a larger one"),
    "starts outside": ((disc(1, 2), disc("1/2")), {"domain": disc(2)}, "outside; take a larger domain"),
    "starts at the edge": ((disc(1, 1), disc("1/2")), {"domain": disc(2)}, "no V of degree 2"),
    "an unbounded domain": ((disc("1/3", 1), disc("1/2")), {"domain": where("x + 2")}, "r^2 - |x|^2 >= 0"),
    "a rest outside of the target": ((disc("1/3"), disc("1/5", 1)), {"domain": disc(2)}, "no V of degree 2"),
}


@pytest.mark.parametrize("name", UNDECIDED)
def test_what_cannot_be_shown(name):
    sets, options, reason = UNDECIDED[name]
    result = reach_avoid(SPIRAL, *sets, **options, degree=2)
    assert result.status is ControlStatus.UNDECIDED
    assert result.certificate is None
    assert reason in result.error


def test_inputs_without_a_set_are_named():
    system = System(lambda x, y, u: (-x + y, -x - y + u), states="x y", inputs="u")
    result = reach_avoid(system, disc("1/3", 1), disc("1/2"), domain=disc(2), degree=2)
    assert result.status is ControlStatus.UNDECIDED
    assert result.error.startswith("u: no set is given")


BAD = [
    ({"target": SemialgebraicSet([], [Polynomial.parse("x")])}, "target: got equalities"),
    ({"domain": SemialgebraicSet([], [Polynomial.parse("x")])}, "domain: got equalities"),
    ({"target": SemialgebraicSet()}, "target: got the whole space"),
    ({"domain": None}, "domain: got none, wanted a bounded set"),
    ({"initial": where("z")}, "initial: got the variable 'z'"),
    ({"unsafe": [where("z")]}, r"unsafe\[0\]: got the variable 'z'"),
    ({"degree": 0}, "degree: got 0"),
    ({"rate": -1}, "rate: got -1"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_input(change, message):
    given = {"initial": disc(1), "target": disc("1/2"), "unsafe": [], "domain": disc(2), **change}
    with pytest.raises(ValueError, match=message):
        reach_avoid(SPIRAL, **given)
