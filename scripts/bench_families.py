"""Sparse families of polynomial optimisation: `python scripts/bench_families.py [--sizes 10 20 40]`.

Rosenbrock, generalised Rosenbrock, Broyden tridiagonal and banded, chained Wood, chained singular (More, Garbow and
Hillstrom; Conn, Gould and Toint), each as the sum of squares that it is and with 1/10 added. Prints the status, the
largest block, the seconds of a first and of a second run, and what the second took of the processor.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial

from machine import describe_machine
from rich.table import Table
from tables import make_console, timed

import nsos_jax as nsos


def rosenbrock(n: int) -> Iterator[str]:
    for i in range(1, n):
        yield f"100*(x{i + 1} - x{i}^2)^2"
        yield f"(1 - x{i})^2"


def generalised_rosenbrock(n: int) -> Iterator[str]:
    yield "1"
    for i in range(2, n + 1):
        yield f"100*(x{i} - x{i - 1}^2)^2"
        yield f"(1 - x{i})^2"


def broyden_tridiagonal(n: int) -> Iterator[str]:
    for i in range(1, n + 1):
        before = f" - x{i - 1}" if i > 1 else ""
        after = f" - 2*x{i + 1}" if i < n else ""
        yield f"((3 - 2*x{i})*x{i}{before}{after} + 1)^2"


def broyden_banded(n: int) -> Iterator[str]:
    for i in range(1, n + 1):
        near = [j for j in range(max(1, i - 5), min(n, i + 1) + 1) if j != i]
        band = "".join(f" - x{j} - x{j}^2" for j in near)
        yield f"(2*x{i} + 5*x{i}^3 + 1{band})^2"


def chained_wood(n: int) -> Iterator[str]:
    yield "1"
    for i in range(1, n - 2, 2):
        a, b, c, d = (f"x{i + j}" for j in range(4))
        yield f"100*({b} - {a}^2)^2 + (1 - {a})^2 + 90*({d} - {c}^2)^2 + (1 - {c})^2"
        yield f"10*({b} + {d} - 2)^2 + 1/10*({b} - {d})^2"


def chained_singular(n: int) -> Iterator[str]:
    for i in range(1, n - 2, 2):
        a, b, c, d = (f"x{i + j}" for j in range(4))
        yield f"({a} + 10*{b})^2 + 5*({c} - {d})^2 + ({b} - 2*{c})^4 + 10*({a} - 10*{d})^4"


FAMILIES: tuple[Callable[[int], Iterator[str]], ...] = (
    rosenbrock,
    generalised_rosenbrock,
    broyden_tridiagonal,
    broyden_banded,
    chained_wood,
    chained_singular,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 20, 40])
    parser.add_argument("--families", nargs="+", default=[family.__name__ for family in FAMILIES])
    options = parser.parse_args()
    print(describe_machine("nsos-jax", "jax", "numpy", "python-flint"), flush=True)
    table = Table("family", "n", "added", "status", "basis", "largest block", "first s", "second s", "CPU s", "where")
    for family in FAMILIES:
        for n in options.sizes if family.__name__ in options.families else ():
            for added in ("", "1/10"):
                polynomial = nsos.Polynomial.parse(" + ".join([*family(n), *filter(None, [added])]))
                first, result = timed(partial(nsos.certify, polynomial))
                busy = time.process_time()
                second, result = timed(partial(nsos.certify, polynomial))
                busy = time.process_time() - busy
                if result.certificate is not None:
                    result.certificate.verify()
                stages = ", ".join(f"{stage} {s:.1f}" for stage, s in result.seconds.items() if s > 0.05)
                block = max(map(len, result.blocks), default=0)
                cells = str(n), added, result.status, str(len(result.basis)), str(block)
                seconds = f"{first:.2f}", f"{second:.2f}", f"{busy:.2f}"
                table.add_row(family.__name__, *cells, *seconds, stages)
                print(family.__name__, *cells, *seconds, stages, flush=True)
    make_console().print(table)


if __name__ == "__main__":
    main()
