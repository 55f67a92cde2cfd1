"""Barriers: sets that trajectories cannot leave for others, and sets that meet."""

from fractions import Fraction

import numpy as np
import pytest
from control_cases import check_file, simulate, values

from nsos_jax import Polynomial
from nsos_jax.control import ControlStatus, System, barrier
from nsos_jax.programs import SemialgebraicSet


def disc(x, y, radius):
    """Around a point, with exact numbers."""
    return SemialgebraicSet.ball(["x", "y"], radius, {"x": x, "y": y})


def inward(x, y):
    return -x + y, -x - y


def test_a_barrier_separates_and_holds():
    result = barrier(System(inward, states="x y"), disc(0, 0, 1), [disc(3, 0, 1), disc(0, 3, 1)], degree=2)
    assert result.status is ControlStatus.PROVEN, result.error
    assert result.conclusion.startswith("no trajectory from the initial set reaches an unsafe set")
    assert all(point is not None for point in result.members)
    angles = np.linspace(0, 2 * np.pi, 100)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    assert (values(result.function, ("x", "y"), circle) <= 1e-9).all()
    assert (values(result.function, ("x", "y"), circle + np.array([3, 0])) >= 1 - 1e-9).all()
    along = values(result.function, ("x", "y"), simulate(inward, (1, 0)))
    assert (np.diff(along) <= 1e-12).all()
    check_file(result)


def test_sets_that_meet_are_found_first():
    result = barrier(System(inward, states="x y"), disc(0, 0, 1), [disc(5, 5, 1), disc(1, 1, 1)])
    assert result.status is ControlStatus.REFUTED
    point = result.meeting
    assert disc(0, 0, 1).contains(point)
    assert disc(1, 1, 1).contains(point)
    assert "unsafe[1]" in result.error


def test_sets_that_meet_outside_of_the_domain_refute_nothing():
    """No trajectory from [0, 4] that stays in x <= 2 gets to x >= 3: true, though [3, 4] is in both sets."""
    parts = [SemialgebraicSet([Polynomial.parse(text)]) for text in ("x*(4 - x)", "x - 3", "2 - x")]
    result = barrier(System(lambda x: (-x,), states="x"), *parts, degree=2)
    assert result.status is ControlStatus.UNDECIDED
    assert "outside of the domain" in result.error
    step = System(lambda x: (x / 2,), states="x", time="discrete")
    assert barrier(step, *parts, degree=2).status is ControlStatus.REFUTED


def test_a_domain_without_initial_states_is_told():
    """Of x' = 1 from [0, 1] to [2, 3] all is true on [5, 6], where nothing starts."""
    parts = [SemialgebraicSet([Polynomial.parse(f"(x - {a})*({a + 1} - x)")]) for a in (0, 2, 5)]
    result = barrier(System(lambda x: (1 + 0 * x,), states="x"), *parts, degree=2)
    assert result.members == (None, None)
    assert "empty" not in (result.conclusion or "")
    assert result.empty == (True, True)
    assert "no point of the initial set is in the domain, as was proven" in result.explain()


def test_no_barrier_where_trajectories_arrive():
    result = barrier(System(lambda x, y: (1 + 0 * x, 0 * y), states="x y"), disc(0, 0, 1), disc(4, 0, 1), degree=4)
    assert result.status is ControlStatus.UNDECIDED
    assert result.conclusion is None


def test_an_empty_set_is_pointed_at():
    empty = SemialgebraicSet([Polynomial.parse("-1 - x^2")])
    result = barrier(System(inward, states="x y"), disc(0, 0, 1), empty, degree=2)
    assert result.members[1] is None
    assert "none of these sets is empty" not in (result.conclusion or "")
    assert result.empty == (False, True)
    assert "no point of the unsafe set is in the domain, as was proven" in result.explain()


def test_a_domain_and_a_rate():
    """Of x' = x B = x grows, but only at the rate 1, so that it stays negative."""
    system = System(lambda x, y: (-x + y**3, -y), states="x y")
    box = SemialgebraicSet.box({"x": (-3, 3), "y": (-3, 3)})
    unsafe = SemialgebraicSet([Polynomial.parse("x - 2")])
    result = barrier(system, disc(0, 0, 1), unsafe, box, degree=4)
    assert result.status is ControlStatus.PROVEN, result.error
    assert "that stays in the domain" in result.conclusion
    rated = barrier(System(lambda x: (x,), states="x"), *line(), degree=1, rate=1)
    assert rated.status is ControlStatus.PROVEN


def line():
    """x <= -1 and x >= 1."""
    return SemialgebraicSet([Polynomial.parse("-1 - x")]), SemialgebraicSet([Polynomial.parse("x - 1")])


def test_discrete_time_with_a_disturbance():
    """x+ = (x + y) / 2, y+ = d y with |d| <= 1/2: the disturbance is a signal."""
    system = System(
        lambda x, y, d: (x / 2 + y / 2, d * y),
        states="x y",
        inputs="d",
        uncertain=SemialgebraicSet.box({"d": (Fraction(-1, 2), Fraction(1, 2))}),
        time="discrete",
    )
    result = barrier(system, disc(0, 0, 1), disc(4, 0, 1), degree=2)
    assert result.status is ControlStatus.PROVEN, result.error
    assert "signals d in the uncertain set" in result.conclusion


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"unsafe": []}, "wanted one or more"),
        ({"unsafe": SemialgebraicSet([Polynomial.parse("z - 1")])}, "unsafe"),
        ({"degree": 0}, "degree"),
        ({"rate": "z"}, "rate"),
    ],
)
def test_bad_questions_are_named(arguments, message):
    given = {"initial": disc(0, 0, 1), "unsafe": disc(4, 0, 1)} | arguments
    with pytest.raises(ValueError, match=message):
        barrier(System(inward, states="x y"), **given)


def test_a_linear_barrier_needs_a_rate_and_gets_one():
    """No linear B falls everywhere around an equilibrium."""
    system = System(lambda x, y: (y, -2 * x - 3 * y), states="x y")
    sets = disc(1, 1, Fraction(1, 4)), disc(-1, -1, Fraction(1, 4)), disc(0, 0, 3)
    assert barrier(system, *sets, degree=1, rate=0).status is ControlStatus.UNDECIDED
    result = barrier(system, *sets, degree=1)
    assert result.status is ControlStatus.PROVEN
    check_file(result)


def test_uncertain_sets_that_are_empty_are_refused():
    u = Polynomial.parse("u")
    system = System(lambda x, u: (u * x,), states="x", inputs="u", uncertain=SemialgebraicSet([-1 - u**2]))
    with pytest.raises(ValueError, match="uncertain: no values of u are in the set, as was proven"):
        barrier(system, SemialgebraicSet([1 - Polynomial.parse("x") ** 2]), SemialgebraicSet([Polynomial.parse("x")]))
