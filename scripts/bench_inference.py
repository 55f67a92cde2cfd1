"""Seconds of the learned proposers, on a batch, on one polynomial, and on very many candidates:
`python scripts/bench_inference.py [--large] [--asking]`.

Polynomials at (6, 12, 30), all four Gram structures in turn, with the weights that ship; medians, compilation apart,
everything from polynomials to repaired proposals included. Seconds are those of the processor, then, in brackets, those
that pass. With `--large`, dense Gram matrices on bases of squares, whose candidates are a hundred times the basis: one
polynomial for each number of variables and basis size of `--planted`, with the rule `peel` beside `gram_graph`, whose
first call in a shape compiles it. With `--asking`, what it takes to decide whether a model is asked after a rule, in
processor time, and from how many candidates on one that is ready is, by the blocks that the rule's basis fell into.
"""

import argparse
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from rich.table import Table
from tables import count, make_console, make_table

from nsos_jax import Polynomial
from nsos_jax.bases import covering_candidates, even_support, matches, sign_classes
from nsos_jax.membership.costs import Sizes, asking_pays
from nsos_jax.polynomials import contained
from nsos_jax.proposers import LEARNED, Proposal, find_proposer
from nsos_jax.sampling import STRUCTURES, plant

PLANTED = ((8, 46), (8, 103), (8, 160), (10, 160))
"""Variables and basis sizes with about 1,000, 4,000, 8,000 and 10,000 candidates."""
DEGREE = 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=count, default=256, help="polynomials of the batch (default 256)")
    parser.add_argument("--rounds", type=count, default=3, help="of each measurement (default 3)")
    parser.add_argument("--only", choices=LEARNED, help="one proposer")
    parser.add_argument("--large", action="store_true", help="many candidates instead of many polynomials")
    parser.add_argument(
        "--planted", type=count, nargs=2, action="append", metavar=("N", "K"), help="with --large; may be repeated"
    )
    parser.add_argument("--asking", action="store_true", help="the decision instead of the models")
    options = parser.parse_args()
    if options.asking:
        make_console().print(asking())
    elif options.large:
        make_console().print(large(options.planted or PLANTED, options.rounds))
    else:
        names = [options.only] if options.only else LEARNED
        make_console().print(batches(names, options.batch, options.rounds))


def batches(names: Sequence[str], size: int, rounds: int) -> Table:
    """A batch, and one alone."""
    structures = [STRUCTURES[i % len(STRUCTURES)] for i in range(size)]
    drawn = [plant(np.random.default_rng(i), 6, 12, 30, structure) for i, structure in enumerate(structures)]
    polynomials = [draw.polynomial for draw in drawn]
    table = make_table("Proposals, seconds", "proposer", f"batch of {size}", "one alone")
    for name in names:
        ask = find_proposer(name).propose
        cells = [_seconds(partial(ask, part), rounds) for part in (polynomials, polynomials[:1])]
        table.add_row(name, *cells)
    return table


def large(planted: Sequence[tuple[int, int]], rounds: int) -> Table:
    """One polynomial after the other, each with more candidates."""
    columns = ("variables, basis", "candidates", "pairs in p", "peel", "first call", "later", "rank / basis", "MiB")
    table = make_table(f"Dense Gram matrices on squares, degree {DEGREE}: seconds of gram_graph", *columns)
    rule, model = find_proposer("peel"), find_proposer("gram_graph")
    for variables, size in planted:
        draw = plant(np.random.default_rng(0), variables, DEGREE // 2, size, "dense")
        halved = draw.polynomial
        p = Polynomial.from_arrays(2 * halved.exponents, halved.numerators)
        pool = covering_candidates(p.exponents)
        pairs = len(matches(p.exponents, pool).left)
        first = _seconds(partial(model.propose, [p]), 1)
        (answer,) = model.propose([p])
        rank = "stepped aside"
        if isinstance(answer, Proposal):
            members = np.flatnonzero(contained(answer.order, 2 * draw.basis))
            rank = f"{(members[-1] + 1) / size:.3f}" if len(members) == size else "no rank"
        cells = (
            _seconds(partial(rule.propose, [p]), rounds),
            first,
            _seconds(partial(model.propose, [p]), rounds),
        )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        table.add_row(f"{variables}, {size}", f"{len(pool):,}", f"{pairs:,}", *cells, rank, f"{peak:,}")
    return table


def asking() -> Table:
    """The decision, by counts; the largest number of terms is that of a dense Gram matrix on 103 monomials."""
    table = make_table("Whether to ask a model", "blocks of the rule's basis", "asked from", "decision, us")
    halved = plant(np.random.default_rng(0), 8, DEGREE // 2, 103, "dense").polynomial
    p = Polynomial.from_arrays(2 * halved.exponents, halved.numerators)
    for blocks in (1, 2, 4, 10):
        tried = (60 // blocks,) * blocks
        least = next((n for n in range(60, 16384) if asking_pays([Sizes((n,), tried)], True)[0]), None)
        rounds = 100
        started = time.process_time()
        for _ in range(rounds):
            asking_pays([Sizes(sign_classes(even_support(p.exponents), p.exponents), tried)], True)
        each = 1e6 * (time.process_time() - started) / rounds
        table.add_row(f"{blocks} of {60 // blocks}", "never" if least is None else f"{least:,}", f"{each:.0f}")
    return table


def _seconds(call: Callable[[], object], rounds: int) -> str:
    """Of the processor, and those that pass: medians; a first call is left out where there are several."""
    if rounds > 1:
        call()
    busy, passed = [], []
    for _ in range(rounds):
        starts = time.process_time(), time.perf_counter()
        call()
        busy.append(time.process_time() - starts[0])
        passed.append(time.perf_counter() - starts[1])
    return f"{statistics.median(busy):.3f} ({statistics.median(passed):.3f})"


if __name__ == "__main__":
    main()
