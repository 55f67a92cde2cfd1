"""Real polynomials: `python scripts/bench_data.py sos1k FILE.jsonl`, `... sparsesos FOLDER`, or `... truth FILE.jsonl`.

`sos1k` answers every row of the SoS-1K evaluation set and sets the published label against the proven truth;
`sparsesos` answers every file of a folder. Both print the seconds with compilation (first pass) and without (second).
`truth` answers, with `nonnegative=True`, every row whose `truth` is known (`verified`) and names a kind of membership.
"""

import argparse
import json
import time
from collections import Counter
from functools import partial
from pathlib import Path
from textwrap import shorten

from rich.table import Table
from tables import make_console, timed

import nsos_jax as nsos

SMALL_BASIS = 250


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", choices=("sos1k", "sparsesos", "truth"))
    parser.add_argument("path", type=Path)
    options = parser.parse_args()
    {"sos1k": sos1k, "sparsesos": sparsesos, "truth": truth}[options.set](options.path)


def sos1k(path: Path) -> None:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for which in ("first pass", "second pass"):
        started = time.perf_counter()
        results = nsos.certify_batch([nsos.Polynomial.parse(row["polynomial"]) for row in rows])
        print(f"{which}: {len(rows)} rows in {time.perf_counter() - started:.1f} s, parsing included")
    table = Table("group", "rows", "label SOS", "proven SOS", "proven not SOS", "open", "labels refuted")
    groups: dict[str, list] = {}
    for row, result in zip(rows, results, strict=True):
        if result.certificate is not None:
            result.certificate.verify()
        groups.setdefault(row["group"], []).append((bool(row["published_label"]), result.status))
        groups.setdefault("all", []).append(groups[row["group"]][-1])
    for group in (*sorted(set(groups) - {"all"}), "all"):
        answers = groups[group]
        statuses = Counter(_truth(status) for _, status in answers)
        refuted = sum(_truth(status) == ("not SOS" if label else "SOS") for label, status in answers)
        cells = len(answers), sum(label for label, _ in answers), statuses["SOS"], statuses["not SOS"], statuses["open"]
        table.add_row(group, *map(str, (*cells, refuted)))
    make_console().print(table)


def _truth(status: nsos.Status) -> str:
    if status in (nsos.Status.NEGATIVE, nsos.Status.NOT_SOS):
        return "not SOS"
    return "SOS" if status is nsos.Status.SOS else "open"


def sparsesos(folder: Path) -> None:
    table = Table("file", "n", "degree", "terms", "status", "basis", "largest block", "first s", "second s")
    small = [0.0, 0.0]
    statuses: Counter[nsos.Status] = Counter()
    for path in sorted(folder.glob("*.txt"), key=lambda path: path.stat().st_size):
        polynomial = nsos.Polynomial.parse(path.read_text())
        seconds = []
        for _ in range(2):
            took, result = timed(partial(nsos.certify, polynomial))
            seconds.append(took)
        if result.certificate is not None:
            result.certificate.verify()
        statuses[result.status] += 1
        tried = max((attempt.basis_size for attempt in result.attempts), default=0)
        if tried <= SMALL_BASIS:
            small = [total + value for total, value in zip(small, seconds, strict=True)]
        largest = max(map(len, result.blocks), default=0)
        numbers = polynomial.num_variables, polynomial.degree, polynomial.num_terms
        table.add_row(
            path.name,
            *map(str, numbers),
            result.status,
            f"{len(result.basis)}",
            f"{largest}",
            *map("{:.2f}".format, seconds),
        )
    make_console().print(table)
    print(", ".join(f"{status} {count}" for status, count in statuses.items()))
    print(f"files whose bases stay at or below {SMALL_BASIS}: {small[0]:.1f} s first, {small[1]:.1f} s second")


EXPECTED = {
    "sos": "SOS",
    "boundary_sos": "SOS",
    "sos_boundary": "SOS",
    "sos_interior": "SOS",
    "not_sos": "NONNEGATIVE or NOT_SOS or NEGATIVE",
    "nonneg_not_sos": "NONNEGATIVE",
    "negative": "NEGATIVE",
    "sos_real_not_rational": "NONNEGATIVE or NOT_SOS over Q",
}


def truth(path: Path) -> None:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows = [row for row in rows if row["truth"] in EXPECTED and row.get("kind", "membership") == "membership"]
    rows = [row for row in rows if row["verified"]]
    table = Table("row", "truth", "answer", "proposer", "seconds", "as it is known")
    missed, total = 0, 0.0
    for row in rows:
        polynomial = nsos.Polynomial.parse(row["polynomial"])
        seconds, result = timed(partial(nsos.certify, polynomial, nonnegative=True))
        answer = f"{result.status} over Q" if result.over == "Q" and result.status == "NOT_SOS" else str(result.status)
        agrees = answer in EXPECTED[row["truth"]].split(" or ")
        missed, total = missed + (not agrees), total + seconds
        shown = shorten(result.proposer, 40, placeholder="...")
        table.add_row(row["id"], row["truth"], answer, shown, f"{seconds:.2f}", "yes" if agrees else "NO")
    make_console().print(table)
    print(f"{len(rows)} rows, {missed} not as they are known, {total:.1f} s")


if __name__ == "__main__":
    main()
