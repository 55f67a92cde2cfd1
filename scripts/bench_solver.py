"""The SDP solver against its peers: `python scripts/bench_solver.py [--sizes 8 16 32] [--peer-runs 3]`.

Margin problems, max t s.t. A(Q) = b, Q - t I psd, whose answer is known (`planted`). Peers: Clarabel, SDPA and SCS
through their own interfaces, in the forms of `peers.py`, each run in a process of its own with a limit. Two times each:

  verdict s  until the returned point certifies the sign of t*. Peers climb a ladder of tolerances; the loosest one that
             certifies counts, and its run alone. * where it never did: until the status word claims that there is a Q.
  gap s      until upper - lower <= 1e-6 (1 + |upper| + |lower|), in the same way.

One float64 bracket judges everybody (`peers.bracket`); a zero margin asks for bounds of 1e-6. A mean eigenvalue is 1.
Ours starts from plain arrays, peers from their own sparse matrices; compilation and imports are not counted. `times` is
the best certified peer over ours, and a peer over ours in batch. Times are medians over the problems.

Without peers (`--peer-runs 0`): verdicts a second for each batch size, with either projection and precision.
"""

import argparse
import statistics
import sys
from collections.abc import Callable, Iterator
from functools import cache
from itertools import groupby, product, zip_longest
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array
from machine import answers, describe_machine
from peers import BOUNDARY, FEASIBILITY, PEERS, Bracket, Instance, bracket, climb
from rich.table import Table
from tables import count, make_console, make_table, median_seconds, number_above

from nsos_jax.bases import pair_rows
from nsos_jax.sampling import sample_monomials
from nsos_jax.solvers import SolverOptions, SosSolver, margin_problem
from nsos_jax.solvers.iterations.products import SCHEDULES, multiply
from nsos_jax.solvers.iterations.psd import chosen_projection, project_psd
from nsos_jax.solvers.packing import bucket_side

CELLS = {8: (2, 6), 16: (3, 8), 32: (4, 10), 64: (6, 12)} | dict.fromkeys((111, 250, 500, 1000, 2000), (6, 20))
CELLS |= {462: (6, 10), 924: (6, 12), 1716: (6, 14)}
"""Variables and degree for each size of the basis; the last three are all monomials up to half the degree."""
BATCHES = {111: 32, 250: 4}
"""Default batch sizes; 256 for smaller bases, 1 for larger ones."""
TRUTHS = "feasible", "infeasible", "boundary"
PROJECTIONS, PRECISIONS = ("auto", "eigh"), ("float64", "mixed")
GAP = 1e-6
GAP_BATCH = 32
"""Largest batch whose gaps are closed: that takes long."""
SCS_GOAL, CLARABEL_GOAL = 10, 50
"""How many times faster verdicts in batch should be at a basis of 64."""
CLAIMED = "claimed"
DISTINCT = 512
"""Problems of a batch in the table of throughput, which are repeated: making them takes longer than solving."""
COPIES = 10
SLOW = 500
"""Basis beyond which a run is timed once instead of three times, after one that is not counted."""
HALF = 0.5
"""Ours is slow where it is `times` less than this."""


class Reached(NamedTuple):
    """What it took to get to the sign or the gap; infinite where a solver never got there."""

    seconds: float = np.inf
    tolerance: float = np.inf
    iterations: float = np.inf


class Run(NamedTuple):
    """One problem and solver."""

    verdict: str
    """Of `Bracket.verdict`, or `CLAIMED`."""
    sign: Reached
    gap: Reached | None
    """None where it was not asked for."""
    stopped: bool = False
    """At the limit, before it got there."""


class Row(NamedTuple):
    """The runs of one solver on problems of one size and truth."""

    size: int
    truth: str
    who: str
    runs: list[Run]

    def median(self, target: str, name: str = "seconds") -> float:
        """Of what it took to reach a target, "sign" or "gap"."""
        all_reached = (getattr(run, target) for run in self.runs)
        return statistics.median_high(getattr(reached, name) for reached in all_reached if reached)

    @property
    def claimed(self) -> bool:
        return any(run.verdict == CLAIMED for run in self.runs)

    @property
    def score(self) -> str:
        """How many verdicts are right, loudly where one is wrong. That there is a Q is true of zero margins too."""
        truths = {"", self.truth} | ({CLAIMED} if self.truth != "infeasible" else set())
        wrong = sum(run.verdict not in truths for run in self.runs)
        right = sum(run.verdict != "" for run in self.runs) - wrong
        return f"WRONG {wrong}, " * bool(wrong) + f"{right}/{len(self.runs)}" + "*" * self.claimed


def main() -> None:
    options = _options()
    console = make_console()
    console.print(describe_machine("nsos-jax", "jax", "numpy", "clarabel", "scs", "sdpa-python"), highlight=False)
    if options.peer_runs:
        rows = list(compare(options))
        console.print(comparison(rows, options.peer_limit))
        for line in goals(rows):
            console.print(line, highlight=False)
    else:
        console.print(throughput(options))
    for line in roofline(256 if jax.default_backend() == "cpu" else 4096):
        console.print(line, highlight=False)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--sizes", type=int, nargs="+", choices=CELLS, default=[8, 16, 32, 64, 111, 250], help="sides of the basis"
    )
    parser.add_argument(
        "--batch", type=count, nargs="+", help="batch sizes (default 256, 32 at 111, 4 at 250, 1 beyond)"
    )
    parser.add_argument("--truths", nargs="+", choices=TRUTHS, default=TRUTHS, help="kinds of problems (default all)")
    parser.add_argument("--projections", nargs="+", choices=PROJECTIONS, default=PROJECTIONS, help="without peers")
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=PRECISIONS, help="without peers")
    parser.add_argument("--peer-runs", type=int, default=3, help="problems per peer (default 3, 0: no peers)")
    parser.add_argument("--peer-limit", type=number_above(0), default=60.0, help="seconds of a run (default 60)")
    return parser.parse_args()


@cache
def planted(truth: str, size: int, seed: int) -> Instance:
    """A margin problem whose sign is known, from a dense Gram matrix G G', G of integers, with mean eigenvalue 1.

    It has full rank: feasible. For the others, z, the monomials at a point of {-1, 1}^n, is made an eigenvector, with
    the eigenvalue 0 or -0.1. The polynomial is z'Qz at that point, whatever Q stands for it: 0, so no Q is inside the
    cone, or -0.1 |z|^2, and it is no sum of squares.
    """
    rng = np.random.default_rng((size, seed))
    variables, degree = CELLS[size]
    basis = sample_monomials(rng, variables, degree // 2, size)
    factor = rng.integers(-5, 6, (size, size)).astype(float)
    z = np.prod(rng.choice((-1, 1), variables) ** basis, axis=1).astype(float)
    if truth != "feasible":
        factor -= np.outer(z, z @ factor) / size
    gram = factor @ factor.T
    gram *= size / np.trace(gram)
    if truth == "infeasible":
        gram -= 0.1 * np.outer(z, z) / size
    rows = pair_rows(2 * basis, basis).rows
    return Instance(rows, np.bincount(rows.ravel(), gram.ravel()))


def compare(options: argparse.Namespace) -> Iterator[Row]:
    """All rows, first ours and then the peers in each cell; progress goes to the standard error."""
    too_slow: set[tuple[str, str]] = set()
    for size, truth in product(sorted(options.sizes), options.truths):
        batches = options.batch or [default_batch(size)]
        instances = [planted(truth, size, seed) for seed in range(max(*batches, options.peer_runs))]
        some = instances[: options.peer_runs]
        yield _shown(Row(size, truth, "ours, alone", [run for instance in some for run in ours([instance])]))
        for batch in sorted(batches):
            yield _shown(Row(size, truth, f"ours, batch {batch}", ours(instances[:batch])))
        for name in PEERS:
            if (name, truth) not in too_slow:
                row = _shown(Row(size, truth, name, list(peer_runs(name, some, options.peer_limit))))
                if too_long(row.runs[-1]):
                    too_slow.add((name, truth))
                yield row


def _shown(row: Row) -> Row:
    seconds = row.median("sign"), row.median("gap")
    print(row.size, row.truth, row.who, row.score, *(f"{s:.4g} s" for s in seconds), sep="  ", file=sys.stderr)
    return row


def ours(instances: list[Instance]) -> list[Run]:
    """Seconds are those of the whole batch over its size; gaps are closed for the first `GAP_BATCH` problems."""
    zero = zero_margin(len(instances[0].rows))
    close = SolverOptions(boundary_gap=zero, close_margins=True, tolerance=0.99 * GAP, compile_after=0.0)
    verdicts, signs = _reached(
        instances, SolverOptions(boundary_gap=zero, compile_after=0.0), lambda proven: bool(proven.verdict)
    )
    _, gaps = _reached(instances[:GAP_BATCH], close, lambda proven: proven.closed(GAP))
    return [Run(*run) for run in zip_longest(verdicts, signs, gaps)]


def _reached(
    instances: list[Instance], options: SolverOptions, target: Callable[[Bracket], bool]
) -> tuple[list[str], list[Reached]]:
    """Verdicts, and what it took each problem to reach a target."""
    seconds, solver = solve(instances, options)
    brackets = [bracket(instance, solver.gram(i)[0], solver.moments(i)) for i, instance in enumerate(instances)]
    reached = [
        Reached(seconds, iterations=solution.iterations) if target(proven) else Reached()
        for proven, solution in zip(brackets, solver.solutions, strict=True)
    ]
    return [proven.verdict for proven in brackets], reached


def zero_margin(size: int) -> float:
    """The option that takes brackets of `BOUNDARY` for zero, as a share of |Q|, which is about sqrt(2 size)."""
    return BOUNDARY / (2 * np.sqrt(size))


def solve(instances: list[Instance], options: SolverOptions) -> tuple[float, SosSolver]:
    """Seconds a problem, from plain arrays, and the solver."""
    last: list[SosSolver] = []

    def run() -> None:
        last[:] = [SosSolver((margin_problem((rows,), rhs) for rows, rhs in instances), options)]
        last[0].run()

    seconds = median_seconds(run, rounds=3 if len(instances[0].rows) <= SLOW else 1, least=0.3)
    return seconds / len(instances), last[0]


def peer_runs(name: str, instances: list[Instance], limit: float) -> Iterator[Run]:
    """A run for each problem, up to one that is stopped without a verdict."""
    for instance in instances:
        run = peer_run(name, instance, limit)
        yield run
        if too_long(run):
            break


def too_long(run: Run) -> bool:
    return run.stopped and not run.verdict


def peer_run(name: str, instance: Instance, limit: float) -> Run:
    """The loosest tolerances that certify the sign and close the gap."""
    verdict, sign, gap, claim, stopped = "", Reached(), Reached(), Reached(), False
    try:
        for step in answers(limit, climb, PEERS[name], instance):
            reached = Reached(step.seconds, step.tolerance, step.iterations)
            if not verdict and step.bracket.verdict:
                verdict, sign = step.bracket.verdict, reached
            if gap == Reached() and step.bracket.closed(GAP):
                gap = reached
            if claim == Reached() and step.claimed:
                claim = reached
            if verdict and (gap != Reached() or name == FEASIBILITY):
                break
    except TimeoutError:
        stopped = True
    if not verdict and claim != Reached():
        verdict, sign = CLAIMED, claim
    return Run(verdict, sign, gap, stopped)


def cells(rows: list[Row]) -> Iterator[list[Row]]:
    """The rows of each size and truth."""
    for _, cell in groupby(rows, key=lambda row: (row.size, row.truth)):
        yield list(cell)


def batch_row(cell: list[Row]) -> Row:
    """Ours in the largest batch."""
    return [row for row in cell if row.who not in PEERS][-1]


def times(cell: list[Row], row: Row, target: str) -> float:
    """Of ours, seconds of the best certified peer over ours; of a peer, over ours in batch. NaN without either."""
    if row.who in PEERS:
        return _ratio(row.median(target), batch_row(cell).median(target))
    peers = [peer.median(target) for peer in cell if peer.who in PEERS and not peer.claimed]
    return _ratio(min(peers, default=np.inf), row.median(target))


def _ratio(seconds: float, other: float) -> float:
    return seconds / other if np.isfinite([seconds, other]).all() else np.nan


def comparison(rows: list[Row], limit: float) -> Table:
    half = "eps", "steps", "times"
    table = make_table("Margin problems", "basis", "solver", "certified", "verdict s", *half, "gap s", *half)
    table.columns[1].justify = "left"
    for cell in cells(rows):
        for row in cell:
            texts = []
            for target in ("sign", "gap"):
                stopped = any(run.stopped for run in row.runs)
                texts.append(_number(row.median(target), f">{limit:g}" if stopped else "-"))
                texts += (_number(row.median(target, name)) for name in ("tolerance", "iterations"))
                texts.append(_number(times(cell, row, target)))
            table.add_row(f"{row.size} {row.truth}", row.who, row.score, *texts)
        table.add_section()
    return table


def _number(value: float, otherwise: str = "-") -> str:
    """Two or three digits."""
    if not np.isfinite(value):
        return otherwise
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.2g}"


def goals(rows: list[Row]) -> Iterator[str]:
    """Verdicts in batch against the goals, and where ours is slow."""
    slow = []
    for cell in cells(rows):
        ratios = {row.who: times(cell, row, "sign") for row in cell}
        slow += (f"{cell[0].size} {cell[0].truth} {who}" for who in ratios if who not in PEERS and ratios[who] < HALF)
        if cell[0].size == 64:
            scs = min((ratio for who, ratio in ratios.items() if who.startswith("SCS")), default=np.nan)
            clarabel = ratios.get("Clarabel", np.nan)
            yield (
                f"basis 64, {cell[0].truth}, {batch_row(cell).who}, times as fast as others: {_number(scs)} the better "
                f"form of SCS (goal {SCS_GOAL}), {_number(clarabel)} Clarabel (goal {CLARABEL_GOAL})"
            )
    yield f"verdicts slower than half the best peer's: {'; '.join(slow) or 'none'}"


def throughput(options: argparse.Namespace) -> Table:
    """Ours alone, each way and for each batch size."""
    table = make_table("Verdicts a second", "basis, batch", "projection", "precision", "right", *options.truths)
    for size in sorted(options.sizes):
        for batch in sorted(options.batch or [default_batch(size)]):
            problems = {truth: repeated(truth, size, batch) for truth in options.truths}
            for projection, precision in product(options.projections, options.precisions):
                dtype = "float64" if precision == "float64" else "float32"
                if projection == "eigh" == chosen_projection(bucket_side(size), dtype):
                    continue  # the same as "auto"
                ways = SolverOptions(
                    projection=projection, precision=precision, boundary_gap=zero_margin(size), compile_after=0.0
                )
                texts, right = [], 0
                for truth, instances in problems.items():
                    seconds, solver = solve(instances, ways)
                    texts.append(_number(1 / seconds))
                    right += sum(solution.status.name.lower() == truth for solution in solver.solutions)
                row = f"{size}, {batch}", projection, precision, f"{right}/{batch * len(problems)}", *texts
                print(*row, sep="  ", file=sys.stderr)
                table.add_row(*row)
    return table


def default_batch(size: int) -> int:
    return BATCHES.get(size, 256 if size <= 64 else 1)


def repeated(truth: str, size: int, batch: int) -> list[Instance]:
    """So many problems, `DISTINCT` different ones again and again."""
    distinct = [planted(truth, size, seed) for seed in range(min(batch, DISTINCT))]
    return [distinct[i % DISTINCT] for i in range(batch)]


def roofline(batch: int, side: int = 64) -> Iterator[str]:
    """How near one projection of a batch, by products, is to what the machine can do in matrix products and copies.

    Each of its products reads two matrices and writes one.
    """
    large = jax.default_backend() != "cpu"
    for dtype, (steps, _) in SCHEDULES.items():
        with jax.enable_x64(True):
            square = jnp.ones((8192 if large else 2048,) * 2, dtype)
            line = jnp.ones((2**28 if large else 2**24,), dtype)
            random = np.random.default_rng(0).normal(size=(batch, side, side))
            matrices = jnp.asarray(random + random.swapaxes(1, 2), dtype)
            rate = 2 * len(square) ** 3 / _seconds(lambda x: multiply(x, x), square)
            bandwidth = 2 * COPIES * line.nbytes / _seconds(_copies, line)
            seconds = _seconds(lambda x: project_psd(x, "products"), matrices)
        products = 3 * steps + 1
        operations, moved = products * 2 * side**3 * batch, products * 3 * matrices.nbytes
        floor = max(operations / rate, moved / bandwidth)
        yield (
            f"projection of {batch} at basis {side}, {dtype}: {operations / 1e9:.1f} Gflop at {rate / 1e9:.0f} Gflop/s "
            f"= {1000 * operations / rate:.2f} ms, {moved / 1e9:.2f} GB at {bandwidth / 1e9:.0f} GB/s "
            f"= {1000 * moved / bandwidth:.2f} ms; takes {1000 * seconds:.2f} ms, {seconds / floor:.1f} times the floor"
        )


def _copies(line: Array) -> Array:
    """In place: new memory would be measured too."""
    return jax.lax.fori_loop(0, COPIES, lambda _, x: x + 1, line)


def _seconds(function: Callable[[Array], Array], argument: Array) -> float:
    run = jax.jit(function)
    return median_seconds(lambda: jax.block_until_ready(run(argument)), least=0.5)


if __name__ == "__main__":
    main()
