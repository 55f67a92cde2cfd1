"""Certified bounds on the margin from any iterate.

lower: lambda_min(Q) for a Q with A(Q) = b.
upper: weak duality. Every y with M(y) = A'(y) psd and <A(I), y> = 1 has  <b, y> = <Q, M(y)> >= t. The averaged
  multiplier is mixed with the interior y0 of the batch, M(y0) >= mu I, just enough to be feasible.
Both hold up to float64 rounding, which the thresholds of `Bracket` account for.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nsos_jax.solvers.admm import State, row_sums, spread
from nsos_jax.solvers.problem import Batch
from nsos_jax.solvers.psd import min_eigenvalue


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Bracket:
    """lower <= t* <= upper per problem, with the dual point of `upper` and the accuracy of both in float64."""

    lower: Float[Array, " batch"]
    upper: Float[Array, " batch"]
    moments: Float[Array, "batch rows"]
    rounding: Float[Array, " batch"]


def average(batch: Batch, matrices: Float[Array, "batch bins side side"]) -> Float[Array, "batch rows"]:
    """The y whose M(y) is nearest to the matrices, scaled to <A(I), y> = 1."""
    moments = batch.inverse_counts * row_sums(batch, matrices)
    trace = (batch.identity * moments).sum(axis=-1, keepdims=True)
    return moments / jnp.where(jnp.abs(trace) > 1e-300, trace, 1.0)


def bracket(batch: Batch, state: State) -> Bracket:
    """Bounds from the current iterates (two eigenvalue computations)."""
    sides = batch.rows.shape[-1]
    epsilon = jnp.finfo(batch.rhs.dtype).eps * 4.0 * sides
    size = jnp.sqrt((state.affine**2).sum(axis=(1, 2, 3)))
    lower = min_eigenvalue(state.affine, batch.valid)
    moments = average(batch, -state.multiplier)
    floor = min_eigenvalue(spread(batch, moments), batch.valid) - epsilon
    mix = jnp.where(batch.floor > epsilon, -floor / jnp.maximum(batch.floor - epsilon, 1e-300), jnp.inf)
    mix = jnp.where(floor >= 0, 0.0, mix)
    share = jnp.where(jnp.isfinite(mix), mix / (1.0 + mix), 1.0)
    mixed = (1.0 - share[:, None]) * moments + share[:, None] * batch.interior
    usable = jnp.isfinite(mix) & ((batch.identity * moments).sum(axis=-1) > 0.5)
    upper = jnp.where(usable, (batch.rhs * mixed).sum(axis=-1), jnp.inf)
    rounding = epsilon * (size + (jnp.abs(batch.rhs) * jnp.abs(mixed)).sum(axis=-1))
    return Bracket(lower, upper, mixed, rounding)
