"""The projection onto the PSD cone, both ways: `python scripts/bench_projection.py [--seconds S]`.

For each side and precision, the median time of a matrix of a batch by eigendecomposition and by products, the error of
the products against float64 eigendecompositions, and how near they are to the machine: the rate that a plain batched
product of the same side reaches in the same run is the roof.
"""

import argparse
import statistics
import time
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from rich.console import Console
from tables import make_table

from nsos_jax.solvers.psd import SCHEDULES, multiply, project_psd

SIDES = (8, 16, 32, 48, 64, 96, 128, 256)
ENTRIES = 1 << 19
"""Of all matrices of a batch."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1.0, help="of every measurement (default 1)")
    options = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    columns = "precision", "eigh us", "products us", "times faster", "worst error / norm", "of the roof %"
    table = make_table(f"PSD projection on {jax.devices()[0].device_kind}, a matrix of a batch", "side", *columns)
    for side in SIDES:
        for dtype in SCHEDULES:
            table.add_row(f"{side}", dtype, *measure(side, dtype, options.seconds))
        table.add_section()
    Console(width=110).print(table)


def measure(side: int, dtype: str, seconds: float) -> list[str]:
    count = max(2, ENTRIES // side**2)
    random = np.random.default_rng(side).normal(size=(count, side, side))
    matrices = jnp.asarray(random + random.swapaxes(1, 2), dtype)
    runs = {way: jax.jit(partial(project_psd, projection=way)) for way in ("eigh", "products")}
    times = {way: median_seconds(run, matrices, seconds) / count for way, run in runs.items()}
    roof = median_seconds(jax.jit(lambda x: multiply(x, x)), matrices, seconds) / count
    exact = project_psd(matrices.astype("float64"), "eigh")
    norms = jnp.linalg.norm(matrices.astype("float64"), ord=2, axis=(-2, -1))
    error = float((jnp.linalg.norm(runs["products"](matrices) - exact, ord=2, axis=(-2, -1)) / norms).max())
    floor = (3 * SCHEDULES[dtype][0] + 1) * roof
    numbers = f"{1e6 * times['eigh']:.1f}", f"{1e6 * times['products']:.1f}", f"{times['eigh'] / times['products']:.2f}"
    return [*numbers, f"{error:.0e}", f"{100 * floor / times['products']:.0f}"]


def median_seconds(run, argument: jax.Array, seconds: float) -> float:
    jax.block_until_ready(run(argument))
    times: list[float] = []
    while sum(times) < seconds or len(times) < 3:
        started = time.perf_counter()
        jax.block_until_ready(run(argument))
        times.append(time.perf_counter() - started)
    return statistics.median(times)


if __name__ == "__main__":
    main()
