"""Over-relaxed ADMM for sum-of-squares programs, in closed form (one projection onto the PSD cone an iteration).

For  min c'd  s.t.  A(S) + F d = b,  S psd,  split S = Z with scaled multiplier U. With V = Z - U, r = b - A(V) and the
diagonal matrix G = (A A')^-1, where F'G F is the unit matrix (`normal_form.py`), the affine step is
    d = F'G r - c / rho,    S = V + A'(G (r - F d)),
followed by the PSD projection of the over-relaxed point (Boyd et al. 2011, sections 3.1 and 3.4.3). The multiplier
-rho U is positive semidefinite and converges to the moment matrix of the dual problem.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nsos_jax.solvers.iterations.normal_form import Batch, row_sums, spread
from nsos_jax.solvers.iterations.psd import Projection, project_psd
from nsos_jax.solvers.packing import Start

RELAXATION = 1.7
# In normal form. Of fixed and residual-balanced penalties between 0.01 and 1000, this needed the fewest iterations over
# planted margin problems of all four Gram structures (balancing oscillates on small margins).
PENALTY = 3.0


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class State:
    """Iterates of B problems.

    Attributes:
      cone: Z, positive semidefinite.
      multiplier: U, negative semidefinite.
      slack, free: S and d, satisfying A(S) + F d = b up to rounding.
      penalty: rho.
    """

    cone: Float[Array, "batch bins side side"]
    multiplier: Float[Array, "batch bins side side"]
    slack: Float[Array, "batch bins side side"]
    free: Float[Array, "batch variables"]
    penalty: Float[Array, " batch"]


def in_blocks(batch: Batch, matrices: Float[Array, "batch bins side side"]) -> Float[Array, "batch bins side side"]:
    """The matrices with what rounding left outside of the blocks taken away."""
    return jnp.where(batch.rows < batch.rhs.shape[-1], matrices, 0.0)


def combine(batch: Batch, free: Float[Array, "batch variables"]) -> Float[Array, "batch rows"]:
    """F d."""
    return jnp.einsum("brk,bk->br", batch.free, free, precision=jax.lax.Precision.HIGHEST)


def fit(batch: Batch, values: Float[Array, "batch rows"]) -> Float[Array, "batch variables"]:
    """F'y."""
    return jnp.einsum("brk,br->bk", batch.free, values, precision=jax.lax.Precision.HIGHEST)


def best_free(
    batch: Batch, missing: Float[Array, "batch rows"]
) -> tuple[Float[Array, "batch variables"], Float[Array, "batch rows"]]:
    """The d with F d nearest to what is missing, in the metric of G, and what it leaves."""
    free = fit(batch, batch.inverse_counts * missing)
    return free, missing - combine(batch, free)


def init(batch: Batch, start: Start | None = None) -> State:
    """Starts at the affine point of minimum norm, or where it is told to."""
    slack = spread(batch, batch.inverse_counts * batch.rhs)
    cone = jnp.zeros_like(slack) if start is None else start.cone.astype(slack.dtype)
    multiplier = jnp.zeros_like(slack) if start is None else -spread(batch, start.moments.astype(slack.dtype)) / PENALTY
    return State(cone, multiplier, slack, jnp.zeros_like(batch.cost), jnp.full_like(batch.floor, PENALTY))


def step(batch: Batch, state: State, projection: Projection = "auto") -> State:
    """One iteration of every problem."""
    target = in_blocks(batch, state.cone - state.multiplier)
    residual = batch.rhs - row_sums(batch, target)
    free = fit(batch, batch.inverse_counts * residual) - batch.cost / state.penalty[:, None]
    slack = target + spread(batch, batch.inverse_counts * (residual - combine(batch, free)))
    relaxed = RELAXATION * slack + (1.0 - RELAXATION) * state.cone
    cone = project_psd(relaxed + state.multiplier, projection)
    return State(cone, state.multiplier + relaxed - cone, slack, free, state.penalty)


def dual_slack(state: State) -> Float[Array, "batch bins side side"]:
    """-rho U, which converges to the moment matrices."""
    return -state.penalty[:, None, None, None] * state.multiplier
