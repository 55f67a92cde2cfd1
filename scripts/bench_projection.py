"""Projections onto the PSD cone and smallest eigenvalues: `python scripts/bench_projection.py [--sides 64]`.

For each side and precision, the median time of a matrix of a batch by eigendecomposition and by products, the rate of
the products, and their largest error against float64 eigendecompositions, over the norm. Smallest eigenvalues are
float64 only.
"""

import argparse
import sys
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array
from tables import count, make_console, make_table, median_seconds, number_above

from nsos_jax.solvers.iterations.products import SCHEDULES, SQUARINGS, smallest_eigenvalue
from nsos_jax.solvers.iterations.psd import one_by_one, project_psd

SIDES = 8, 16, 32, 48, 64, 96, 128, 256
ENTRIES = 1 << 19 if jax.default_backend() == "cpu" else 1 << 22
"""Of all matrices of a batch."""
COMPARED = 1 << 18
"""Entries of those whose errors are found."""
WAYS = "eigh", "products"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=number_above(0), default=1.0, help="of every measurement (default 1)")
    parser.add_argument("--sides", type=count, nargs="+", default=SIDES, help="of the matrices")
    options = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    columns = "what", "eigh us", "products us", "times faster", "Gflop/s", "error / norm"
    table = make_table(f"On {jax.devices()[0].device_kind}, a matrix of a batch", "side", *columns)
    for side in options.sides:
        for what in (*SCHEDULES, "smallest"):
            row = f"{side}", what, *measure(side, what, options.seconds)
            print(*row, file=sys.stderr)
            table.add_row(*row)
        table.add_section()
    make_console().print(table)


def measure(side: int, what: str, seconds: float) -> list[str]:
    number = max(2, ENTRIES // side**2)
    random = np.random.default_rng(side).normal(size=(number, side, side))
    matrices = jnp.asarray(random + random.swapaxes(1, 2), "float64" if what == "smallest" else what)
    if what == "smallest":
        products, ways = SQUARINGS, {"eigh": lowest_by_eigh, "products": lowest_by_products}
    else:
        products, ways = 3 * SCHEDULES[what][0] + 1, {way: partial(project_psd, projection=way) for way in WAYS}
    runs = {name: jax.jit(way) for name, way in ways.items()}
    calls = [lambda name=name: jax.block_until_ready(runs[name](matrices)) for name in WAYS]
    by_eigh, by_products = (median_seconds(call, least=seconds) / number for call in calls)
    rate = 2 * products * side**3 / by_products
    some = matrices[: max(1, COMPARED // side**2)]
    error = largest_error(runs["products"](some), ways["eigh"](some.astype("float64")), some)
    times = f"{1e6 * by_eigh:.2f}", f"{1e6 * by_products:.2f}", f"{by_eigh / by_products:.1f}"
    return [*times, f"{rate / 1e9:.0f}", f"{error:.0e}"]


def lowest_by_eigh(matrices: Array) -> Array:
    return one_by_one(jnp.linalg.eigvalsh, matrices)[..., 0]


def lowest_by_products(matrices: Array) -> Array:
    return smallest_eigenvalue(matrices, jnp.ones(matrices.shape[:-1]))


def largest_error(got: Array, exact: Array, matrices: Array) -> float:
    """In the spectral norm, relative to that of the matrices."""
    differences = np.asarray(got, np.float64) - np.asarray(exact)
    norms = np.abs(np.linalg.eigvalsh(np.asarray(matrices, np.float64))).max(axis=-1)
    if differences.ndim > 1:
        differences = np.abs(np.linalg.eigvalsh((differences + differences.swapaxes(-1, -2)) / 2)).max(axis=-1)
    return float((np.abs(differences) / norms).max())


if __name__ == "__main__":
    main()
