"""Split a monomial basis into blocks by term sparsity, which refines sign symmetries.

Monomials are rows of exponents over n variables, `support` has the distinct exponents of p as rows, a basis has k
distinct rows. A partition is lossless if p has an SOS decomposition on the basis exactly when it has one whose Gram
matrix vanishes between different parts.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int, Int32

from nsos_jax.bases.limits import TooLarge
from nsos_jax.bases.matching import Matches, matches
from nsos_jax.bases.pairs import largest_exponents
from nsos_jax.polynomials import RowTable, group_pairs

MOST_SIGNS = 62
Part = Int[np.ndarray, " members"]
"""Indices into a basis, ascending."""


class BlockRows(NamedTuple):
    """Which product each entry of the Gram matrices on some blocks belongs to; blocks may overlap."""

    bases: tuple[Int[np.ndarray, "m n"], ...]
    """The monomials of each block."""
    rows: tuple[Int32[np.ndarray, "m m"], ...]
    row_exponents: Int[np.ndarray, "rows n"]
    """The product that each row stands for."""


def block_rows(basis: Int[np.ndarray, "k n"], parts: Sequence[Part]) -> BlockRows:
    """The index maps between the Gram entries of blocks and products, at a cost that follows the entries.

    Args:
      basis: distinct monomials.
      parts: the members of each block.

    >>> maps = block_rows(np.array([[0], [1], [2]]), [np.array([0, 1]), np.array([1, 2])])
    >>> [block.tolist() for block in maps.rows], maps.row_exponents.ravel().tolist()
    ([[[0, 1], [1, 2]], [[2, 3], [3, 4]]], [0, 1, 2, 3, 4])
    """
    triangles = {size: np.triu_indices(size) for size in {len(part) for part in parts}}
    left = np.concatenate([np.zeros(0, np.int64), *(part[triangles[len(part)][0]] for part in parts)])
    right = np.concatenate([np.zeros(0, np.int64), *(part[triangles[len(part)][1]] for part in parts)])
    numbers, pairs = group_pairs(basis, left, right)
    blocks, start = [], 0
    for part in parts:
        i, j = triangles[len(part)]
        rows = np.empty((len(part), len(part)), np.int32)
        rows[i, j] = rows[j, i] = numbers[start : start + len(i)]
        start += len(i)
        blocks.append(rows)
    bases = tuple(basis[part] for part in parts)
    return BlockRows(bases, tuple(blocks), basis[left[pairs]] + basis[right[pairs]])


def lossless_blocks(
    basis: Int[np.ndarray, "k n"], support: Int[np.ndarray, "terms n"], most: float = np.inf
) -> list[Part]:
    """Partition the basis so that restricting the Gram matrix to the diagonal blocks loses nothing.

    Indices i, j are joined when basis[i] * basis[j] is a support term, a square of a basis member or a product inside a
    block; the connected components are the next blocks, until they are stable. Then a product across blocks is neither
    in the support nor a product inside any block, so the entries across blocks of a feasible Gram matrix can be set to
    zero. (Term sparsity: Wang, Magron and Lasserre, "TSSOS", SIAM J. Optim. 2021, with block completion.)

    Returns the indices of each block, ascending, blocks by their first member; raises `TooLarge` where these have more
    than `most` entries together.

    >>> one_x_y = np.array([[0, 0], [1, 0], [0, 1]])
    >>> [block.tolist() for block in lossless_blocks(one_x_y, np.array([[0, 0], [2, 0], [0, 1], [0, 2]]))]
    [[0, 2], [1]]
    """
    parts = components(len(basis), term_sparsity(basis, support))
    while len(parts) > 1:
        entries = sum(len(part) ** 2 for part in parts)
        if entries > most:
            raise TooLarge(f"blocks with {entries} entries do not fit into memory (memory_limit)")
        inside = matches(block_rows(basis, parts).row_exponents, basis)
        coarser = components(len(basis), inside)
        if len(coarser) == len(parts):
            break
        parts = coarser
    return parts


def term_sparsity(basis: Int[np.ndarray, "k n"], support: Int[np.ndarray, "terms n"]) -> Matches:
    """The pairs whose product is a support term or the square of a basis member."""
    squares = 2 * basis
    new = RowTable(support, largest_exponents(support, basis)).find(squares) < 0
    return matches(np.concatenate([support, squares[new]]), basis)


def components(size: int, joined: Matches) -> list[Part]:
    """The connected components of so many nodes, by their first member."""
    from scipy.sparse import coo_array  # not needed to read a command
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(joined.left), np.int8)
    count, labels = connected_components(coo_array((ones, (joined.left, joined.right)), (size, size)), directed=False)
    order = np.argsort(labels, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(labels, minlength=count))[:-1]) if size else []
    return sorted(parts, key=lambda part: int(part[0]))


def solve_cost(basis: Int[np.ndarray, "k n"], support: Int[np.ndarray, "terms n"]) -> float:
    """Sum of the cubes of the sizes of the blocks: what solving on a basis costs, up to a factor.

    >>> one_x_y = np.array([[0, 0], [1, 0], [0, 1]])
    >>> solve_cost(one_x_y, np.array([[0, 0], [2, 0], [0, 1], [0, 2]]))
    9.0
    """
    return float(sum(len(part) ** 3 for part in lossless_blocks(basis, support)))


def sign_classes(basis: Int[np.ndarray, "k n"], support: Int[np.ndarray, "terms n"]) -> tuple[int, ...]:
    """Sizes of the parts of a basis that the sign symmetries of p leave apart: the blocks that lose nothing refine
    them. Microseconds, by the parities of exponents; of more than `MOST_SIGNS` variables all are taken for one part.

    >>> one_x_y_xy = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
    >>> sign_classes(one_x_y_xy, np.array([[2, 0], [0, 2], [1, 1]]))
    (2, 2)
    """
    n = basis.shape[1]
    if n > MOST_SIGNS or not len(basis):
        return (len(basis),) if len(basis) else ()
    bits = 1 << np.arange(n)
    terms, own = (support & 1) @ bits, (basis & 1) @ bits
    for bit in bits:
        having = terms[(terms & bit) > 0]
        if len(having):  # this parity is that of a product within a part: it is set to zero everywhere
            terms = np.where(terms & bit, terms ^ having[0], terms)
            own = np.where(own & bit, own ^ having[0], own)
    return tuple(np.unique(own, return_counts=True)[1].tolist())
