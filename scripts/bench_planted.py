"""Planted instances of the paper's grids: `python scripts/bench_planted.py [--draws 20]`.

For each (n, degree, basis) and Gram structure: how many draws are proven SOS exactly, the mean size of the basis found,
and warm seconds per polynomial alone and in a batch (bases, solver, exact proof and its verification included).
"""

import argparse
import statistics
from functools import partial

import numpy as np
from rich.table import Table
from tables import make_console, warm

import nsos_jax as nsos
from nsos_jax.sampling import STRUCTURES, plant

GRID = ((4, 6, 20), (6, 12, 30), (8, 20, 30), (6, 20, 60), (6, 40, 60), (100, 10, 20))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    table = Table("n, degree, basis", "structure", "full rank", "SOS", "of full rank", "basis", "batch s", "single s")
    for cell in GRID:
        for structure in STRUCTURES:
            rng = np.random.default_rng((options.seed, *cell))
            draws = [plant(rng, *cell, structure) for _ in range(options.draws)]
            polynomials = [draw.polynomial for draw in draws]
            full = [np.linalg.matrix_rank(draw.gram.astype(float)) == cell[2] for draw in draws]
            seconds, results = warm(partial(nsos.certify_batch, polynomials))
            batch = seconds / options.draws
            single = statistics.median(warm(partial(nsos.certify, polynomial))[0] for polynomial in polynomials[:5])
            proven = [result.status is nsos.Status.SOS for result in results]
            size = statistics.mean(len(result.basis) for result in results)
            counts = sum(full), sum(proven), sum(p for p, f in zip(proven, full, strict=True) if f)
            name = ", ".join(map(str, cell))
            table.add_row(name, structure, *map(str, counts), f"{size:.1f}", f"{batch:.4f}", f"{single:.4f}")
        table.add_section()
    make_console().print(table)


if __name__ == "__main__":
    main()
