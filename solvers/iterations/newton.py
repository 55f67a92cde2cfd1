"""A second-order finish: the augmented Lagrangian method on the dual, its inner problems by semismooth Newton and CG.

SDPNAL (Zhao, Sun and Toh, "A Newton-CG augmented Lagrangian method for semidefinite programming", SIAM J. Optim. 2010)
on
    max <b, y>  s.t.  F'y = c,  A'(y) negative semidefinite,
with multiplier X for the cone. For fixed X and sigma, and W = X + sigma A'(y), the inner problem is to maximise
    phi(y) = <b, y> - |W_+|^2 / (2 sigma)  over F'y = c,
whose gradient b - A(W_+) - F d is what W_+ and the best d lack to feasibility; at the maximum, X moves to W_+. The
generalised Hessian acts on h as sigma A(P (Omega * (P' A'(h) P)) P') for W = P diag(w) P', Omega the divided
differences of max(w, 0): four products of matrices, nothing of the size rows x rows. As A A' is diagonal, projected CG
(Gould, Hribar and Nocedal 2001) with it as the preconditioner keeps F'y = c exactly.

All problems of a batch advance in step: a call of `step` is one eigendecomposition for each, at a trial point that is
accepted or cut back, after which the problem goes on to its next Newton direction or its next multiplier.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from nsos_jax.solvers.iterations import admm
from nsos_jax.solvers.iterations.admm import best_free, in_blocks
from nsos_jax.solvers.iterations.bracket import average, feasible_moments
from nsos_jax.solvers.iterations.normal_form import Batch, row_sums, spread
from nsos_jax.solvers.iterations.products import multiply
from nsos_jax.solvers.iterations.psd import eigh, norm, positive_part

CG_STEPS = 200
ARMIJO = 1e-4
SHORTEST = 2.0**-12
"""Step below which a line search ends: rounding hides the ascent."""
EXACT = 1e-13
"""Residual, in normal form, below which only rounding is left."""
INNER_TOLERANCE = 0.02
"""An inner problem is solved when its residual is this share of the move of X."""
INNER_EASY, INNER_HARD, INNER_LIMIT = 3, 10, 20
"""Newton steps up to which sigma triples, from which on it is halved, and after which X moves anyway."""
DAMPING = 0.1
SIGMA_RANGE = 1e-4, 1e8


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class NewtonState:
    """Iterates of B problems.

    Attributes:
      cone: X, positive semidefinite.
      dual: y of the last accepted trial, F'y = c.
      direction, length: the trial is y + length * direction.
      merit, slope: phi(y), minus infinity where any trial is welcome, and its derivative along the direction.
      sigma: of the augmented Lagrangian.
      inner: Newton steps since X moved.
      slack, free: W_+ and the best d of the last accepted trial.
    """

    cone: Float[Array, "batch bins side side"]
    dual: Float[Array, "batch rows"]
    direction: Float[Array, "batch rows"]
    length: Float[Array, " batch"]
    merit: Float[Array, " batch"]
    slope: Float[Array, " batch"]
    sigma: Float[Array, " batch"]
    inner: Int[Array, " batch"]
    slack: Float[Array, "batch bins side side"]
    free: Float[Array, "batch variables"]


def init(batch: Batch, state: admm.State) -> NewtonState:
    """Takes over from ADMM, whose rho is 1 / sigma."""
    dual = -average(batch, admm.dual_slack(state))
    nothing = jnp.zeros_like(batch.floor)
    return NewtonState(
        cone=state.cone,
        dual=dual,
        direction=jnp.zeros_like(dual),
        length=nothing,
        merit=jnp.full_like(nothing, -jnp.inf),
        slope=nothing,
        sigma=1.0 / state.penalty,
        inner=jnp.zeros(nothing.shape, jnp.int32),
        slack=state.slack,
        free=state.free,
    )


def to_admm(batch: Batch, state: NewtonState) -> admm.State:
    """ADMM takes over, in float64."""
    penalty = jnp.full_like(state.sigma, admm.PENALTY)
    multiplier = spread(batch, state.dual) / _over(penalty)
    return admm.State(in_blocks(batch, state.cone), multiplier, state.slack, state.free, penalty)


def step(batch: Batch, state: NewtonState) -> NewtonState:
    """One eigendecomposition of every problem, and what follows from it."""
    trial = -feasible_moments(batch, -state.dual - state.length[:, None] * state.direction)
    point = in_blocks(batch, state.cone) + _over(state.sigma) * spread(batch, trial)
    values, vectors = eigh(point)
    merit = (batch.rhs * trial).sum(axis=-1) - (jnp.maximum(values, 0.0) ** 2).sum(axis=(-2, -1)) / (2.0 * state.sigma)
    enough = state.merit + ARMIJO * state.length * state.slope - 1e-14 * jnp.abs(state.merit)
    stuck = state.length < SHORTEST
    accepted = (merit >= enough) | (stuck & (state.inner > 0))

    projected = in_blocks(batch, positive_part(values, vectors))
    free, residual = best_free(batch, batch.rhs - row_sums(batch, projected))
    error = jnp.sqrt((batch.inverse_counts * residual**2).sum(axis=-1))
    move = norm(projected - state.cone)
    solved = (error < EXACT) | ((state.inner > 0) & ((error <= INNER_TOLERANCE * move) | stuck))
    outer = accepted & (solved | (state.inner >= INNER_LIMIT))
    newton = accepted & ~outer

    direction = _newton_direction(batch, state.sigma, values, vectors, jnp.where(newton[:, None], residual, 0.0), error)
    inner = state.inner + 1
    growth = jnp.where(inner <= INNER_EASY + 1, 3.0, jnp.where(inner > INNER_HARD, 0.5, 1.0))
    move_on = accepted[:, None]
    return NewtonState(
        cone=jnp.where(_over(outer), projected, state.cone),
        dual=jnp.where(move_on, trial, state.dual),
        direction=jnp.where(newton[:, None], direction, jnp.where(outer[:, None], 0.0, state.direction)),
        length=jnp.where(newton, 1.0, jnp.where(outer, 0.0, state.length / 2.0)),
        merit=jnp.where(outer, -jnp.inf, jnp.where(newton, merit, state.merit)),
        slope=jnp.where(newton, (residual * direction).sum(axis=-1), state.slope),
        sigma=jnp.where(outer, jnp.clip(state.sigma * growth, *SIGMA_RANGE), state.sigma),
        inner=jnp.where(outer, 0, jnp.where(newton, inner, state.inner)),
        slack=jnp.where(_over(accepted), projected, state.slack),
        free=jnp.where(move_on, free, state.free),
    )


def _newton_direction(
    batch: Batch,
    sigma: Float[Array, " batch"],
    values: Float[Array, "batch bins side"],
    vectors: Float[Array, "batch bins side side"],
    residual: Float[Array, "batch rows"],
    error: Float[Array, " batch"],
) -> Float[Array, "batch rows"]:
    """Solves (Hessian + a little A A') h = residual over F'h = 0, each problem to an accuracy that suits its error."""
    size, positive = jnp.abs(values), jnp.maximum(values, 0.0)
    sums = size[..., :, None] + size[..., None, :]
    differences = (positive[..., :, None] + positive[..., None, :]) / jnp.where(sums > 0, sums, 1.0)
    shift = DAMPING * jnp.minimum(1e-2, error)[:, None] * batch.counts
    transposed = jnp.swapaxes(vectors, -1, -2)

    def hessian(h: Array) -> Array:
        inside = differences * multiply(multiply(transposed, spread(batch, h)), vectors)
        curved = row_sums(batch, in_blocks(batch, multiply(multiply(vectors, inside), transposed)))
        return sigma[:, None] * (curved + shift * h)

    def precondition(r: Array) -> Array:
        return batch.inverse_counts * best_free(batch, r)[1]

    first = precondition(residual)
    start = (residual * first).sum(axis=-1)
    target = jnp.minimum(1e-2, 0.1 * jnp.sqrt(error) + 1e-12) ** 2 * start

    def going(carry: tuple) -> Bool[Array, ""]:
        count, *_, power = carry
        return (count < CG_STEPS) & (power > target).any()

    def iterate(carry: tuple) -> tuple:
        count, solution, r, direction, power = carry
        active = power > target
        image = hessian(direction)
        curvature = (direction * image).sum(axis=-1)
        length = jnp.where(active & (curvature > 0), power / jnp.where(curvature > 0, curvature, 1.0), 0.0)[:, None]
        solution, r = solution + length * direction, r - length * image
        preconditioned = precondition(r)
        after = jnp.where(active & (curvature > 0), (r * preconditioned).sum(axis=-1), 0.0)
        ratio = jnp.where(active, after / jnp.where(active, power, 1.0), 0.0)[:, None]
        return count + 1, solution, r, preconditioned + ratio * direction, after

    carry = (jnp.int32(0), jnp.zeros_like(residual), residual, first, start)
    return jax.lax.while_loop(going, iterate, carry)[1]


def _over(values: Array) -> Array:
    """One value per problem, to be broadcast over its matrices."""
    return values[:, None, None, None]
