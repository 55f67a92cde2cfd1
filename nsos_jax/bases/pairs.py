"""Which Gram entries share a product: of all pairs of a basis.

Monomials are rows of exponents over n variables. The support of p has `terms` distinct rows, a basis has k distinct
rows.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int, Int32

from nsos_jax.polynomials import RowTable, group_products


class PairRows(NamedTuple):
    """Which product each Gram entry belongs to: row r collects the entries (i, j) with the same basis[i] * basis[j]."""

    rows: Int32[np.ndarray, "k k"]
    """Row of each Gram entry."""
    row_exponents: Int[np.ndarray, "rows n"]
    """The product that each row stands for."""
    support_row: Int32[np.ndarray, " terms"]
    """Row of each support term, -1 where the basis does not cover it."""


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
    return PairRows(rows, row_exponents, RowTable(row_exponents, largest_exponents(support, basis)).find(support))


def largest_exponents(support: Int[np.ndarray, "terms n"], basis: Int[np.ndarray, "k n"]) -> Int[np.ndarray, " n"]:
    """Upper bound of the exponents of the support and of all products of the basis."""
    return np.maximum(support.max(axis=0, initial=0), 2 * basis.max(axis=0, initial=0))
