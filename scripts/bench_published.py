"""Published programs, bounds and searches: `python scripts/bench_published.py FILE.jsonl [--only ID ...]`.

Each line of the file has `id`, `statement` (as `nsos solve` reads it), `value` (a number, "feasible" or "infeasible")
and `digits`. Every statement is answered twice; the seconds are those of the second answer, proof included, beside
those of Clarabel on the same program (its interior-point method alone, on the equations that our presolve left; for a
parameter, on the program at the feasible end).
"""

import argparse
import json
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from machine import describe_machine
from tables import make_console, make_table, timed

from nsos_jax.programs import Answer, StatedProblem, answer_problem
from nsos_jax.programs.backends import solve_form
from nsos_jax.programs.equations.conic import ConicForm
from nsos_jax.programs.equations.presolve import Contradiction, presolve
from nsos_jax.programs.equations.system import ProgramSystem

PROVEN = ("FEASIBLE", "OPTIMAL", "BOUNDED")


class Judged(NamedTuple):
    """How an answer compares with what was published."""

    agrees: bool
    proven: bool
    shown: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    options = parser.parse_args()
    rows = [json.loads(line) for line in options.path.read_text().splitlines()]
    table = make_table("", "program", "published", "ours", "proven", "s", "Clarabel s")
    totals = {"agree": 0, "proven": 0, "rows": 0, "seconds": 0.0, "Clarabel seconds": 0.0}
    slower: list[float] = []
    for row in rows:
        if options.only and row["id"] not in options.only:
            continue
        problem = StatedProblem.read(row["statement"])
        first, _ = timed(lambda problem=problem: answer_problem(problem))
        seconds, result = timed(lambda problem=problem: answer_problem(problem))
        judged = judge(row, result)
        peer = clarabel_seconds(problem, result)
        status = str(result.status) if judged.proven else "no"
        table.add_row(
            row["id"], str(row["value"]), judged.shown, status, f"{seconds:.3f}", "-" if peer is None else f"{peer:.3f}"
        )
        totals["rows"] += 1
        totals["agree"] += judged.agrees
        totals["proven"] += judged.proven
        totals["seconds"] += first
        if peer is not None:
            totals["Clarabel seconds"] += peer
            slower.append(seconds / peer)
        if not (judged.agrees and judged.proven):
            print(f"{row['id']}: {result.error or result.reason}")
    make_console().print(table)
    print(describe_machine("clarabel"))
    print({name: round(value, 2) for name, value in totals.items()})
    slower.sort()
    if slower:
        within = sum(ratio <= 2 for ratio in slower)
        print(f"ours / Clarabel: median {slower[len(slower) // 2]:.1f}, at most twice in {within} of {len(slower)}")


def judge(row: dict[str, Any], result: Answer) -> Judged:
    """Whether the published digits are met, and both bounds or the answer are proven.

    Where the value of a relaxation is not the minimum, the bounds are that value and that of a point.
    """
    if row["value"] == "infeasible":
        right = result.status == "INFEASIBLE"
        return Judged(right, right, str(result.status).lower())
    if row["value"] == "feasible":
        right = result.status in PROVEN
        return Judged(right, right, str(result.status).lower())
    published = float(Fraction(str(row["value"])))
    value = result.value
    if value is None:
        return Judged(False, False, "-")
    error = 0.5 * 10.0 ** (1 - row["digits"]) * max(abs(published), 10.0 ** (1 - row["digits"]) if published else 1.0)
    both = result.lower is not None and result.upper is not None
    return Judged(abs(value - published) <= 2 * error, both and result.status in PROVEN, f"{value:.9g}")


def clarabel_seconds(problem: StatedProblem, result: Answer) -> float | None:
    """Of the program that was answered; None where presolve needs no solver."""
    parameter = problem.parameter
    value = None if parameter is None or result.value is None else Fraction(result.value)
    if parameter is not None and value is None:
        return None
    try:
        presolved = presolve(ProgramSystem.of(problem.program(value)))
    except Contradiction:
        return None
    form = ConicForm.of(presolved)
    limit = None if presolved.system.cost else 1.0
    solve_form(form, "clarabel", margin_limit=limit)
    return solve_form(form, "clarabel", margin_limit=limit).seconds


if __name__ == "__main__":
    main()
