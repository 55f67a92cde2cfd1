"""Lyapunov functions for many systems: `control.lyapunov_family` beside loops over CVXPY and Clarabel.

    python scripts/bench_lyapunov_family.py --count 1000 --loop 50

Systems x' = A x + quadratic terms - x^3 in 3 variables, with numbers of their own; wanted is V of degree 4 with
V - |x|^2 and -grad V . f - |x|^2 sums of squares (Gram matrices of sides 9 and 19, 31 unknowns). `mild` systems have
small quadratic terms, as in `bench_programs.py`; `wild` ones are like those of `examples/control/random_cubics.py` with
a stable linear part, of which some have no V of this kind.

The loops get arrays, not polynomials, and prove nothing; their figures are medians over the first systems of a kind.
One has CVXPY build a problem for each system, the other one builds it once, with the matrix as a parameter. The family
gets a Python function and an array of parameters, and its time is that of the call with all proofs, divided by the
number of systems; that of tracing the function once comes besides. It looks for degree 4 at once, as the loops do, and,
as `lyapunov` would, for degree 2 first.
"""

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import cvxpy as cp
import numpy as np
from bench_programs import field_numbers, lyapunov_maps, monomials
from machine import describe_machine
from tables import count, make_console, make_table

from nsos_jax import control

QUADRATIC = monomials(3, 2, 2)


def field(x, y, z, *theta):
    """The right-hand side for 9 numbers of each state: of x, y, z, then of the quadratic monomials."""
    state, numbers = np.array([x, y, z], dtype=object), np.array(theta, dtype=object).reshape(3, 9)
    quadratic = np.array([np.prod(state**exponents) for exponents in QUADRATIC], dtype=object)
    return numbers[:, :3] @ state + numbers[:, 3:] @ quadratic - state**3


def mild(seed: int) -> np.ndarray:
    """Numbers of a system [3, 9], those of `bench_programs.py`."""
    return np.concatenate(field_numbers(seed), axis=1)


def wild(seed: int) -> np.ndarray:
    """Integers over 4 and a stable linear part, with cubes of the factor 1/2: here in the scale where that is 1."""
    random = np.random.default_rng(seed)
    while True:
        matrix = random.integers(-8, 9, (3, 3)) - 8 * np.eye(3, dtype=int)
        if np.linalg.eigvals(matrix).real.max() < 0:
            break
    return np.concatenate([matrix / 4, random.integers(-1, 2, (3, 6)) / 4 * np.sqrt(2.0)], axis=1)


class Loop:
    """CVXPY's form of the program, max 0 s.t. A(S) + F d = b, S psd, and Clarabel."""

    def __init__(self) -> None:
        self.maps = lyapunov_maps()
        self._problem, self._free = None, None

    def build(self, free: np.ndarray | cp.Parameter) -> cp.Problem:
        """For F [rows, unknowns]."""
        grams = [cp.Variable((side, side), PSD=True) for side in self.maps.sides]
        entries = [cp.vec(gram, order="C") for gram in grams]
        sums = sum(matrix @ vector for matrix, vector in zip(self.maps.sums, entries, strict=True))
        unknowns = cp.Variable(free.shape[1])
        return cp.Problem(cp.Minimize(0), [sums + free @ unknowns == self.maps.rhs])

    def anew(self, theta: np.ndarray) -> str:
        """The status for a system, from a problem of its own."""
        problem = self.build(self.maps.free(theta))
        problem.solve(solver=cp.CLARABEL)
        return problem.status

    def with_parameter(self, theta: np.ndarray) -> str:
        """The same, from the one problem that all share."""
        free = self.maps.free(theta)
        if self._problem is None:
            self._free = cp.Parameter(free.shape)
            self._problem = self.build(self._free)
        self._free.value = free
        self._problem.solve(solver=cp.CLARABEL)
        return self._problem.status


class Row(NamedTuple):
    """Milliseconds of a system on the clock and of the processor, and how many had which answer."""

    clock: float
    processor: float
    answers: Counter


def by_loop(ask: Callable[[np.ndarray], str], thetas: Sequence[np.ndarray]) -> Row:
    """Medians over systems, after one that does not count."""
    ask(thetas[0])
    clocks, processors, answers = [], [], Counter()
    for theta in thetas:
        begun = time.perf_counter(), time.process_time()
        answers[ask(theta)] += 1
        clocks.append(time.perf_counter() - begun[0])
        processors.append(time.process_time() - begun[1])
    return Row(1e3 * statistics.median(clocks), 1e3 * statistics.median(processors), answers)


def by_family(thetas: np.ndarray, lowest: int) -> Iterator[Row]:
    """That of tracing, by system, then that of the call."""
    begun = time.perf_counter(), time.process_time()
    family = control.lyapunov_family(field, 4, states="x y z", parameters=27, lowest=lowest)
    family(thetas[:2])
    for asked in (thetas[:0], thetas):
        answers = Counter(map(str, family(asked).status)) if len(asked) else Counter()
        spent = time.perf_counter() - begun[0], time.process_time() - begun[1]
        yield Row(1e3 * spent[0] / len(thetas), 1e3 * spent[1] / len(thetas), answers)
        begun = time.perf_counter(), time.process_time()


def main() -> None:
    """Prints a table for each kind of systems."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=count, default=1000, help="systems of each kind")
    parser.add_argument("--loop", type=count, default=50, help="of them, those that the loops solve")
    arguments = parser.parse_args()
    console = make_console()
    console.print(describe_machine("jax", "cvxpy", "clarabel", "numpy", "python-flint"), highlight=False)
    for make in (mild, wild):
        table = make_table(
            f"{make.__name__} systems",
            "milliseconds each",
            "clock",
            "processor",
            "times as fast as the loop",
            "answers",
        )
        thetas = np.array([make(seed).ravel() for seed in range(arguments.count)])
        sample = thetas[: arguments.loop].reshape(-1, 3, 9)
        loop = Loop()
        first = by_loop(loop.anew, sample)
        rows = {"CVXPY and Clarabel": first, "  one problem with a parameter": by_loop(loop.with_parameter, sample)}
        for lowest in (4, 2):
            traced, called = by_family(thetas, lowest)
            rows[f"family, degree {lowest}{'' if lowest == 4 else ' and 4'}"] = called
            rows[f"  traced once ({lowest})"] = traced
        for name, row in rows.items():
            ratio = f"{first.clock / row.clock:.1f} ({first.processor / row.processor:.1f})" if row.answers else ""
            answers = ", ".join(f"{number} {answer}" for answer, number in row.answers.most_common())
            table.add_row(name, f"{row.clock:.2f}", f"{row.processor:.2f}", ratio, answers)
        console.print(table)


if __name__ == "__main__":
    main()
