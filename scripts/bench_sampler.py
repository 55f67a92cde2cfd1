"""Rates of the device sampler: `python scripts/bench_sampler.py [--batch 64 256] [--held-out]`.

For each group of `nsos_jax.families` and each batch size: seconds to compile, milliseconds per batch (median of some
runs, compilation apart) and draws per second, on the default device.
"""

import argparse
import statistics
import time

import jax
from machine import describe_machine
from rich.table import Table
from tables import make_console

from nsos_jax.sampling import HELD_OUT_GROUPS, TRAINING_GROUPS, Group, sample_batch


def main() -> None:
    options = _options()
    console = make_console()
    console.print(describe_machine("nsos-jax", "jax", "jaxlib", "numpy"), highlight=False)
    table = Table("group", "n", "terms", "basis", "batch", "compile s", "ms per batch", "draws per second")
    for group in (*TRAINING_GROUPS, *(HELD_OUT_GROUPS if options.held_out else ())):
        shape = group.shape
        for batch in options.batch:
            compilation, seconds = _measure(group, batch, options.runs)
            sizes = map(str, (shape.variables, shape.terms, shape.size, batch))
            table.add_row(group.name, *sizes, f"{compilation:.1f}", f"{1000 * seconds:.1f}", f"{batch / seconds:,.0f}")
        table.add_section()
    console.print(table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, nargs="+", default=[64, 256], help="batch sizes (default 64 256)")
    parser.add_argument("--runs", type=int, default=7, help="timed runs, each with another key (default 7)")
    parser.add_argument("--held-out", action="store_true", help="also the groups that training does not see")
    return parser.parse_args()


def _measure(group: Group, batch: int, runs: int) -> tuple[float, float]:
    """Seconds of the first call beyond a later one, and the median seconds of a later call."""
    seconds = []
    for seed in range(runs + 1):
        key = jax.block_until_ready(jax.random.key(seed))
        started = time.perf_counter()
        jax.block_until_ready(sample_batch(key, group.mixture, group.shape, batch))
        seconds.append(time.perf_counter() - started)
    later = statistics.median(seconds[1:])
    return max(seconds[0] - later, 0.0), later


if __name__ == "__main__":
    main()
