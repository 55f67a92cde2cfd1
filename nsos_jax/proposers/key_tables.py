"""Tables of monomials on the device, by additive keys of two 32-bit words.

Keys of products are sums of keys; tables are sorted by the first word, the second one confirms a match. Different
monomials that share the first word (about one pair of monomials in 2^32) hide each other in a table, which costs a
feature, never the correctness of an answer. N padded candidates have P = N (N + 1) / 2 pairs i <= j.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, Int32, UInt32

from nsos_jax.bases.monomial_words import exponent_keys

_ABSENT = np.uint32(2**32 - 1)


class KeyTable(NamedTuple):
    """A table of M keys: equal keys share a slot."""

    first: UInt32[Array, " M"]
    """The first words, sorted."""
    second: UInt32[Array, " M"]
    """The second word of the key of each slot."""
    slots: Int32[Array, " M"]
    """The slot of each key, the first place of its first word in `first`."""

    @classmethod
    def build(cls, keys: UInt32[Array, "M 2"]) -> "KeyTable":
        # sorting values alone and searching them again is much faster on CPUs than sorting with a payload
        first = jnp.sort(keys[:, 0])
        slots = jnp.searchsorted(first, keys[:, 0]).astype(jnp.int32)
        return cls(first, jnp.zeros_like(first).at[slots].max(keys[:, 1]), slots)

    def find(self, keys: UInt32[Array, "Q 2"]) -> Int32[Array, " Q"]:
        """The slot of each key, M if it is not in the table or stands for padding."""
        slots = jnp.searchsorted(self.first, keys[:, 0]).astype(jnp.int32)
        near = jnp.minimum(slots, len(self.first) - 1)
        found = (self.first[near] == keys[:, 0]) & (self.second[near] == keys[:, 1]) & (keys[:, 0] != _ABSENT)
        return jnp.where(found, slots, len(self.first))

    def holds(self, keys: UInt32[Array, "Q 2"]) -> Bool[Array, " M"]:
        """For each key of the table whether it is among `keys`."""
        return jnp.zeros(len(self.first), bool).at[self.find(keys)].set(True, mode="drop")[self.slots]


def keys(exponents: Int[Array, "*rows n"]) -> UInt32[Array, "*rows 2"]:
    return jnp.stack(exponent_keys(exponents), axis=-1)


def masked(keys: UInt32[Array, "*rows 2"], valid: Bool[Array, "*rows"]) -> UInt32[Array, "*rows 2"]:
    return jnp.where(valid[..., None], keys, _ABSENT)


def all_pairs(size: int) -> tuple[Int[np.ndarray, " P"], Int[np.ndarray, " P"]]:
    i, j = np.triu_indices(size)
    return i.astype(np.int32), j.astype(np.int32)


def pair_keys(rows: Int[Array, "N n"], valid: Bool[Array, " N"]) -> UInt32[Array, "P 2"]:
    i, j = all_pairs(len(rows))
    single = keys(rows)
    return masked(single[i] + single[j], valid[i] & valid[j])


def first_places(flags: Bool[Array, " M"], size: int) -> Int32[Array, " size"]:
    """The places of the first `size` flags that are set, then M - 1."""
    ranks = jnp.cumsum(flags, dtype=jnp.int32)
    return jnp.minimum(jnp.searchsorted(ranks, jnp.arange(1, size + 1)), len(flags) - 1).astype(jnp.int32)
