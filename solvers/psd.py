"""Projection onto the positive semidefinite cone, batched."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def project_psd(matrices: Float[Array, "*batch side side"]) -> Float[Array, "*batch side side"]:
    """The nearest positive semidefinite matrices in the Frobenius norm, by eigendecomposition.

    >>> import jax.numpy as jnp
    >>> project_psd(jnp.diag(jnp.array([2.0, -1.0]))).tolist()
    [[2.0, 0.0], [0.0, 0.0]]
    """
    values, vectors = jnp.linalg.eigh(matrices)
    return (vectors * jnp.maximum(values, 0.0)[..., None, :]) @ jnp.swapaxes(vectors, -1, -2)


def min_eigenvalue(
    matrices: Float[Array, "batch bins side side"], valid: Float[Array, "batch bins side"]
) -> Float[Array, " batch"]:
    """The smallest eigenvalue over the used part of all bins of each problem; padding is moved above the spectrum."""
    above = jnp.sqrt((matrices**2).sum(axis=(-3, -2, -1))) + 1.0
    padding = above[..., None, None] * (1.0 - valid)
    padded = matrices + padding[..., None, :] * jnp.eye(matrices.shape[-1])
    return jnp.linalg.eigvalsh(padded)[..., 0].min(axis=-1)
