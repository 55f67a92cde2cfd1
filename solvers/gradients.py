"""Optimal values as JAX functions of the data of a program, under `jit`, `vmap` and `grad`.

By the envelope theorem the gradient of  v = min c'd  s.t.  A(S) + F d = b,  S psd  needs no solve of its own: with
moments m of the dual, dv/db = -m, dv/dc = d and dv/dF = m d'. Where the solution is not unique, this is one of the
subgradients.

These functions run on one device until all of a batch are done; for many programs without gradients take `SosSolver`.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nsos_jax.solvers.iterations import admm, chunks
from nsos_jax.solvers.iterations.bounds import in_own_units
from nsos_jax.solvers.iterations.bracket import Bracket
from nsos_jax.solvers.iterations.chunks import LARGE_SIDE
from nsos_jax.solvers.iterations.normal_form import Batch, normalise
from nsos_jax.solvers.options import SolverOptions
from nsos_jax.solvers.packing import Anchor, Bucket, Data, place_blocks
from nsos_jax.solvers.problem import SosProblem, margin_problem

UNSOLVED = 1e4
"""A residual that is larger than the tolerance by this factor makes the value NaN."""


class _Solved(NamedTuple):
    value: Float[Array, ""]
    free: Float[Array, " variables"]
    moments: Float[Array, " rows"]


def _with_maps(blocks: Sequence[np.ndarray]) -> SosProblem:
    """A margin problem on these blocks; raises ValueError for blocks that are no row maps."""
    if not len(blocks):
        raise ValueError("blocks must hold at least one PSD block, got none")
    return margin_problem(tuple(blocks), np.ones(1 + max(int(np.max(block)) for block in blocks)))


Value = Callable[[Array, Array, Array], Array]


def value_function(blocks: Sequence[np.ndarray], tolerance: float = 1e-9, max_iterations: int = 1000) -> Value:
    """The function (b [rows], F [rows, variables], c [variables]) -> min c'd, differentiable in all three.

    Args:
      blocks: one int array [k, k] per PSD block, symmetric: entry (i, j) lies in row blocks[i, j]; every row has one.
      tolerance: relative residual of the optimality conditions (see docs/solver.md) at which iterations stop.
      max_iterations: of both methods; a value that is far from the tolerance then is NaN, and so is its gradient.

    The columns of F have to be independent. Its value is NaN, too, for programs without an optimal value. Only first
    derivatives in reverse mode (`grad`, `vjp`) are true: the solve inside has none of its own, so second ones are NaN
    or an error.

    Raises:
      ValueError: blocks that are no row maps, or, when called, shapes that do not fit, or float64 switched off.

    >>> with jax.enable_x64(True):
    ...     least = value_function((np.array([[0, 1], [1, 2]]),))  # x^2 - 2x + d is a sum of squares
    ...     F, c = jnp.array([[-1.0], [0.0], [0.0]]), jnp.ones(1)
    ...     slope = jax.grad(lambda a: least(jnp.array([0.0, 2 * a, 1.0]), F, c))(1.0)
    >>> round(float(slope), 6)  # of a^2
    2.0
    """
    SolverOptions(tolerance=tolerance, max_iterations=max_iterations)  # raises what is wrong with them
    problem = _with_maps(blocks)
    rows, bucket = problem.rhs.size, Bucket.of(problem)
    maps = np.full((1, bucket.bins, bucket.side, bucket.side), rows, np.int32)
    place_blocks(maps[0], problem.sizes, problem.blocks)

    @jax.jit  # calls outside of any other `jit` compile once, too
    def solve(rhs: Array, free: Array, cost: Array) -> _Solved:
        return _solve(maps, rhs, free, cost, tolerance, max_iterations)

    @jax.custom_vjp
    def value(rhs: Array, free: Array, cost: Array) -> Array:
        return solve(rhs, free, cost).value

    def forward(rhs: Array, free: Array, cost: Array) -> tuple[Array, _Solved]:
        solved = solve(rhs, free, cost)
        return solved.value, solved

    def backward(solved: _Solved, weight: Array) -> tuple[Array, Array, Array]:
        m, d = weight * solved.moments, solved.free
        return -m, m[:, None] * d[None, :], weight * d

    value.defvjp(forward, backward)

    def checked(rhs: Array, free: Array, cost: Array) -> Array:
        if not jax.config.read("jax_enable_x64"):
            raise ValueError('values need float64: jax.config.update("jax_enable_x64", True)')
        rhs, free, cost = (jnp.asarray(array, jnp.float64) for array in (rhs, free, cost))
        if rhs.shape != (rows,) or cost.ndim != 1 or not cost.size or free.shape != (rows, cost.size):
            wanted = f"rhs must have shape {(rows,)}, free {(rows, cost.size)} and cost one number per variable"
            raise ValueError(f"{wanted}, got {rhs.shape}, {free.shape} and {cost.shape}")
        return value(rhs, free, cost)

    return checked


def margin_function(
    blocks: Sequence[np.ndarray], tolerance: float = 1e-9, max_iterations: int = 1000
) -> Callable[[Array], Array]:
    """The function b [rows] -> t*, the margin of `problem.margin_problem`; its gradient are the moments of the dual.

    >>> with jax.enable_x64(True):
    ...     margin = margin_function((np.array([[0, 1], [1, 2]]),))
    ...     print(round(float(margin(jnp.array([1.0, 0.0, 1.0]))), 6))
    1.0
    """
    value = value_function(blocks, tolerance, max_iterations)
    problem = _with_maps(blocks)
    return lambda rhs: -value(rhs, jnp.asarray(problem.free), jnp.asarray(problem.cost))


def _solve(maps: np.ndarray, rhs: Array, free: Array, cost: Array, tolerance: float, max_iterations: int) -> _Solved:
    nowhere = Anchor(jnp.zeros(maps.shape), jnp.zeros((1, cost.size)), jnp.zeros(1))
    data = Data(jnp.asarray(maps), rhs[None], free[None], cost[None], jnp.zeros((1, rhs.size)), nowhere, None)
    batch, _ = normalise(data)
    found = _iterate(batch, tolerance, max_iterations)
    best = in_own_units(batch, found)
    solved = found.residual[0] <= UNSOLVED * tolerance
    moments, values = jnp.where(solved, best.moments[0], jnp.nan), jnp.where(solved, best.free[0], jnp.nan)
    return _Solved(-(rhs * moments).sum(), values, moments)


def _iterate(batch: Batch, tolerance: float, max_iterations: int) -> Bracket:
    """One method after the other, ADMM alone for large matrices, until the residual is small.

    As the batch has no interior, nothing is mixed in.
    """

    def run(method: tuple[Callable, Callable, int], state: Any, first: Array | int, last: int, residual: Array | float):
        steps, bracket, chunk = method

        def going(carry: tuple) -> Array:
            count, _, residual = carry
            return (count < last) & ~(residual <= tolerance)

        def advance(carry: tuple) -> tuple:
            state = steps(batch, carry[1])
            return carry[0] + chunk, state, bracket(batch, state).residual[0]

        return jax.lax.while_loop(going, advance, (first, state, residual))

    side = batch.rows.shape[-1]
    first = chunks.admm_steps, chunks.admm_bracket, chunks.admm_iterations(side)
    second = chunks.newton_steps, chunks.newton_bracket, chunks.CHUNK
    last = max_iterations if side > LARGE_SIDE else min(SolverOptions().phase_at(side), max_iterations)
    count, state, residual = run(first, admm.init(batch), 0, last, jnp.inf)
    if side > LARGE_SIDE:
        return chunks.admm_bracket(batch, state)
    state = chunks.newton_init(batch, state)
    _, state, _ = run(second, state, count, max_iterations, residual)
    return chunks.newton_bracket(batch, state)
