"""Optimal values as JAX functions of the data of a program, under `jit`, `vmap` and `grad`.

By the envelope theorem the gradient of  v = min c'd  s.t.  A(S) + F d = b,  S psd  needs no solve of its own: with
moments m of the dual, dv/db = -m, dv/dc = d and dv/dF = m d'. Where the solution is not unique, this is one of the
subgradients.

These functions run on one device until all of a batch are done; for many programs without gradients take `SosSolver`.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nsos_jax.solvers import admm, newton
from nsos_jax.solvers.bracket import Bracket
from nsos_jax.solvers.chunks import CHUNK, admm_bracket, newton_bracket, newton_init
from nsos_jax.solvers.packing import Anchor, Batch, Bucket, place_blocks
from nsos_jax.solvers.problem import margin_problem

ADMM_ITERATIONS = 200
UNSOLVED = 1e4
"""A residual that is larger than the tolerance by this factor makes the value NaN."""


class _Solved(NamedTuple):
    value: Float[Array, ""]
    free: Float[Array, " variables"]
    moments: Float[Array, " rows"]


Value = Callable[[Array, Array, Array], Array]


def value_function(blocks: Sequence[np.ndarray], tolerance: float = 1e-9, max_iterations: int = 1000) -> Value:
    """The function (b [rows], F [rows, variables], c [variables]) -> min c'd, differentiable in all three.

    Args:
      blocks: one int array [k, k] per PSD block, symmetric: entry (i, j) lies in row blocks[i, j]; every row has one.
      tolerance: relative residual of the optimality conditions (see docs/solver.md) at which iterations stop.
      max_iterations: of both methods; a value that is far from the tolerance then is NaN.

    The columns of F have to be independent. Its value is NaN, too, for programs without an optimal value.

    Raises:
      ValueError: blocks that are no row maps, or, when called, shapes that do not fit, or float64 switched off.

    >>> with jax.enable_x64(True):
    ...     least = value_function((np.array([[0, 1], [1, 2]]),))  # x^2 - 2x + d is a sum of squares
    ...     F, c = jnp.array([[-1.0], [0.0], [0.0]]), jnp.ones(1)
    ...     slope = jax.grad(lambda a: least(jnp.array([0.0, 2 * a, 1.0]), F, c))(1.0)
    >>> round(float(slope), 6)  # of a^2
    2.0
    """
    rows = 1 + max(int(np.max(block)) for block in blocks)
    example = margin_problem(tuple(blocks), np.ones(rows))
    bucket = Bucket.of(example)
    maps = np.full((1, bucket.bins, bucket.side, bucket.side), rows, np.int32)
    place_blocks(maps[0], example.sizes, example.blocks)
    valid = np.einsum("bkii->bki", maps < rows).astype(np.float64)
    counts, identity = example.counts.astype(np.float64), example.identity.astype(np.float64)

    def solve(rhs: Array, free: Array, cost: Array) -> _Solved:
        roots = jnp.sqrt(counts)
        columns, triangle = jnp.linalg.qr(free / roots[:, None])
        priced = jax.scipy.linalg.solve_triangular(triangle, cost, trans=1)
        price = jnp.linalg.norm(priced) * jnp.sqrt((identity**2 / counts).sum())
        size = jnp.sqrt((rhs**2 / counts).sum())
        price, size = (jnp.where(unit > 0, unit, 1.0) for unit in (price, size))
        batch = Batch(
            rows=jnp.asarray(maps),
            valid=jnp.asarray(valid),
            rhs=rhs[None] / size,
            inverse_counts=jnp.asarray(1.0 / counts)[None],
            free=(columns * roots[:, None])[None],
            cost=priced[None] / price,
            interior=jnp.zeros((1, rows)),
            floor=jnp.zeros(1),
            anchor=Anchor(jnp.zeros(maps.shape), jnp.zeros((1, cost.size)), jnp.zeros(1)),
        )
        found, moments = _iterate(batch, tolerance, max_iterations)
        value = -price * (rhs * moments).sum()
        solved = found.residual[0] <= UNSOLVED * tolerance
        d = size * jax.scipy.linalg.solve_triangular(triangle, found.free[0])
        return _Solved(jnp.where(solved, value, jnp.nan), d, price * moments)

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
    rows = 1 + max(int(np.max(block)) for block in blocks)
    identity = margin_problem(tuple(blocks), np.ones(rows)).identity.astype(np.float64)[:, None]
    return lambda rhs: -value(rhs, jnp.asarray(identity), -jnp.ones(1))


def _iterate(batch: Batch, tolerance: float, max_iterations: int) -> tuple[Bracket, Float[Array, " rows"]]:
    """Both methods in turn until the residual is small, and the moments before they are mixed with any others."""

    def run(step: Callable, look: Callable, state, first: int, last: int, residual):
        def going(carry):
            count, _, residual = carry
            return (count < last) & ~(residual <= tolerance)

        def advance(carry):
            count, moving, _ = carry
            moving = jax.lax.fori_loop(0, CHUNK, lambda _, s: step(batch, s), moving)
            return count + CHUNK, moving, look(batch, moving).residual[0]

        return jax.lax.while_loop(going, advance, (first, state, residual))

    last = min(ADMM_ITERATIONS, max_iterations)
    count, state, residual = run(admm.step, admm_bracket, admm.init(batch), 0, last, jnp.inf)
    _, state, _ = run(newton.step, newton_bracket, newton_init(batch, state), count, max_iterations, residual)
    found = newton_bracket(batch, state)
    return found, found.moments[0]
