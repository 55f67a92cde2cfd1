"""Throughput on programs with unknowns, beside a loop over CVXPY and Clarabel.

    python scripts/bench_programs.py --count 1000 --loop 50

bounds: max g with p - g a sum of squares, for quartics p in 4 variables (a Gram matrix of side 15, 70 rows), each with
  coefficients of its own.
lyapunov: V of degree 4 in 3 variables with V - |x|^2 / 10 and -grad V . f - |x|^2 / 10 sums of squares and the least
  mean on the box [-1, 1]^3, for cubic f with coefficients of their own (sides 9 and 19, 111 rows, 31 free variables).
"""

import argparse
import itertools
import time
from collections import Counter

import numpy as np
from machine import describe_machine

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


def lyapunov(seed: int) -> GramProgram:
    """A stable linear part, small quadratic terms and -x_i^3."""
    random, n = np.random.default_rng(seed), 3
    matrix = 0.4 * random.normal(size=(n, n)) / np.sqrt(n) - np.eye(n)
    matrix -= max(0.0, np.linalg.eigvals(matrix).real.max() + 0.3) * np.eye(n)
    unit = np.eye(n, dtype=int)
    field = [
        [
            *zip(unit, matrix[i], strict=True),
            *((e, 0.15 * random.normal()) for e in monomials(n, 2, 2)),
            (3 * unit[i], -1.0),
        ]
        for i in range(n)
    ]
    parts = [pair_rows(basis, basis) for basis in (monomials(n, 1, 2), monomials(n, 1, 3))]
    offset = len(parts[0].row_exponents)
    first, second = ({tuple(e): index for index, e in enumerate(part.row_exponents)} for part in parts)
    unknowns = monomials(n, 2, 4)
    free = np.zeros((offset + len(second), len(unknowns)))
    for column, exponents in enumerate(unknowns):
        free[first[tuple(exponents)], column] = -1.0
        for i, terms in enumerate(field):
            for e, value in terms if exponents[i] else ():
                free[offset + second[tuple(exponents - unit[i] + e)], column] += exponents[i] * value
    rhs = np.zeros(len(free))
    for i in range(n):
        rhs[[first[tuple(2 * unit[i])], offset + second[tuple(2 * unit[i])]]] = -MARGIN
    even = (unknowns % 2 == 0).all(axis=1)
    cost = even / np.prod(unknowns + 1, axis=1)
    return GramProgram((parts[0].rows, parts[1].rows + offset), rhs, free, cost)


def main() -> None:
    """Prints seconds for each program and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="programs of each kind")
    parser.add_argument("--loop", type=int, default=50, help="of them, those that the loop solves")
    parser.add_argument("--tolerance", type=float, default=1e-6)
    arguments = parser.parse_args()
    print(describe_machine("jax", "cvxpy", "clarabel"))
    for make in (quartic_bound, lyapunov):
        programs = [make(seed) for seed in range(arguments.count)]
        solve_reference(programs[0])
        before = time.perf_counter()
        values = [solve_reference(program).value for program in programs[: arguments.loop]]
        loop = (time.perf_counter() - before) / arguments.loop
        before = time.perf_counter()
        solutions = solve_programs(programs, SolverOptions(tolerance=arguments.tolerance))
        ours = (time.perf_counter() - before) / arguments.count
        statuses = Counter(solution.status.name for solution in solutions)
        off = max(
            max(found.lower - value, value - found.upper) / (1 + abs(value))
            for found, value in zip(solutions, values, strict=False)
        )
        print(
            f"{make.__name__}: CVXPY + Clarabel {1e3 * loop:.2f} ms, ours {1e3 * ours:.3f} ms each, "
            f"{loop / ours:.1f} times as fast"
        )
        print(f"  {dict(statuses)}, values outside of brackets by at most {off:.1e}")


if __name__ == "__main__":
    main()
