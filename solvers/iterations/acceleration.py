"""Extrapolation of the iterates of ADMM, which spiral towards their limit, within a chunk of iterations.

ADMM is a fixed-point iteration W <- T(W) of one matrix, W = Z + U. Of its last points, the combination sum c_k T(W_k),
sum c = 1, whose residual sum c_k (T(W_k) - W_k) is smallest is near the limit wherever T is nearly linear: regularised
nonlinear acceleration (Scieur, d'Aspremont and Bach, "Regularized nonlinear acceleration", NIPS 2016). An iteration
from there decides: a residual larger than the last one throws the extrapolation away.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nsos_jax.solvers.iterations import admm
from nsos_jax.solvers.iterations.normal_form import Batch
from nsos_jax.solvers.iterations.psd import Projection, norm, one_by_one, project_psd

REGULARISATION = 1e-8
"""Of c, relative to the trace of the residuals' inner products."""


def advance(batch: Batch, state: admm.State, iterations: int, projection: Projection) -> admm.State:
    """As many projections of every problem, two of them for the extrapolation."""

    def iterate(moving: admm.State, _: None) -> tuple[admm.State, Array]:
        moved = admm.step(batch, moving, projection)
        return moved, moved.cone + moved.multiplier

    state, points = jax.lax.scan(iterate, state, length=iterations - 2)
    residuals = points[1:] - points[:-1]
    shares = combination(residuals)
    point = jnp.einsum("kb,kbnij->bnij", shares.astype(points.dtype), points[1:], precision=jax.lax.Precision.HIGHEST)
    cone = project_psd(point, projection)
    start = admm.State(cone, point - cone, state.slack, state.free, state.penalty)
    end = admm.step(batch, start, projection)
    better = norm(end.cone + end.multiplier - point) <= norm(residuals[-1])
    return jax.tree.map(lambda new, old: jnp.where(better.reshape(-1, *[1] * (new.ndim - 1)), new, old), end, state)


def combination(residuals: Float[Array, "points batch bins side side"]) -> Float[Array, "points batch"]:
    """The shares c, which sum to 1, that minimise |sum c_k r_k| for every problem."""

    def with_all(residual: Float[Array, "batch bins side side"]) -> Float[Array, "points batch"]:
        return (residual.astype(jnp.float64) * residuals.astype(jnp.float64)).sum(axis=(-3, -2, -1))

    products = jnp.moveaxis(jax.lax.map(with_all, residuals), -1, 0)
    size = jnp.trace(products, axis1=-2, axis2=-1)[:, None, None]
    unit = jnp.eye(len(residuals))
    shifted = products / jnp.where(size > 0, size, 1.0) + REGULARISATION * unit
    shares = one_by_one(_solved, shifted)
    return (shares / shares.sum(axis=-1, keepdims=True)).T


def _solved(matrix: Float[Array, "*batch k k"]) -> Float[Array, "*batch k"]:
    """The solution of `matrix x = 1`, for a positive definite matrix."""
    factor = jnp.linalg.cholesky(matrix), True
    return jax.scipy.linalg.cho_solve(factor, jnp.ones(matrix.shape[:-1])[..., None])[..., 0]
