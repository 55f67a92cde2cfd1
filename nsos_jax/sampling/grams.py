"""Random integer Gram matrices on the device: four structures, minus signs, cancelled diagonal terms.

The device counterpart of `sampling.plant`, with its structures and ranges of entries. Matrices are k by k with zero
padding. All is exact in int32: with entries of R up to 5 in absolute value, Gram entries are at most 25 k, and since a
monomial is a product of at most k ordered pairs, coefficients are at most 25 k^2; a cancellation adds at most 75 k^2
(`cancel_square`). `LARGEST_SIZE` keeps all of this far below 2^31, and Gram entries within float32.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Int32, UInt32

from nsos_jax.bases.monomial_words import exponent_keys
from nsos_jax.sampling.monomials import Midpoint
from nsos_jax.sampling.planted import BLOCK_SIZE, LARGEST_ENTRY, STRUCTURES

LARGEST_SIZE = 1024
_HALF_WORD = 16
_LOW_HALF = 2**_HALF_WORD - 1


def draw_gram(
    words: UInt32[Array, "k+1 k"],
    structure: Int[Array, ""],
    size: Int[Array, ""],
    density: Float[Array, ""],
    negative: Float[Array, ""],
) -> Int32[Array, "k k"]:
    """Q = R S R' with an integer factor R of the structure and signs S = diag(+-1), minus for the share `negative`.

    With `negative` > 0, at least one sign is minus, and the factor (`_independent`) has full column rank, so that Q
    has exactly as many negative eigenvalues as S has minus signs (Sylvester).

    Args:
        words: random.
        structure: position in `sampling.STRUCTURES`.
        size: rows that are not padding.
        density: expected entries of a sparse factor in a row, besides the diagonal one.
    """
    most = words.shape[1]
    columns = jnp.where(structure == STRUCTURES.index("low-rank"), jnp.maximum(1, size // 3), size)
    factor = _factor(words[1:], structure, size, columns, density)
    factor = jnp.where(negative > 0, _independent(factor, columns), factor)
    scores = jnp.where(jnp.arange(most) < columns, (words[0] >> 1).astype(jnp.int32), 2**31 - 1)
    count = jnp.where(negative > 0, jnp.maximum(1, jnp.rint(negative * columns)), 0)
    signs = jnp.where(jnp.sum(scores < scores[:, None], axis=1) < count, -1, 1)
    # Factors of few bits with float32 sums below 2^24: exact also where a device multiplies in bfloat16 or TF32.
    squares = (factor * signs).astype(jnp.float32) @ factor.T.astype(jnp.float32)
    return squares.astype(jnp.int32)


def _factor(
    words: UInt32[Array, "k k"],
    structure: Int[Array, ""],
    size: Int[Array, ""],
    columns: Int[Array, ""],
    density: Float[Array, ""],
) -> Int32[Array, "k k"]:
    """R, without zero rows: p would not show the monomial of such a row."""
    low, high = words & _LOW_HALF, words >> _HALF_WORD
    entries = (low * (2 * LARGEST_ENTRY + 1) >> _HALF_WORD).astype(jnp.int32) - LARGEST_ENTRY
    positive = (low * LARGEST_ENTRY >> _HALF_WORD).astype(jnp.int32) + 1
    row, column = jnp.arange(len(words))[:, None], jnp.arange(len(words))
    pivot = column == row % columns
    inside = (row < size) & (column < columns)
    everywhere = jnp.ones_like(pivot)
    kept = {
        "dense": everywhere,
        "sparse": (high * size < density * 2**_HALF_WORD) | pivot,
        "low-rank": everywhere,
        "block-diagonal": row // BLOCK_SIZE == column // BLOCK_SIZE,
    }
    entries = jnp.where((structure == STRUCTURES.index("sparse")) & pivot, positive, entries)
    entries = jnp.where(inside & jax.lax.select_n(structure, *(kept[name] for name in STRUCTURES)), entries, 0)
    empty = ~jnp.any(entries, axis=1, keepdims=True)
    return jnp.where(inside & pivot & empty, positive, entries)


def _independent(factor: Int32[Array, "k k"], columns: Int[Array, ""]) -> Int32[Array, "k k"]:
    """Full column rank by parity: odd on the diagonal and even below it, so the leading minor of all columns is odd."""
    row, column = jnp.arange(len(factor))[:, None], jnp.arange(len(factor))
    even = factor - jnp.sign(factor) * (factor & 1)
    altered = jnp.where(row == column, factor | 1, jnp.where(row > column, even, factor))
    return jnp.where((row < columns) & (column < columns), altered, factor)


def cancel_square(gram: Int32[Array, "k k"], basis: Int32[Array, "k n"], midpoint: Midpoint) -> Int32[Array, "k k"]:
    """Adds squares to z'Qz, so that the coefficient of m^2 becomes 0 for the monomial m in the middle of a and b.

    (s a + t b)^2 changes the coefficient c of m^2 = a b by 2 s t and no other row that m^2 is in. One m^2 is added if c
    is odd; then two such squares with s = isqrt(h), t = h // s and s = 1, t = h mod isqrt(h) for h = |c| / 2 have
    coefficients of the size of c in the diagonal. Unchanged where the midpoint is not active.
    """
    left, right, middle = (jax.nn.one_hot(place, len(gram), dtype=jnp.int32) for place in midpoint[:3])
    equal = jnp.ones(gram.shape, bool)
    for word in exponent_keys(basis):
        equal &= word[:, None] + word == 2 * word[midpoint.middle]
    coefficient = jnp.sum(jnp.where(equal, gram, 0))
    odd = coefficient & 1
    excess = (coefficient + odd) // 2
    size = jnp.abs(excess)
    side = jnp.maximum(1, jnp.sqrt(size.astype(jnp.float32)).astype(jnp.int32))
    sign = -jnp.sign(excess)
    squares = [side * left + sign * (size // side) * right, left + sign * (size % side) * right, odd * middle]
    added = sum(square[:, None] * square for square in squares)
    return jnp.where(midpoint.active, gram + added, gram)
