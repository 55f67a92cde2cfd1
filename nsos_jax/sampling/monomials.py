"""Random monomial bases on the device (paper, appendix C.1): uniform, without repeats, in arrays of fixed size.

Exponents are rows of n numbers; the numbers of variables and the degree are traced, so that one compilation serves all.
Rows are compared by `monomial_words.exponent_keys`, never by themselves.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Int32, Key, UInt32

from nsos_jax.bases.monomial_words import exponent_keys

OVERSAMPLING = 4
"""Monomials drawn for each place in a basis; repeats among them are dropped."""


class Midpoint(NamedTuple):
    """Places of three basis monomials with left * right = middle^2; `active` is False where there are none."""

    left: Int32[Array, ""]
    right: Int32[Array, ""]
    middle: Int32[Array, ""]
    active: Bool[Array, ""]


def bounded(bits: UInt32[Array, "*shape"], bound: Int[Array, "*shape"]) -> Int32[Array, "*shape"]:
    """Integers from 0 to bound - 1 from random words, uniform up to bound / 2^32.

    One hash instead of the three of `jax.random.randint`, of which most of the time to compile a sampler is made.

    >>> bounded(jnp.array([7, 2**32 - 1], jnp.uint32), 5).tolist()
    [2, 0]
    """
    return (bits % jnp.asarray(bound).astype(jnp.uint32)).astype(jnp.int32)


def draw_monomials(
    key: Key[Array, ""], variables: Int[Array, ""], degree: Int[Array, ""], shape: tuple[int, int]
) -> Int32[Array, "count n"]:
    """Independent draws, uniform over the monomials of degree at most `degree` in the first `variables` variables.

    Multiplied by a power of one more variable, they are the monomials of degree exactly `degree` in variables + 1
    variables. These Polya's urn draws uniformly: one ball per variable, and `degree` times a ball is drawn and put back
    with another one of its kind. The same as a degree drawn with weight C(n - 1 + k, k), then stars and bars.

    >>> draw_monomials(jax.random.key(0), 2, 3, (100, 4)).max(axis=0).tolist()
    [3, 3, 0, 0]
    """
    count, width = shape
    one_each = jnp.append(jnp.arange(width) < variables, True).astype(jnp.int32)
    places = jnp.arange(width + 1)

    def put_back(step: Int[Array, ""], urn: Int32[Array, "count n+1"]) -> Int32[Array, "count n+1"]:
        bits = jax.random.bits(jax.random.fold_in(key, step), (count, 1), jnp.uint32)
        ball = bounded(bits, variables + 1 + step)
        kind = jnp.sum(jnp.cumsum(urn, axis=1) <= ball, axis=1, keepdims=True)
        return urn + (kind == places)

    urn = jax.lax.fori_loop(0, degree, put_back, jnp.tile(one_each, (count, 1)))
    return (urn - one_each)[:, :width]


def draw_basis(
    key: Key[Array, ""],
    variables: Int[Array, ""],
    degree: Int[Array, ""],
    size: Int[Array, ""],
    constant: Bool[Array, ""],
    shape: tuple[int, int],
) -> tuple[Int32[Array, "k n"], Bool[Array, " k"]]:
    """`size` distinct monomials, uniform over all such sets, then padding by zero rows; and which rows are valid.

    With `constant` the first one is 1. If `OVERSAMPLING` k draws hold fewer distinct monomials, the basis is smaller.
    """
    most, width = shape
    rows = draw_monomials(key, variables, degree, (OVERSAMPLING * most, width))
    rows = rows.at[0].set(jnp.where(constant, 0, rows[0]))
    first, second = exponent_keys(rows)
    same = (first[:, None] == first) & (second[:, None] == second)
    found = jnp.cumsum(~jnp.any(jnp.tril(same, -1), axis=1))
    valid = jnp.arange(most) < jnp.minimum(size, found[-1])
    chosen = rows[jnp.searchsorted(found, jnp.arange(1, most + 1), method="compare_all")]
    return jnp.where(valid[:, None], chosen, 0), valid


def plan_midpoint(
    words: UInt32[Array, " k+2"],
    basis: Int32[Array, "k n"],
    valid: Bool[Array, " k"],
    constant: Bool[Array, ""],
    probability: Float[Array, ""],
) -> tuple[Int32[Array, "k n"], Midpoint]:
    """With this probability, a random pair a, b of the basis with integral midpoint m = (a + b) / 2, made a member.

    If m is no member, it takes the place of a random one, other than a, b and (with `constant`) the first. Nothing is
    done where no pair has an integral midpoint, which is usual for many variables. `words` are random.
    """
    which, chance, scores = words[0], words[1], words[2:]
    places = jnp.arange(len(basis))
    first, second = exponent_keys(basis & 1)
    pair = (first[:, None] == first) & (second[:, None] == second) & valid[:, None] & valid & (places[:, None] < places)
    until = jnp.cumsum(jnp.sum(pair, axis=1))
    ticket = bounded(which, jnp.maximum(until[-1], 1))
    left = jnp.minimum(jnp.searchsorted(until, ticket, side="right", method="compare_all"), len(basis) - 1)
    before = until[left] - jnp.sum(pair[left])
    right = jnp.minimum(
        jnp.searchsorted(jnp.cumsum(pair[left]), ticket - before, side="right", method="compare_all"), len(basis) - 1
    )

    middle = (basis[left] + basis[right]) // 2
    is_middle = valid & jnp.all(basis == middle, axis=1)
    free = valid & (places != left) & (places != right) & ~(constant & (places == 0))
    place = jnp.where(jnp.any(is_middle), jnp.argmax(is_middle), jnp.argmax(jnp.where(free, scores, 0)))
    possible = (until[-1] > 0) & (jnp.any(is_middle) | jnp.any(free))
    active = possible & (chance.astype(jnp.float32) * 2.0**-32 < probability)
    basis = jnp.where(active & (places == place)[:, None], middle, basis)
    return basis, Midpoint(left.astype(jnp.int32), right.astype(jnp.int32), place.astype(jnp.int32), active)
