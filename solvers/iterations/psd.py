"""Projection onto the positive semidefinite cone, batched: by eigendecomposition, or by matrix products only.

The second is (X + |X|) / 2, with |X| as in `products.py`. Where tiny eigenvalues get less than a full sign there, the
projection errs by less than half of them.
"""

from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nsos_jax.solvers.interpreted.interpreter import tracing
from nsos_jax.solvers.iterations.products import absolute_value, multiply, smallest_eigenvalue

Projection = Literal["auto", "eigh", "products"]
LARGEST_BY_PRODUCTS = {"cpu": {"float32": 64, "float64": 0}, "gpu": {"float32": 2048, "float64": 2048}}
"""Sides up to which `auto` takes products, as measured by `scripts/bench_projection.py`."""


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
    """What was faster where both were measured; to NumPy, each of the many operations on products counts."""
    if tracing():
        return "eigh"
    backend = "cpu" if on_cpu() else "gpu"
    return "products" if side <= LARGEST_BY_PRODUCTS[backend][dtype] else "eigh"


def norm(matrices: Float[Array, "batch bins side side"]) -> Float[Array, " batch"]:
    """The Frobenius norm over all bins of each problem."""
    return jnp.sqrt((matrices**2).sum(axis=(-3, -2, -1)))


def min_eigenvalue(
    matrices: Float[Array, "batch bins side side"], valid: Float[Array, "batch bins side"]
) -> Float[Array, " batch"]:
    """The smallest eigenvalue over the used part of all bins of each problem, to about 1e-14 of the norm."""
    if not on_cpu():
        return smallest_eigenvalue(matrices, valid).min(axis=-1)
    # padding is moved above the spectrum
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
    if not on_cpu() or matrices.ndim == 2 or tracing():
        return function(matrices)
    flat = matrices.reshape(-1, *matrices.shape[-2:])
    results = jax.lax.map(function, flat)
    return jax.tree.map(lambda leaf: leaf.reshape(*matrices.shape[:-2], *leaf.shape[1:]), results)


def on_cpu() -> bool:
    """Whether the device is the host itself."""
    return jax.default_backend() == "cpu"
