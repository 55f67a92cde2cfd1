"""The graph of many candidates as a list of edges, on the host: its length follows the support.

Of the pairs of candidates only those whose product is a term or the square of a candidate have features of their own.
All others, nearly all where candidates are many, look alike to the model but for the number of pairs with the same
product. So the list has the former, and of the latter a sample that stands for them, as far as the model knows so many
others from its training: each candidate meets the same number of others.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Float, Float32, Int, Int32

from nsos_jax.bases import TooLarge, largest_exponents, matches
from nsos_jax.polynomials import RowTable, contained, distinct_rows

MEETINGS = 64
"""Other candidates, for each, in the sample; even."""
MOST_OTHERS, MOST_COPIES = 256, 8
"""What a sample stands for at most, around a candidate and in a row: about what the model was trained on. Without these
bounds it loses its way from some thousand candidates on."""
MOST_LISTED = 1 << 22
"""Pairs whose product is a term, at most."""
_TRIED = 1 << 12
_SEED = 0


class Listed(NamedTuple):
    """Ordered pairs (here, there) of candidates, ascending in `here`; padding has the weight 0."""

    here: Int32[Array, " P"]
    there: Int32[Array, " P"]
    row: Int32[Array, " P"]
    """Numbers from 0 to P - 1, the same for pairs with the same product."""
    features: Float32[Array, "P F"]
    """As those of `proposers.candidates.Pairs`."""
    weight: Float32[Array, " P"]
    """How many pairs of the candidate `here` this one stands for."""
    copies: Float32[Array, " P"]
    """How many pairs of its row this one stands for."""


def list_pairs(
    support: Int[np.ndarray, "terms n"],
    coefficients: Float[np.ndarray, " terms"],
    candidates: Int[np.ndarray, "k n"],
    meetings: int = MEETINGS,
) -> Listed:
    """The list of a polynomial, without padding; with `meetings` at least k - 1 it has all k^2 pairs.

    Args:
      support, coefficients: distinct terms.
      candidates: distinct monomials.

    Raises:
      TooLarge: the products of more than MOST_LISTED pairs are terms.

    >>> pairs = list_pairs(np.array([[4], [2], [0]]), np.array([1.0, -2.0, 1.0]), np.array([[2], [1], [0]]))
    >>> pairs.here.tolist(), pairs.there.tolist(), float(pairs.weight.sum())
    ([0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 1, 2, 0, 1, 2, 0, 1, 2], 9.0)
    """
    size = len(candidates)
    squares = 2 * candidates
    wanted = np.concatenate([support, squares[~contained(squares, support)]])
    _check_length(wanted, candidates)
    found = matches(wanted, candidates)
    counts = np.bincount(found.wanted, minlength=len(wanted))
    diagonal = found.left == found.right
    square = np.zeros(len(wanted), bool)
    square[found.wanted[diagonal]] = True
    scaled = np.zeros(len(wanted))
    scaled[: len(support)] = _signed_log(coefficients)
    is_term = found.wanted < len(support)
    columns = [is_term, scaled[found.wanted], np.log(counts[found.wanted]), diagonal, square[found.wanted] & ~diagonal]
    left, right = _others(size, found.left * size + found.right, meetings)
    common, number = _same_products(candidates, left, right)
    features = np.zeros((len(diagonal) + len(left), 5), np.float32)
    features[: len(diagonal)] = np.column_stack(columns)
    features[len(diagonal) :, 2] = np.log(common)
    return _both_ways(
        size,
        (np.concatenate([found.left, left]), np.concatenate([found.right, right])),
        np.concatenate([np.unique(found.wanted, return_inverse=True)[1], number + len(diagonal)]),
        features,
        np.concatenate([np.zeros(len(diagonal)), common]),
    )


def _check_length(wanted: Int[np.ndarray, "w n"], candidates: Int[np.ndarray, "k n"]) -> None:
    """Refuses what is much too long, by some random pairs."""
    size = len(candidates)
    if size * (size + 1) // 2 <= MOST_LISTED:
        return
    left, right = np.random.default_rng(_SEED).integers(0, size, (2, _TRIED))
    hits = RowTable(wanted, largest_exponents(wanted, candidates)).find_pairs(candidates, left, right) >= 0
    if (length := hits.mean() * size**2 / 2) > MOST_LISTED:
        raise TooLarge(f"the products of about {length:.0f} pairs of candidates are terms, the limit is {MOST_LISTED}")


def _both_ways(
    size: int,
    pairs: tuple[Int[np.ndarray, " pairs"], Int[np.ndarray, " pairs"]],
    row: Int[np.ndarray, " pairs"],
    features: Float32[np.ndarray, "pairs F"],
    common: Float[np.ndarray, " pairs"],
) -> Listed:
    """Each pair i <= j as (i, j) and, where these differ, as (j, i); `common` is 0 for pairs that are all in the list,
    for others the number of pairs with their product."""
    left, right = pairs
    twice = np.flatnonzero(left != right)
    own = np.concatenate([np.arange(len(left)), twice])
    here, there = np.concatenate([left, right[twice]]), np.concatenate([right, left[twice]])
    order = np.lexsort([there, here])
    here, there, own = here[order], there[order], own[order]
    sampled = common[own] > 0
    met = np.bincount(here[sampled], minlength=size)
    unmet = size - np.bincount(here[~sampled], minlength=size)
    weight = np.where(sampled, (np.minimum(unmet, MOST_OTHERS) / np.maximum(met, 1))[here], 1.0)
    seen = np.bincount(row[own], minlength=len(own))[row[own]]
    copies = np.where(sampled, np.clip(2 * common[own] / seen, 1.0, MOST_COPIES), 1.0)
    places = [column.astype(np.int32) for column in (here, there, row[own])]
    return Listed._make([*places, features[own], weight.astype(np.float32), copies.astype(np.float32)])


def _others(
    size: int, listed: Int[np.ndarray, " pairs"], meetings: int
) -> tuple[Int[np.ndarray, " sampled"], Int[np.ndarray, " sampled"]]:
    """Pairs i < j that are not listed as i * size + j: a sample in which all candidates meet as many others."""
    rng = np.random.default_rng(_SEED)
    steps = np.arange(1, size // 2 + 1)
    if meetings < size - 1:
        steps = rng.choice(steps, meetings // 2, replace=False)
    circle = rng.permutation(size)
    first = np.tile(circle, len(steps))
    second = np.concatenate([np.roll(circle, -step) for step in steps]) if len(steps) else first[:0]
    pairs = np.unique(np.minimum(first, second) * size + np.maximum(first, second))
    pairs = pairs[(pairs // size != pairs % size) & ~np.isin(pairs, listed)]
    return pairs // size, pairs % size


def _same_products(
    candidates: Int[np.ndarray, "k n"], left: Int[np.ndarray, " pairs"], right: Int[np.ndarray, " pairs"]
) -> tuple[Float[np.ndarray, " pairs"], Int[np.ndarray, " pairs"]]:
    """For each pair how many pairs i <= j of candidates have its product, and a number of that product."""
    products = candidates[left] + candidates[right]
    table = RowTable(distinct_rows(products), largest_exponents(products, candidates))
    number = table.find(products)
    counts = np.zeros(number.max(initial=-1) + 1)
    for _, _, index in table.find_all_pairs(candidates):
        counts += np.bincount(index, minlength=len(counts))
    return counts[number], number


def _signed_log(coefficients: Float[np.ndarray, " terms"]) -> Float[np.ndarray, " terms"]:
    """sign(c) log(1 + |c| / s) with the lower median s of the absolute coefficients."""
    sizes = np.abs(coefficients)
    middle = np.sort(sizes)[(len(sizes) - 1) // 2] if len(sizes) else 1.0
    return np.sign(coefficients) * np.log1p(sizes / middle)
