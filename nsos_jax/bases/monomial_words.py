"""Monomials as a few words on the device: comparing, ordering and finding rows of exponents.

n is the number of variables, N the number of monomials, W the number of words. A monomial becomes (degree, packed
exponents): as many exponents as fit are the digits of one word, the first variable the most significant, so that the
order of the words is the degree-lexicographic order of the monomials and equal words mean equal monomials.
Additive keys have no order, but the key of a product is the sum of the keys.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, Int32, UInt32

_WORD_LIMIT = 2**31 - 1


def pack(exponents: Int32[Array, "*rows n"], largest: int) -> Int32[Array, "*rows W"]:
    """The words of monomials whose exponents are at most `largest`.

    >>> pack(jnp.array([[2, 1], [0, 0]]), largest=9).tolist()
    [[3, 21], [0, 0]]
    """
    base = largest + 1
    digits = 1
    while base ** (digits + 1) <= _WORD_LIMIT:
        digits += 1
    n = exponents.shape[-1]
    words = [exponents.sum(axis=-1)]
    for start in range(0, n, digits):
        part = exponents[..., start : start + digits]
        places = jnp.array([base**i for i in reversed(range(part.shape[-1]))], jnp.int32)
        words.append((part * places).sum(axis=-1))
    return jnp.stack(words, axis=-1).astype(jnp.int32)


def ranks(words: Int32[Array, "*batch N W"], valid: Bool[Array, "*batch N"]) -> Int32[Array, "*batch N"]:
    """Place of each valid monomial in descending degree-lexicographic order; the others come after them.

    >>> words = pack(jnp.array([[0, 0], [0, 2], [1, 1], [9, 9]]), largest=9)
    >>> ranks(words, jnp.array([True, True, True, False])).tolist()
    [2, 1, 0, 3]
    """
    keys = [-words[..., i] for i in reversed(range(words.shape[-1]))]
    order = jnp.lexsort((*keys, ~valid), axis=-1)
    return jnp.argsort(order, axis=-1).astype(jnp.int32)


def find(words: Int32[Array, "*batch N W"], among: Int32[Array, "*batch T W"]) -> Int32[Array, "*batch N"]:
    """Index of each monomial in a table, or -1; the first one where it stands there several times.

    >>> find(pack(jnp.array([[1, 1], [3, 0]]), 9), pack(jnp.array([[0, 2], [1, 1]]), 9)).tolist()
    [1, -1]
    """
    equal = (words[..., :, None, :] == among[..., None, :, :]).all(axis=-1)
    return jnp.where(equal.any(axis=-1), jnp.argmax(equal, axis=-1), -1).astype(jnp.int32)


def exponent_keys(rows: Int[Array, "*rows n"]) -> tuple[UInt32[Array, "*rows"], UInt32[Array, "*rows"]]:
    """Two words per row with key(a + b) = key(a) + key(b) modulo 2^32, by fixed random weights.

    Two distinct rows share both words with a probability of about 2^-60.

    >>> words, _ = exponent_keys(jnp.array([[1, 0], [0, 2], [1, 2]]))
    >>> bool(words[0] + words[1] == words[2])
    True
    """
    weights = np.random.default_rng(2026).integers(2**32, size=(2, rows.shape[-1]), dtype=np.uint32)
    first, second = (jnp.sum(rows.astype(jnp.uint32) * word, axis=-1, dtype=jnp.uint32) for word in weights)
    return first, second
