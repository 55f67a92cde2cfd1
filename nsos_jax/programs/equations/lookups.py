"""Products of the monomials of many small Gram bases, together: one by one the calls would cost more than the work."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Int

from nsos_jax.polynomials import RowTable, distinct_rows

Rows = Int[np.ndarray, "k n"]
SMALL_SIDE = 64
"""Bases up to this size are looked up together."""
MOST_PAIRS = 1 << 20
"""At once."""
MOST_NUMBERS = 1 << 23
"""Exponents of products at once."""


def block_maps(table: RowTable, bases: Sequence[Rows], term: Int[np.ndarray, " n"]) -> list[Int[np.ndarray, "k k"]]:
    """For each basis b the places in a table of the products b_i b_j times a term.

    >>> table = RowTable(np.array([[0], [1], [2]]), np.array([2]))
    >>> [places.tolist() for places in block_maps(table, [np.array([[0], [1]]), np.array([[1]])], np.array([0]))]
    [[[0, 1], [1, 2]], [[2]]]
    """
    result: list[np.ndarray] = [np.zeros((0, 0), np.int32)] * len(bases)
    for group in _groups(bases):
        together = np.concatenate([bases[index] for index in group])
        sides = [len(bases[index]) for index in group]
        starts = np.cumsum([0, *sides[:-1]]).tolist()
        left = np.concatenate([np.repeat(np.arange(a, a + side), side) for a, side in zip(starts, sides, strict=True)])
        right = np.concatenate([np.tile(np.arange(a, a + side), side) for a, side in zip(starts, sides, strict=True)])
        found = table.find_pairs(np.concatenate([together + term, together]), left, right + len(together))
        at = 0
        for index in group:
            side = len(bases[index])
            result[index] = found[at : at + side**2].reshape(side, side)
            at += side**2
    for index, basis in enumerate(bases):
        if len(basis) > SMALL_SIDE:
            result[index] = table.find_products(basis + term, basis)
    return result


def products_of(bases: Sequence[Rows], factor: Rows) -> list[Rows]:
    """The monomials of a factor times all z'Qz, in parts that may repeat some."""
    found: list[Rows] = []
    pending: list[Rows] = []
    size = 0
    for basis in bases:
        i, j = np.triu_indices(len(basis))
        pending.append(basis[i] + basis[j])
        size += pending[-1].size
        if size > MOST_NUMBERS:
            found.append(distinct_rows(np.concatenate(pending)))
            pending, size = [], 0
    if pending:
        found.append(distinct_rows(np.concatenate(pending)))
    return [(rows[:, None] + factor[None]).reshape(len(rows) * len(factor), -1) for rows in found]


def _groups(bases: Sequence[Rows]) -> Iterator[list[int]]:
    """The numbers of small bases, as many as are looked up at once."""
    group: list[int] = []
    pairs = 0
    for index, basis in enumerate(bases):
        if 0 < len(basis) <= SMALL_SIDE:
            group.append(index)
            pairs += len(basis) ** 2
            if pairs > MOST_PAIRS:
                yield group
                group, pairs = [], 0
    if group:
        yield group
