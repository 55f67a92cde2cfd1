"""The best bounds so far of every problem, and the points behind them, in the units of the problems."""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nsos_jax.solvers.iterations.bracket import Bracket
from nsos_jax.solvers.iterations.normal_form import Batch
from nsos_jax.solvers.iterations.psd import norm


class Bounds(NamedTuple):
    """The numbers that decide.

    Attributes:
      lower, upper: of the margin t* of a margin problem, else of the optimal value, less what rounding may have added.
      residual: of the last iterate, see `Bracket`.
      size: |S|, or |Q| of a margin problem.
      unit: of the value: |b| |c|, or |b| of a margin problem, as measured by the normal form.
    """

    lower: Float[Array, " batch"]
    upper: Float[Array, " batch"]
    residual: Float[Array, " batch"]
    size: Float[Array, " batch"]
    unit: Float[Array, " batch"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Best:
    """Attributes:
    bounds: the best of each side.
    grams: the primal point: Q = S + t I of a margin problem, else S.
    free: d that belongs to it.
    moments: the dual point.
    """

    bounds: Bounds
    grams: Float[Array, "batch bins side side"]
    free: Float[Array, "batch variables"]
    moments: Float[Array, "batch rows"]


def in_own_units(batch: Batch, found: Bracket) -> Best:
    """The bracket of each problem in its own units and variables; a margin is minus the value of its program."""
    size, value = batch.size, batch.size * batch.price
    free = jnp.einsum("bkj,bj->bk", batch.inverse, found.free)
    grams = (found.slack + jnp.swapaxes(found.slack, -1, -2)) / 2
    lower, upper = value * (found.below - found.rounding), value * (found.above + found.rounding)
    if batch.is_margin:
        lower, upper = -upper, -lower
        grams = grams + free[:, :1, None, None] * batch.valid[..., None, :] * jnp.eye(grams.shape[-1])
    bounds = Bounds(lower, upper, found.residual, size * norm(grams), value)
    grams = size[:, None, None, None] * grams
    return Best(bounds, grams, size[:, None] * free, batch.price[:, None] * found.moments)


def better(batch: Batch, known: Best, found: Best) -> Best:
    """The better bound of each side with its point; those of `found` that hold NaN are left out."""
    new, (lowest, highest, *_, size, _) = found.bounds, known.bounds
    lower, upper = new.lower >= lowest, new.upper <= highest
    primal, dual = (lower, upper) if batch.is_margin else (upper, lower)
    bounds = new._replace(
        lower=jnp.where(lower, new.lower, lowest),
        upper=jnp.where(upper, new.upper, highest),
        size=jnp.where(primal, new.size, size),
    )
    return Best(
        bounds=bounds,
        grams=jnp.where(primal[:, None, None, None], found.grams, known.grams),
        free=jnp.where(primal[:, None], found.free, known.free),
        moments=jnp.where(dual[:, None], found.moments, known.moments),
    )


def unbounded(batch: Batch) -> Best:
    """What is known before the first iteration."""
    nothing = jnp.zeros_like(batch.size)
    bounds = Bounds(nothing - jnp.inf, nothing + jnp.inf, nothing, nothing, nothing)
    moments = batch.price[:, None] * batch.interior
    return Best(bounds, jnp.zeros(batch.rows.shape), jnp.zeros_like(batch.cost), moments)
