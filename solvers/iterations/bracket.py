"""Certified bounds on the optimal value from any iterate, in normal form.

above: c'd of a point with A(S) + F d = b and S psd. A slack with a negative eigenvalue is moved into the cone: where d
  holds a margin, by lowering that, which gives -lambda_min(Q) for Q = S + t I; else by mixing it with the anchor of
  the batch.
below: weak duality. All m with M(m) = A'(m) psd and F'm = -c have  -<b, m> <= c'd. Moments with a negative eigenvalue
  are mixed with the interior m0 of the batch, M(m0) >= mu I, just enough to be feasible.
Both hold up to float64 rounding, which `bounds.py` takes off them.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nsos_jax.solvers.iterations.admm import combine, fit
from nsos_jax.solvers.iterations.normal_form import Batch, row_sums, spread
from nsos_jax.solvers.iterations.psd import min_eigenvalue, norm


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Bracket:
    """below <= value <= above per problem, with the points behind them.

    Attributes:
      below, above: bounds on the optimal value in normal form; infinite where no feasible point is known.
      slack, free: the point behind `above`, before it was moved into the cone if `is_margin`, else after.
      moments: the dual point behind `below`.
      residual: how far the iterates are from optimality: what is missing to S psd and M(m) psd, and the gap between
        c'd and -<b, m>, each relative to the size of its terms and of b, which is 1.
      rounding: the accuracy of both bounds in float64.
    """

    below: Float[Array, " batch"]
    above: Float[Array, " batch"]
    slack: Float[Array, "batch bins side side"]
    free: Float[Array, "batch variables"]
    moments: Float[Array, "batch rows"]
    residual: Float[Array, " batch"]
    rounding: Float[Array, " batch"]


def feasible_moments(batch: Batch, moments: Float[Array, "batch rows"]) -> Float[Array, "batch rows"]:
    """The nearest m with F'm = -c, in the metric of A A'."""
    return moments - batch.inverse_counts * combine(batch, fit(batch, moments) + batch.cost)


def average(batch: Batch, matrices: Float[Array, "batch bins side side"]) -> Float[Array, "batch rows"]:
    """The m with F'm = -c whose M(m) is nearest to the matrices."""
    return feasible_moments(batch, batch.inverse_counts * row_sums(batch, matrices))


def bracket(
    batch: Batch,
    slack: Float[Array, "batch bins side side"],
    free: Float[Array, "batch variables"],
    moments: Float[Array, "batch rows"],
) -> Bracket:
    """Bounds from S and d with A(S) + F d = b and m with F'm = -c (two eigenvalue computations each)."""
    epsilon = jnp.finfo(batch.rhs.dtype).eps * 4.0 * batch.rows.shape[-1]
    cost, value = (batch.cost * free).sum(axis=-1), -(batch.rhs * moments).sum(axis=-1)
    size = norm(slack) + (jnp.abs(cost) if batch.is_margin else 0.0)
    matrices = spread(batch, moments)
    # together, as few large decompositions suit accelerators best
    both = jnp.concatenate([slack, matrices]), jnp.concatenate([batch.valid, batch.valid])
    lowest, floor = jnp.split(min_eigenvalue(*both), 2)
    strength = norm(matrices) + 1e-300
    costs = (batch.cost != 0).any(axis=-1)
    scale = jnp.where(costs, strength, 1.0)  # without a cost the moments vanish
    violation = jnp.maximum(-lowest / (1.0 + size), -floor / scale)
    residual = jnp.maximum(violation, jnp.abs(cost - value) / (1.0 + size + jnp.abs(cost) + jnp.abs(value)))

    depth = batch.floor - epsilon * jnp.sqrt((batch.counts * batch.interior**2).sum(axis=-1))
    share, usable = _mixing(floor - epsilon * strength, depth)
    moments = (1.0 - share[:, None]) * moments + share[:, None] * batch.interior
    moments = jnp.where((usable | costs)[:, None], moments, 0.0)  # no moments are feasible without a cost
    below = jnp.where(usable | ~costs, -(batch.rhs * moments).sum(axis=-1), -jnp.inf)
    if batch.anchor is None:
        above = cost - lowest
    else:
        share, usable = _mixing(lowest - epsilon * size, batch.anchor.floor - epsilon * norm(batch.anchor.slack))
        slack = (1.0 - share[:, None, None, None]) * slack + share[:, None, None, None] * batch.anchor.slack
        free = (1.0 - share[:, None]) * free + share[:, None] * batch.anchor.free
        above = jnp.where(usable, (batch.cost * free).sum(axis=-1), jnp.inf)
    rounding = epsilon * (size + (jnp.abs(batch.rhs) * jnp.abs(moments)).sum(axis=-1))
    return Bracket(below, above, slack, free, moments, residual, rounding)


def _mixing(
    lowest: Float[Array, " batch"], inside: Float[Array, " batch"]
) -> tuple[Float[Array, " batch"], Float[Array, " batch"]]:
    """The least share of a point with smallest eigenvalue `inside` that lifts one with `lowest` to zero, and whether
    there is any."""
    usable = (lowest >= 0) | (inside > 0)
    needed = -lowest / jnp.maximum(inside - lowest, 1e-300)
    return jnp.where(usable & (lowest < 0), needed, 0.0), usable
