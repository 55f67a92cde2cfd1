"""Certificates about systems: what they conclude, and what is refused, with the place and the reason."""

import json
import random
from typing import Any

import numpy as np
import pytest
from certificate_examples import example
from control_examples import TEXTS, known_set, terms

from nsos_jax.certificates import (
    BarrierCertificate,
    Certificate,
    DissipationCertificate,
    Identity,
    InvalidCertificate,
    JointSpectralRadiusCertificate,
    LyapunovCertificate,
    RegionOfAttractionCertificate,
    StatedSystem,
)
from nsos_jax.certificates.data import aligned_terms
from nsos_jax.certificates.expansion import Work
from nsos_jax.certificates.kinds.control.derived import composed, lie_derivative
from nsos_jax.polynomials import Polynomial

CONCLUSIONS = {
    "lyapunov": "the origin is globally asymptotically stable",
    "lyapunov on a domain": "the origin is locally asymptotically stable, for all signals k in the uncertain set; "
    "it is not claimed that the domain is attracted",
    "lyapunov of a pendulum": "(s, c, w) = (0, 1, 0) is stable and all trajectories are bounded, for states with "
    "s^2 + c^2 = 1; they approach the largest invariant set in {decrease = 0}",
    "lyapunov of a switched map": "the origin is globally asymptotically stable, for all signals k in the uncertain "
    "set (not shown to be nonempty), under arbitrary switching between 2 modes, and V falls to at most 1/4 V in each "
    "step",
    "lyapunov of a rational system": "x = 1 is globally asymptotically stable, for all constant p",
    "region_of_attraction": "{V <= 1/2} is compact, invariant and attracted to the origin; it contains {shape <= 1}",
    "region_of_attraction up to equilibria": "{V < 1} is bounded, invariant and attracted to the origin",
    "region_of_attraction of a map": "{V <= 1/4} is compact, invariant and attracted to the origin, and V falls to at "
    "most 1/4 V in each step",
    "barrier": "no trajectory from the initial set reaches an unsafe set, for all signals d in the uncertain set; none "
    "of these sets is empty",
    "barrier of a map": "no trajectory from the initial set that stays in the domain reaches the unsafe set, for all "
    "constant p in the uncertain set (not shown to be nonempty)",
    "reach_avoid": "every trajectory from the initial set reaches the target within time 5, and meets no unsafe set "
    "and stays in the domain until then, for all signals d in the uncertain set; the domain meets all these sets",
    "reach_avoid of a map": "every trajectory from the initial set reaches the target within 21 steps, and meets no "
    "unsafe set and stays in the domain until then; none of these sets is empty, and the domain meets the initial set",
    "reach_avoid of two modes": "every trajectory from the initial set reaches the target within time 5/2, and stays "
    "in the domain until then, under arbitrary switching between 2 modes",
    "dissipation": "the L2 gain from u to the outputs is at most 1 from rest at the origin, as long as "
    "the state exists, for all signals u",
    "dissipation with a supply rate": "the system is dissipative with respect to the supply rate w, with the storage "
    "function V while the state stays in the domain, for all signals u",
    "dissipation of a map": "the system is dissipative with respect to the supply rate w, with the storage function V, "
    "for all signals u",
    "state_feedback": "with u = -2*x, which is in the input set: {V <= 1} is compact, invariant and attracted to the "
    "origin",
    "state_feedback and a barrier": "with u = -x, which is in the input set along trajectories from the initial set: "
    "no trajectory from the initial set reaches an unsafe set, for all signals d in the uncertain set; none of these "
    "sets is empty",
    "state_feedback and a target": "with u = 1, v = 1, which are in the input set until the target is reached: every "
    "trajectory from the initial set reaches the target within time 5/2, and stays in the domain until then, under "
    "arbitrary switching between 2 modes",
    "state_feedback without bounds": "with u = -y^3 - x: the origin is globally asymptotically stable",
    "joint_spectral_radius": "the joint spectral radius of 2 matrices is at most 1",
    "joint_spectral_radius of one number": "the joint spectral radius of the matrix is at most 1/2",
}


@pytest.mark.parametrize("name", TEXTS)
def test_conclusions(name):
    certificate = Certificate.from_json(TEXTS[name])
    assert certificate.verify() == f"{certificate.kind}: {certificate.conclusion}"
    assert certificate.conclusion == CONCLUSIONS[name]
    assert json.loads(certificate.to_json()) == example(name)


LOCAL, PENDULUM, SWITCHED = "lyapunov on a domain", "lyapunov of a pendulum", "lyapunov of a switched map"
OPEN = "region_of_attraction up to equilibria"
RATIONAL, REGION, REGION_MAP = "lyapunov of a rational system", "region_of_attraction", "region_of_attraction of a map"
BARRIER_MAP, SUPPLY, MATRIX = "barrier of a map", "dissipation with a supply rate", "joint_spectral_radius"
EMPTY = {"blocks": [], "cofactors": []}
XY, XK, SCW, XD = "x y", "x k", "s c w", "x d"

TAMPERED: list[tuple[str, str, Any, str]] = [
    # the system
    ("lyapunov", "system.states", ["y", "x"], "system.states: expected one or more, the first of the variables"),
    ("lyapunov", "system.states", ["x"], r"system.modes\[0\]: expected 1 items, got 2"),
    ("lyapunov", "system.time", "hybrid", "system.time: expected continuous or discrete, got 'hybrid'"),
    ("lyapunov", "system.time", "discrete", r"identities.decrease\[0\].*: expected"),
    ("lyapunov", "system.modes", [], "system.denominators: expected 0 items, got 1"),
    ("lyapunov", "system.denominators.0", [], r"system.denominators\[0\]: expected a positive number, got 0"),
    ("lyapunov", "system.denominators.0", terms("-1", XY), r"denominators\[0\]: expected a positive number, got -1"),
    ("lyapunov", "system.denominators.0", terms("x^2 + 1", XY), "denominator_bounds: expected 1 numbers, one for each"),
    ("lyapunov", "system.modes.0.0", terms("-x + y + 1", XY), r"equilibrium: expected system.modes\[0\]\[0\] to be 0"),
    (
        "lyapunov",
        "system.modes.0.0",
        terms("x + y", XY),
        r"f - decrease of identities.decrease\[0\]\[\d\], x\^2: .* got -3",
    ),
    (
        "lyapunov",
        "system.uncertain.inequalities",
        [terms("x", XY)],
        "system.uncertain.inequalities.0.: expected a poly",
    ),
    ("lyapunov", "system.ideal", [terms("x", XY)], r"system.tangency\[0\]: expected 1 items, got 0"),
    (
        LOCAL,
        "system.uncertain.member",
        ["2"],
        r"system.uncertain.member: expected inequalities\[1\] >= 0 there, it is -1",
    ),
    (LOCAL, "system.uncertain.member", [], "system.uncertain.member: expected 1 items, got 0"),
    (PENDULUM, "system.ideal.0", terms("s^2 + 2*c^2 - 2", SCW), r"system.tangency\[0\]\[0\]: expected mu with grad h"),
    (PENDULUM, "system.tangency.0.0", terms("w", SCW), r"system.tangency\[0\]\[0\]: expected mu with grad h"),
    (PENDULUM, "system.ideal.0", terms("s^2 + c^2 - 4", SCW), r"equilibrium: expected system.ideal\[0\] = 0 there"),
    (SWITCHED, "system.denominators.1", terms("2", XK), r"system.denominators\[1\]: expected 1, for time is discrete"),
    (
        SWITCHED,
        "system.modes.1.0",
        terms("k", XK),
        r"equilibrium: expected system.modes\[1\]\[0\] to be the state itself",
    ),
    (SWITCHED, "system.modes.1.0", terms("2*k*x", XK), r"identities.decrease\[1\]"),
    # the equilibrium, V and its margins
    ("lyapunov", "equilibrium", ["1", "0"], "equilibrium: expected system.modes"),
    ("lyapunov", "equilibrium", None, "equilibrium: expected one number for each state, got None"),
    ("lyapunov", "equilibrium", ["0"], "equilibrium: expected 2 items, got 1"),
    ("lyapunov", "V", [], "V: expected a polynomial that is not zero"),
    ("lyapunov", "V", terms("x^2 + y^2 + 1", XY), "V: expected the value 0 at the equilibrium"),
    ("lyapunov", "V", terms("x^2", XY), r"V - positive of identities.positive\[0\]"),
    ("lyapunov", "V", terms("-x^2 - y^2", XY), r"V - positive of identities.positive\[0\]"),
    ("lyapunov", "V", terms("x^2 + 2*y^2", XY), "identities.positive"),
    (RATIONAL, "V", terms("x^2 - 2*x + 1 + p^2", "x p"), "V: expected the value 0 at the equilibrium, for all"),
    (RATIONAL, "equilibrium", ["0"], r"equilibrium: expected system.modes\[0\]\[0\] to be 0 there"),
    ("lyapunov", "positive", [["1", 0, 2]], "positive: expected a power of every state, that of 1 is missing"),
    ("lyapunov", "positive", [], "positive: expected a power of every state, that of 0 is missing"),
    ("lyapunov", "positive.0.0", "0", r"positive\[0\]: expected a positive coefficient, got 0"),
    ("lyapunov", "positive.0.0", "-1", r"positive\[0\]: expected a positive coefficient, got -1"),
    ("lyapunov", "positive.0.1", 2, r"positive\[0\]: expected a state from 0 to 1, got 2"),
    ("lyapunov", "positive.0.1", True, r"positive\[0\]: expected the index of a state and an exponent, got True"),
    ("lyapunov", "positive.0.2", 3, r"positive\[0\]: expected an even exponent of at least 2, got 3"),
    ("lyapunov", "positive.0.2", 0, r"positive\[0\]: expected an even exponent of at least 2, got 0"),
    ("lyapunov", "positive.1.1", 0, "positive: expected distinct powers, one appears twice"),
    ("lyapunov", "decrease.0.0", "-1", r"decrease\[0\]: expected a positive coefficient, got -1"),
    ("lyapunov", "decrease.0.0", "2", r"identities.decrease\[0\]"),
    ("lyapunov", "rate", "0", "rate: expected a positive number, got 0"),
    ("lyapunov", "rate", "1", r"identities.decrease\[0\]"),
    (SWITCHED, "rate", "5/4", "rate: expected a positive number up to 1, got 5/4"),
    (
        LOCAL,
        "domain.inequalities.0",
        terms("-2*x^2", XK),
        r"at the equilibrium: expected inequalities\[0\] > 0 there, it",
    ),
    (LOCAL, "domain.inequalities.0", terms("1 - k", XK), r"domain.inequalities\[0\]: expected a polynomial in states"),
    (LOCAL, "domain.equalities", [terms("x", XK)], "domain: expected a neighbourhood of the equilibrium, without"),
    (LOCAL, "domain", None, r"blocks\[1\].multiplier: expected -1 or the index of a product up to 1, got 2"),
    (LOCAL, "identities.decrease.0.blocks.0.multiplier", 1, r"identities.decrease\[0\]"),
    # denominators
    (RATIONAL, "denominator_bounds", [], "denominator_bounds: expected 1 numbers, one for each denominator"),
    (RATIONAL, "denominator_bounds", ["0"], r"denominator_bounds\[0\]: expected a positive number, got 0"),
    (RATIONAL, "denominator_bounds", ["2"], r"denominator - bound of identities.denominators\[0\]"),
    (RATIONAL, "identities.denominators", [], r"identities.denominators\[0\]: expected an identity of denominator"),
    # identities
    (
        "lyapunov",
        "identities.decrease",
        [],
        r"identities.decrease\[0\]: expected an identity of -grad V . f - decrease",
    ),
    ("lyapunov", "identities.positive", [EMPTY, EMPTY], "identities.positive: expected 1, got 2"),
    ("lyapunov", "identities.denominators", [EMPTY], "identities.denominators: expected 0, got 1"),
    ("lyapunov", "identities.inclusion", [], "identities: expected only the keys positive, decrease, denominators"),
    ("lyapunov", "identities.decrease.0.blocks.0.gram.0.2", "-1", r"identities.decrease\[0\]"),
    (PENDULUM, "identities.positive.0.cofactors", [], r"positive\[0\].cofactors: expected 1, one for each equality"),
    (SWITCHED, "identities.decrease", [EMPTY], r"identities.decrease\[1\]: expected an identity of V - V\(f\) - rate"),
    # regions of attraction
    (REGION, "level", "1", r"identities.decrease\[0\]"),
    (REGION, "level", "0", "level: expected a positive number, got 0"),
    (REGION, "level", "-1/2", "level: expected a positive number, got -1/2"),
    (REGION, "decrease", [], "decrease: expected a power of every state, that of 0 is missing"),
    (REGION, "shape_level", "3", r"level - V of identities.inclusion\[0\]"),
    (REGION, "shape_level", None, "shape_level: expected a number as a string"),
    (REGION, "shape", None, "shape_level: expected null, as shape is, got '1'"),
    (REGION, "identities.inclusion", [], r"identities.inclusion\[0\]: expected an identity of level - V, got none"),
    (REGION_MAP, "identities.inclusion", [EMPTY], "identities.inclusion: expected 0, got 1"),
    (REGION_MAP, "rate", None, "decrease: expected a power of every state"),
    (REGION_MAP, "level", "1", r"identities.decrease\[0\]"),
    (OPEN, "level", "2", r"\(level - V\) \* decrease of identities.decrease\[0\]"),
    (OPEN, "open", False, r"identities.decrease\[0\]"),
    (OPEN, "open", 1, "open: expected true or false, got 1"),
    (REGION, "open", True, "shape: expected none of an open region"),
    # barriers
    ("barrier", "epsilon", "0", "epsilon: expected a positive number, got 0"),
    ("barrier", "epsilon", "4", r"B - epsilon of identities.unsafe\[0\]"),
    ("barrier", "unsafe", [], "members: expected 1 items, got 3"),
    ("barrier", "B", terms("x^2 - 1/8", XD), r"-B of identities.initial\[0\]"),
    ("barrier", "B", [], "-B of identities|identities.initial"),
    ("barrier", "rate", [], r"identities.decrease\[0\]"),
    ("barrier", "initial.inequalities.0", terms("4 - x^2", XD), r"identities.initial\[0\]"),
    (
        "barrier",
        "initial.inequalities.0",
        terms("d", XD),
        r"initial.inequalities\[0\]: expected a polynomial in states",
    ),
    (
        "barrier",
        "unsafe.1.inequalities.0",
        terms("x", XD),
        r"members\[2\], of unsafe\[1\]: expected inequalities\[0\] >=",
    ),
    ("barrier", "unsafe.1", known_set(XD), r"identities.unsafe\[1\].blocks\[2\].multiplier|identities.unsafe"),
    ("barrier", "members.0", ["1"], r"members\[0\], of initial: expected inequalities\[0\] >= 0 there, it is -3/4"),
    ("barrier", "members.0", ["1", "0"], r"members\[0\]: expected 1 items, got 2"),
    ("barrier", "members", [None], "members: expected 3 items, got 1"),
    ("barrier", "identities.unsafe", [EMPTY], r"identities.unsafe\[0\]"),
    ("barrier", "system.modes.0.0", terms("x + d", XD), r"identities.decrease\[0\]"),
    (
        "barrier",
        "domain",
        known_set(XD, ("1 - x^2",)),
        r"members\[1\], of unsafe\[0\]: in the domain: expected inequalities\[0\] >= 0 there, it is -3",
    ),
    (
        BARRIER_MAP,
        "domain.inequalities.0",
        terms("x - 1", "x p"),
        r"members\[0\], of initial: in the domain: expected inequalities\[0\] >= 0 there, it is -1",
    ),
    (BARRIER_MAP, "rate", terms("1", "x p"), "rate: expected the zero polynomial, for time is discrete"),
    (BARRIER_MAP, "system.modes.0.0", terms("2*x", "x p"), r"B - B\(f\) of identities.decrease\[0\]"),
    # dissipation
    ("dissipation", "gain_squared", "1/2", r"w - grad V . f of identities.dissipation\[0\]"),
    ("dissipation", "gain_squared", "-1", "gain_squared: expected a positive number, got -1"),
    ("dissipation", "gain_squared", None, "supply, gain_squared: expected one of them, the other null"),
    ("dissipation", "supply", [], "supply, gain_squared: expected one of them, the other null"),
    ("dissipation", "outputs", [], "inputs, outputs: expected one or more of each for a gain"),
    ("dissipation", "inputs", [], r"equilibrium: expected system.modes\[0\]\[0\] to be 0 there"),
    ("dissipation", "inputs", ["x"], r"inputs\[0\]: expected a variable that is no state, got 'x'"),
    ("dissipation", "inputs", ["u", "u"], "inputs: expected distinct names, one appears twice"),
    ("dissipation", "inputs", ["w"], r"inputs\[0\]: expected a variable that is no state, got 'w'"),
    ("dissipation", "V", terms("x^2 + u^2", "x u"), "V: expected a polynomial in what is no input, got one with 'u'"),
    ("dissipation", "V", terms("x^2 + 1", "x u"), "V: expected the value 0 at the equilibrium"),
    ("dissipation", "V", terms("-x^2", "x u"), r"V of identities.positive\[0\]"),
    (SUPPLY, "outputs", [terms("x", "x u")], "outputs: expected none with a supply rate"),
    (SUPPLY, "supply", terms("u*x - 2*x^2", "x u"), r"identities.dissipation\[0\]"),
    (SUPPLY, "domain.inequalities.0", terms("u", "x u"), r"domain.inequalities\[0\]: expected a polynomial in states"),
    (
        SUPPLY,
        "domain.inequalities.0",
        terms("x - 1", "x u"),
        r"domain: at the equilibrium: expected inequalities\[0\] >= 0 there, it is -1",
    ),
    (SUPPLY, "denominator_bounds.0", "3/2", r"identities.denominators\[0\]"),
    # matrices
    (MATRIX, "bound", "1/2", r"bound\^2 V - V\(A_1 x\) of identities.decrease\[0\]"),
    (MATRIX, "bound", "0", "bound: expected a positive number, got 0"),
    (MATRIX, "positive", "0", "positive: expected a positive number, got 0"),
    (MATRIX, "positive", "2", r"V - positive \* sum x_i\^2 of identities.positive\[0\]"),
    (MATRIX, "matrices.0.0.1", "2", r"identities.decrease\[0\]"),
    (MATRIX, "matrices.0.0", ["1/2"], r"matrices\[0\]\[0\]: expected 2 items, got 1"),
    (MATRIX, "matrices", [], "matrices: expected one or more, not empty"),
    (MATRIX, "V", terms("x^2 + 4*y^2 + x*y^3", XY), "V: expected a form of even, positive degree"),
    (MATRIX, "V", terms("x^3 + y^3", XY), "V: expected a form of even, positive degree"),
    (MATRIX, "V", [], "V: expected a form of even, positive degree"),
    (MATRIX, "identities.decrease", [EMPTY], r"identities.decrease\[0\]"),
]


def put(record: Any, path: str, value: Any) -> None:
    *keys, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    for key in keys:
        record = record[key]
    record[last] = value


@pytest.mark.parametrize(("name", "path", "value", "message"), TAMPERED)
def test_tampered_certificates_are_refused(name, path, value, message):
    record = example(name)
    put(record, path, value)
    with pytest.raises(InvalidCertificate, match=message):
        Certificate.from_dict(record).verify()


def test_the_claim_shrinks_with_the_evidence():
    """What is not shown is not said: no definite decrease, time-varying signals, switching, points that are missing."""
    record = example("lyapunov")
    record["decrease"] = [["1", 0, 2]]
    block = {"multiplier": -1, "basis": [[1, 0], [0, 2]], "denominator": "1", "gram": [[0, 0, "1"], [1, 1, "2"]]}
    record["identities"]["decrease"] = [{"blocks": [block], "cofactors": []}]
    weaker = Certificate.from_dict(record)
    weaker.verify()
    assert weaker.conclusion == (
        "the origin is stable and all trajectories are bounded; they approach the largest invariant set in "
        "{decrease = 0}"
    )
    record["decrease"], block["gram"][0][2] = [], "2"
    assert "approach" not in Certificate.from_dict(record).verify()
    record = example(PENDULUM)
    record["variables"].append("d")
    lengthen(record)
    record["system"]["uncertain"]["member"] = ["0"]
    assert Certificate.from_dict(record).verify().endswith("bounded, for all signals d, for states with s^2 + c^2 = 1")
    record = example("barrier")
    record["members"][2] = None
    assert "empty" not in Certificate.from_dict(record).verify()
    record["unsafe"], record["members"] = [], [None]
    with pytest.raises(InvalidCertificate, match="unsafe: expected one or more sets, got none"):
        Certificate.from_dict(record).verify()


def test_domains_without_initial_or_unsafe_states_are_told():
    """In the first domain there is no unsafe state; in discrete time the last step may reach one from there."""
    domain = known_set(XD, ("9 - x^2",))
    record = example("barrier")
    record["domain"] = domain
    shift_multipliers(record["identities"]["decrease"])
    assert Certificate.from_dict(record).verify().endswith("the domain meets all these sets")
    record["domain"] = known_set(XD, ("1 - x^2",))
    record["members"][1:] = [None, None]
    told = Certificate.from_dict(record).verify()
    assert "meets" not in told
    assert "empty" not in told
    record = example(BARRIER_MAP)
    record["members"] = [["0"], ["5"]]
    told = Certificate.from_dict(record).verify()
    assert told.endswith("none of these sets is empty, and the domain meets the initial set")


def shift_multipliers(identities: Any) -> None:
    """For a domain of one inequality before the uncertain set."""
    for block in (block for one in identities for block in one["blocks"]):
        block["multiplier"] += block["multiplier"] >= 0


def lengthen(value: Any) -> None:
    """One variable more, of exponent 0, in all polynomials and bases of a record with three."""
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(item, list) and len(item) == 3 and all(type(power) is int for power in item):
            item.append(0)
        else:
            lengthen(item)


def test_parameters_in_v_are_constant():
    """V = (1 + p^2) x^2 shows nothing where p changes, so the conclusion says that it does not."""
    names = ("x", "p")
    parse = Polynomial.parse
    stated = StatedSystem.create(names, ["x"], "continuous", [([parse("-x")], parse("1"))])
    basis = np.array([[1, 0], [1, 1]])
    rest = Identity.create(names, [(-1, (basis[1:], np.array([[1]]), 1))])
    fall = Identity.create(names, [(-1, (basis, np.array([[1, 0], [0, 2]]), 1))])
    certificate = LyapunovCertificate.create(
        stated,
        [0],
        parse("x^2 + p^2*x^2"),
        [(1, "x", 2)],
        [(1, "x", 2)],
        identities={"positive": rest, "decrease": [fall]},
    )
    assert certificate.verify() == "lyapunov: the origin is globally asymptotically stable, for all constant p"
    assert certificate.function == parse("x^2 + p^2*x^2")
    assert certificate.equilibrium == (0,)


def test_create_makes_the_examples():
    """From polynomials, with products and zero tangency by default."""
    parse, half = Polynomial.parse, np.array([[1]])
    stated = StatedSystem.create(["x"], ["x"], "continuous", [([parse("x^3 - x")], parse("1"))])
    one, line = np.array([[0]]), np.array([[1]])
    made = RegionOfAttractionCertificate.create(
        stated,
        [0],
        parse("x^2"),
        [(1, "x", 2)],
        [(1, "x", 2)],
        level=parse("1/2").coefficients[0],
        shape=parse("4*x^2"),
        shape_level=1,
        identities={
            "positive": Identity.create(["x"]),
            "decrease": Identity.create(["x"], [(0, (line, 2 * half, 1))]),
            "inclusion": Identity.create(["x"], [(-1, (one, half, 4)), (0, (one, half, 4))]),
        },
    )
    assert made.verify() == f"region_of_attraction: {CONCLUSIONS[REGION]}"
    with pytest.raises(InvalidCertificate, match="shape, shape_level: expected both or none"):
        RegionOfAttractionCertificate.create(
            stated, [0], parse("x^2"), [(1, "x", 2)], [], 1, parse("x^2"), identities={}
        )
    matrix = JointSpectralRadiusCertificate.create(
        [[[0]]], 1, parse("x^2"), 1, identities={"positive": Identity.create(["x"]), "decrease": []}
    )
    with pytest.raises(InvalidCertificate, match=r"identities.decrease\[0\]: expected an identity of bound\^2 V"):
        matrix.verify()
    with pytest.raises(InvalidCertificate, match="expected powers of x, got one of y"):
        LyapunovCertificate.create(stated, [0], parse("x^2"), [(1, "y", 2)], identities={})
    with pytest.raises(InvalidCertificate, match="identities: expected positive, decrease, denominators, got 'fall'"):
        LyapunovCertificate.create(stated, [0], parse("x^2"), [(1, "x", 2)], identities={"fall": []})


def test_create_makes_barriers_and_storage_functions():
    parse, one = Polynomial.parse, np.array([[1]])
    names, constant, x = ("x", "u"), np.array([[0, 0]]), np.array([[1, 0]])
    stated = StatedSystem.create(names, ["x"], "continuous", [([parse("-x")], parse("1"))])
    barrier = BarrierCertificate.create(
        stated,
        parse("x^2 - 1"),
        ([parse("1 - x^2")], None, []),
        [([parse("x^2 - 4")], None, [])],
        3,
        identities={
            "initial": Identity.create(names, [(0, (constant, one, 1))]),
            "unsafe": Identity.create(names, [(0, (constant, one, 1))]),
            "decrease": Identity.create(names, [(-1, (x, 2 * one, 1))]),
        },
    )
    assert barrier.verify() == ("barrier: no trajectory from the initial set reaches the unsafe set, for all signals u")
    assert barrier.function == parse("x^2 - 1")
    assert barrier.epsilon == 3
    stored = DissipationCertificate.create(
        stated,
        ["u"],
        [0],
        parse("x^2"),
        supply=parse("-2*x^2 + u^2"),
        identities={
            "positive": Identity.create(names, [(-1, (x, one, 1))]),
            "dissipation": Identity.create(names, [(-1, (np.array([[0, 1]]), one, 1))]),
        },
    )
    assert "dissipative" in stored.verify()
    assert stored.gain_squared is None


def test_vacuous_uncertain_sets_are_told():
    """On an empty set everything is nonnegative; the conclusion says that nobody showed a member."""
    record = example(SWITCHED)
    assert "not shown to be nonempty" in Certificate.from_dict(record).verify()
    record["system"]["uncertain"]["member"] = ["1/2"]
    assert "not shown" not in Certificate.from_dict(record).verify()


def test_derived_polynomials():
    """Against substitution and derivatives of `Polynomial`."""
    rng = random.Random(1)
    names = ("x", "y", "z")

    def drawn() -> Polynomial:
        rows = {tuple(rng.randrange(4) for _ in names): rng.randint(-9, 9) for _ in range(rng.randint(0, 5))}
        return Polynomial.from_dict(rows, names)

    for _ in range(60):
        p, f, g = drawn(), drawn() / 7, drawn() / 3
        terms_of = [aligned_terms(one, names) for one in (p, f, g)]
        got = composed(terms_of[0], {0: terms_of[1], 2: terms_of[2]}, "here", Work())
        assert Polynomial.from_arrays(got.exponents, got.values, names) == p.substitute({"x": f, "z": g})
        moved = lie_derivative(terms_of[0], terms_of[1:], "here", Work())
        expected = p.derivative("x") * f + p.derivative("y") * g
        assert Polynomial.from_arrays(moved.exponents, moved.values, names) == expected


def test_compositions_that_are_too_large_are_refused():
    record = example("region_of_attraction of a map")
    record["system"]["modes"][0][0] = [["1", [k]] for k in range(1, 2000)]
    record["V"] = [["1", [2]], ["1", [9000]]]
    power = {"multiplier": -1, "basis": [[4500]], "denominator": "1", "gram": [[0, 0, "1"]]}
    record["identities"]["positive"][0]["blocks"] = [power]
    with pytest.raises(InvalidCertificate, match=r"decrease of V: expanding .* is too much work"):
        Certificate.from_dict(record).verify()


def test_many_short_products_count():
    """A file of some megabytes could ask for hundreds of millions of them, each of which has a cost of its own."""
    record = example("lyapunov")
    record["system"] |= {"modes": 80 * [[[], []]], "denominators": 80 * [terms("1", XY)]}
    record["system"] |= {"ideal": 5 * [terms("x", XY)], "tangency": 80 * [5 * [[]]]}
    system = Certificate.from_dict(record).system
    system.check(Work())
    with pytest.raises(InvalidCertificate, match=r"system.tangency\[\d+\]\[\d+\]: expanding .* is too much work"):
        system.check(Work(10_000_000))


@pytest.mark.parametrize(
    ("name", "path", "value", "message"),
    [
        ("lyapunov", "positive.0.2", 10_000, None),
        (RATIONAL, "positive.0.2", 10_000, "positive: expanding .* is too much work"),
        (MATRIX, "bound", "9" * 60_000, None),
        ("joint_spectral_radius of one number", "V", [["1", [10_000]]], None),
        ("lyapunov", "system.states", 201 * ["x"], "system.states: expected at most 200 items, got 201"),
    ],
)
def test_what_takes_long_is_refused_or_fails_soon(name, path, value, message):
    record = example(name)
    put(record, path, value)
    with pytest.raises(InvalidCertificate, match=message or "identities"):
        Certificate.from_dict(record).verify()
