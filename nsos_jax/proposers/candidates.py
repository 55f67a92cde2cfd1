"""Candidate monomials of a polynomial and what p says about each pair of them, on the device, for training and use.

One polynomial at a time, for `jax.vmap`: T padded terms, n variables, N padded candidates, P = N (N + 1) / 2 pairs
i <= j. Terms with the coefficient zero are padding. Monomials are compared by additive keys of two 32-bit words, so
that the keys of products are sums of keys; tables are sorted by the first word, the second one confirms a match.
Different monomials that share the first word (about one pair of monomials in 2^32) hide each other in a table, which
costs a feature, never the correctness of an answer.
"""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float32, Int, Int32, Num, UInt32

from nsos_jax.bases.monomial_words import exponent_keys

NUM_FEATURES = 5
VOTERS = 16
ROUNDS = 4
_ABSENT = np.uint32(2**32 - 1)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Candidates:
    """Monomials that a basis may be chosen from."""

    exponents: Int32[Array, "N n"]
    """Zero on padding."""
    valid: Bool[Array, " N"]
    count: Int32[Array, ""]
    """How many there are; more than N if they did not all fit."""


class Pairs(NamedTuple):
    """What p says about each product m_i * m_j of two candidates."""

    features: Float32[Array, "N N F"]
    """Zero where a candidate is padding; else, along the last axis:

    0. whether the product is in the support;
    1. its coefficient c as sign(c) log(1 + |c| / s), s the median of the absolute non-zero coefficients;
    2. the logarithm of the number of pairs of candidates i <= j with this product;
    3. whether i = j;
    4. whether i != j and the product is the square of a candidate.
    """
    products: Int32[Array, "N N"]
    """Numbers from 0 to P - 1, the same for pairs with the same product."""


def candidates(exponents: Int[Array, "T n"], coefficients: Num[Array, " T"], size: int) -> Candidates:
    """D = {m : 2m in the support of p} in the order of the terms, and monomials that cover what D does not.

    While support terms are uncovered and there is room, the first 16 of them elect one quotient t / b each, b a
    candidate, for at most 4 rounds.

    Args:
        exponents: distinct where the coefficient is not zero.
        coefficients: zero on padding.
        size: N.

    >>> x4_x2y_y2 = jnp.array([[4, 0], [2, 1], [0, 2], [0, 0]])
    >>> found = candidates(x4_x2y_y2, jnp.array([1, -2, 1, 0]), size=3)
    >>> found.exponents.tolist(), int(found.count)
    ([[2, 0], [0, 1], [0, 0]], 2)
    """
    support = coefficients != 0
    terms = _KeyTable.build(_masked(_keys(exponents), support))
    halved = support & jnp.all(exponents % 2 == 0, axis=1)
    places = _first(halved, size)
    count = halved.sum(dtype=jnp.int32)
    rows = jnp.where((jnp.arange(size) < count)[:, None], exponents[places] // 2, 0).astype(jnp.int32)

    def uncovered(rows: Array, count: Array) -> Bool[Array, " T"]:
        covered = terms.holds(_pair_keys(rows, jnp.arange(size) < count))
        return support & ~covered

    def unfinished(state: tuple[Array, Array, Array, Array]) -> Bool[Array, ""]:
        turn, _, count, missing = state
        return (turn < ROUNDS) & (count < size) & missing.any()

    def extend(state: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        turn, rows, count, missing = state
        new, elected = _elect(exponents, support, terms, missing, rows, jnp.arange(size) < count)
        places = jnp.where(elected, count + jnp.cumsum(elected) - 1, size)
        rows = rows.at[places].set(new, mode="drop")
        count = count + elected.sum(dtype=jnp.int32)
        return turn + 1, rows, count, uncovered(rows, count)

    state = (jnp.int32(0), rows, count, uncovered(rows, count))
    _, rows, count, _ = jax.lax.while_loop(unfinished, extend, state)
    return Candidates(rows, jnp.arange(size) < count, count)


def pair_features(exponents: Int[Array, "T n"], coefficients: Num[Array, " T"], candidates: Candidates) -> Pairs:
    """The edges of the graph whose nodes are the candidates."""
    rows, valid = candidates.exponents, candidates.valid
    size = len(rows)
    support = coefficients != 0
    i, j = _pairs(size)
    diagonal = i == j
    pairs = _KeyTable.build(_pair_keys(rows, valid))
    counts = jnp.zeros(len(i)).at[pairs.slots].add(1.0)
    squares = jnp.zeros(len(i)).at[pairs.slots[np.flatnonzero(diagonal)]].set(1.0)
    places = pairs.find(_masked(_keys(exponents), support))
    scaled = _signed_log(coefficients.astype(jnp.float32))
    of_term = jnp.zeros((len(i), 2)).at[places].set(jnp.stack([support, scaled], axis=1), mode="drop")
    of_product = jnp.concatenate([of_term, jnp.log(jnp.maximum(counts, 1.0))[:, None], squares[:, None]], axis=1)
    found = of_product[pairs.slots]
    square = jnp.where(diagonal, 0.0, found[:, 3])
    features = jnp.concatenate([found[:, :3], jnp.float32(diagonal)[:, None], square[:, None]], axis=1)
    features = jnp.where((valid[i] & valid[j])[:, None], features, 0.0)
    number = np.zeros((size, size), np.int32)
    number[i, j] = number[j, i] = np.arange(len(i))
    return Pairs(features[number], pairs.slots[number])


def labels(candidates: Candidates, basis: Int[Array, "K n"], basis_valid: Bool[Array, " K"]) -> Bool[Array, " N"]:
    """Which candidates are members of the basis.

    >>> found = Candidates(jnp.array([[2, 0], [0, 1], [0, 0]]), jnp.array([True, True, False]), jnp.array(2))
    >>> labels(found, jnp.array([[0, 1], [0, 0]]), jnp.array([True, True])).tolist()
    [False, True, False]
    """
    return matched(candidates, basis, basis_valid).any(axis=1)


def matched(candidates: Candidates, basis: Int[Array, "K n"], basis_valid: Bool[Array, " K"]) -> Bool[Array, "N K"]:
    """Which candidate is which member of a list of monomials."""
    same = jnp.all(_keys(candidates.exponents)[:, None] == _keys(basis)[None], axis=-1)
    return candidates.valid[:, None] & same & basis_valid


def missing(labels: Bool[Array, " N"], basis_valid: Bool[Array, " K"]) -> Int32[Array, ""]:
    """How many members of the basis are no candidates."""
    return basis_valid.sum(dtype=jnp.int32) - labels.sum(dtype=jnp.int32)


class _KeyTable(NamedTuple):
    """A table of M keys: equal keys share a slot."""

    first: UInt32[Array, " M"]
    """The first words, sorted."""
    second: UInt32[Array, " M"]
    """The second word of the key of each slot."""
    slots: Int32[Array, " M"]
    """The slot of each key, the first place of its first word in `first`."""

    @classmethod
    def build(cls, keys: UInt32[Array, "M 2"]) -> "_KeyTable":
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


def _keys(exponents: Int[Array, "*rows n"]) -> UInt32[Array, "*rows 2"]:
    return jnp.stack(exponent_keys(exponents), axis=-1)


def _masked(keys: UInt32[Array, "*rows 2"], valid: Bool[Array, "*rows"]) -> UInt32[Array, "*rows 2"]:
    return jnp.where(valid[..., None], keys, _ABSENT)


def _pairs(size: int) -> tuple[Int[np.ndarray, " P"], Int[np.ndarray, " P"]]:
    i, j = np.triu_indices(size)
    return i.astype(np.int32), j.astype(np.int32)


def _pair_keys(rows: Int[Array, "N n"], valid: Bool[Array, " N"]) -> UInt32[Array, "P 2"]:
    i, j = _pairs(len(rows))
    keys = _keys(rows)
    return _masked(keys[i] + keys[j], valid[i] & valid[j])


def _first(flags: Bool[Array, " M"], size: int) -> Int32[Array, " size"]:
    """The places of the first `size` flags that are set, then M - 1."""
    ranks = jnp.cumsum(flags, dtype=jnp.int32)
    return jnp.minimum(jnp.searchsorted(ranks, jnp.arange(1, size + 1)), len(flags) - 1).astype(jnp.int32)


def _signed_log(coefficients: Float[Array, " T"]) -> Float[Array, " T"]:
    """sign(c) log(1 + |c| / s) with the lower median s of the absolute non-zero coefficients."""
    sizes = jnp.abs(coefficients)
    # the bits of nonnegative floats are ordered as they are, and integers sort much faster on CPUs
    ordered = jnp.sort(jax.lax.bitcast_convert_type(jnp.where(sizes > 0, sizes, jnp.inf), jnp.int32))
    middle = jax.lax.bitcast_convert_type(ordered[jnp.maximum((sizes > 0).sum() - 1, 0) // 2], jnp.float32)
    return jnp.sign(coefficients) * jnp.log1p(sizes / middle)


def _leaders(scores: Float[Array, " M"], slots: Int32[Array, " M"]) -> Int32[Array, " voters"]:
    """The places of the 16 largest scores, of equal slots the first."""
    places = jnp.arange(len(scores), dtype=jnp.int32)
    firsts = jnp.full_like(places, len(scores)).at[slots].min(places)
    return jax.lax.top_k(jnp.where(firsts[slots] == places, scores, -jnp.inf), VOTERS)[1]


def _elect(
    exponents: Int[Array, "T n"],
    support: Bool[Array, " T"],
    terms: _KeyTable,
    uncovered: Bool[Array, " T"],
    rows: Int[Array, "N n"],
    valid: Bool[Array, " N"],
) -> tuple[Int32[Array, "voters n"], Bool[Array, " voters"]]:
    """The quotient t / b that each of the first uncovered terms t prefers, and which of these count, equal ones once.

    Preferred is a quotient whose square is the product of two different candidates: a member of the basis whose square
    is not in the support has this property, or its row of the Gram matrix vanishes. Then the votes decide: how many of
    the terms could use it; of equal ones among the first 16, as in `repair_coverage`, how many of its products with the
    candidates are in the support. Allowed are p's half degree range and half the largest exponent of each variable.
    """
    places = _first(uncovered, VOTERS)
    voting = jnp.arange(VOTERS) < uncovered.sum()
    quotients = exponents[places][:, None, :] - rows[None, :, :]
    degrees = exponents.sum(axis=1)
    highest = jnp.where(support, degrees, 0).max()
    lowest = jnp.where(support, degrees, highest).min()
    box = jnp.where(support[:, None], exponents, 0).max(axis=0)
    degree = 2 * quotients.sum(axis=2)
    allowed = voting[:, None] & valid & jnp.all((quotients >= 0) & (2 * quotients <= box), axis=2)
    allowed &= (degree >= lowest) & (degree <= highest)
    squares = _KeyTable.build(_masked(_keys(2 * quotients), allowed).reshape(-1, 2))
    votes = jnp.zeros(len(squares.first)).at[squares.slots].add(1.0)[squares.slots]
    midpoints = squares.holds(_pair_keys(rows, valid))  # no quotient is a candidate itself, so i != j
    score = jnp.where(allowed, (votes + 2 * VOTERS * midpoints).reshape(allowed.shape), -1.0)
    leaders = _leaders(score.ravel(), squares.slots)
    products = _keys(quotients).reshape(-1, 2)[leaders][:, None] + _keys(rows)
    present = (terms.find(products.reshape(-1, 2)) < len(terms.first)).reshape(VOTERS, -1) & valid
    ties = jnp.zeros(score.size).at[squares.slots[leaders]].set(present.sum(axis=1) / (2.0 * len(rows)))
    score = jnp.where(allowed, score + ties[squares.slots].reshape(allowed.shape), -1.0)
    best = score.argmax(axis=1)
    chosen = jnp.take_along_axis(quotients, best[:, None, None], axis=1)[:, 0]
    equal = jnp.all(chosen[:, None] == chosen[None], axis=2)
    able = score.max(axis=1) >= 0
    repeated = (jnp.tril(equal, -1) & able[None]).any(axis=1)
    return chosen.astype(jnp.int32), able & ~repeated
