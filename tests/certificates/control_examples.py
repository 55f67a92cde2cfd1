"""Small certificates about dynamical systems and matrices, made by hand, for `certificate_examples`."""

import json
from fractions import Fraction
from math import lcm
from typing import Any

from nsos_jax.polynomials import Polynomial

Record = dict[str, Any]
NONE = {"blocks": [], "cofactors": []}


def terms(text: str, names: str) -> list[Any]:
    """A polynomial as in a file."""
    variables = names.split()
    polynomial = Polynomial.parse(text, variables)
    rows = zip(polynomial.coefficients, polynomial.exponents.tolist(), strict=True)
    return [[str(value), row] for value, row in rows if value]


def square(names: str, weight: str, text: str, multiplier: int = -1) -> Record:
    """The block of weight * text^2."""
    values = [(Fraction(value), row) for value, row in terms(text, names)]
    entries = {
        (i, j): Fraction(weight) * values[i][0] * values[j][0]
        for i in range(len(values))
        for j in range(i, len(values))
    }
    common = lcm(*(entry.denominator for entry in entries.values()))
    gram = [[i, j, str(common * entry)] for (i, j), entry in entries.items()]
    return {"multiplier": multiplier, "basis": [row for _, row in values], "denominator": str(common), "gram": gram}


def identity(names: str, *squares: Any, cofactors: tuple[str, ...] = ()) -> Record:
    """From squares (weight, polynomial) or (weight, polynomial, multiplier)."""
    blocks = [square(names, *one) for one in squares]
    return {"blocks": blocks, "cofactors": [terms(text, names) for text in cofactors]}


def known_set(names: str, inequalities: tuple[str, ...] = (), equalities: tuple[str, ...] = ()) -> Record:
    """A set where each inequality has one multiplier."""
    return {
        "inequalities": [terms(text, names) for text in inequalities],
        "products": [[i] for i in range(len(inequalities))],
        "equalities": [terms(text, names) for text in equalities],
    }


def system(
    names: str,
    states: str,
    *modes: tuple[str, ...],
    time: str = "continuous",
    denominators: tuple[str, ...] | None = None,
    uncertain: tuple[str, ...] = (),
    member: list[str] | None = None,
    ideal: tuple[str, ...] = (),
    tangency: tuple[tuple[str, ...], ...] | None = None,
) -> Record:
    """The statement of a system."""
    factors = tangency or len(modes) * (len(ideal) * ("0",),)
    return {
        "time": time,
        "states": states.split(),
        "modes": [[terms(text, names) for text in mode] for mode in modes],
        "denominators": [terms(text, names) for text in denominators or len(modes) * ("1",)],
        "uncertain": {**known_set(names, uncertain), "member": member},
        "ideal": [terms(text, names) for text in ideal],
        "tangency": [[terms(text, names) for text in row] for row in factors],
    }


def record(kind: str, names: str, **parts: Any) -> str:
    """The text of a certificate."""
    bounds = {} if kind == "joint_spectral_radius" else {"denominator_bounds": parts.pop("denominator_bounds", [])}
    head = {"format": "nsos-certificate/1", "kind": kind, "variables": names.split()}
    return json.dumps({**head, **parts, **bounds})


def lyapunov(names: str, stated: Record, V: str, positive: list, decrease: list, proofs: Record, **parts: Any) -> str:
    """The text of a certificate of the kind `lyapunov`, at the origin unless another equilibrium is given."""
    defaults = {"equilibrium": ["0"] * len(stated["states"]), "rate": None, "domain": None}
    kinds = {"positive": [NONE], "decrease": [NONE], "denominators": [], **proofs}
    known = {"system": stated, "V": terms(V, names), "positive": positive, "decrease": decrease}
    return record("lyapunov", names, **known, **{**defaults, **parts}, identities=kinds)


def region(names: str, stated: Record, V: str, positive: list, decrease: list, proofs: Record, **parts: Any) -> str:
    """The text of a certificate of the kind `region_of_attraction` at the origin."""
    defaults = {"equilibrium": ["0"] * len(stated["states"]), "rate": None, "open": False}
    defaults |= {"shape": None, "shape_level": None}
    kinds = {"positive": [NONE], "decrease": [NONE], "denominators": [], "inclusion": [], **proofs}
    known = {"system": stated, "V": terms(V, names), "positive": positive, "decrease": decrease}
    return record("region_of_attraction", names, **known, **{**defaults, **parts}, identities=kinds)


TEXTS = {
    # V = x^2 + y^2 falls by 2 x^2 + 2 y^4
    "lyapunov": lyapunov(
        "x y",
        system("x y", "x y", ("-x + y", "-x - y^3")),
        "x^2 + y^2",
        [["1", 0, 2], ["1", 1, 2]],
        [["1", 0, 2], ["1", 1, 4]],
        {"decrease": [identity("x y", ("1", "x"), ("1", "y^2"))]},
    ),
    # x^2 - 2 k x^4 = x^2 (1 - 2 x^2) + 2 x^4 (1 - k)
    "lyapunov on a domain": lyapunov(
        "x k",
        system("x k", "x", ("-x + k*x^3",), uncertain=("k", "1 - k"), member=["1/2"]),
        "x^2",
        [["1/2", 0, 2]],
        [["1", 0, 2]],
        {
            "positive": [identity("x k", ("1/2", "x"))],
            "decrease": [identity("x k", ("1", "x", 0), ("2", "x^2", 2))],
        },
        domain=known_set("x k", ("1 - 2*x^2",)),
    ),
    # on the circle 1 - c = (s^2 + (c - 1)^2) / 2, and the energy falls by w^2
    "lyapunov of a pendulum": lyapunov(
        "s c w",
        system("s c w", "s c w", ("c*w", "-s*w", "-s - w"), ideal=("s^2 + c^2 - 1",)),
        "1/2*w^2 + 1 - c",
        [["1/4", 0, 2], ["1/4", 1, 2], ["1/4", 2, 2]],
        [["1", 2, 2]],
        {
            "positive": [
                identity("s c w", ("1/4", "w"), ("1/4", "s"), ("1/4", "c - 1"), cofactors=("-1/2",)),
            ],
            "decrease": [identity("s c w", cofactors=("0",))],
        },
        equilibrium=["0", "1", "0"],
    ),
    "lyapunov of a switched map": lyapunov(
        "x k",
        system("x k", "x", ("1/2*x",), ("k*x",), time="discrete", uncertain=("1/4 - k^2",)),
        "x^2",
        [["1", 0, 2]],
        [],
        {"decrease": [NONE, identity("x k", ("1", "x", 0))]},
        rate="3/4",
    ),
    # around x = 1, with the denominator 1 + p^2 + x^2 and constant p
    "lyapunov of a rational system": lyapunov(
        "x p",
        system("x p", "x", ("-x + 1",), denominators=("1 + p^2 + x^2",)),
        "x^2 - 2*x + 1",
        [["1", 0, 2]],
        [["2", 0, 2]],
        {"denominators": [identity("x p", ("1", "x"), ("1", "p"))]},
        equilibrium=["1"],
        denominator_bounds=["1"],
    ),
    # x^2 - 2 x^4 = 2 x^2 (1/2 - x^2), and 1/2 - x^2 = 1/4 + (1 - 4 x^2) / 4
    "region_of_attraction": region(
        "x",
        system("x", "x", ("-x + x^3",)),
        "x^2",
        [["1", 0, 2]],
        [["1", 0, 2]],
        {"decrease": [identity("x", ("2", "x", 0))], "inclusion": [identity("x", ("1/4", "1"), ("1/4", "1", 0))]},
        level="1/2",
        shape=terms("4*x^2", "x"),
        shape_level="1",
    ),
    # 2 x^2 - 2 x^4 - (1 - x^2) x^2 = x^2 (1 - x^2)
    "region_of_attraction up to equilibria": region(
        "x",
        system("x", "x", ("-x + x^3",)),
        "x^2",
        [["1", 0, 2]],
        [["1", 0, 2]],
        {"decrease": [identity("x", ("1", "x", 0))]},
        level="1",
        open=True,
    ),
    # x^2 / 4 - x^4 = x^2 (1/4 - x^2)
    "region_of_attraction of a map": region(
        "x",
        system("x", "x", ("x^2",), time="discrete"),
        "x^2",
        [["1", 0, 2]],
        [],
        {"decrease": [identity("x", ("1", "x", 0))]},
        level="1/4",
        rate="3/4",
    ),
    # B = x^2 - 1; with lambda = -1 its decrease is x^2 - 2 x d + 1 = (x - d)^2 + 3/4 + (1/4 - d^2)
    "barrier": record(
        "barrier",
        "x d",
        system=system("x d", "x", ("-x + d",), uncertain=("1/4 - d^2",), member=["0"]),
        B=terms("x^2 - 1", "x d"),
        initial=known_set("x d", ("1/4 - x^2",)),
        unsafe=[known_set("x d", ("x - 2",)), known_set("x d", ("-x - 2",))],
        domain=None,
        epsilon="1",
        rate=terms("-1", "x d"),
        members=[["1/2"], ["2"], ["-2"]],
        identities={
            "initial": [identity("x d", ("3/4", "1"), ("1", "1", 0))],
            "unsafe": [
                identity("x d", ("1", "x - 2"), ("2", "1"), ("4", "1", 0)),
                identity("x d", ("1", "x + 2"), ("2", "1"), ("4", "1", 0)),
            ],
            "decrease": [identity("x d", ("1", "x - d"), ("3/4", "1"), ("1", "1", 0))],
            "denominators": [],
        },
    ),
    # B = x^2 - p^2 depends on a parameter
    "barrier of a map": record(
        "barrier",
        "x p",
        system=system("x p", "x", ("1/2*x",), time="discrete", uncertain=("1/4 - p^2",)),
        B=terms("x^2 - p^2", "x p"),
        initial=known_set("x p", (), ("x",)),
        unsafe=[known_set("x p", ("x^2 - 1",))],
        domain=known_set("x p", ("4 - x^2",)),
        epsilon="1/2",
        rate=[],
        members=[["0"], None],
        identities={
            "initial": [identity("x p", ("1", "p"), cofactors=("-x",))],
            "unsafe": [identity("x p", ("1/4", "1"), ("1", "1", 0), ("1", "1", 1))],
            "decrease": [identity("x p", ("3/4", "x"))],
            "denominators": [],
        },
    ),
    # V = x - 5/2 falls by 1 - d; at the edge {(3 - x) (x + 1) = 0}, x >= 0 it is 1/2
    "reach_avoid": record(
        "reach_avoid",
        "x d",
        system=system("x d", "x", ("-1 + d",), uncertain=("1/4 - d^2",), member=["0"]),
        V=terms("x - 5/2", "x d"),
        initial=known_set("x d", ("-x^2 + 3*x - 2",)),
        target=known_set("x d", ("-x",)),
        unsafe=[known_set("x d", ("x - 11/4",))],
        domain=known_set("x d", ("3 + 2*x - x^2",)),
        epsilon="1/4",
        speed="1/2",
        lower="-5/2",
        radius_squared="10",
        members=[["1"], ["3"]],
        identities={
            "inside": [identity("x d", ("2", "1", 0), ("1", "x - 2"), ("3", "1"))],
            "initial": [identity("x d", ("1", "1", 0), ("1", "x - 2"), ("1/2", "1"))],
            "unsafe": [identity("x d", ("1", "1", 0))],
            "edge": [
                identity("x d", ("15/64", "x - 3", 1), ("1/192", "x + 1", 1), cofactors=("23/96*x - 11/12",)),
            ],
            "decrease": [identity("x d", ("1", "1/2 - d"), ("1", "1", 3))],
            "lower": [identity("x d", ("1", "1", 2))],
            "bounded": [identity("x d", ("2", "1", 0), ("1", "x - 2"))],
            "denominators": [],
        },
    ),
    # V - V(f) - 3/64 = 3/4 (x^2 - 1/16)
    "reach_avoid of a map": record(
        "reach_avoid",
        "x",
        system=system("x", "x", ("1/2*x",), time="discrete"),
        V=terms("x^2 - 1", "x"),
        initial=known_set("x", ("1 - x^2",)),
        target=known_set("x", ("1/16 - x^2",)),
        unsafe=[known_set("x", ("x - 2",))],
        domain=known_set("x", ("4 - x^2",)),
        epsilon="3",
        speed="3/64",
        lower="-15/16",
        radius_squared=None,
        members=[["1"], ["7"]],
        identities={
            "inside": [identity("x", ("1", "1", 0), ("3", "1"))],
            "initial": [identity("x", ("1", "1", 0))],
            "unsafe": [identity("x", ("1", "x - 2"), ("4", "1", 0))],
            "edge": [identity("x", ("1", "1", 0))],
            "decrease": [identity("x", ("3/4", "1", 2))],
            "lower": [identity("x", ("1", "1", 2))],
            "bounded": [],
            "denominators": [],
        },
    ),
    # where -1/2 <= x <= 0, V = -x - 1/2 falls by 1 / (1 + x^2), or by 2 / (1 + x^2)
    "reach_avoid of two modes": record(
        "reach_avoid",
        "x",
        system=system("x", "x", ("1",), ("2",), denominators=("1 + x^2", "1 + x^2")),
        V=terms("-x - 1/2", "x"),
        initial=known_set("x", ("-x^2 - 1/2*x",)),
        target=known_set("x", ("x", "x + 1/2")),
        unsafe=[],
        domain=known_set("x", ("2 + x - x^2",)),
        epsilon="1/2",
        speed="1/5",
        lower="-1/2",
        radius_squared="5",
        members=[None],
        denominator_bounds=["1", "1"],
        identities={
            "inside": [identity("x", ("2", "1", 0), ("1", "x + 1"), ("1", "1"))],
            "initial": [identity("x", ("2", "1", 0), ("2", "x + 1/2"))],
            "unsafe": [],
            "edge": [
                identity("x", ("1/6", "x + 1", 1), cofactors=("-1/6*x - 1/2",)),
                identity("x", ("2/15", "x + 1", 1), cofactors=("-2/15*x - 7/15",)),
            ],
            "decrease": [
                identity("x", ("1/5", "1", 0), ("1/5", "1", 2), ("2/5", "1")),
                identity("x", ("1/5", "1", 0), ("1/5", "1", 2), ("1/2", "1")),
                identity("x", ("1/5", "1", 0), ("1/5", "1", 2), ("7/5", "1")),
                identity("x", ("1/5", "1", 0), ("1/5", "1", 2), ("3/2", "1")),
            ],
            "lower": [identity("x", ("1", "1", 2)), identity("x", ("1", "1", 2), ("1/2", "1"))],
            "bounded": [identity("x", ("2", "1", 0), ("1", "x - 1"))],
            "denominators": [identity("x", ("1", "x")), identity("x", ("1", "x"))],
        },
    ),
    # u^2 - x^2 - 2 x (-x + u) = (x - u)^2
    "dissipation": record(
        "dissipation",
        "x u",
        system=system("x u", "x", ("-x + u",)),
        inputs=["u"],
        equilibrium=["0"],
        V=terms("x^2", "x u"),
        supply=None,
        outputs=[terms("x", "x u")],
        gain_squared="1",
        domain=None,
        identities={
            "positive": [identity("x u", ("1", "x"))],
            "dissipation": [identity("x u", ("1", "x - u"))],
            "denominators": [],
        },
    ),
    # grad V = x (1 + x^2), so (1 + x^2) u x - grad V (-x + u) = x^2 + x^4
    "dissipation with a supply rate": record(
        "dissipation",
        "x u",
        system=system("x u", "x", ("-x + u",), denominators=("1 + x^2",)),
        inputs=["u"],
        equilibrium=["0"],
        V=terms("1/2*x^2 + 1/4*x^4", "x u"),
        supply=terms("u*x", "x u"),
        outputs=[],
        gain_squared=None,
        domain=known_set("x u", ("1 - x^2",)),
        denominator_bounds=["1/2"],
        identities={
            "positive": [identity("x u", ("1/2", "x"), ("1/4", "x^2"))],
            "dissipation": [identity("x u", ("1", "x"), ("1", "x^2"))],
            "denominators": [identity("x u", ("1", "x"), ("1/2", "1"))],
        },
    ),
    # V - V(f) = 3/4 x^2 - x u - u^2
    "dissipation of a map": record(
        "dissipation",
        "x u",
        system=system("x u", "x", ("1/2*x + u",), time="discrete"),
        inputs=["u"],
        equilibrium=["0"],
        V=terms("x^2", "x u"),
        supply=terms("2*u^2", "x u"),
        outputs=[],
        gain_squared=None,
        domain=None,
        identities={
            "positive": [identity("x u", ("1", "x"))],
            "dissipation": [identity("x u", ("1/4", "x - 2*u"), ("1/2", "x"))],
            "denominators": [],
        },
    ),
    # x^2 + 4 y^2 - (x/2 + y)^2 - y^2 = (x - y)^2 / 2 + x^2 / 4 + 3/2 y^2
    "joint_spectral_radius": record(
        "joint_spectral_radius",
        "x y",
        matrices=[[["1/2", "1"], ["0", "1/2"]], [["0", "-1"], ["1/4", "0"]]],
        bound="1",
        V=terms("x^2 + 4*y^2", "x y"),
        positive="1",
        identities={
            "positive": [identity("x y", ("3", "y"))],
            "decrease": [
                identity("x y", ("1/2", "x - y"), ("1/4", "x"), ("3/2", "y")),
                identity("x y", ("3/4", "x"), ("3", "y")),
            ],
        },
    ),
    "joint_spectral_radius of one number": record(
        "joint_spectral_radius",
        "x",
        matrices=[[["-1/2"]]],
        bound="1/2",
        V=terms("2*x^4", "x"),
        positive="1/3",
        identities={"positive": [identity("x", ("5/3", "x^2"))], "decrease": [NONE]},
    ),
}


def feedback(inner: str, inputs: str, plant: list[Record], controller: tuple[str, ...], **parts: Any) -> str:
    """The text of a certificate of the kind `state_feedback`, with that of the closed loop."""
    closed = json.loads(inner)
    names = " ".join(closed["variables"])
    head = {"format": "nsos-certificate/1", "kind": "state_feedback", "variables": closed["variables"]}
    known = {"inputs": inputs.split(), "plant": plant, "controller": [terms(law, names) for law in controller]}
    return json.dumps({**head, **known, "closed_loop": closed, **parts})


def plant(names: str, *numerators: str, denominator: str = "1") -> Record:
    """One mode of a plant."""
    return {"numerators": [terms(text, names) for text in numerators], "denominator": terms(denominator, names)}


TEXTS["state_feedback"] = feedback(
    region(  # x' = x + u with u = -2 x; 4 - u^2 = 4 (1 - V)
        "x",
        system("x", "x", ("-x",)),
        "x^2",
        [["1", 0, 2]],
        [["1", 0, 2]],
        {"decrease": [identity("x", ("1", "x"))]},
        level="1",
    ),
    "u",
    [plant("x u", "x + u")],
    ("-2*x",),
    input_set=known_set("x u", ("4 - u^2",)),
    identities={"inputs": [identity("x", ("4", "1", 0))]},
)
TEXTS["state_feedback and a barrier"] = feedback(  # 1 - u^2 = -B
    TEXTS["barrier"],
    "u",
    [plant("x d u", "u + d")],
    ("-x",),
    input_set=known_set("x d u", ("1 - u^2",)),
    identities={"inputs": [identity("x d", ("1", "1", 0))]},
)
TEXTS["state_feedback and a target"] = feedback(
    TEXTS["reach_avoid of two modes"],
    "u v",
    [plant("x u v", "u", denominator="1 + x^2"), plant("x u v", "u + v", denominator="v + x^2")],
    ("1", "1"),
    input_set=known_set("x u v", ("u", "2 - u", "u + v - 1")),
    identities={"inputs": [identity("x", ("1", "1")), identity("x", ("1", "1")), identity("x", ("1", "1"))]},
)
TEXTS["state_feedback without bounds"] = feedback(
    TEXTS["lyapunov"],
    "u",
    [plant("x y u", "-x + y", "u")],
    ("-x - y^3",),
    input_set=None,
    identities={"inputs": []},
)
