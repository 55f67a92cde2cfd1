"""What a polynomial says of its candidate monomials: the pairs of them whose product is a term, or a square.

All other pairs have no place in the Gram equations that is not zero, so the number of pairs, and with it the cost of
the model, follows the support: of the 25 million pairs of 7,000 candidates, some 160,000 remain. `pair_features` makes
them on the device for training, `support_pairs` on the host for use, where candidates are many; the order of the pairs
differs, and so do their numbers of rows.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float32, Int, Int32, Num

from nsos_jax.bases import matches
from nsos_jax.polynomials import contained
from nsos_jax.proposers.candidates import Candidates
from nsos_jax.proposers.key_tables import KeyTable, all_pairs, first_places, keys, masked, pair_keys

NUM_FEATURES = 5


class Pairs(NamedTuple):
    """Pairs i <= j of candidates, and what p says about their product m_i * m_j."""

    left: Int32[Array, " P"]
    """i; 0 on padding, as all fields."""
    right: Int32[Array, " P"]
    """j."""
    row: Int32[Array, " P"]
    """Numbers from 0 to P - 1, the same for pairs with the same product."""
    features: Float32[Array, "P F"]
    """Along the last axis:

    0. whether the product is in the support;
    1. its coefficient c as sign(c) log(1 + |c| / s), s the median of the absolute non-zero coefficients;
    2. the logarithm of the number of pairs i <= j with this product;
    3. whether i = j;
    4. whether i != j and the product is the square of a candidate.
    """
    valid: Bool[Array, " P"]


def pair_features(
    exponents: Int[Array, "T n"], coefficients: Num[Array, " T"], candidates: Candidates, size: int
) -> Pairs:
    """The pairs of one polynomial, by i and then by j; `size` is P, and of more pairs the last are left out.

    >>> from nsos_jax.proposers.candidates import candidates
    >>> x4_x2_1 = jnp.array([[4], [2], [0]])
    >>> found = candidates(x4_x2_1, jnp.array([1, -2, 1]), size=3)
    >>> pairs = pair_features(x4_x2_1, jnp.array([1, -2, 1]), found, size=6)
    >>> found.exponents.ravel().tolist(), pairs.left.tolist(), pairs.right.tolist(), int(pairs.valid.sum())
    ([2, 1, 0], [0, 0, 1, 2, 0, 0], [0, 2, 1, 2, 0, 0], 4)
    """
    support, many = coefficients != 0, len(coefficients)
    known = jnp.concatenate([exponents, 2 * candidates.exponents])
    table = KeyTable.build(masked(keys(known), jnp.concatenate([support, candidates.valid])))
    places = table.find(pair_keys(candidates.exponents, candidates.valid))
    wanted = places < len(known)
    chosen = first_places(wanted, size)
    valid = jnp.arange(size) < wanted.sum()
    i, j = (jnp.where(valid, jnp.asarray(side)[chosen], 0) for side in all_pairs(len(candidates.valid)))
    place = jnp.where(valid, places[chosen], len(known))
    scaled = jnp.stack([support, _signed_log(coefficients.astype(jnp.float32))], axis=1)
    of_term = jnp.zeros((len(known), 2)).at[jnp.where(support, table.slots[:many], len(known))].set(scaled, mode="drop")
    square = jnp.zeros(len(known)).at[table.slots[many:]].max(candidates.valid.astype(jnp.float32))
    number = jnp.full(len(known), size).at[place].min(jnp.arange(size), mode="drop")
    count = jnp.zeros(len(known)).at[place].add(1.0, mode="drop")
    of_product = jnp.concatenate([of_term, jnp.log(jnp.maximum(count, 1.0))[:, None], square[:, None]], axis=1)
    found = of_product[place]
    diagonal = (i == j).astype(jnp.float32)
    features = jnp.column_stack([found[:, :3], diagonal, found[:, 3] * (1 - diagonal)])
    features = jnp.where(valid[:, None], features, 0.0)
    return Pairs(i, j, jnp.where(valid, number[place], 0).astype(jnp.int32), features, valid)


def support_pairs(
    support: Int[np.ndarray, "terms n"], coefficients: Float[np.ndarray, " terms"], candidates: Int[np.ndarray, "k n"]
) -> Pairs:
    """The same, of distinct terms and distinct candidates, without padding; at a cost that follows the support.

    >>> pairs = support_pairs(np.array([[4], [2], [0]]), np.array([1.0, -2.0, 1.0]), np.array([[2], [1], [0]]))
    >>> pairs.left.tolist(), pairs.right.tolist(), pairs.features[:, 2].round(2).tolist()
    ([0, 0, 1, 2], [0, 2, 1, 2], [0.0, 0.69, 0.69, 0.0])
    """
    squares = 2 * candidates
    others = squares[~contained(squares, support)]
    found = matches(np.concatenate([support, others]), candidates)
    sizes = np.abs(coefficients).astype(np.float32)
    middle = np.sort(sizes)[(len(sizes) - 1) // 2] if len(sizes) else np.float32(1)
    scaled = np.zeros(len(support) + len(others), np.float32)
    scaled[: len(support)] = np.sign(coefficients) * np.log1p(sizes / middle)
    count = np.bincount(found.wanted, minlength=len(scaled))
    diagonal = found.left == found.right
    square = np.zeros(len(scaled), bool)
    square[found.wanted[diagonal]] = True
    columns = [
        found.wanted < len(support),
        scaled[found.wanted],
        np.log(count[found.wanted]),
        diagonal,
        square[found.wanted] & ~diagonal,
    ]
    features = np.column_stack(columns).astype(np.float32)
    _, row = np.unique(found.wanted, return_inverse=True)
    whole = (column.astype(np.int32) for column in (found.left, found.right, row))
    return Pairs(*whole, features, np.ones(len(features), bool))


def join_pairs(graphs: Sequence[Pairs], candidates: Sequence[int], size: int) -> Pairs:
    """The pairs of several polynomials as those of one, whose candidates are numbered through; padded to P = `size`.

    Args:
      graphs: without padding.
      candidates: how many each polynomial has.
      size: at least the number of all pairs.
    """
    first = np.cumsum([0, *candidates[:-1]])
    rows = np.cumsum([0, *(len(pairs.row) for pairs in graphs[:-1])])
    shifted = [
        pairs._replace(left=pairs.left + own, right=pairs.right + own, row=pairs.row + row)
        for pairs, own, row in zip(graphs, first, rows, strict=True)
    ]
    joined = (np.concatenate(column) for column in zip(*shifted, strict=True))
    padded = (np.pad(c, [(0, size - len(c)), *[(0, 0)] * (c.ndim - 1)]) for c in joined)
    return Pairs(*(c.astype(np.int32) if c.dtype == np.int64 else c for c in padded))


def _signed_log(coefficients: Float[Array, " T"]) -> Float[Array, " T"]:
    """sign(c) log(1 + |c| / s) with the lower median s of the absolute non-zero coefficients."""
    sizes = jnp.abs(coefficients)
    # the bits of nonnegative floats are ordered as they are, and integers sort much faster on CPUs
    ordered = jnp.sort(jax.lax.bitcast_convert_type(jnp.where(sizes > 0, sizes, jnp.inf), jnp.int32))
    middle = jax.lax.bitcast_convert_type(ordered[jnp.maximum((sizes > 0).sum() - 1, 0) // 2], jnp.float32)
    return jnp.sign(coefficients) * jnp.log1p(sizes / middle)
