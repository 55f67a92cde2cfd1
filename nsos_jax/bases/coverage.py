"""Monomials added to a basis until it covers the support (Algorithms 3 and 4, appendix D.4 of the paper)."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from nsos_jax.bases.limits import TooLarge
from nsos_jax.bases.matching import uncovered
from nsos_jax.bases.pairs import largest_exponents
from nsos_jax.polynomials import RowTable, distinct_rows, even_rows

_STUCK_TERMS = 64
_TIED = 256
MOST_COMPARED = 1 << 30
MOST_QUOTIENTS = 1 << 26
MOST_VOTES = 1 << 30
"""Work that the repair of coverage may take: some seconds, and some hundred MB."""


class RepairedBasis(NamedTuple):
    """A basis with the monomials that were appended to cover the support."""

    basis: Int[np.ndarray, "k n"]
    complete: bool
    """Whether the whole support is covered; False only if all candidates together do not cover it."""


def nearby_candidates(support: Int[np.ndarray, "terms n"], basis: Int[np.ndarray, "k n"]) -> Int[np.ndarray, "c n"]:
    """Monomials that cover an uncovered term at once: missing / b for b in the basis, and square roots of missing
    terms.

    Only those that p's half degree range and the largest exponent of each variable allow are returned, each once.

    Raises `TooLarge` where that takes comparing more than MOST_COMPARED exponents, or more than MOST_QUOTIENTS for the
    answer.

    >>> nearby_candidates(np.array([[2, 0], [1, 1], [0, 2]]), np.array([[1, 0]])).tolist()
    [[0, 1]]
    """
    return _nearby(support, basis, support[uncovered(support, basis)])


def _nearby(
    support: Int[np.ndarray, "terms n"], basis: Int[np.ndarray, "k n"], missing: Int[np.ndarray, "missing n"]
) -> Int[np.ndarray, "c n"]:
    """The same for terms that are known not to be covered."""
    what = f"{len(missing)} terms are not covered by {len(basis)} monomials"
    if missing.size * len(basis) > MOST_COMPARED:
        raise TooLarge(f"{what}: too many to look for others")
    divides = np.ones((len(missing), len(basis)), bool)
    for exponents, own in zip(missing.T, basis.T, strict=True):
        divides &= exponents[:, None] >= own
    terms, factors = np.nonzero(divides)
    if len(terms) * support.shape[1] > MOST_QUOTIENTS:
        raise TooLarge(f"{what}, which divide them {len(terms)} times: too many to look for others")
    found = np.concatenate([missing[terms] - basis[factors], even_support(missing)])
    degrees = support.sum(axis=1)
    degree = 2 * found.sum(axis=1)
    allowed = np.all(2 * found <= support.max(axis=0, initial=0), axis=1)
    allowed &= (degree <= degrees.max(initial=0)) & (degree >= degrees.min(initial=0))
    return distinct_rows(found[allowed])


def repair_coverage(
    support: Int[np.ndarray, "terms n"], basis: Int[np.ndarray, "k n"], candidates: Int[np.ndarray, "c n"]
) -> RepairedBasis:
    """Append candidates until the basis covers the support (Algorithms 3 and 4, appendix D.4 of the paper).

    Each round appends the candidate m covering most missing terms m * b, b in the basis, or m * m. A tie falls (our
    addition) to those whose square is a term or the product of two monomials of the given basis, as the row of m in the
    Gram matrix vanishes where it is neither; then to the one with most products m * b in the whole support, then to the
    first. Where no candidate covers a term alone, the one in the most pairs of candidates is appended, so the repair
    completes whenever basis and candidates together cover the support; but it raises `TooLarge` after looking at
    MOST_VOTES products.

    Args:
        support: the support terms.
        basis: distinct monomials, kept in front of the answer.
        candidates: distinct monomials that may be appended, for example a half Newton polytope or `nearby_candidates`.

    >>> term_by_term = np.array([[4, 0], [2, 1], [0, 2]])
    >>> repaired = repair_coverage(term_by_term, np.array([[2, 0]]), np.array([[2, 0], [1, 0], [0, 1]]))
    >>> repaired.basis.tolist(), repaired.complete
    ([[2, 0], [0, 1]], True)
    """
    return _repaired(support, basis, candidates, support[uncovered(support, basis)])


def _repaired(
    support: Int[np.ndarray, "terms n"],
    basis: Int[np.ndarray, "k n"],
    candidates: Int[np.ndarray, "c n"],
    missing: Int[np.ndarray, "missing n"],
) -> RepairedBasis:
    """The same for terms that are known not to be covered."""
    if not len(missing) or not len(candidates):
        return RepairedBasis(basis, not len(missing))
    largest = np.maximum(largest_exponents(support, basis), largest_exponents(support, candidates))
    table, terms, given = RowTable(candidates, largest), RowTable(support, largest), RowTable(basis, largest)
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
        tied = candidates[best]
        useful = (terms.find(2 * tied) >= 0) | (given.find_quotients(2 * tied, basis) >= 0).any(axis=1)
        products = (terms.find_products(tied, basis) >= 0).sum(axis=1)
        m = int(best[(products + (len(basis) + 1) * useful).argmax()])
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
    while True:
        missing = support[uncovered(support, basis)]
        repaired = _repaired(support, basis, _nearby(support, basis, missing), missing)
        if repaired.complete or len(repaired.basis) == len(basis):
            return repaired
        basis = repaired.basis


def covering_candidates(support: Int[np.ndarray, "terms n"]) -> Int[np.ndarray, "k n"]:
    """D = {m : 2m in the support}, repaired until it covers the support or nothing nearby helps.

    >>> square_of_x2_plus_x_minus_half = np.array([[4], [3], [1], [0]])
    >>> covering_candidates(square_of_x2_plus_x_minus_half).tolist()
    [[2], [0], [1]]
    """
    return complete_coverage(support, even_support(support)).basis


def even_support(support: Int[np.ndarray, "terms n"]) -> Int[np.ndarray, "k n"]:
    """D = {m : 2m is a support term}, in the order of the support.

    >>> even_support(np.array([[4, 0], [1, 1], [0, 2]])).tolist()
    [[2, 0], [0, 1]]
    """
    return support[even_rows(support)] // 2
