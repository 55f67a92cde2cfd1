"""Peeling: a rule that drops monomials from a basis while it still covers what it covered."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int, Int64

from nsos_jax.bases.coverage import even_support
from nsos_jax.bases.matching import matches
from nsos_jax.polynomials import nonzeros


class PeeledOrder(NamedTuple):
    """An order of the candidates, best first: a prefix of it is a smaller basis."""

    order: Int[np.ndarray, "k n"]
    """The kept monomials, then the dropped ones, the last dropped first."""
    kept: int
    """How many were kept: order[:kept] covers whatever all candidates cover."""


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
    found = matches(support, pool)
    twice = found.left != found.right
    own = np.concatenate([found.left, found.right[twice]])
    order = np.argsort(own, kind="stable")
    others = np.concatenate([found.right, found.left[twice]])[order]
    terms = np.concatenate([found.wanted, found.wanted[twice]])[order]
    partners = np.bincount(own, minlength=len(pool))
    ends = [0, *np.cumsum(partners).tolist()]
    coverage = np.bincount(found.wanted, minlength=len(support)) * 2  # ordered pairs, diagonal twice
    never = np.iinfo(np.int64).max // 2
    pinned = np.zeros(len(pool), bool)
    pinned[own[order][coverage[terms] <= 2]] = True
    partners[pinned] = never
    alive = np.ones(len(pool), bool)
    dropped = []
    for _ in range(len(pool) - int(pinned.sum())):
        m = int(partners.argmin())
        span = slice(ends[m], ends[m + 1])
        with_others = alive[others[span]]
        lost, left = terms[span][with_others], others[span][with_others]
        if coverage[lost].min(initial=never) <= 2:
            partners[m] = never
            continue
        coverage[lost] -= 2
        partners[left] -= 1
        partners[m] = never
        alive[m] = False
        dropped.append(m)
    kept = np.setdiff1d(np.arange(len(pool)), dropped)
    order = np.concatenate([kept, np.array(dropped[::-1], np.int64)])
    return PeeledOrder(pool[order], len(kept))


def _canonical_order(support: Int[np.ndarray, "terms n"], rows: Int[np.ndarray, "k n"]) -> Int64[np.ndarray, " k"]:
    """Order of monomials by degree, then lexicographically in variables sorted by what the support knows of them."""
    row, variable = nonzeros(support)
    powers = support[row, variable].astype(np.int64)
    moments = [_sums(powers**power, variable, support.shape[1]) for power in (3, 2, 1)]
    variables = np.lexsort([*moments, support.max(axis=0, initial=0)])
    texts = np.ascontiguousarray(rows[:, variables[::-1]], ">i8")  # compared byte by byte, as if by `numpy.lexsort`
    keys = [(degree, text.tobytes()) for degree, text in zip(rows.sum(axis=1).tolist(), texts, strict=True)]
    return np.array(sorted(range(len(rows)), key=keys.__getitem__), np.int64)


def _sums(values: Int64[np.ndarray, " k"], groups: Int64[np.ndarray, " k"], count: int) -> Int64[np.ndarray, " count"]:
    total = np.zeros(count, np.int64)
    np.add.at(total, groups, values)
    return total
