"""What the device runs: a number of iterations of every problem of a group, then their brackets."""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float, Int

from nsos_jax.solvers.iterations import acceleration, admm, interior, newton
from nsos_jax.solvers.iterations.admm import best_free, combine
from nsos_jax.solvers.iterations.bounds import Best, better, in_own_units, unbounded
from nsos_jax.solvers.iterations.bracket import Bracket, average, bracket, feasible_moments
from nsos_jax.solvers.iterations.normal_form import Batch, normalise, row_sums, spread
from nsos_jax.solvers.iterations.psd import Projection
from nsos_jax.solvers.packing import Data

CHUNK, LARGE_CHUNK = 10, 20
"""Iterations of a chunk, and those of large matrices: the extrapolation from more points comes nearer, but small
problems are often decided within ten."""
LARGE_SIDE = 256
PLAIN_SIDE = 64
"""Side up to which nothing is extrapolated. Small problems gain little, and where several Gram matrices are optimal,
the one it ends at may have no small denominators, as for `(x*y - 1)^2 + (x^2 - 2*y + 1)^2`."""
Tree = TypeVar("Tree")


def init(data: Data, single: bool) -> tuple[Batch, admm.State, Best]:
    """The batch on the device, where ADMM begins, in float32 if `single`, and no bounds yet."""
    batch, start = normalise(data)
    batch = interior.check(batch)
    state = admm.init(batch, start)
    return batch, to_single(state) if single else state, unbounded(batch)


def admm_chunk(batch: Batch, state: admm.State, best: Best, projection: Projection) -> tuple[admm.State, Best]:
    """`admm_iterations` in the precision of the state, and the best bounds so far, in float64."""
    state = admm_steps(batch, state, projection)
    return state, better(batch, best, in_own_units(batch, admm_bracket(batch, state)))


def newton_chunk(batch: Batch, state: newton.NewtonState, best: Best) -> tuple[newton.NewtonState, Best]:
    """CHUNK trial points, and the best bounds so far."""
    state = newton_steps(batch, state)
    return state, better(batch, best, in_own_units(batch, newton_bracket(batch, state)))


def admm_steps(batch: Batch, state: admm.State, projection: Projection = "auto") -> admm.State:
    """`admm_iterations` in the precision of the state."""
    work = to_single(batch) if state.slack.dtype == jnp.float32 else batch
    side = batch.rows.shape[-1]
    iterations = admm_iterations(side)
    if side <= PLAIN_SIDE:
        return jax.lax.fori_loop(0, iterations, lambda _, moving: admm.step(work, moving, projection), state)
    return acceleration.advance(work, state, iterations, projection)


def admm_iterations(side: int) -> int:
    """The iterations of a chunk for matrices of this padded side."""
    return CHUNK if side <= LARGE_SIDE else LARGE_CHUNK


def newton_steps(batch: Batch, state: newton.NewtonState) -> newton.NewtonState:
    """CHUNK trial points."""
    return jax.lax.fori_loop(0, CHUNK, lambda _, moving: newton.step(batch, moving), state)


def newton_init(batch: Batch, state: admm.State) -> newton.NewtonState:
    """The second-order method takes over, in float64."""
    return newton.init(batch, to_double(state))


def to_double(state: admm.State) -> admm.State:
    """The same state, in float64."""
    return jax.tree.map(_widen, state)


def admm_bracket(batch: Batch, state: admm.State) -> Bracket:
    """Bounds from an iterate of ADMM, whose multiplier is averaged over rows."""
    point = exactly_affine(batch, state.slack, state.free)
    return bracket(batch, *point, average(batch, _widen(admm.dual_slack(state))))


def newton_bracket(batch: Batch, state: newton.NewtonState) -> Bracket:
    """Bounds from an iterate of the second-order method."""
    point = exactly_affine(batch, state.slack, state.free)
    return bracket(batch, *point, feasible_moments(batch, -state.dual))


def exactly_affine(
    batch: Batch, slack: Float[Array, "batch bins side side"], free: Float[Array, "batch variables"]
) -> tuple[Float[Array, "batch bins side side"], Float[Array, "batch variables"]]:
    """The nearest S, with the best d, such that A(S) + F d = b in float64."""
    slack, free = _widen(slack), _widen(free)
    change, missing = best_free(batch, batch.rhs - row_sums(batch, slack) - combine(batch, free))
    return slack + spread(batch, batch.inverse_counts * missing), free + change


def put(batch: Batch, *others: Any) -> tuple[Any, ...]:
    """Arrays of the host, on the device; much faster than `jax.device_put` for small ones."""
    return batch, *others


def to_single(tree: Tree) -> Tree:
    """The same arrays, those of float64 in float32."""
    return jax.tree.map(lambda leaf: leaf.astype(jnp.float32) if leaf.dtype == jnp.float64 else leaf, tree)


def _widen(values: Array) -> Array:
    return values.astype(jnp.float64)


@cache
def compiled(
    function: Callable[..., Any], mesh: Mesh | None, *static: Any, in_turn: bool = False
) -> Callable[..., Any]:
    """The jitted function, with `static` as its last arguments; chunks get their state donated, as they replace it.

    On a mesh each device gets an equal part of the problems: no device waits for another within a chunk.

    Args:
      in_turn: of a chunk: problems go one after the other, see `_one_by_one`.
    """

    def run(*arguments: Any) -> Any:
        return function(*arguments, *static)

    if in_turn:
        run = _one_by_one(run)
    run.__name__ = function.__name__
    if mesh is not None:
        each = PartitionSpec(mesh.axis_names[0])
        # no check of what varies over the mesh, as all does: programs of `products.on_chip` do not say so
        run = jax.shard_map(run, mesh=mesh, in_specs=each, out_specs=each, check_vma=False)
    return jax.jit(run, donate_argnums=1 if function in (admm_chunk, newton_chunk) else ())


def _one_by_one(chunk: Callable[..., Any]) -> Callable[..., Any]:
    """The chunk with one argument more: the slots whose turn it is, then -1 [slots]. It leaves the others unchanged."""

    def run(batch: Batch, state: Any, best: Best, turns: Int[Array, " slots"]) -> Any:
        def advance(turn: Array, moving: Any) -> Any:
            at = turns[turn]
            alone = jax.tree.map(lambda leaf: jax.lax.dynamic_slice_in_dim(leaf, at, 1), (batch, *moving))
            moved = chunk(*alone)
            return jax.tree.map(lambda old, new: jax.lax.dynamic_update_slice_in_dim(old, new, at, 0), moving, moved)

        return jax.lax.fori_loop(0, (turns >= 0).sum(), advance, (state, best))

    return run
