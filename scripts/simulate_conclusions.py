"""Conclusions against simulation: `python scripts/simulate_conclusions.py [--systems N] [--trajectories N] [--seed N]`.

Random systems, many of them unstable, unsafe or stable in part only, are asked all questions of `nsos_jax.control`.
From random points for which a proven conclusion speaks, with random inputs, trajectories are simulated; whatever the
conclusion excludes must not happen. It prints how often what was concluded, and ends with 1 at a counterexample.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.random import Generator, default_rng
from rich.table import Table
from tables import count, make_console

from nsos_jax import Polynomial, SemialgebraicSet, control
from nsos_jax.control import ControlResult, ControlStatus, System, simulate

LARGEST = 3.0
"""Coordinates from which trajectories start."""
RISE = 1e-5
"""Relative, what is taken for the error of the simulation."""
SECONDS, STEPS = 4.0, 20
"""Of a trajectory: how long, and at how many times it is looked at; of discrete time only steps."""
Excluded = Callable[[int, Generator], np.ndarray | None]
"""Simulates so many trajectories; a start from which what is excluded happens, or None."""


@dataclass(frozen=True)
class Asked:
    """A question about one system, its answer, and how a counterexample to it is looked for."""

    question: str
    result: ControlResult
    excluded: Excluded


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systems", type=count, default=20, help="of each kind")
    parser.add_argument("--trajectories", type=count, default=100_000, help="in all, about")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng, started = default_rng(arguments.seed), time.perf_counter()
    answers: Counter[tuple[str, str]] = Counter()
    simulated: Counter[str] = Counter()
    each = -(-arguments.trajectories // (arguments.systems * len(KINDS)))
    for index in range(arguments.systems):
        for kind in KINDS:
            for asked in kind(rng):
                answers[asked.question, str(asked.result.status)] += 1
                if asked.result.status is not ControlStatus.PROVEN:
                    continue
                failure = asked.excluded(each, rng)
                simulated[asked.question] += each
                if failure is not None:
                    print(f"system {index}: {asked.question} is refuted from {failure}\n{asked.result.explain()}")
                    return 1
    table = Table("question", *ControlStatus, "trajectories", "counterexamples")
    for question in dict.fromkeys(question for question, _ in sorted(answers)):
        numbers = [str(answers[question, str(status)]) for status in ControlStatus]
        table.add_row(question, *numbers, str(simulated[question]), "0")
    make_console().print(table)
    print(f"{simulated.total()} trajectories, no counterexample, {time.perf_counter() - started:.0f} s")
    return 0


def times_of(system: System) -> np.ndarray:
    return np.arange(STEPS + 1) if system.time == "discrete" else np.linspace(0, SECONDS, STEPS + 1)


def values(polynomial: Polynomial, names: tuple[str, ...], states: np.ndarray) -> np.ndarray:
    """Of a polynomial in some of the names, at states [..., n]."""
    rows = states.reshape(-1, states.shape[-1])
    padded = np.column_stack([rows, np.zeros((len(rows), len(names) - rows.shape[1]))])
    return polynomial.evaluate_float(padded[:, [names.index(name) for name in polynomial.variables]]).reshape(
        states.shape[:-1]
    )


def first(starts: np.ndarray, wrong: np.ndarray) -> np.ndarray | None:
    """The start of the first trajectory of which something is wrong."""
    return starts[int(np.argmax(wrong))] if wrong.any() else None


def rises(system: System, V: Polynomial, level: float) -> Excluded:
    """That V does not rise where it is at most a level, whatever signals parameters are, within their boxes."""
    free = [name.removeprefix("sin_") for name in system.states if not name.startswith("cos_")]

    def excluded(trajectories: int, rng: Generator) -> np.ndarray | None:
        drawn = rng.uniform(-LARGEST, LARGEST, (trajectories, len(free)))
        if np.isfinite(level):
            for _ in range(60):  # nearer to the equilibrium, until V is low enough
                drawn[values(V, system.states, states_of(system, free, drawn)) > level] *= 0.8
        starts, signals = states_of(system, free, drawn), {}
        for name, (lower, upper) in system.boxes.items():
            signals[name] = between(float(lower), float(upper), random_signal(trajectories, rng))
        path = simulate(system, starts, times_of(system), others=signals, limit=10 * LARGEST)
        found = values(V, system.states, path)
        wrong = np.diff(found, axis=0) > RISE * np.abs(found[:-1]) + 1e-9
        return first(starts, wrong.any(axis=0) | ~np.isfinite(found).all(axis=0))

    return excluded


def states_of(system: System, free: list[str], drawn: np.ndarray) -> np.ndarray:
    """States, where angles are drawn as such."""
    columns = {}
    for name, column in zip(free, drawn.T, strict=True):
        if name in system.angles:
            columns[f"sin_{name}"], columns[f"cos_{name}"] = np.sin(column), np.cos(column)
        else:
            columns[name] = column
    return np.column_stack([columns[name] for name in system.states])


def between(lower: float, upper: float, signal: Callable[[float], np.ndarray]) -> Callable[[float], np.ndarray]:
    """A signal between -1 and 1 as one within a box."""
    return lambda time: (lower + upper) / 2 + (upper - lower) / 2 * signal(time)


def stability(rng: Generator) -> list[Asked]:
    """Cubic systems of continuous time."""
    system = random_cubic(rng, int(rng.integers(2, 4)))
    return stable(system, "continuous")


def maps(rng: Generator) -> list[Asked]:
    """Linear and quadratic maps."""
    x = [Polynomial.parse(name) for name in ("x1", "x2")]
    rows, largest = [], int(rng.integers(0, 3))
    for _ in range(2):
        numbers = rng.integers(-6, 7, 2).tolist(), rng.integers(-largest, largest + 1, 3).tolist()
        linear = Polynomial.sum([Fraction(number, 8) * one for number, one in zip(numbers[0], x, strict=True)])
        squares = zip(numbers[1], (x[0] ** 2, x[0] * x[1], x[1] ** 2), strict=True)
        rows.append(linear + Polynomial.sum([Fraction(number, 8) * one for number, one in squares]))
    return stable(System(lambda *_: rows, "x1 x2", time="discrete"), "discrete")


def stable(system: System, time_kind: str) -> list[Asked]:
    """Lyapunov functions on the whole space, and a region of attraction."""
    found = []
    for degree in (2, 4):
        if degree == 2 or not system.parameters:
            result = control.lyapunov(system, degree)
            found.append((f"lyapunov, degree {degree}", result, np.inf))
    region = control.region_of_attraction(system, iterations=0)
    found.append(("region of attraction", region, float(region.level or 0)))
    return [
        Asked(f"{name}, {time_kind}", result, rises(system, result.function or Polynomial.constant(0), level))
        for name, result, level in found
    ]


def robust(rng: Generator) -> list[Asked]:
    """Systems in the plane with a parameter in a box that may change in time."""
    x, y, k = (Polynomial.parse(name) for name in ("x", "y", "k"))
    a, b, c, d = (int(number) for number in rng.integers(-2, 3, 4))
    rows = [-2 * x + a * y + k * x * y, b * x - 2 * y + c * k * y + d * x**3]
    system = System(lambda *_: rows, "x y", parameters={"k": (Fraction(-1, 2), Fraction(int(rng.integers(1, 4)), 2))})
    return stable(system, "parameter")


def swinging(rng: Generator) -> list[Asked]:
    """Pendulums, some of them pushed, some with a friction that is not known."""
    a, b = (Fraction(int(number), 4) for number in rng.integers(1, 9, 2))
    push = Fraction(int(rng.integers(-1, 3)), 8)

    def field(th: Any, w: Any, friction: Any) -> Any:
        return w, -a * control.sin(th) - friction * w + push * control.sin(2 * th)

    system = System(field, "th w", angles="th", parameters={"friction": (b / 2, b)})
    return stable(system, "angle")


def barriers(rng: Generator) -> list[Asked]:
    """Linear systems with a cubic term and a disturbance that changes in time; whether they get beyond a line."""
    matrix = rng.integers(-3, 4, (2, 2)) - 2 * np.eye(2, dtype=int)
    x, y, d = (Polynomial.parse(name) for name in ("x", "y", "d"))
    rows = [int(a) * x + int(b) * y for a, b in matrix]
    rows = [rows[0] - x**3 / 4 + d / 4, rows[1] - y**3 / 4]
    system = System(lambda *_: rows, "x y", parameters={"d": (-1, 1)})
    offset = Fraction(int(rng.integers(3, 9)), 2)
    initial, unsafe = SemialgebraicSet.ball("x y", 1), SemialgebraicSet([x + int(rng.integers(-1, 2)) * y - offset])
    domain = SemialgebraicSet.ball("x y", 6)
    result = control.barrier(system, initial, unsafe, domain, 2)

    def excluded(trajectories: int, rng: Generator) -> np.ndarray | None:
        angles, radii = rng.uniform(0, 2 * np.pi, trajectories), np.sqrt(rng.uniform(0, 1, trajectories))
        starts = radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        signal = random_signal(trajectories, rng)
        states = simulate(system, starts, times_of(system), others={"d": signal})
        stays = np.logical_and.accumulate(values(domain.inequalities[0], ("x", "y"), states) >= 0, axis=0)
        reached = values(unsafe.inequalities[0], ("x", "y"), states) >= RISE
        return first(starts, (stays & reached).any(axis=0))

    return [Asked("barrier", result, excluded)]


def random_signal(trajectories: int, rng: Generator) -> Callable[[float], np.ndarray]:
    """For each trajectory a sine of a random frequency and phase, between -1 and 1."""
    frequency, phase = rng.uniform(0, 5, trajectories), rng.uniform(0, 2 * np.pi, trajectories)
    return lambda time: np.sin(frequency * time + phase)


def gains(rng: Generator) -> list[Asked]:
    """Stable systems with a cubic term, an input and the output x1, from rest; the energies are two more states."""
    names, x = ("x1", "x2"), [Polynomial.parse(name) for name in ("x1", "x2")]
    a, b, c = (int(number) for number in rng.integers(1, 5, 3))
    u = Polynomial.parse("u")
    rows = [x[1] - a * x[0] - c * x[0] ** 3, -x[0] - b * x[1] + u]
    result = control.l2_gain(System(lambda *_: rows, names, inputs="u"), "x1")
    measured = System(lambda *_: [*rows, u**2, x[0] ** 2], [*names, "fed", "got"], inputs="u")

    def excluded(trajectories: int, rng: Generator) -> np.ndarray | None:
        signal, scale = random_signal(trajectories, rng), rng.uniform(0.1, 5, trajectories)
        starts = np.zeros((trajectories, 4))
        states = simulate(measured, starts, times_of(measured), others={"u": lambda time: scale * signal(time)})
        fed, got = states[..., 2], states[..., 3]
        bound = float(getattr(result, "gain_squared", None) or 0)
        return first(scale[:, None], (got > bound * fed * (1 + RISE) + 1e-9).any(axis=0))

    return [Asked("L2 gain", result, excluded)]


def radii(rng: Generator) -> list[Asked]:
    """Pairs of matrices: V grows by no more than the bound in any product."""
    matrices = [rng.integers(-2, 3, (2, 2)).tolist() for _ in range(2)]
    result = control.joint_spectral_radius(matrices, 4)

    def excluded(trajectories: int, rng: Generator) -> np.ndarray | None:
        V, bound = result.function or Polynomial.constant(0), float(getattr(result, "upper", None) or 0)
        starts = states = rng.normal(size=(trajectories, 2))
        wrong = np.zeros(trajectories, bool)
        for _ in range(STEPS):
            chosen = np.array(matrices, float)[rng.integers(0, 2, trajectories)]
            after = np.einsum("kij,kj->ki", chosen, states)
            now, limit = (values(V, ("x1", "x2"), one) for one in (after, states))
            wrong |= now > bound**4 * limit * (1 + RISE) + 1e-9
            states = after / np.maximum(np.abs(after).max(axis=1, keepdims=True), 1e-9)
        return first(starts, wrong)

    return [Asked("joint spectral radius", result, excluded)]


def random_cubic(rng: Generator, size: int) -> System:
    """A cubic system with few terms, whose linear part is a little more often stable than not."""
    names = [f"x{i + 1}" for i in range(size)]
    x = [Polynomial.parse(name) for name in names]
    rows = []
    for i in range(size):
        row = Polynomial.sum([Fraction(int(rng.integers(-3, 4)), 2) * one for one in x]) - 3 * x[i]
        for _ in range(2):
            term: Any = Fraction(int(rng.integers(-2, 3)), 2)
            for j in rng.integers(0, size, rng.integers(2, 4)):
                term = term * x[j]
            row = row + term
        rows.append(row - Fraction(int(rng.integers(0, 3)), 4) * x[i] ** 3)
    return System(lambda *_: rows, names)


def targets(rng: Generator) -> list[Asked]:
    """From one ball to another, past a third, of linear systems with a cubic term and a disturbance."""
    (a, b, c), d = rng.integers(-8, 9, 3).tolist(), int(rng.integers(0, 3))
    system = System(
        lambda x, y, w: (Fraction(a, 8) * x + y + w, -x - Fraction(b, 4) * y + Fraction(c, 16) * x**3),
        states="x y",
        parameters={"w": (-Fraction(d, 10), Fraction(d, 10))},
    )
    centers = [{"x": int(x), "y": int(y)} for x, y in rng.integers(-1, 2, (2, 2))]
    initial, unsafe = (SemialgebraicSet.ball("x y", Fraction(1, 2), center) for center in centers)
    target, domain = SemialgebraicSet.ball("x y", Fraction(1, 2)), SemialgebraicSet.ball("x y", 2)
    result = control.reach_avoid(system, initial, target, unsafe, domain, degree=4, rate=int(rng.integers(0, 2)))

    def excluded(trajectories: int, rng: Generator) -> np.ndarray | None:
        angles, radii = rng.uniform(0, 2 * np.pi, trajectories), np.sqrt(rng.uniform(0, 1, trajectories)) / 2
        middle = [centers[0]["x"], centers[0]["y"]]
        starts = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii[:, None] + middle
        largest, speed = d / 10, rng.uniform(0, 3)
        times = np.linspace(0, float(result.duration or 0), 200)
        found = simulate(system, starts, times, others={"w": lambda time: largest * np.cos(speed * time)})
        there, met, gone = (
            values(one.inequalities[0], system.states, found) >= shift
            for one, shift in ((target, -RISE), (unsafe, RISE), (domain, -RISE))
        )
        before = np.cumsum(there, axis=0) == 0
        return first(starts, (before & (met | ~gone)).any(axis=0) | ~there.any(axis=0))

    return [Asked("reach_avoid", result, excluded)]


KINDS: tuple[Callable[[Generator], list[Asked]], ...] = (
    stability,
    maps,
    robust,
    swinging,
    barriers,
    targets,
    gains,
    radii,
)

if __name__ == "__main__":
    sys.exit(main())
