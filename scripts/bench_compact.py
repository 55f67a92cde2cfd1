"""Shorter certificates: `python scripts/bench_compact.py [--draws 2] [--seconds 60] [--data FOLDER]`.

For planted families, and published polynomials with --data: bytes of the certificate as it is found, of the one that
`certify(..., compact=SECONDS)` leaves, and of the one on the planted basis; how many monomials, squares and processor
milliseconds of checking they take. "polynomial" are the bytes that every certificate of it has in common. All are
medians over the draws; the last line is the median over all draws of compact over planted, the goal being 1.1.
"""

import argparse
import json
import statistics
import time
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import proposer_scores as scores
from learning_cells import published
from map_learning import proof_on
from tables import count, folder, make_console, make_table, number_above

import nsos_jax as nsos
from nsos_jax.certificates import SosCertificate
from nsos_jax.polynomials import Polynomial
from nsos_jax.sampling import Family

FAMILIES = (
    Family(8, 16, 100, "sparse", even=True),
    Family(4, 20, 150, "sparse"),
    Family(6, 12, 30, "dense"),
    Family(6, 12, 30, "low-rank"),
    Family(4, 6, 20, "sparse"),
    Family(4, 6, 20, "block-diagonal"),
    Family(4, 12, 15, "sparse", even=True),
    Family(4, 12, 30, "sparse", cancel=1.0, size_spread=2),
)


class Measured(NamedTuple):
    """A certificate in numbers."""

    size: int
    """Bytes of the file."""
    monomials: int
    squares: int
    check: float
    """Processor milliseconds of `verify`."""


def main() -> None:
    options = _options()
    console = make_console()
    columns = "draws", "polynomial", "found", "compact", "planted", "monomials", "squares", "check ms", "s"
    table = make_table("Bytes; found/compact/planted: monomials, squares, check", "family", *columns)
    ratios: list[float] = []
    for name, draws in _sources(options).items():
        rows = []
        for p, basis in draws:
            if row := measure(p, basis, options.seconds):
                rows.append(row)
                console.print(f"{name}: {_line(row[0])}, {row[2]:.1f} s", style="dim", highlight=False)
        if not rows:
            table.add_row(name, "0", *[""] * 8)
            continue
        kinds = [kind for kind in ("found", "compact", "planted") if kind in rows[0][0]]
        middle = {kind: [statistics.median(m[kind][i] for m, _, _ in rows) for i in range(4)] for kind in kinds}
        ratios += [m["compact"].size / m["planted"].size for m, _, _ in rows if "planted" in m]
        numbers = [f"{middle[kind][0]:.0f}" if kind in middle else "" for kind in ("found", "compact", "planted")]
        others = ["/".join(f"{middle[kind][i]:.{i // 3}f}" for kind in kinds) for i in (1, 2, 3)]
        own, spent = (statistics.median(row[i] for row in rows) for i in (1, 2))
        table.add_row(name, f"{len(rows)}", f"{own:.0f}", *numbers, *others, f"{spent:.1f}")
    console.print(table)
    if ratios:
        console.print(f"compact over planted: median {statistics.median(ratios):.2f}, largest {max(ratios):.2f}")


def _line(measured: dict[str, Measured]) -> str:
    """What one draw gave."""
    return ", ".join(
        f"{kind} {m.size} bytes, {m.monomials} monomials, {m.check:.0f} ms" for kind, m in measured.items()
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=count, default=2, help="per family (default 2)")
    parser.add_argument("--seconds", type=number_above(0), default=60.0, help="of certify(compact=...) (default 60)")
    parser.add_argument("--data", type=folder, metavar="FOLDER", help="with sparsesos/*.txt and field.jsonl")
    parser.add_argument("--only", default="", metavar="TEXT", help="families with this text in their names")
    return parser.parse_args()


def _sources(options: argparse.Namespace) -> dict[str, list[tuple[Polynomial, np.ndarray | None]]]:
    """Polynomials by family, with the planted basis where there is one."""
    found: dict[str, list[tuple[Polynomial, np.ndarray | None]]] = defaultdict(list)
    for family in FAMILIES:
        if options.only in family.name:
            found[family.name] = [(d.polynomial, d.basis) for d in scores.held_back(family, options.draws)]
    for name, polynomial in published(Path(options.data)) if options.data else ():
        found[name.split()[0]].append((polynomial, None))
    return found


def measure(p: Polynomial, basis: np.ndarray | None, seconds: float) -> tuple[dict[str, Measured], int, float] | None:
    """The certificates in numbers, bytes of the polynomial, processor seconds of compaction; None without a proof."""
    found = nsos.certify(p, time_limit=120.0)
    if not isinstance(found.certificate, SosCertificate):
        return None
    started = time.process_time()
    compact = nsos.compact(found.certificate, seconds)
    spent = time.process_time() - started
    measured = {
        "found": _measured(found.certificate, compact.squares_before),
        "compact": _measured(compact.certificate, compact.squares_after),
    }
    planted = None if basis is None else proof_on(p, basis, 120.0)
    if planted is not None:
        measured["planted"] = _measured(planted, nsos.compact(planted, 1e-3).squares_before)
    return measured, len(json.dumps(found.certificate.polynomial.to_list(), separators=(",", ":"))), spent


def _measured(certificate: SosCertificate, squares: int) -> Measured:
    started = time.process_time()
    certificate.verify()
    check = 1000 * (time.process_time() - started)
    monomials = {tuple(row) for block in certificate.blocks for row in block.basis.tolist()}
    return Measured(len(certificate.to_json()), len(monomials), squares, check)


if __name__ == "__main__":
    main()
