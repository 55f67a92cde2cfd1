"""The projection onto the PSD cone, both ways: `python scripts/bench_projection.py [--seconds S]`.

For each side and precision, the median time of a matrix of a batch by eigendecomposition and by products, the error of
the products against float64 eigendecompositions, and how near they are to the machine: the rate that a plain batched
product of the same side reaches in the same run is the roof.
"""

import argparse
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from tables import make_console, make_table, median_seconds, number_above

from nsos_jax.solvers.psd import SCHEDULES, multiply, project_psd

SIDES = (8, 16, 32, 48, 64, 96, 128, 256)
ENTRIES = 1 << 19
"""Of all matrices of a batch."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=number_above(0), default=1.0, help="of every measurement (default 1)")
    options = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    columns = "precision", "eigh us", "products us", "times faster", "worst error / norm", "of the roof %"
    table = make_table(f"PSD projection on {jax.devices()[0].device_kind}, a matrix of a batch", "side", *columns)
    for side in SIDES:
        for dtype in SCHEDULES:
            table.add_row(f"{side}", dtype, *measure(side, dtype, options.seconds))
        table.add_section()
    make_console().print(table)


def measure(side: int, dtype: str, seconds: float) -> list[str]:
    count = max(2, ENTRIES // side**2)
    random = np.random.default_rng(side).normal(size=(count, side, side))
    matrices = jnp.asarray(random + random.swapaxes(1, 2), dtype)
    runs = {way: jax.jit(partial(project_psd, projection=way)) for way in ("eigh", "products")}
    runs["roof"] = jax.jit(lambda x: multiply(x, x))
    calls = {name: lambda run=run: jax.block_until_ready(run(matrices)) for name, run in runs.items()}
    times = {name: median_seconds(call, least=seconds) / count for name, call in calls.items()}
    exact = project_psd(matrices.astype("float64"), "eigh")
    norms = jnp.linalg.norm(matrices.astype("float64"), ord=2, axis=(-2, -1))
    error = float((jnp.linalg.norm(runs["products"](matrices) - exact, ord=2, axis=(-2, -1)) / norms).max())
    floor = (3 * SCHEDULES[dtype][0] + 1) * times["roof"]
    numbers = f"{1e6 * times['eigh']:.1f}", f"{1e6 * times['products']:.1f}", f"{times['eigh'] / times['products']:.2f}"
    return [*numbers, f"{error:.0e}", f"{100 * floor / times['products']:.0f}"]


if __name__ == "__main__":
    main()
