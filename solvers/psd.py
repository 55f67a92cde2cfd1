"""Projection onto the positive semidefinite cone, batched: by eigendecomposition, or by matrix products only.

With |X| = X sign(X), the projection is (X + |X|) / 2. The sign comes from the quintics of `sign_schedule.py`, three
products each, which accelerators do at their full rate where batched eigendecompositions wait for one another. Tiny
eigenvalues get less than a full sign; the projection errs there by less than half of them.
"""

from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nsos_jax.solvers.sign_schedule import sign_schedule

Projection = Literal["auto", "eigh", "products"]
SCHEDULES = {"float32": (9, 1e-4), "float64": (16, 1e-8)}
"""Steps, and the smallest |eigenvalue| / norm that gets its full sign. Fewer steps, or a smaller one, are at the mercy
of rounding; so chosen, projections err by at most 1e-5 and 1e-9 of the norm (`tests/test_psd.py`)."""
LARGEST_BY_PRODUCTS = {"cpu": {"float32": 64, "float64": 0}, "gpu": {"float32": 2048, "float64": 2048}}
"""Sides up to which `auto` takes products, as measured by `scripts/bench_projection.py`."""
SMALLEST_BY_PRODUCTS = {"cpu": 0, "gpu": 32}
"""Sides from which on `auto` takes products: on GPUs, smaller ones were not measured."""
HIGHEST = jax.lax.Precision.HIGHEST  # else GPUs multiply float32 in TF32, good to 1e-3


def project_psd(
    matrices: Float[Array, "*batch side side"], projection: Projection = "auto"
) -> Float[Array, "*batch side side"]:
    """The nearest positive semidefinite matrices in the Frobenius norm.

    >>> import jax.numpy as jnp
    >>> project_psd(jnp.diag(jnp.array([2.0, -1.0])), "eigh").tolist()
    [[2.0, 0.0], [0.0, 0.0]]
    """
    if projection == "auto":
        projection = chosen_projection(matrices.shape[-1], str(matrices.dtype))
    if projection == "products":
        return (matrices + absolute_value(matrices)) / 2
    return positive_part(*eigh(matrices))


def positive_part(
    values: Float[Array, "*batch side"], vectors: Float[Array, "*batch side side"]
) -> Float[Array, "*batch side side"]:
    """The projection of the matrices with these eigenvalues and eigenvectors."""
    return multiply(vectors * jnp.maximum(values, 0.0)[..., None, :], jnp.swapaxes(vectors, -1, -2))


def chosen_projection(side: int, dtype: str) -> Projection:
    """What was faster where both were measured."""
    backend = "cpu" if on_cpu() else "gpu"
    fits = SMALLEST_BY_PRODUCTS[backend] <= side <= LARGEST_BY_PRODUCTS[backend][dtype]
    return "products" if fits else "eigh"


def absolute_value(matrices: Float[Array, "*batch side side"]) -> Float[Array, "*batch side side"]:
    """|X| = X sign(X) by products only; exact for X = 0."""
    steps, low = SCHEDULES[str(matrices.dtype)]
    first, *others = sign_schedule(steps, low)
    largest = jnp.abs(matrices).max(axis=(-2, -1), keepdims=True)
    scaled = matrices / jnp.where(largest > 0, largest, 1.0)  # else fourth powers leave the range of float32
    square = multiply(scaled, scaled)
    fourth = multiply(square, square)
    # |X^4|_F^(1/4) bounds the spectral norm, within a factor side^(1/8), and costs no product of its own.
    norm = jnp.sqrt(jnp.sqrt(jnp.sqrt((fourth**2).sum(axis=(-2, -1), keepdims=True))))
    norm = jnp.where(norm > 0, norm * (1 + 1e-6), 1.0)
    sign = scaled / norm
    sign = _quintic(first, sign, square / norm**2, fourth / norm**4)

    def improve(sign: Array, quintic: Array) -> tuple[Array, None]:
        square = multiply(sign, sign)
        return _quintic(quintic, sign, square, multiply(square, square)), None

    # a loop compiles faster, which counts on a CPU
    sign, _ = jax.lax.scan(improve, sign, jnp.array(others, matrices.dtype), unroll=1 if on_cpu() else len(others))
    product = multiply(matrices, sign)
    return (product + jnp.swapaxes(product, -1, -2)) / 2


def _quintic(
    coefficients: tuple[float, float, float] | Float[Array, "3"], matrix: Array, square: Array, fourth: Array
) -> Float[Array, "*batch side side"]:
    a, b, c = coefficients
    return a * matrix + multiply(b * square + c * fourth, matrix)


def multiply(left: Array, right: Array) -> Array:
    """The matrix product at full precision."""
    return jnp.matmul(left, right, precision=HIGHEST)


def norm(matrices: Float[Array, "batch bins side side"]) -> Float[Array, " batch"]:
    """The Frobenius norm over all bins of each problem."""
    return jnp.sqrt((matrices**2).sum(axis=(-3, -2, -1)))


def min_eigenvalue(
    matrices: Float[Array, "batch bins side side"], valid: Float[Array, "batch bins side"]
) -> Float[Array, " batch"]:
    """The smallest eigenvalue over the used part of all bins of each problem; padding is moved above the spectrum."""
    above = norm(matrices) + 1.0
    padding = above[..., None, None] * (1.0 - valid)
    padded = matrices + padding[..., None, :] * jnp.eye(matrices.shape[-1])
    return one_by_one(jnp.linalg.eigvalsh, padded)[..., 0].min(axis=-1)


def eigh(
    matrices: Float[Array, "*batch side side"],
) -> tuple[Float[Array, "*batch side"], Float[Array, "*batch side side"]]:
    """Eigenvalues, ascending, and eigenvectors."""
    values, vectors = one_by_one(jnp.linalg.eigh, matrices)
    return values, vectors


def one_by_one(function: Callable[[Array], Any], matrices: Float[Array, "*batch side side"]) -> Any:
    """The function of all matrices, on a CPU in a loop over them.

    There, JAX 0.10 spreads a batch of decompositions over XLA's thread pool and waits for them within that pool: two
    that run at the same time can wait for each other for ever. Groups that run side by side use the cores as well.
    """
    if not on_cpu() or matrices.ndim == 2:
        return function(matrices)
    flat = matrices.reshape(-1, *matrices.shape[-2:])
    results = jax.lax.map(function, flat)
    return jax.tree.map(lambda leaf: leaf.reshape(*matrices.shape[:-2], *leaf.shape[1:]), results)


def on_cpu() -> bool:
    """Whether the device is the host itself."""
    return jax.default_backend() == "cpu"
