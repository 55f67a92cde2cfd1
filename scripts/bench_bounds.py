"""Bounds: `python scripts/bench_bounds.py FILE.jsonl [ID...]` answers the rows of the kinds `bound` and `constrained`.

A row `bound` has its polynomial; the worded statements of `constrained` are written out in `bound_problems.py`. The
truth of a row stands beside the proven bracket.
"""

import argparse
import json
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from bound_problems import PROBLEMS
from rich.table import Table
from tables import make_console

from nsos_jax import Polynomial, SemialgebraicSet, SolveOptions
from nsos_jax.programs.bounds import BoundResult, lower_bound


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("ids", nargs="*")
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds per problem")
    arguments = parser.parse_args()
    console, table = (
        make_console(),
        Table("problem", "truth", "status", "lower", "upper", "order", "flat", "minimisers", "s", "CPU s", "error"),
    )
    rows = [json.loads(line) for line in arguments.path.read_text().splitlines()]
    for name, truth, polynomial, on in problems(rows):
        if arguments.ids and name not in arguments.ids:
            continue
        started, cpu = time.perf_counter(), time.process_time()
        result = lower_bound(polynomial, on, options=SolveOptions(time_limit=arguments.time_limit))
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        if result.certificate is not None:
            result.certificate.verify()
        table.add_row(name, truth, *cells(result), f"{seconds:.2f}", f"{cpu:.2f}", result.error)
        console.print(f"{name}: {result!r} {seconds:.1f} s, {cpu:.2f} s of the processor")
    console.print(table)


def problems(rows: list[dict]) -> Iterator[tuple[str, str, Polynomial, SemialgebraicSet | None]]:
    """Name, truth, polynomial, set."""
    for row in rows:
        if row["kind"] == "bound":
            yield row["id"], str(row["truth"]), Polynomial.parse(row["polynomial"]), None
    truths = {row["id"]: str(row["truth"]) for row in rows}
    for name, problem in PROBLEMS.items():
        parts = [Polynomial.parse(text) for text in problem.get("where", [])]
        box = {f"x{index}": tuple(map(Fraction, ends)) for index, ends in enumerate(problem.get("box", []), 1)}
        on = SemialgebraicSet(parts, [Polynomial.parse(text) for text in problem.get("with_zero", [])])
        truth = f">= {problem['least']}" if "least" in problem else truths.get(name, "")
        yield name, truth, Polynomial.parse(problem["minimise"]), on & SemialgebraicSet.box(box)


def cells(result: BoundResult) -> list[str]:
    ends = ["" if end is None else f"{float(end):.10g}" for end in (result.lower, result.upper)]
    order = "" if result.order is None else str(result.order)
    return [str(result.status), *ends, order, "yes" if result.flat else "", str(len(result.minimisers))]


if __name__ == "__main__":
    main()
