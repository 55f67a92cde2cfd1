"""Sparse constrained problems: `python scripts/bench_sparse_programs.py [--sizes 20 40] [--sets box ball balls]`.

Lower bounds of generalised Rosenbrock, Broyden tridiagonal and banded, chained Wood and chained singular, at the least
order, on the box [-1, 1]^n, on the unit ball, and on unit balls of 20 variables each, one after the other, as the
examples of TSSOS have them. Prints the bracket, both ends proven, the bases that proved it, wall clock and processor
seconds, and the peak of memory of the process up to then.
"""

import argparse
import resource
import time

from bench_families import (
    broyden_banded,
    broyden_tridiagonal,
    chained_singular,
    chained_wood,
    generalised_rosenbrock,
)
from machine import describe_machine
from rich.table import Table
from tables import make_console

import nsos_jax as nsos
from nsos_jax.programs.options import SPARSITIES

FAMILIES = {
    family.__name__: family
    for family in (generalised_rosenbrock, broyden_tridiagonal, broyden_banded, chained_wood, chained_singular)
}
TOGETHER = 20
"""Variables of each of several balls."""


def problem(family: str, n: int, kind: str) -> tuple[nsos.Polynomial, nsos.SemialgebraicSet]:
    names = [f"x{i + 1}" for i in range(n)]
    polynomial = nsos.Polynomial.sum(nsos.Polynomial.parse(part) for part in FAMILIES[family](n))
    if kind == "ball":
        return polynomial, nsos.SemialgebraicSet.ball(names, 1)
    if kind == "balls":
        squares = [nsos.Polynomial.parse(f"{name}^2") for name in names]
        parts = [squares[start : start + TOGETHER] for start in range(0, n, TOGETHER)]
        return polynomial, nsos.SemialgebraicSet([1 - nsos.Polynomial.sum(part) for part in parts])
    return polynomial, nsos.SemialgebraicSet.box(dict.fromkeys(names, (-1, 1)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[20, 40])
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    parser.add_argument("--sets", nargs="+", choices=("box", "ball", "balls"), default=["box", "ball", "balls"])
    parser.add_argument("--sparsity", choices=SPARSITIES, default="auto")
    parser.add_argument("--time-limit", type=float, default=300.0, help="seconds for each")
    options = parser.parse_args()
    print(describe_machine("nsos-jax", "clarabel", "numpy", "python-flint"), flush=True)
    table = Table("family", "n", "set", "status", "lower", "upper", "bases", "s", "CPU s", "peak MiB")
    for family in options.families:
        for n in options.sizes:
            for kind in options.sets:
                polynomial, on = problem(family, n, kind)
                order = -(-polynomial.degree // 2)
                limit = nsos.SolveOptions(time_limit=options.time_limit)
                wall, cpu = time.perf_counter(), time.process_time()
                found = nsos.lower_bound(polynomial, on, order, limit, sparsity=options.sparsity)
                wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
                ends = ["-" if end is None else f"{float(end):.7g}" for end in (found.lower, found.upper)]
                bases = found.sparsity or ("whole space" if found.lower is not None else "-")
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                row = [
                    family,
                    str(n),
                    kind,
                    str(found.status),
                    *ends,
                    bases,
                    f"{wall:.1f}",
                    f"{cpu:.1f}",
                    f"{peak:.0f}",
                ]
                print(" ".join(row), flush=True)
                table.add_row(*row)
    make_console().print(table)


if __name__ == "__main__":
    main()
