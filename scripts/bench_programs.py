"""Throughput on programs with unknowns, beside a loop over CVXPY and Clarabel.

    python scripts/bench_programs.py --count 1000 --loop 50

bounds: max g with p - g a sum of squares, for quartics p in 4 variables (a Gram matrix of side 15, 70 rows), each with
  coefficients of its own.
lyapunov: V of degree 4 in 3 variables with V - |x|^2 / 10 and -grad V . f - |x|^2 / 10 sums of squares and the least
  mean on the box [-1, 1]^3, for cubic f with coefficients of their own (sides 9 and 19, 111 rows, 31 free variables).

Each kind twice: as arrays through the solver alone, to brackets in floating point, and as programs of polynomials
through `solve_programs` (bounds) or a `ProgramFamily` (lyapunov), with exact proofs of both ends of the brackets. The
loop gets arrays, has CVXPY build a problem for each program, and proves nothing.
"""

import argparse
import itertools
import time
from collections import Counter
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from machine import describe_machine

import nsos_jax as nsos
from nsos_jax.bases import pair_rows
from nsos_jax.solvers import GramProgram, SolverOptions, solve_programs, solve_reference

MARGIN = 0.1


def monomials(variables: int, least: int, most: int) -> np.ndarray:
    """Exponents of the degrees from `least` to `most`, int [count, variables]."""
    box = itertools.product(range(most + 1), repeat=variables)
    return np.array([exponents for exponents in box if least <= sum(exponents) <= most])


def quartic_bound(seed: int) -> GramProgram:
    """A positive definite form of degree 4 and normally distributed numbers below."""
    random = np.random.default_rng(seed)
    basis = monomials(4, 0, 2)
    rows, exponents, _ = pair_rows(basis, basis)
    rhs = random.normal(size=len(exponents))
    rhs[exponents.sum(axis=1) == 4] = 0.0
    leading = basis.sum(axis=1) == 2
    factor = random.normal(size=(leading.sum(), leading.sum()))
    np.add.at(rhs, rows[np.ix_(leading, leading)], factor @ factor.T / len(factor) + MARGIN * np.eye(len(factor)))
    constant = (exponents.sum(axis=1) == 0).astype(float)
    return GramProgram((rows,), rhs, constant[:, None], np.array([-1.0]))


def field_numbers(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Of a stable linear part, [3, 3], and of small quadratic terms, [3, 6]; -x_i^3 comes to them."""
    random, n = np.random.default_rng(seed), 3
    matrix = 0.4 * random.normal(size=(n, n)) / np.sqrt(n) - np.eye(n)
    matrix -= max(0.0, np.linalg.eigvals(matrix).real.max() + 0.3) * np.eye(n)
    return matrix, 0.15 * random.normal(size=(n, 6))


class LyapunovMaps(NamedTuple):
    """A(S) + F d = b of the programs for V: matrices A of each block [rows, side^2], and b; F is that of a field."""

    rows: tuple[np.ndarray, np.ndarray]
    rhs: np.ndarray
    places: tuple[dict, dict]

    @property
    def sides(self) -> list[int]:
        """Of the Gram matrices."""
        return [len(rows) for rows in self.rows]

    @property
    def sums(self) -> list[sp.csr_array]:
        """A by block, over its entries row by row."""
        shapes = [(len(self.rhs), rows.size) for rows in self.rows]
        return [
            sp.csr_array((np.ones(rows.size), (rows.ravel(), np.arange(rows.size))), shape=shape)
            for rows, shape in zip(self.rows, shapes, strict=True)
        ]

    def free(self, theta: np.ndarray) -> np.ndarray:
        """F for theta [3, 9], the numbers of the field; -x_i^3 comes to them."""
        n, unit = 3, np.eye(3, dtype=int)
        field = [
            [*zip(unit, row[:n], strict=True), *zip(monomials(n, 2, 2), row[n:], strict=True), (3 * unit[i], -1.0)]
            for i, row in enumerate(theta)
        ]
        first, second = self.places
        unknowns = monomials(n, 2, 4)
        free = np.zeros((len(self.rhs), len(unknowns)))
        for column, exponents in enumerate(unknowns):
            free[first[tuple(exponents)], column] = -1.0
            for i, terms in enumerate(field):
                for e, value in terms if exponents[i] else ():
                    free[second[tuple(exponents - unit[i] + e)], column] += exponents[i] * value
        return free


def lyapunov_maps() -> LyapunovMaps:
    """With the margins |x|^2 / 10."""
    n, unit = 3, np.eye(3, dtype=int)
    parts = [pair_rows(basis, basis) for basis in (monomials(n, 1, 2), monomials(n, 1, 3))]
    offset = len(parts[0].row_exponents)
    first = {tuple(e): index for index, e in enumerate(parts[0].row_exponents)}
    second = {tuple(e): offset + index for index, e in enumerate(parts[1].row_exponents)}
    rhs = np.zeros(offset + len(second))
    for i in range(n):
        rhs[[first[tuple(2 * unit[i])], second[tuple(2 * unit[i])]]] = -MARGIN
    return LyapunovMaps((parts[0].rows, parts[1].rows + offset), rhs, (first, second))


def lyapunov(seed: int) -> GramProgram:
    """The program as arrays."""
    maps, unknowns = lyapunov_maps(), monomials(3, 2, 4)
    even = (unknowns % 2 == 0).all(axis=1)
    free = maps.free(np.concatenate(field_numbers(seed), axis=1))
    return GramProgram(maps.rows, maps.rhs, free, even / np.prod(unknowns + 1, axis=1))


def bounds_by_programs(count: int, tolerance: float) -> tuple[float, list[nsos.ProgramResult]]:
    """Seconds for the polynomials, and the answers."""
    before = time.perf_counter()
    basis = monomials(4, 0, 2)
    exponents = pair_rows(basis, basis).row_exponents
    programs = []
    for seed in range(count):
        program = nsos.SosProgram("x1 x2 x3 x4")
        gamma = program.scalar("gamma")
        program.sos(nsos.Polynomial.from_arrays(exponents, quartic_bound(seed).rhs, program.variables) - gamma)
        program.maximize(gamma)
        programs.append(program)
    return time.perf_counter() - before, nsos.solve_programs(programs, tolerance=tolerance)


def lyapunov_program(theta: np.ndarray) -> nsos.SosProgram:
    """The program for theta [3, 9], the numbers of the field."""
    program = nsos.SosProgram("x1 x2 x3")
    x, V = np.array(program.indeterminates, dtype=object), program.polynomial("V", (2, 4))
    quadratic = np.array([np.prod(x**e) for e in monomials(3, 2, 2)], dtype=object)
    field = theta[:, :3] @ x + theta[:, 3:] @ quadratic - x**3
    square = MARGIN * (x @ x)
    program.sos(V - square, name="positive")
    program.sos(-(V.gradient() @ field) - square, name="decrease")
    program.minimize(V.integral(dict.fromkeys(program.variables, (-1, 1))) / 8)
    return program


def lyapunov_by_family(count: int, tolerance: float) -> tuple[float, list[nsos.ProgramResult]]:
    """The same for the members of a family."""
    before = time.perf_counter()
    thetas = np.array([np.concatenate(field_numbers(seed), axis=1) for seed in range(count)])
    family = nsos.ProgramFamily(lyapunov_program, thetas[0])
    modelled = time.perf_counter() - before
    return modelled, list(family.solve(thetas, proof=True, tolerance=tolerance))


def main() -> None:
    """Prints seconds for each program and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="programs of each kind")
    parser.add_argument("--loop", type=int, default=50, help="of them, those that the loop solves")
    parser.add_argument("--tolerance", type=float, default=1e-6)
    arguments = parser.parse_args()
    print(describe_machine("jax", "cvxpy", "clarabel"))
    for make, model in ((quartic_bound, bounds_by_programs), (lyapunov, lyapunov_by_family)):
        programs = [make(seed) for seed in range(arguments.count)]
        solve_reference(programs[0])
        watch = Watch()
        values = [solve_reference(program).value for program in programs[: arguments.loop]]
        loop = watch.each(arguments.loop)
        watch = Watch()
        solutions = solve_programs(programs, SolverOptions(tolerance=arguments.tolerance))
        alone = watch.each(arguments.count)
        statuses = Counter(solution.status.name for solution in solutions)
        off = max(
            max(found.lower - value, value - found.upper) / (1 + abs(value))
            for found, value in zip(solutions, values, strict=False)
        )
        print(f"{make.__name__}, milliseconds each on the clock (of the processor)")
        print(f"  CVXPY + Clarabel  {loop}")
        print(
            f"  solver alone      {alone}: {loop.ratio(alone)}; {dict(statuses)}, values outside by at most {off:.1e}"
        )
        watch = Watch()
        modelled, results = model(arguments.count, arguments.tolerance)
        proven = watch.each(arguments.count)
        statuses = Counter(str(result.status) for result in results)
        print(f"  proven programs   {proven}: {loop.ratio(proven)}; {dict(statuses)}, by {_backends(results)}")
        print(f"    of which modelling {1e3 * modelled / arguments.count:.2f}, the solver about as much as alone")


class Watch:
    """Seconds since it was made, on the clock and of the processor."""

    def __init__(self) -> None:
        self._start = time.perf_counter(), time.process_time()

    def each(self, count: int) -> "Each":
        """By program."""
        return Each((time.perf_counter() - self._start[0]) / count, (time.process_time() - self._start[1]) / count)


class Each(NamedTuple):
    """Seconds for one program."""

    clock: float
    processor: float

    def __str__(self) -> str:
        return f"{1e3 * self.clock:7.2f} ({1e3 * self.processor:.2f})"

    def ratio(self, other: "Each") -> str:
        """How many times as fast the other one is."""
        return f"{self.clock / other.clock:.1f} ({self.processor / other.processor:.1f}) times as fast"


def _backends(results: list[nsos.ProgramResult]) -> dict[str, int]:
    return dict(Counter(str(result.backend) for result in results))


if __name__ == "__main__":
    main()
