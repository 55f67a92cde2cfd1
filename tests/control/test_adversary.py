"""Adversaries: every number of a proof changed a little, and systems for which the conclusions are false."""

import json
from fractions import Fraction

import numpy as np
import pytest

from nsos_jax import Polynomial, SemialgebraicSet, control
from nsos_jax.certificates import Certificate, InvalidCertificate
from nsos_jax.control import ControlStatus, System

X, Y = Polynomial.parse("x"), Polynomial.parse("y")
DISC = SemialgebraicSet.ball("x y", 1)


def lyapunov():
    return control.lyapunov(System(lambda x, v, k: (v, -k * x - v), states="x v", parameters={"k": (1, 2)}))


def region():
    return control.region_of_attraction(System(lambda x, y: (-x + x**3, -y + x * y), states="x y"), V="x^2 + y^2")


def pendulum():
    system = System(lambda th, w: (w, -control.sin(th) - w / 2), states="th w", angles="th")
    return control.region_of_attraction(system, iterations=0)


def barrier():
    return control.barrier(System(lambda x, y: (-x + y, -x - y), states="x y"), DISC, SemialgebraicSet([X - 2]))


def gain():
    return control.l2_gain(System(lambda x, v, u: (v, -x - v + u), states="x v", inputs="u"), "x")


def radius():
    return control.joint_spectral_radius([[["1/2", 1], [0, "1/2"]], [[0, -1], ["1/4", 0]]], 2)


EVIDENCE = ("members", "member", "denominators", "denominator_bounds")
"""Other points and bounds may be right as well, and a constant denominator is a change of the unit of time."""


def numbers(value, path=()):
    """The places of all numbers in text, but those of members."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key not in EVIDENCE:
                yield from numbers(part, (*path, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from numbers(part, (*path, index))
    elif isinstance(value, str) and value.lstrip("-").replace("/", "").isdecimal():
        yield path


def changed(record, path, step):
    """The record with one number moved."""
    other = json.loads(json.dumps(record))
    place = other
    for key in path[:-1]:
        place = place[key]
    value = Fraction(place[path[-1]])
    place[path[-1]] = str(value + step if path[-1] != "denominator" else value + 1)
    return other


@pytest.mark.parametrize("proven", [lyapunov, region, pendulum, barrier, gain, radius])
def test_no_number_of_a_proof_can_be_changed(proven):
    """Each number is in an identity of polynomials, which holds exactly or not at all."""
    result = proven()
    assert result.status is ControlStatus.PROVEN, result.error
    record = json.loads(result.certificate.to_json())
    places = list(numbers(record))
    assert len(places) > 15
    rng = np.random.default_rng(0)
    kept = []
    for path in [places[k] for k in rng.permutation(len(places))[:40]]:
        for step in (Fraction(1, 10**9), -Fraction(1, 10**9)):
            try:
                Certificate.from_dict(changed(record, path, step)).verify()
            except InvalidCertificate:
                continue
            kept.append(path)
    assert kept == []


LOCAL = {
    "cubic": System(lambda x, y: (-x + x**3, -y), states="x y"),
    "far equilibrium": System(lambda x, y: (-x + x**2 / 100, -y), states="x y"),
    "limit cycle": System(lambda x, y: (-y, x + (x**2 - 1) * y), states="x y"),
    "finite escape": System(lambda x, y: (-x + x**2 * y, -y), states="x y"),
    "a parameter makes it so": System(lambda x, y, k: (-x + k * x**3, -y), states="x y", parameters={"k": (-1, "1/9")}),
    "one of two modes": System([lambda x, y: (-x, -y), lambda x, y: (-x + x**3 / 50, -y)], states="x y"),
    "discrete": System(lambda x, y: (x / 2 + x**2 / 100, y / 2), states="x y", time="discrete"),
}
"""Stable, but not globally."""


@pytest.mark.parametrize("name", LOCAL)
def test_what_holds_near_the_equilibrium_is_not_concluded_everywhere(name):
    system = LOCAL[name]
    result = control.lyapunov(system)
    assert result.status is ControlStatus.UNDECIDED, result.conclusion
    near = control.lyapunov(system, on=SemialgebraicSet.ball("x y", Fraction(1, 2)))
    assert near.is_asymptotic
    assert "locally" in near.conclusion


UNSTABLE = {
    "saddle": System(lambda x, y: (x + y**2, -y), states="x y"),
    "slow": System(lambda x, y: (x / 10**6 - x**3, -y), states="x y"),
    "nonlinear": System(lambda x, y: (x**3, -y), states="x y"),
    "focus": System(lambda x, y: (-y + x * (x**2 + y**2), x + y * (x**2 + y**2)), states="x y"),
    "switching": System(
        [lambda x, y: (-x / 10 + y, -x / 10 * 100 - y / 10), lambda x, y: (-x / 10 + 10 * y, -x - y / 10)], "x y"
    ),
    "a parameter makes it so": System(lambda x, y, k: (k * x, -y), states="x y", parameters={"k": (-1, "1/100")}),
    "discrete": System(lambda x, y: (x + x**3, y / 2), states="x y", time="discrete"),
}
"""Switching between two stable foci, one long in x and one in y, may drive the state away."""


@pytest.mark.parametrize("name", UNSTABLE)
def test_unstable_equilibria_get_no_proof(name):
    system = UNSTABLE[name]
    small = SemialgebraicSet.ball("x y", Fraction(1, 100))
    for ask in (control.lyapunov, lambda s: control.lyapunov(s, on=small)):
        result = ask(system)
        assert result.status is not ControlStatus.PROVEN, result.conclusion
        assert result.certificate is None


def test_barriers_and_gains_that_do_not_exist():
    away = System(lambda x, y: (x, -y), states="x y")
    assert control.barrier(away, DISC, SemialgebraicSet([X - 2]), degree=4).status is ControlStatus.UNDECIDED
    oscillator = System(lambda x, v, u: (v, -x + u), states="x v", inputs="u")
    assert control.l2_gain(oscillator, "x", 4).status is ControlStatus.UNDECIDED
    assert control.dissipation(System(lambda x, u: (x + u,), states="x", inputs="u"), "u*x").status is (
        ControlStatus.UNDECIDED
    )
