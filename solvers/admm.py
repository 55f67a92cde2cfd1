"""Over-relaxed ADMM for the margin problem, in closed form (one eigendecomposition an iteration).

With Q = S + t I the problem is  max t  s.t.  A(S) + t f = b,  S psd,  with f = A(I). Splitting S = Z with scaled
multiplier U, V = Z - U and r = b - A(V), the affine step is
    t = (f' G r + 1/rho) / (f' G f),    S = V + A'(G (r - t f)),    G = (A A')^-1, a diagonal matrix,
followed by the PSD projection of the over-relaxed point (Boyd et al. 2011, sections 3.1 and 3.4.3). The multiplier
-rho U is positive semidefinite and converges to the moment matrix of the dual problem.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nsos_jax.solvers.problem import Batch
from nsos_jax.solvers.psd import project_psd

RELAXATION = 1.7
# rho = PENALTY / |Q_0|: of fixed and residual-balanced penalties between 0.01 and 1000, this needed the fewest
# iterations over planted instances of all four Gram structures (balancing oscillates on small margins).
PENALTY = 3.0


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class State:
    """Iterates of B problems.

    Attributes:
      cone: Z, positive semidefinite.
      multiplier: U, negative semidefinite.
      affine: S + t I, satisfying A(S + t I) = b up to rounding.
      penalty: rho.
    """

    cone: Float[Array, "batch bins side side"]
    multiplier: Float[Array, "batch bins side side"]
    affine: Float[Array, "batch bins side side"]
    penalty: Float[Array, " batch"]


def row_sums(batch: Batch, matrices: Float[Array, "batch bins side side"]) -> Float[Array, "batch rows"]:
    """A(X): the sum of the entries of each row."""
    count = batch.rhs.shape[-1]

    def one(rows, values):
        return jnp.zeros(count + 1, values.dtype).at[rows].add(values)[:count]

    return jax.vmap(one)(batch.rows, matrices)


def spread(batch: Batch, values: Float[Array, "batch rows"]) -> Float[Array, "batch bins side side"]:
    """The adjoint A'(y): every entry takes the value of its row."""
    padded = jnp.pad(values, ((0, 0), (0, 1)))
    return jax.vmap(lambda y, rows: y[rows])(padded, batch.rows)


def add_identity(batch: Batch, matrices: Array, multiple: Float[Array, " batch"]) -> Array:
    """X + t I on the used part of the bins."""
    return matrices + jnp.eye(matrices.shape[-1]) * (batch.valid * multiple[:, None, None])[..., None, :]


def init(batch: Batch) -> State:
    """Starts at the affine point of minimum norm."""
    affine = spread(batch, batch.inverse_counts * batch.rhs)
    zeros = jnp.zeros_like(affine)
    size = jnp.sqrt((affine**2).sum(axis=(1, 2, 3)))
    return State(zeros, zeros, affine, PENALTY / jnp.maximum(size, 1e-30))


def step(batch: Batch, state: State) -> State:
    """One iteration of every problem."""
    in_block = batch.rows < batch.rhs.shape[-1]
    target = jnp.where(in_block, state.cone - state.multiplier, 0.0)
    residual = batch.rhs - row_sums(batch, target)
    weighted = batch.inverse_counts * batch.identity
    curvature = jnp.maximum((weighted * batch.identity).sum(axis=-1), 1e-300)
    margin = ((weighted * residual).sum(axis=-1) + 1.0 / state.penalty) / curvature
    slack = target + spread(batch, batch.inverse_counts * (residual - margin[:, None] * batch.identity))
    relaxed = RELAXATION * slack + (1.0 - RELAXATION) * state.cone
    cone = project_psd(relaxed + state.multiplier)
    return State(cone, state.multiplier + relaxed - cone, add_identity(batch, slack, margin), state.penalty)
