"""Split a monomial basis into blocks by term sparsity, which refines sign symmetries.

Monomials are rows of exponents over n variables, `support` has the distinct exponents of p as rows, a basis has k
distinct rows. A partition is lossless if p has an SOS decomposition on the basis exactly when it has one whose Gram
matrix vanishes between different parts.
"""

import numpy as np
from jaxtyping import Int, Int64

from nsos_jax.bases.pairs import PairRows, pair_rows
from nsos_jax.polynomials import connected_components


def blocks(basis: Int[np.ndarray, "k n"], support: Int[np.ndarray, "terms n"]) -> list[Int64[np.ndarray, " members"]]:
    """Partition the basis so that restricting the Gram matrix to the diagonal blocks loses nothing.

    Indices i, j are joined when basis[i] * basis[j] is a support term, a square of a basis member or a product inside a
    block; the connected components are the next blocks, until they are stable. Then a product across blocks is neither
    in the support nor a product inside any block, so the entries across blocks of a feasible Gram matrix can be set to
    zero. (Term sparsity: Wang, Magron and Lasserre, "TSSOS", SIAM J. Optim. 2021, with block completion.)

    Returns the indices of each block, ascending, blocks by their first member.

    >>> one_x_y = np.array([[0, 0], [1, 0], [0, 1]])
    >>> [block.tolist() for block in blocks(one_x_y, np.array([[0, 0], [2, 0], [0, 1], [0, 2]]))]
    [[0, 2], [1]]
    """
    return stable_components(pair_rows(support, basis))


def stable_components(maps: PairRows) -> list[Int64[np.ndarray, " members"]]:
    """The blocks of `blocks`, from index maps that are already there."""
    rows, row_exponents, support_row = maps
    active = np.zeros(len(row_exponents), bool)
    active[support_row[support_row >= 0]] = True
    active[rows.diagonal()] = True
    count = -1
    while True:
        parts = list(connected_components(active[rows], np.ones(len(rows), bool)))
        if len(parts) in (count, 1):
            return parts
        count = len(parts)
        for part in parts:
            active[rows[np.ix_(part, part)]] = True


def solve_cost(maps: PairRows) -> float:
    """Sum of the cubes of the sizes of the blocks: what solving on a basis costs, up to a factor.

    >>> one_x_y = np.array([[0, 0], [1, 0], [0, 1]])
    >>> solve_cost(pair_rows(np.array([[0, 0], [2, 0], [0, 1], [0, 2]]), one_x_y))
    9.0
    """
    return float(sum(len(part) ** 3 for part in stable_components(maps)))
