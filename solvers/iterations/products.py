"""What matrix products alone can do, batched: absolute values and smallest eigenvalues of symmetric matrices.

Accelerators multiply at their full rate, while batched eigendecompositions wait for one another. |X| = X sign(X), and
the sign comes from the quintics of `sign_schedule.py`, three products each; tiny eigenvalues get less than a full sign.
The largest eigenvalue of a psd matrix comes from its power 2^48.

On NVIDIA GPUs small matrices stay on the chip throughout: one program for each, which reads it once.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nsos_jax.solvers.iterations.sign_schedule import sign_schedule
from nsos_jax.solvers.packing import bucket_count

SCHEDULES = {"float32": (9, 1e-4), "float64": (16, 1e-8)}
"""Steps, and the smallest |eigenvalue| / norm that gets its full sign. Fewer steps, or a smaller one, are at the mercy
of rounding; so chosen, projections err by at most 1e-5 and 1e-9 of the norm (`tests/solvers/test_psd.py`)."""
SQUARINGS, RESCALED = 48, 4
"""Of a power, and those between which it is scaled: then none of it that counts leaves the range of float64."""
HIGHEST = jax.lax.Precision.HIGHEST  # else GPUs multiply float32 in TF32, good to 1e-3
SMALLEST_TILE, LARGEST_ON_CHIP = 16, 64
"""Sides of matrices on the chip of a GPU: the smallest that its products take, and the largest that three fit of."""
THREE_PASSES = jax.lax.DotAlgorithmPreset.TF32_TF32_F32_X3
"""Products of float32 on tensor cores, there as accurate as plain ones, which take twenty times as long at 64."""
PLAIN_FLOAT32 = 32
"""Side up to which plain ones are faster."""
WARPS = 4
"""Of a program on the chip; at a side of 64, 8 took twice as long and 1 twenty times."""
Product = Callable[[Array, Array], Array]


def multiply(left: Array, right: Array) -> Array:
    """The matrix product at full precision."""
    return jnp.matmul(left, right, precision=HIGHEST)


def absolute_value(matrices: Float[Array, "*batch side side"]) -> Float[Array, "*batch side side"]:
    """|X| by products only; exact for X = 0."""
    quintics = jnp.array(_table(matrices.dtype), matrices.dtype)
    steps, _ = SCHEDULES[str(matrices.dtype)]
    unroll = jax.default_backend() != "cpu"  # a loop compiles faster, which counts on a CPU
    product = _where_fastest(partial(_times_sign, steps), matrices, quintics, unroll=unroll)
    return (product + jnp.swapaxes(product, -1, -2)) / 2


def smallest_eigenvalue(
    matrices: Float[Array, "*batch side side"], valid: Float[Array, "*batch side"]
) -> Float[Array, "*batch"]:
    """A lower bound, but for rounding, of the smallest eigenvalue of (X + X') / 2 in float64, to about 1e-14 |X|_F.

    Args:
      valid: 1.0 on used rows, 0.0 on others, where the matrices are zero; infinity where none is used.
    """
    largest = jnp.abs(matrices).max(axis=(-2, -1), keepdims=True)
    scaled = matrices / _divisor(largest)  # else squares leave the range of float64
    scaled = (scaled + jnp.swapaxes(scaled, -1, -2)) / 2
    size = _size(scaled)
    flipped = valid[..., None] * jnp.eye(matrices.shape[-1]) - scaled / _divisor(size)
    lowest = (-largest * size * jnp.expm1(_where_fastest(_log_largest, flipped)))[..., 0, 0]
    return jnp.where((valid > 0).any(axis=-1), lowest, jnp.inf)


def _where_fastest(function: Callable[..., Array], matrices: Array, *tables: Array, **in_memory: Any) -> Array:
    """`function(product, matrices, *tables)`, small matrices on the chip where that runs on an NVIDIA GPU.

    Args:
      in_memory: more arguments for products of all matrices at once.
    """
    everywhere = partial(function, multiply, **in_memory)
    if jax.default_backend() != "gpu" or matrices.shape[-1] > LARGEST_ON_CHIP:
        return everywhere(matrices, *tables)
    return jax.lax.platform_dependent(matrices, *tables, cuda=partial(on_chip, function), default=everywhere)


def on_chip(
    function: Callable[..., Array], matrices: Float[Array, "*batch side side"], *tables: Array, interpret: bool = False
) -> Array:
    """`function(product, matrix, *tables)` of each matrix, a matrix itself or [1, 1], one GPU program each.

    Args:
      function: for matrices padded with zeros.
      interpret: run the programs step by step, on any device.
    """
    from jax.experimental import pallas as pl  # takes a while to import
    from jax.experimental.pallas import triton

    *batch, side, _ = matrices.shape
    tile = max(SMALLEST_TILE, bucket_count(side))
    flat = jnp.pad(matrices.reshape(-1, side, side), ((0, 0), (0, tile - side), (0, tile - side)))
    plain = flat.dtype == jnp.float64 or tile <= PLAIN_FLOAT32 or interpret
    product = partial(jnp.dot, precision=HIGHEST if plain else THREE_PASSES)

    def program(matrix, *references):
        *given, result = references
        result[...] = function(product, matrix[...], *given)

    alone = jax.ShapeDtypeStruct((tile, tile), flat.dtype)
    shape = jax.eval_shape(partial(function, multiply), alone, *tables).shape
    results = pl.pallas_call(
        program,
        grid=(len(flat),),
        in_specs=[
            pl.BlockSpec((None, tile, tile), lambda index: (index, 0, 0)),
            *(pl.BlockSpec(table.shape, lambda _: (0, 0)) for table in tables),
        ],
        out_specs=pl.BlockSpec((None, *shape), lambda index: (index, 0, 0)),
        out_shape=jax.ShapeDtypeStruct((len(flat), *shape), flat.dtype),
        compiler_params=triton.CompilerParams(num_warps=WARPS, num_stages=1),
        interpret=interpret,
    )(flat, *tables)
    return results[:, :side, :side].reshape(*batch, min(shape[0], side), min(shape[1], side))


def _table(dtype: np.dtype) -> np.ndarray:
    """The quintics of a precision, padded to powers of two as GPU programs ask for [steps, 4]."""
    quintics = sign_schedule(*SCHEDULES[str(dtype)])
    table = np.zeros((bucket_count(len(quintics)), 4))
    table[: len(quintics), :3] = quintics
    return table


def _times_sign(steps: int, product: Product, matrices: Array, quintics: Array, unroll: bool = False) -> Array:
    """X sign(X)."""
    largest = jnp.abs(matrices).max(axis=(-2, -1), keepdims=True)
    scaled = matrices / _divisor(largest)  # else fourth powers leave the range of float32
    square = product(scaled, scaled)
    fourth = product(square, square)
    # |X^4|_F^(1/4) bounds the spectral norm, within a factor side^(1/8), and costs no product of its own.
    norm = _divisor(jnp.sqrt(jnp.sqrt(_size(fourth))) * (1 + 1e-6))

    def quintic(step: int | Array, sign: Array, square: Array, fourth: Array) -> Array:
        a, b, c = (quintics[step, k] for k in range(3))
        return a * sign + product(b * square + c * fourth, sign)

    def improve(step: Array, sign: Array) -> Array:
        square = product(sign, sign)
        return quintic(step, sign, square, product(square, square))

    sign = quintic(0, scaled / norm, square / norm**2, fourth / norm**4)
    return product(matrices, jax.lax.fori_loop(1, steps, improve, sign, unroll=unroll))


def _log_largest(product: Product, matrices: Array) -> Array:
    """The logarithm of the largest eigenvalue of each psd matrix P, from above [..., 1, 1].

    It is at most that of |P^(2^k)|_F over 2^k, and less by at most log(side) / 2^(k + 1). Rounding of a power counts
    for half as much after every squaring: altogether as much as that of one product.
    """

    def rescale(power: Array) -> tuple[Array, Array]:
        size = _size(power)
        return power / _divisor(size), jnp.log(size)

    def improve(step: Array, carry: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        power, total, share = carry
        for _ in range(RESCALED):
            power = product(power, power)
        power, log = rescale(power)
        return power, total + share * log, share / 2**RESCALED

    power, log = rescale(matrices)
    start = power, log, jnp.full_like(log, 0.5**RESCALED)
    return jax.lax.fori_loop(0, SQUARINGS // RESCALED, improve, start)[1]


def _size(matrices: Array) -> Array:
    """The Frobenius norm of each matrix [..., 1, 1]."""
    return jnp.sqrt((matrices**2).sum(axis=(-2, -1), keepdims=True))


def _divisor(size: Array) -> Array:
    """The size, or 1 where that is zero."""
    return jnp.where(size > 0, size, 1.0)
