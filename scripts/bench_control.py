"""Control rows as questions: `python scripts/bench_control.py PROGRAMS.jsonl [FIELD.jsonl] [--only ID...]`.

The rows of the kinds `lyapunov`, `roa`, `barrier`, `dissipation` and `switched` give dynamics, sets and degrees; those
that are worded, or give the program alone, are written out here. The published answer stands beside ours.
"""

import argparse
import json
import math
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
from rich.table import Table
from tables import make_console

from nsos_jax import Polynomial, control
from nsos_jax.control import ControlResult, System
from nsos_jax.programs import SemialgebraicSet

ANDO_SHIH = [[[1, 0], [1, 0]], [[0, 1], [0, -1]]]
HALL = ("x2", "-x1 + 1/3*x1^3 - x2")
VAN_DER_POL = ("-x2", "x1 + (x1^2 - 1)*x2")
QUARTIC = {"drake_moore_greitzer_strict", "lyap_papachristodoulou_prajna_6d"}
"""Rows with V of degree 4, where the row lists some of its monomials."""
Ask = Callable[[], ControlResult]
PUBLISHED = {
    2: "area 6.476: {V <= 2.3045}, V of the Lyapunov equation, as Drake's RegionOfAttraction and CaSoS find it",
    4: "none found as an area",
    6: "none found as an area",
}
"""Regions of the oscillator by the degree of V. Drake, SOSTOOLS and CaSoS have programs for higher degrees, without
numbers; CaSoS's alternation for a disc, run here, reached beta 1.763 in degree 4."""
STEPS, STEP = 200_000, 1e-3
"""Of the simulation that finds the limit cycle."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--only", nargs="*", default=[], help="names of rows")
    arguments = parser.parse_args()
    table = Table("question", "published", "ours", "status", "s", "conclusion", show_lines=True)
    rows = [json.loads(line) for path in arguments.paths for line in path.read_text().splitlines()]
    asked = [(row["id"], published(row), ask) for row in rows if (ask := question(row))]
    for name, truth, ask in asked + van_der_pol():
        if arguments.only and name not in arguments.only:
            continue
        started = time.perf_counter()
        result = ask()
        seconds = time.perf_counter() - started
        if result.certificate is not None:
            result.certificate.verify()
        table.add_row(
            name, truth, value(result), result.status, f"{seconds:.2f}", result.conclusion or result.error or ""
        )
    make_console().print(table)


def published(row: dict) -> str:
    return str(row.get("value", row.get("truth", "")))


def value(result: ControlResult) -> str:
    """The number of an answer, if it has one."""
    if isinstance(result, control.RegionResult) and result.level is not None:
        refused = "" if result.escape_level is None else f", not {float(result.escape_level):.9g}"
        shape = "" if result.shape_level is None else f", shape {float(result.shape_level):.6g}"
        return f"{float(result.level):.9g}{refused}{area(result)}{shape}"
    if isinstance(result, control.GainResult) and result.gain_squared is not None:
        return str(result.gain_squared)
    if isinstance(result, control.JointSpectralRadiusResult) and result.upper is not None:
        return f"{float(result.lower):.7g} to {float(result.upper):.7g}"
    return ""


def area(result: control.RegionResult) -> str:
    """Of a region in the plane."""
    names = result.function.variables
    if len(names) != 2:
        return ""
    angles = np.linspace(0, 2 * np.pi, 4000, endpoint=False)
    rays = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    low, high = np.zeros(len(rays)), np.full(len(rays), 100.0)
    for _ in range(60):
        middle = (low + high) / 2
        inside = result.function.evaluate_float(middle[:, None] * rays) <= float(result.level)
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return f", area {math.pi * np.mean(low**2):.4f}"


def question(row: dict) -> Ask | None:
    """A row as a question."""
    kind, name, stated = row["kind"], row["id"], row.get("statement", "")
    if name in WORDED:
        return WORDED[name]
    if kind not in ("lyapunov", "roa", "barrier", "dissipation", "switched") or isinstance(stated, str):
        return None
    if kind == "switched":
        return lambda: control.joint_spectral_radius(stated["matrices"], stated["polynomials"]["p"]["degrees"][1])
    states = [name for name in stated["variables"] if name not in ("u", "delta")]
    dynamics = stated["dynamics"]
    if kind == "roa" and "V" in stated.get("definitions", {}):
        return lambda: control.region_of_attraction(System.from_text(dynamics, states), V=stated["definitions"]["V"])
    if kind == "barrier":
        sets = {key: polynomial_set(stated[key]) for key in ("initial_set", "unsafe_set", "domain") if key in stated}
        degree = stated["polynomials"]["B"]["degrees"][1]
        system = System.from_text(dynamics, states)
        return lambda: control.barrier(system, sets["initial_set"], sets["unsafe_set"], sets.get("domain"), degree)
    if kind == "lyapunov":
        switching = isinstance(dynamics[0], list)
        given = dynamics if switching else [dynamics]
        system = System([lambda *_, texts=texts: list(map(Polynomial.parse, texts)) for texts in given], states)
        return lambda: control.lyapunov(system, 4 if name in QUARTIC else 2)
    return None


def polynomial_set(texts: list[str]) -> SemialgebraicSet:
    return SemialgebraicSet(map(Polynomial.parse, texts))


def robust() -> ControlResult:
    system = System.from_text(
        ["x2", "-(1 + delta)*x1 - x2"], ["x1", "x2"], parameters={"delta": (Fraction(-95, 100), Fraction(95, 100))}
    )
    return control.lyapunov(system, parametric=1)


def hall() -> ControlResult:
    initial, unsafe = ["1/4 - (x1 - 3/2)^2 - x2^2"], ["4/25 - (x1 + 1)^2 - (x2 + 1)^2"]
    system = System.from_text(HALL, ["x1", "x2"])
    return control.barrier(system, polynomial_set(initial), polynomial_set(unsafe), degree=4)


WORDED: dict[str, Ask] = {
    "robust_parameter_dependent_lyapunov": robust,
    "switched_ando_shih_quartic_infeasible": lambda: control.joint_spectral_radius(ANDO_SHIH, 4),
    "switched_ando_shih_quartic_feasible": lambda: control.joint_spectral_radius(ANDO_SHIH, 4),
    "ando-shih-quartic": lambda: control.joint_spectral_radius(ANDO_SHIH, 4),
    "l2_gain_second_order": lambda: control.l2_gain(
        System.from_text(["x2", "-x1 - x2 + u"], ["x1", "x2"], inputs="u"), "x1"
    ),
    "passivity_cubic": lambda: control.dissipation(System.from_text(["-x^3 + u"], ["x"], inputs="u"), "u*x", 4),
    "akp-no-polynomial-lyapunov": lambda: control.lyapunov(System.from_text(["-x1 + x1*x2", "-x2"], ["x1", "x2"]), 4),
    "barrier-hall": hall,
}
"""What the row words, or states as a program alone."""


def van_der_pol() -> list[tuple[str, str, Ask]]:
    """The oscillator in reverse time, by the degree of V; the region lies within the limit cycle."""
    system = System.from_text(VAN_DER_POL, ["x1", "x2"])
    whole = f"true area {cycle_area():.3f}"

    def by_degree(degree: int, shape: str | None) -> Ask:
        return lambda: control.region_of_attraction(system, degree, shape=shape)

    found = [
        (f"van der Pol, degree {degree}", f"{known}; {whole}", by_degree(degree, None))
        for degree, known in PUBLISHED.items()
    ]
    return [*found, ("van der Pol, degree 4, disc", "beta 1.763 (CaSoS)", by_degree(4, "x1^2 + x2^2"))]


def cycle_area() -> float:
    """The area within the limit cycle, by simulation in forward time."""
    point, points = np.array([2.0, 0.0]), []

    def slope(x: np.ndarray) -> np.ndarray:
        return np.array([x[1], (1 - x[0] ** 2) * x[1] - x[0]])

    crossings: list[int] = []
    for step in range(STEPS):
        a = slope(point)
        b = slope(point + STEP / 2 * a)
        c = slope(point + STEP / 2 * b)
        d = slope(point + STEP * c)
        after = point + STEP / 6 * (a + 2 * b + 2 * c + d)
        if point[1] < 0 <= after[1]:
            crossings.append(step)
            if len(crossings) > 5:
                break
        points.append(point := after)
    x, y = np.array(points[crossings[-2] : crossings[-1]]).T
    return abs(float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))) / 2


if __name__ == "__main__":
    main()
