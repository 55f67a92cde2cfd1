"""Conclusions against simulation: `python scripts/control_soundness.py [--systems N] [--trajectories N] [--seed N]`.

Random polynomial systems, many of them unstable or stable in part only, are asked for Lyapunov functions and regions
of attraction. From random points for which a conclusion speaks, trajectories are simulated; V must not rise along them,
and they must stay in their region. It prints how often what was concluded, and ends with 1 at the first counterexample.
"""

import argparse
import sys
import time
from collections import Counter
from fractions import Fraction

import numpy as np
from numpy.random import Generator, default_rng
from rich.table import Table
from tables import count, make_console

from nsos_jax import Polynomial, control
from nsos_jax.control import ControlResult, ControlStatus, System

STEPS, STEP = 200, 5e-3
RISE = 1e-6
"""Of V, relative, that is taken for the error of the simulation."""
LARGEST = 3.0
"""Coordinates from which trajectories start."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systems", type=count, default=60)
    parser.add_argument("--trajectories", type=count, default=100_000, help="in all")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng, found, simulated, started = default_rng(arguments.seed), Counter(), 0, time.perf_counter()
    each = -(-arguments.trajectories // arguments.systems)
    for index in range(arguments.systems):
        system = random_system(rng, 2 + index % 2)
        for name, result, level in answers(system):
            found[name, str(result.status)] += 1
            if result.status is not ControlStatus.PROVEN:
                continue
            failure = counterexample(system, result, level, each, rng)
            simulated += each
            if failure is not None:
                print(f"system {index}: {name} is refuted from {failure}", *system.modes[0].numerators, sep="\n")
                print(result.explain())
                return 1
    table = Table("question", "status", "systems")
    for (name, status), times in sorted(found.items()):
        table.add_row(name, status, str(times))
    make_console().print(table)
    print(f"{simulated} trajectories, no counterexample, {time.perf_counter() - started:.0f} s")
    return 0


def answers(system: System) -> list[tuple[str, ControlResult, float]]:
    """Question, answer, and the level of V up to which it speaks."""
    region = control.region_of_attraction(system, iterations=0)
    level = np.inf if region.level is None else float(region.level)
    return [
        ("lyapunov, degree 2", control.lyapunov(system), np.inf),
        ("lyapunov, degree 4", control.lyapunov(system, 4), np.inf),
        ("region of attraction", region, level),
    ]


def random_system(rng: Generator, size: int) -> System:
    """A cubic one with few terms, whose linear part is a little more often stable than not."""
    names = [f"x{i + 1}" for i in range(size)]
    x = [Polynomial.parse(name) for name in names]
    rows = []
    for i in range(size):
        row = Polynomial.sum([Fraction(int(rng.integers(-3, 4)), 2) * one for one in x]) - 2 * x[i]
        for _ in range(2):
            factors = rng.integers(0, size, rng.integers(2, 4))
            term = Fraction(int(rng.integers(-2, 3)), 2)
            for j in factors:
                term = term * x[j]
            row = row + term
        rows.append(row - Fraction(int(rng.integers(0, 3)), 4) * x[i] ** 3)
    return System(lambda *_: rows, names)


def counterexample(
    system: System, result: ControlResult, level: float, trajectories: int, rng: Generator
) -> np.ndarray | None:
    """A start from which V rises, by simulation."""
    V, names = result.function, system.states

    def values(polynomial: Polynomial, states: np.ndarray) -> np.ndarray:
        return polynomial.evaluate_float(states[:, [names.index(name) for name in polynomial.variables]])

    def slope(states: np.ndarray) -> np.ndarray:
        return np.stack([values(part, states) for part in system.modes[0].numerators], axis=1)

    states = rng.uniform(-LARGEST, LARGEST, (trajectories, len(names)))
    if np.isfinite(level):  # nearer to the equilibrium, until V is low enough
        for _ in range(30):
            states[values(V, states) > level] *= 0.8
    starts, before = states, values(V, states)
    for _ in range(STEPS):
        a = slope(states)
        b = slope(states + STEP / 2 * a)
        c = slope(states + STEP / 2 * b)
        d = slope(states + STEP * c)
        states = states + STEP / 6 * (a + 2 * b + 2 * c + d)
        now = values(V, states)
        wrong = ~(now <= before * (1 + RISE) + RISE)
        if wrong.any():
            return starts[int(np.argmax(wrong))]
        before = now
    return None


if __name__ == "__main__":
    sys.exit(main())
