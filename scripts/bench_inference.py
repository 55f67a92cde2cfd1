"""Seconds of the learned proposers on a batch and on one polynomial: `python scripts/bench_inference.py`.

Polynomials at (6, 12, 30), all four Gram structures in turn, with the weights that ship; medians, compilation apart,
everything from polynomials to repaired proposals included.
"""

import argparse
from functools import partial

import numpy as np
from tables import count, make_console, make_table, median_seconds

from nsos_jax import propose
from nsos_jax.proposers import LEARNED
from nsos_jax.sampling import STRUCTURES, plant


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=count, default=256, help="polynomials of the batch (default 256)")
    parser.add_argument("--rounds", type=count, default=3, help="of each measurement (default 3)")
    options = parser.parse_args()
    structures = [STRUCTURES[i % len(STRUCTURES)] for i in range(options.batch)]
    drawn = [plant(np.random.default_rng(i), 6, 12, 30, structure) for i, structure in enumerate(structures)]
    polynomials = [draw.polynomial for draw in drawn]
    table = make_table("Proposals, seconds", "proposer", f"batch of {options.batch}", "one alone")
    for name in LEARNED:
        parts = polynomials, polynomials[:1]
        seconds = (median_seconds(partial(propose, part, name), options.rounds) for part in parts)
        table.add_row(name, *(f"{s:.3f}" for s in seconds))
    make_console().print(table)


if __name__ == "__main__":
    main()
