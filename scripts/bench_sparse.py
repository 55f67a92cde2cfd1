"""Growth with the number of variables: `python scripts/bench_sparse.py [--sizes 100 200 400 1000] [--batch 1000]`.

The families of `bench_families.py`, each as the sum of squares that it is and with 1/10 added: status, number and
largest side of the blocks, seconds of the processor for reading, deciding and checking, and the slopes of blocks and
seconds in n, fitted in log-log coordinates. With `--batch`, so many sparse polynomials in 100 variables together, in
`--processes` of equal parts: sums of squares of three terms, most of which have no Gram matrix inside the cone, or with
`--interior` the same and 1/10 of the squares of all variables and of their squares.

TSSOS (Wang, Magron and Lasserre, arXiv:1912.08899 and 2003.03210) takes the same cliques; its published seconds and
their growth were searched for and not found, so there is no column for them.
"""

import argparse
import random
import resource
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple, TypeVar

import numpy as np
from bench_families import FAMILIES
from machine import describe_machine
from rich.table import Table
from tables import count, make_console

import nsos_jax as nsos

Answer = TypeVar("Answer")
VARIABLES = 100
"""Of the polynomials of the batch."""


class Measured(NamedTuple):
    """What one polynomial took; seconds are those of the processor."""

    n: int
    blocks: int
    largest: int
    reading: float
    deciding: float
    checking: float


def busy(call: Callable[[], Answer]) -> tuple[float, Answer]:
    """Seconds of the processor that a call takes, and what it returns."""
    started = time.process_time()
    answer = call()
    return time.process_time() - started, answer


def measure(name: str, text: str, added: str, table: Table, time_limit: float) -> Measured:
    """Reads, decides and checks one polynomial, and adds a row to the table."""
    reading, polynomial = busy(lambda: nsos.Polynomial.parse(text))
    deciding, result = busy(lambda: nsos.certify(polynomial, time_limit=time_limit))
    checking = 0.0
    if result.certificate is not None:
        checking, _ = busy(result.certificate.verify)
    sides = [*map(len, result.blocks)]
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    cells = str(polynomial.num_variables), added, result.status, str(len(sides)), str(max(sides, default=0))
    row = *cells, *(f"{seconds:.2f}" for seconds in (reading, deciding, checking)), str(most)
    table.add_row(name, *row)
    print(name, *row, flush=True)
    return Measured(polynomial.num_variables, len(sides), max(sides, default=0), reading, deciding, checking)


def slopes(found: list[Measured]) -> list[str]:
    """The exponents of growth of blocks, largest block and seconds, by least squares in log-log coordinates."""
    sizes, *columns = np.maximum(np.array(found, dtype=float).T, 1e-3)
    return [f"{np.polyfit(np.log(sizes), np.log(column), 1)[0]:.2f}" for column in columns]


def sparse_square_sum(seed: int, interior: bool) -> nsos.Polynomial:
    """A sum of squares of a few monomials of neighbouring variables each, plus a positive constant."""
    rng = random.Random(seed)
    squares = []
    for _ in range(VARIABLES):
        first = rng.randrange(1, VARIABLES - 2)
        near = [f"x{first + rng.randrange(3)}" for _ in range(3)]
        squares.append(f"({rng.randint(1, 5)}*{near[0]}^2 + {rng.randint(-5, 5)}*{near[1]} + {rng.randint(1, 5)})^2")
        squares.append(f"{near[2]}^2")
    if interior:
        squares += [f"1/10*x{i}^2 + 1/10*x{i}^4" for i in range(1, VARIABLES)]
    return nsos.Polynomial.parse(" + ".join(squares) + " + 1/10")


def decide(seeds: range, interior: bool) -> tuple[float, Counter[str]]:
    """Seconds of the processor for these polynomials, reading included, and how often there was each status."""
    seconds, results = busy(lambda: nsos.certify_batch(sparse_square_sum(seed, interior) for seed in seeds))
    return seconds, Counter(str(result.status) for result in results)


def bench_batch(number: int, interior: bool, processes: int) -> None:
    """Answers for many sparse polynomials together, that are kept nowhere."""
    parts = [range(first, number, processes) for first in range(processes)]
    with ProcessPoolExecutor(
        processes, get_context("spawn"), initializer=decide, initargs=(range(1), interior)
    ) as pool:
        list(pool.map(abs, range(processes)))  # by now all of them have started
        started = time.perf_counter()
        answers = list(pool.map(decide, parts, [interior] * processes))
        passed = time.perf_counter() - started
    statuses = ", ".join(f"{status} {many}" for status, many in sum((own for _, own in answers), Counter()).items())
    seconds = sum(own for own, _ in answers)
    print(f"batch of {number} in {VARIABLES} variables: {statuses}")
    print(
        f"{number / seconds:.1f} per second of the processor, {number / passed:.1f} per second in {processes} processes"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=count, nargs="+", default=[100, 200, 400, 1000])
    parser.add_argument("--families", nargs="+", default=[family.__name__ for family in FAMILIES])
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds on the clock per polynomial")
    parser.add_argument("--batch", type=count, help="number of polynomials of the batch")
    parser.add_argument("--interior", action="store_true", help="of the batch, with Gram matrices inside the cone")
    parser.add_argument("--processes", type=count, default=1, help="for the batch")
    options = parser.parse_args()
    print(describe_machine("nsos-jax", "jax", "numpy", "scipy", "python-flint"), flush=True)
    if options.batch:
        bench_batch(options.batch, options.interior, options.processes)
        return
    seconds = "reading s", "deciding s", "checking s"
    table = Table("family", "n", "added", "status", "blocks", "largest", *seconds, "MiB so far")
    growth = Table("grows like n to the power", "added", "blocks", "largest", *seconds)
    for family in FAMILIES:
        for added in ("", "1/10") if family.__name__ in options.families else ():
            texts = [" + ".join([*family(n), *filter(None, [added])]) for n in options.sizes]
            found = [measure(family.__name__, text, added, table, options.time_limit) for text in texts]
            if len(found) > 1:
                growth.add_row(family.__name__, added, *slopes(found))
    make_console().print(table)
    make_console().print(growth)


if __name__ == "__main__":
    main()
