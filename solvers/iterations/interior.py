"""A point inside the dual cone for every problem of a batch, which makes the bounds by the dual finite."""

import dataclasses

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from nsos_jax.solvers.iterations.admm import in_blocks
from nsos_jax.solvers.iterations.bracket import feasible_moments
from nsos_jax.solvers.iterations.normal_form import Batch, row_sums, spread
from nsos_jax.solvers.iterations.psd import min_eigenvalue, project_psd

DEPTH = 0.1
"""Of the mean eigenvalue: what the eigenvalues of M(m) are lifted to, a tenth of it after every `PATIENCE` rounds."""
PATIENCE, ROUNDS = 40, 120
OVERSHOOT = 1.8
INSIDE = 1e-10
"""Of the mean eigenvalue: a smallest eigenvalue above it counts as inside."""


def check(batch: Batch) -> Batch:
    """The batch with the moments m0 brought to F'm0 = -c, and their smallest eigenvalue."""
    moments = feasible_moments(batch, batch.interior)
    return dataclasses.replace(batch, interior=moments, floor=_floor(batch, moments))


def search(batch: Batch) -> Batch:
    """The batch with every m0 that was not inside the cone moved there, as far as the search comes.

    As long as some M(m0) is not positive definite, it projects onto the matrices whose eigenvalues are large enough and
    back by averaging over rows (alternating projections, over-relaxed); three rounds are enough for most.
    """

    def going(carry: tuple) -> Bool[Array, ""]:
        count, _, floor = carry
        return (count < ROUNDS) & (floor <= 0).any()

    def lift(carry: tuple) -> tuple:
        count, moments, floor = carry
        least = DEPTH * 0.1 ** (count // PATIENCE) * _mean(batch, moments)
        wanted = (least[:, None, None] * batch.valid)[..., None] * jnp.eye(batch.rows.shape[-1])
        lifted = project_psd(wanted - spread(batch, moments))
        change = batch.inverse_counts * row_sums(batch, in_blocks(batch, lifted))
        moments = feasible_moments(batch, moments + jnp.where(floor[:, None] > 0, 0.0, OVERSHOOT * change))
        return count + 1, moments, _floor(batch, moments)

    _, moments, floor = jax.lax.while_loop(going, lift, (0, batch.interior, batch.floor))
    return dataclasses.replace(batch, interior=moments, floor=floor)


def _floor(batch: Batch, moments: Float[Array, "batch rows"]) -> Float[Array, " batch"]:
    """The smallest eigenvalue of M(m); not above zero unless clearly so."""
    lowest = min_eigenvalue(spread(batch, moments), batch.valid)
    return jnp.where(lowest > INSIDE * _mean(batch, moments), lowest, jnp.minimum(lowest, 0.0))


def _mean(batch: Batch, moments: Float[Array, "batch rows"]) -> Float[Array, " batch"]:
    """Of the eigenvalues of M(m)."""
    used = jnp.maximum(batch.valid.sum(axis=(1, 2)), 1.0)
    return jnp.abs(jnp.einsum("bkii->b", spread(batch, moments))) / used
