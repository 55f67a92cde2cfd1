"""A map of where a learned proposer can pay: `python scripts/map_learning.py FOLDER [--draws 1] [--data FOLDER]`.

For each cell (structure, space, |B*|; see `learning_cells.py`) and each draw, processor seconds and wall seconds of a
whole certification by

- each rule alone, `peel` and `even_support`, of which the faster that proves it counts as the best rule,
- the model `gram_graph` alone, its own time included,
- an oracle that knows the planted basis and tries nothing else, which is the floor. Of published polynomials it is the
  smallest basis that was proven, made smaller as `certify(..., compact=True)` does.

Best rule over oracle is what there is to win. Each call is repeated once, and the second counts, where the first had to
compile. One JSON line a draw goes to FOLDER/map.jsonl; lines that are there are not made again, so a run can be stopped
and resumed. `--table` and `--plot FILE` show what is there, `--most SECONDS` stops after so many.
"""

import argparse
import json
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from learning_cells import SIZES, SPACES, STRUCTURES, Cell, draw, published, wells_less_their_bounds
from rich.table import Table
from tables import count, folder, make_console, make_table, number_above, output_file

import nsos_jax as nsos
from nsos_jax.bases import covering_candidates
from nsos_jax.certificates import SosCertificate
from nsos_jax.membership.rungs import Suggested, rungs
from nsos_jax.membership.search import Search, Task
from nsos_jax.polynomials import Polynomial
from nsos_jax.proofs import GramSystem
from nsos_jax.solvers import compiled_so_far

METHODS = ("peel", "even_support", "gram_graph")
PATIENCE = 60
PAYS, NEAR = 3.0, 1.05
"""Gaps from which on there is much to win, and up to which there is nothing."""


def main() -> None:
    options = _options()
    path = options.folder / "map.jsonl"
    if not options.table:
        _measure_all(options, path)
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []
    console = make_console()
    for part in (table(rows), summary(rows)):
        console.print(part, highlight=False)
    if options.plot:
        plot(rows, options.plot)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=folder, metavar="FOLDER", help="of the file map.jsonl")
    parser.add_argument("--draws", type=count, default=1, help="per cell (default 1)")
    parser.add_argument("--sizes", type=count, nargs="+", default=SIZES, help="of the planted bases")
    parser.add_argument("--structures", nargs="+", choices=STRUCTURES, default=STRUCTURES)
    parser.add_argument("--spaces", nargs="+", choices=SPACES, default=SPACES)
    parser.add_argument("--data", type=folder, metavar="FOLDER", help="sparsesos/*.txt, field.jsonl; and double wells")
    parser.add_argument("--time-limit", type=number_above(0), default=30.0, help="of each certification (default 30)")
    parser.add_argument("--most", type=number_above(0), default=1e9, help="seconds after which no cell is begun")
    parser.add_argument("--table", action="store_true", help="only show what the folder has")
    parser.add_argument("--plot", type=output_file, metavar="FILE")
    return parser.parse_args()


def _measure_all(options: argparse.Namespace, path: Path) -> None:
    done = {json.loads(line)["name"] for line in path.read_text().splitlines()} if path.is_file() else set()
    started = time.monotonic()
    for name, cell, polynomial, planted in _work(options, done):
        if time.monotonic() - started > options.most:
            return
        row = {"name": name, **(cell._asdict() if cell else {}), **measure(polynomial, planted, options.time_limit)}
        with path.open("a") as file:
            file.write(json.dumps(row) + "\n")


def _work(
    options: argparse.Namespace, done: set[str]
) -> Iterator[tuple[str, Cell | None, Polynomial, np.ndarray | None]]:
    """What is not done yet, the small cells first."""
    if options.data:
        for name, polynomial in chain(published(options.data), wells_less_their_bounds()):
            if name not in done:
                yield name, None, polynomial, None
    for number in range(options.draws):
        for size in options.sizes:
            for structure in options.structures:
                for space in options.spaces:
                    cell = Cell(structure, space, size)
                    name = f"{cell.name}, draw {number}"
                    if name not in done:
                        planted = draw(cell, number)
                        yield name, cell, planted.polynomial, planted.basis


def measure(polynomial: Polynomial, planted: np.ndarray | None, limit: float) -> dict[str, Any]:
    """The columns of a row about one polynomial."""
    candidates = len(covering_candidates(polynomial.exponents))
    row: dict[str, Any] = {"terms": polynomial.num_terms, "candidates": candidates}
    results: list[nsos.Result] = []
    for method in METHODS:
        options = nsos.CertifyOptions(proposers=(method,), time_limit=limit)
        spent, result = spend(lambda options=options: nsos.certify(polynomial, options))
        results.append(result)
        row[method] = {**spent, "status": str(result.status), "basis": len(result.basis), "by": result.proposer}
    oracle = planted if planted is not None else smallest_basis(results)
    if oracle is not None and len(oracle):
        spent, proven = spend(lambda: proof_on(polynomial, oracle, limit))
        row["oracle"] = {**spent, "status": "SOS" if proven is not None else "UNDECIDED", "basis": len(oracle)}
    return row


def spend(call: Callable[[], Any]) -> tuple[dict[str, float], Any]:
    """Processor and wall seconds of a call, of the second one where the first compiled anything."""
    for _ in range(2):
        before, cpu, wall = compiled_so_far().seconds, time.process_time(), time.perf_counter()
        answer = call()
        spent = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
        if compiled_so_far().seconds == before:
            break
    return spent, answer


def proof_on(polynomial: Polynomial, basis: np.ndarray, limit: float) -> SosCertificate | None:
    """A proof on a basis, on the covers of it that the pipeline tries."""
    task, search = Task(polynomial, limit), Search(nsos.CertifyOptions(time_limit=limit))
    for rung in rungs(task, Suggested([basis])):
        system = GramSystem.build(polynomial, rung.basis, task.scaling, rung.parts)
        candidate = search.add(task, "oracle", system, rung.cover)
        search.run(PATIENCE)
        if task.proof or search.try_faces(candidate):
            break
    return task.proof[1] if task.proof else None


def smallest_basis(results: list[nsos.Result]) -> np.ndarray | None:
    """The smallest basis that was proven, made smaller still."""
    proven = [result for result in results if result.status is nsos.Status.SOS and len(result.basis)]
    if not proven:
        return None
    best = min(proven, key=lambda result: len(result.basis))
    found = (
        nsos.compact(best.certificate, seconds=20).certificate if best.certificate.kind == "sos" else best.certificate
    )
    return np.unique(np.concatenate([block.basis for block in found.blocks]), axis=0)


def gaps(row: dict[str, Any], unit: str = "cpu") -> dict[str, float]:
    """Seconds of the best rule, the model and the oracle, where they proved it; the gap, and what the model wins."""
    rules = [row[rule][unit] for rule in ("peel", "even_support") if row[rule]["status"] == "SOS"]
    rule = min(rules, default=float("nan"))
    model = row["gram_graph"][unit] if row["gram_graph"]["status"] == "SOS" else float("nan")
    known = row.get("oracle", {"status": ""})
    oracle = known[unit] if known["status"] == "SOS" else float("nan")
    return {"rule": rule, "model": model, "oracle": oracle, "gap": rule / oracle, "win": rule / model}


def table(rows: list[dict[str, Any]]) -> Table:
    """One line for a space and a size: medians over structures and draws; published polynomials by their collection."""
    headers = "draws", "terms", "candidates", "rule s", "model s", "oracle s", "rule/oracle", "most", "rule/model"
    result = make_table(
        "Processor seconds: the best rule, the model, the oracle that knows the basis", "space, |B*|", *headers
    )
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[f"{row['space']}, {row['size']}" if "space" in row else row["name"].split()[0]].append(row)
    for name, same in groups.items():
        numbers = [gaps(row) for row in same]
        middle = {key: _median([each[key] for each in numbers]) for key in numbers[0]}
        sizes = [f"{_median([float(row[key]) for row in same]):.0f}" for key in ("terms", "candidates")]
        most = max((each["gap"] for each in numbers if each["gap"] == each["gap"]), default=float("nan"))
        seconds = (f"{value:.2f}" for value in (*(middle[key] for key in ("rule", "model", "oracle", "gap")), most))
        result.add_row(name, f"{len(same)}", *sizes, *seconds, f"{middle['win']:.2f}")
    return result


def summary(rows: list[dict[str, Any]]) -> str:
    """How many draws have something to win, by the number of candidates."""
    lines = []
    for low, high in ((0, 100), (100, 300), (300, 1000), (1000, 10**9)):
        numbers = [gaps(row) for row in rows if low <= row["candidates"] < high]
        known = [each for each in numbers if each["gap"] == each["gap"]]
        unproven = sum(each["rule"] != each["rule"] and each["oracle"] == each["oracle"] for each in numbers)
        if not known and not unproven:
            continue
        much, near = sum(e["gap"] >= PAYS for e in known), sum(e["gap"] <= NEAR for e in known)
        wins = sum(e["win"] >= PAYS for e in known), sum(e["win"] > 1 for e in known)
        lines.append(
            f"{low} to {high if high < 10**9 else 'more'} candidates: {len(numbers)} polynomials, gap at least "
            f"{PAYS:g} in {much}, at most {NEAR:g} in {near}, median {_median([e['gap'] for e in known]):.2f}; "
            f"no rule proves {unproven}; "
            f"the model is faster than the rules in {wins[1]}, {PAYS:g} times in {wins[0]}"
        )
    return "\n".join(lines)


def _median(values: list[float]) -> float:
    known = [value for value in values if value == value]
    return statistics.median(known) if known else float("nan")


def plot(rows: list[dict[str, Any]], path: Path) -> None:
    """Gap against candidates over |B*|: the area of a dot by |B*|, a colour a space."""
    from nsos_jax.plots.style import COLORS, GREY, new_figure  # which needs matplotlib

    figure, axes = new_figure(
        "What a perfect proposer could save", ("candidates / |B*|", "best rule / oracle, processor seconds")
    )
    kinds = [*SPACES, "published"]
    for color, kind in zip(COLORS, kinds, strict=False):
        chosen = [row for row in rows if row.get("space", "published") == kind and "oracle" in row]
        points = [
            (row["candidates"] / row["oracle"]["basis"], gaps(row)["gap"], row["oracle"]["basis"]) for row in chosen
        ]
        x, y, size = (np.array(column, float) for column in zip(*points, strict=True)) if points else (np.zeros(0),) * 3
        axes.scatter(x, y, s=8 + size / 3, color=color, alpha=0.7, linewidths=0, label=kind)
    axes.axhline(1, color=GREY, linewidth=1)
    axes.axhline(PAYS, color=GREY, linewidth=1, linestyle="--")
    axes.set(xscale="log", yscale="log")
    axes.legend(frameon=False)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
