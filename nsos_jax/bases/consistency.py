"""Exact statements about monomial bases: what no decomposition can use, and how many monomials it needs at least."""

import math

import numpy as np
from jaxtyping import Bool, Int

from nsos_jax.bases.pairs import largest_exponents
from nsos_jax.polynomials import RowTable, integral_midpoints


def diagonal_consistency(
    candidates: Int[np.ndarray, "k n"], support: Int[np.ndarray, "terms n"], positive: Bool[np.ndarray, " terms"]
) -> Bool[np.ndarray, " k"]:
    """Which candidates remain when those that can only have a zero diagonal in the Gram matrix are removed.

    m goes when m * m is neither a support term with a positive coefficient nor a product of two different remaining
    monomials: its Gram diagonal is then p's coefficient there, at most zero, so its row vanishes (or p is not SOS at
    all). Repeated to the fixed point, which does not depend on any order.

    Args:
        candidates: distinct monomials, complete for p.
        support: the support terms.
        positive: whether each term's coefficient is positive.

    >>> motzkin = np.array([[4, 2], [2, 4], [2, 2], [0, 0]])
    >>> monomials = np.array([[0, 0], [1, 1], [2, 1], [1, 2]])
    >>> diagonal_consistency(monomials, motzkin, np.array([True, True, False, True])).tolist()
    [True, False, True, True]
    """
    largest = np.maximum(largest_exponents(support, candidates), 0)
    stands = RowTable(support[positive], largest).find(2 * candidates) >= 0
    alive = np.ones(len(candidates), bool)
    if stands.all():
        return alive
    table = RowTable(candidates, largest)
    found = []
    for i, j in integral_midpoints(candidates):
        middle = table.find((candidates[i] + candidates[j]) // 2)
        useful = (middle >= 0) & ~stands[middle]
        found.append(np.stack([i[useful], j[useful], middle[useful]]))
    i, j, middle = np.concatenate(found, axis=1)
    while True:
        needed = alive[i] & alive[j]
        remain = alive & (stands | (np.bincount(middle[needed], minlength=len(alive)) > 0))
        if np.array_equal(remain, alive):
            return alive
        alive = remain


def combinatorial_bound(num_terms: int) -> int:
    """The least k with k (k + 1) / 2 >= num_terms: no smaller basis has that many products (Lemma 6 of the paper).

    Raises `ValueError` if `num_terms` is negative.

    >>> [combinatorial_bound(terms) for terms in (0, 1, 3, 4, 1800)]
    [0, 1, 2, 3, 60]
    """
    if num_terms < 0:
        raise ValueError(f"num_terms must be at least 0, got {num_terms}")
    k = (math.isqrt(8 * num_terms + 1) - 1) // 2
    return k if k * (k + 1) // 2 >= num_terms else k + 1
