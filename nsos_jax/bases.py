"""Monomial bases by rules on exponents: coverage, peeling, repair, diagonal consistency, a lower bound.

Monomials are rows of exponents over n variables. The support of p has `terms` distinct rows, a basis B has k distinct
rows. B covers a term if the term is a product of two members of B; a basis on which p has an SOS decomposition covers
the whole support (Lemma 1 of "Neural Sum-of-Squares", Pelleriti et al., ICLR 2026, "the paper" below). The rules only
suggest bases, except for `diagonal_consistency`, which removes nothing that a decomposition could use.
"""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int, Int32, Int64

from nsos_jax.exponents import RowTable, distinct_rows, even_rows, group_products, integral_midpoints
from nsos_jax.newton import TooLarge

_STUCK_TERMS = 64
_TIED = 256
MOST_QUOTIENTS = 1 << 26
MOST_VOTES = 1 << 30
"""Work that the repair of coverage may take: some seconds, and some hundred MB."""


class PairRows(NamedTuple):
    """Which product each Gram entry belongs to: row r collects the entries (i, j) with the same basis[i] * basis[j]."""

    rows: Int32[np.ndarray, "k k"]
    """Row of each Gram entry."""
    row_exponents: Int[np.ndarray, "rows n"]
    """The product that each row stands for."""
    support_row: Int32[np.ndarray, " terms"]
    """Row of each support term, -1 where the basis does not cover it."""


class PeeledOrder(NamedTuple):
    """An order of the candidates, best first: a prefix of it is a smaller basis."""

    order: Int[np.ndarray, "k n"]
    """The kept monomials, then the dropped ones, the last dropped first."""
    kept: int
    """How many were kept: order[:kept] covers whatever all candidates cover."""


class RepairedBasis(NamedTuple):
    """A basis with the monomials that were appended to cover the support."""

    basis: Int[np.ndarray, "k n"]
    complete: bool
    """Whether the whole support is covered; False only if all candidates together do not cover it."""


def even_support(support: Int[np.ndarray, "terms n"]) -> Int[np.ndarray, "k n"]:
    """D = {m : 2m is a support term}, in the order of the support.

    >>> even_support(np.array([[4, 0], [1, 1], [0, 2]])).tolist()
    [[2, 0], [0, 1]]
    """
    return support[even_rows(support)] // 2


def pair_rows(support: Int[np.ndarray, "terms n"], basis: Int[np.ndarray, "k n"]) -> PairRows:
    """The index maps between Gram entries, products and support terms.

    >>> x_squared_xy_y_squared = np.array([[2, 0], [1, 1], [0, 2]])
    >>> maps = pair_rows(np.array([[4, 0], [2, 2], [0, 5]]), x_squared_xy_y_squared)
    >>> maps.rows.tolist(), maps.support_row.tolist()
    ([[0, 1, 2], [1, 2, 3], [2, 3, 4]], [0, 2, -1])
    """
    k = len(basis)
    numbers, pairs = group_products(basis)
    i, j = np.triu_indices(k)
    upper = np.tri(k, dtype=bool).T
    rows = np.empty((k, k), np.int32)
    rows[upper] = numbers
    rows.T[upper] = numbers
    row_exponents = basis[i[pairs]] + basis[j[pairs]]
    return PairRows(rows, row_exponents, RowTable(row_exponents, _largest(support, basis)).find(support))


def uncovered(support: Int[np.ndarray, "terms n"], basis: Int[np.ndarray, "k n"]) -> Bool[np.ndarray, " terms"]:
    """Which support terms are not a product of two members of the basis.

    >>> uncovered(np.array([[4, 0], [0, 2], [1, 0]]), np.array([[2, 0], [0, 1]])).tolist()
    [False, False, True]
    """
    products = RowTable(support, _largest(support, basis)).find_products(basis, basis)
    missing = np.ones(len(support) + 1, bool)
    missing[products.ravel()] = False
    return missing[:-1]


def covers(support: Int[np.ndarray, "terms n"], basis: Int[np.ndarray, "k n"]) -> bool:
    """Whether every support term is a product of two members of the basis (necessary for an SOS decomposition, Lemma
    1).

    >>> covers(np.array([[4, 0], [2, 1], [0, 2]]), np.array([[2, 0], [0, 1]]))
    True
    """
    return not uncovered(support, basis).any()


def peel(support: Int[np.ndarray, "terms n"], candidates: Int[np.ndarray, "candidates n"] | None = None) -> PeeledOrder:
    """Drop, again and again, the candidate with the fewest partners, but none without which a covered term is lost.

    A partner of m is a remaining candidate b with m * b in the support. Coverage only shrinks, so a monomial that
    cannot be dropped once is kept for good. Support terms that the candidates do not cover at the start play no part:
    repair first where they should. Ties fall by total degree, then lexicographically after sorting the variables by the
    moments of their exponents over the support, so that renaming variables renames the answer unless the support cannot
    tell them apart.

    Args:
        support: the support terms.
        candidates: distinct monomials; by default `even_support(support)`.

    >>> square_of_x_plus_y_plus_1 = np.array([[2, 0], [1, 1], [0, 2], [1, 0], [0, 1], [0, 0]])
    >>> order, kept = peel(square_of_x_plus_y_plus_1, np.array([[2, 0], [1, 0], [0, 1], [0, 0]]))
    >>> order.tolist(), kept
    ([[0, 0], [1, 0], [0, 1], [2, 0]], 3)
    """
    pool = even_support(support) if candidates is None else candidates
    pool = pool[_canonical_order(support, pool)]
    products = RowTable(support, _largest(support, pool)).find_products(pool, pool)
    partners = (products >= 0).sum(axis=1)
    diagonal = products.diagonal()
    coverage = np.bincount(products[products >= 0], minlength=len(support) + 1)  # ordered pairs, diagonal twice below
    coverage += np.bincount(diagonal[diagonal >= 0], minlength=len(support) + 1)
    coverage[-1] = never = np.iinfo(np.int64).max // 2  # index -1, "not in the support", is never lost
    pinned = coverage[products].min(axis=1, initial=never) <= 2
    partners[pinned] = never
    dropped = []
    for _ in range(len(pool) - int(pinned.sum())):
        m = int(partners.argmin())
        terms = products[m]
        if coverage[terms].min() <= 2:
            partners[m] = never
            continue
        coverage[terms] -= 2
        partners -= terms >= 0
        partners[m] = never
        products[:, m] = -1
        dropped.append(m)
    kept = np.setdiff1d(np.arange(len(pool)), dropped)
    order = np.concatenate([kept, np.array(dropped[::-1], np.int64)])
    return PeeledOrder(pool[order], len(kept))


def nearby_candidates(support: Int[np.ndarray, "terms n"], basis: Int[np.ndarray, "k n"]) -> Int[np.ndarray, "c n"]:
    """Monomials that cover an uncovered term at once: missing / b for b in the basis, and square roots of missing
    terms.

    Only those that p's half degree range and the largest exponent of each variable allow are returned, each once.

    Raises `TooLarge` where that takes more than MOST_QUOTIENTS exponents.

    >>> nearby_candidates(np.array([[2, 0], [1, 1], [0, 2]]), np.array([[1, 0]])).tolist()
    [[0, 1]]
    """
    missing = support[uncovered(support, basis)]
    if missing.size * len(basis) > MOST_QUOTIENTS:
        raise TooLarge(f"{len(missing)} terms are not covered by {len(basis)} monomials: too many to look for others")
    quotients = (missing[:, None, :] - basis[None, :, :]).reshape(len(missing) * len(basis), support.shape[1])
    found = np.concatenate([quotients, even_support(missing)])
    degrees = support.sum(axis=1)
    degree = 2 * found.sum(axis=1)
    allowed = np.all((found >= 0) & (2 * found <= support.max(axis=0, initial=0)), axis=1)
    allowed &= (degree <= degrees.max(initial=0)) & (degree >= degrees.min(initial=0))
    return distinct_rows(found[allowed])


def repair_coverage(
    support: Int[np.ndarray, "terms n"], basis: Int[np.ndarray, "k n"], candidates: Int[np.ndarray, "c n"]
) -> RepairedBasis:
    """Append candidates until the basis covers the support (Algorithms 3 and 4, appendix D.4 of the paper).

    Each round appends the candidate m covering most missing terms m * b, b in the basis, or m * m. A tie falls to
    the one with most products m * b in the whole support (our addition), then to the first. Where no candidate covers a
    term alone, the one in the most pairs of candidates is appended, so the repair completes whenever basis and
    candidates together cover the support; but it raises `TooLarge` after looking at MOST_VOTES products.

    Args:
        support: the support terms.
        basis: distinct monomials, kept in front of the answer.
        candidates: distinct monomials that may be appended, for example a half Newton polytope or `nearby_candidates`.

    >>> term_by_term = np.array([[4, 0], [2, 1], [0, 2]])
    >>> repaired = repair_coverage(term_by_term, np.array([[2, 0]]), np.array([[2, 0], [1, 0], [0, 1]]))
    >>> repaired.basis.tolist(), repaired.complete
    ([[2, 0], [0, 1]], True)
    """
    missing = support[uncovered(support, basis)]
    if not len(missing) or not len(candidates):
        return RepairedBasis(basis, not len(missing))
    largest = np.maximum(_largest(support, basis), _largest(support, candidates))
    table, terms = RowTable(candidates, largest), RowTable(support, largest)
    squares = np.where(even_rows(missing), table.find(missing // 2), -1)
    votes = np.column_stack([squares, table.find_quotients(missing, basis)])
    size = len(candidates) + 1  # the last bin takes the votes for -1
    counts = np.bincount(votes.ravel() % size, minlength=size)
    looked_at = 0
    while len(missing):
        looked_at += votes.size
        if looked_at > MOST_VOTES:
            raise TooLarge(f"{len(missing)} terms are not covered by {len(basis)} monomials: the repair is too long")
        best = np.flatnonzero(counts[:-1] == counts[:-1].max())[:_TIED]
        m = int(best[(terms.find_products(candidates[best], basis) >= 0).sum(axis=1).argmax()])
        if not counts[m]:
            pairs = table.find_quotients(missing[:_STUCK_TERMS], candidates)
            if pairs.max() < 0:
                return RepairedBasis(basis, False)
            m = int(np.bincount(pairs[pairs >= 0]).argmax())
        basis = np.concatenate([basis, candidates[m : m + 1]])
        covered = (votes == m).any(axis=1)
        counts -= np.bincount(votes[covered].ravel() % size, minlength=size)
        missing, votes = missing[~covered], votes[~covered]
        new = table.find_quotients(missing, candidates[m : m + 1])
        counts += np.bincount(new.ravel() % size, minlength=size)
        votes = np.column_stack([votes, new])
    return RepairedBasis(basis, True)


def complete_coverage(support: Int[np.ndarray, "terms n"], basis: Int[np.ndarray, "k n"]) -> RepairedBasis:
    """Append `nearby_candidates`, again and again, until the basis covers the support or nothing nearby helps.

    >>> complete_coverage(np.array([[2, 0], [1, 1], [0, 2]]), np.array([[1, 0]])).basis.tolist()
    [[1, 0], [0, 1]]
    """
    repaired = RepairedBasis(basis, covers(support, basis))
    while not repaired.complete:
        longer = repair_coverage(support, repaired.basis, nearby_candidates(support, repaired.basis))
        if len(longer.basis) == len(repaired.basis):
            break
        repaired = longer
    return repaired


def covering_candidates(support: Int[np.ndarray, "terms n"]) -> Int[np.ndarray, "k n"]:
    """D = {m : 2m in the support}, repaired until it covers the support or nothing nearby helps.

    >>> square_of_x2_plus_x_minus_half = np.array([[4], [3], [1], [0]])
    >>> covering_candidates(square_of_x2_plus_x_minus_half).tolist()
    [[2], [0], [1]]
    """
    return complete_coverage(support, even_support(support)).basis


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
    largest = np.maximum(_largest(support, candidates), 0)
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


def _largest(support: Int[np.ndarray, "terms n"], basis: Int[np.ndarray, "k n"]) -> Int[np.ndarray, " n"]:
    """Upper bound of the exponents of the support and of all products of the basis."""
    return np.maximum(support.max(axis=0, initial=0), 2 * basis.max(axis=0, initial=0))


def _canonical_order(support: Int[np.ndarray, "terms n"], rows: Int[np.ndarray, "k n"]) -> Int64[np.ndarray, " k"]:
    """Order of monomials by degree, then lexicographically in variables sorted by what the support knows of them."""
    exponents = support.astype(np.int64)
    moments = [(exponents**power).sum(axis=0) for power in (3, 2, 1)]
    variables = np.lexsort([*moments, exponents.max(axis=0, initial=0)])
    return np.lexsort([*rows.T[variables], rows.sum(axis=1)])
