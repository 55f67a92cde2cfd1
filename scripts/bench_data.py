"""The real polynomials: `python scripts/bench_data.py sos1k FILE.jsonl` or `... sparsesos FOLDER`.

`sos1k` answers every row of the SoS-1K evaluation set and sets the published label against the proven truth;
`sparsesos` answers every file of a folder. Both print the seconds with compilation (first pass) and without (second).
"""

import argparse
import json
import time
from collections import Counter
from functools import partial
from pathlib import Path

from rich.table import Table
from tables import make_console, timed

import nsos_jax as nsos

SMALL_BASIS = 250


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", choices=("sos1k", "sparsesos"))
    parser.add_argument("path", type=Path)
    options = parser.parse_args()
    if options.set == "sos1k":
        sos1k(options.path)
    else:
        sparsesos(options.path)


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


if __name__ == "__main__":
    main()
