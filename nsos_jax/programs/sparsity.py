"""Term sparsity: Gram matrices of a constraint on cliques of monomials instead of complete bases.

Two monomials of the basis of a multiplier are joined where the product with some term of its factor is a term of the
constraint, or the square of a monomial of s_0's basis (Wang, Magron and Lasserre, "Chordal-TSSOS", SIAM J. Optim.,
2021). What the multipliers bring in beyond that, s_0 has to cover: for each such monomial the pair of its basis that
is nearest to a square is joined too, where the paper joins all pairs. Sums of squares on cliques are fewer than those
on the basis: what is proven with them is true, what is not found may still exist.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int

from nsos_jax.bases import maximal_cliques
from nsos_jax.polynomials import RowTable, distinct_rows

DENSE = 100
"""Bases up to this size are taken whole where `sparsity` is "auto"."""
CHUNK = 1 << 22
"""Pairs that are looked up at once."""


def term_sparse_bases(
    support: Int[np.ndarray, "terms n"],
    factors: Sequence[Int[np.ndarray, "t n"]],
    bases: Sequence[Int[np.ndarray, "k n"]],
    others: Int[np.ndarray, "m n"],
) -> list[list[Int[np.ndarray, "clique n"]]]:
    """For each multiplier the cliques of its basis.

    Args:
      support: of the target, for all values of the unknowns.
      factors: the terms of what each multiplier is multiplied by; the first is 1.
      bases: of the multipliers.
      others: further monomials that s_0 has to cover, as those of cofactors times equalities.
    """
    terms = distinct_rows(np.concatenate([support, 2 * bases[0], others]))
    graphs = [_joined(terms, factor, basis) for factor, basis in zip(factors, bases, strict=True)]
    cliques = [_cliques(graph, basis) for graph, basis in zip(graphs[1:], bases[1:], strict=True)]
    reach = [_products(clique, factor) for factor, own in zip(factors[1:], cliques, strict=True) for clique in own]
    _join_nearest(graphs[0], bases[0], distinct_rows(np.concatenate([support, others, *reach])))
    return [_cliques(graphs[0], bases[0]), *cliques]


def _joined(
    terms: Int[np.ndarray, "terms n"], factor: Int[np.ndarray, "t n"], basis: Int[np.ndarray, "k n"]
) -> Bool[np.ndarray, "k k"]:
    largest = np.maximum(terms.max(axis=0, initial=0), 2 * basis.max(axis=0, initial=0) + factor.max(axis=0))
    table = RowTable(terms, largest)
    joined = np.eye(len(basis), dtype=bool)
    for term in factor:
        joined |= table.find_products(basis + term, basis) >= 0
    return joined


def _join_nearest(
    joined: Bool[np.ndarray, "k k"], basis: Int[np.ndarray, "k n"], wanted: Int[np.ndarray, "m n"]
) -> None:
    """Joins two monomials for each wanted one that no joined pair has as its product."""
    largest = np.maximum(wanted.max(axis=0, initial=0), 2 * basis.max(axis=0, initial=0))
    found = RowTable(wanted, largest).find_products(basis, basis)
    covered = np.zeros(len(wanted), bool)
    covered[found[joined & (found >= 0)]] = True
    table = RowTable(basis, largest)
    missing = wanted[~covered]
    for start in range(0, len(missing), max(CHUNK // len(basis), 1)):
        part = missing[start : start + max(CHUNK // len(basis), 1)]
        partner = table.find_quotients(part, basis)
        row, first = np.nonzero(partner >= 0)
        second = partner[row, first]
        apart = np.abs(basis[first] - basis[second]).sum(axis=1)
        order = np.lexsort((first, apart, row))
        nearest = order[np.unique(row[order], return_index=True)[1]]
        joined[first[nearest], second[nearest]] = joined[second[nearest], first[nearest]] = True


def _cliques(joined: Bool[np.ndarray, "k k"], basis: Int[np.ndarray, "k n"]) -> list[Int[np.ndarray, "clique n"]]:
    return [basis[clique] for clique in maximal_cliques(joined)]


def _products(clique: Int[np.ndarray, "k n"], factor: Int[np.ndarray, "t n"]) -> Int[np.ndarray, "products n"]:
    pairs = distinct_rows((clique[:, None] + clique[None]).reshape(-1, clique.shape[1]))
    return distinct_rows((pairs[:, None] + factor[None]).reshape(-1, clique.shape[1]))
