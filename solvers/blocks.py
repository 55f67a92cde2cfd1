"""PSD blocks as maps from Gram entries to equations, with weights where one entry belongs to several equations."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp


@dataclass(frozen=True, eq=False)
class WeightedBlock:
    """A PSD block whose entry S_ij is added weights[t] times to row maps[t, i, j], for every term t.

    That is the Gram matrix of a multiplier sigma of a known polynomial g = sum_t weights[t] x^a_t: maps[t, i, j] is the
    row of x^(a_t + b_i + b_j), where the basis of sigma is x^b_0, x^b_1, ...

    Attributes:
      maps: int array [terms, k, k], symmetric in i and j.
      weights: float array [terms], finite.

    Raises:
      ValueError: naming the argument that is wrong.

    >>> disk = WeightedBlock(np.array([[[0]], [[2]], [[5]]]), np.array([1.0, -1.0, -1.0]))  # sigma of 1 - x^2 - y^2
    >>> len(disk), disk.shape
    (1, (1, 1))
    """

    maps: np.ndarray
    weights: np.ndarray

    def __post_init__(self) -> None:
        maps, weights = np.asarray(self.maps), np.asarray(self.weights)
        if maps.ndim != 3 or maps.shape[1] != maps.shape[2] or not maps.size:
            raise ValueError(f"maps must have shape [terms, k, k], got {maps.shape}")
        if maps.dtype.kind not in "iu":
            raise ValueError(f"maps must hold integers, got {maps.dtype}")
        if weights.shape != maps.shape[:1] or weights.dtype.kind not in "biuf" or not np.isfinite(weights).all():
            raise ValueError(f"weights must hold a finite number for each of {len(maps)} terms, got {weights}")
        object.__setattr__(self, "maps", maps.astype(np.int32))
        object.__setattr__(self, "weights", weights.astype(np.float64))

    def __len__(self) -> int:
        """The side k."""
        return self.maps.shape[1]

    @property
    def shape(self) -> tuple[int, int]:
        """That of S."""
        return len(self), len(self)


Block = np.ndarray | WeightedBlock
"""An int array [k, k], the row of each entry, or that with weights."""


def terms(block: Block) -> tuple[np.ndarray, np.ndarray]:
    """Maps [terms, k, k] and weights [terms] of any block."""
    return (block.maps, block.weights) if isinstance(block, WeightedBlock) else (block[None], np.ones(1))


def entry_matrix(blocks: Sequence[Block], rows: int) -> sp.csr_array:
    """A as a sparse matrix [rows, entries]: the entries of all blocks, each row by row, one block after the other."""
    values, places, columns, offset = [], [], [], 0
    for block in blocks:
        maps, weights = terms(block)
        count = maps[0].size
        places.append(maps.ravel())
        values.append(np.repeat(weights, count))
        columns.append(np.tile(np.arange(offset, offset + count), len(maps)))
        offset += count
    index = np.concatenate(places), np.concatenate(columns)
    matrix = sp.csr_array((np.concatenate(values), index), shape=(rows, offset))
    matrix.eliminate_zeros()
    return matrix


def identity_sums(blocks: Sequence[Block], rows: int) -> np.ndarray:
    """A(I) [rows]."""
    result = np.zeros(rows)
    for block in blocks:
        for own, weight in zip(*terms(block), strict=True):
            np.add.at(result, own.diagonal(), weight)
    return result


def restricted(block: Block, indices: np.ndarray) -> Block:
    """The principal part of a block on some of its indices."""
    if isinstance(block, WeightedBlock):
        return WeightedBlock(block.maps[:, indices[:, None], indices], block.weights)
    return block[np.ix_(indices, indices)]


def renumbered(block: Block, rows: np.ndarray) -> Block:
    """The block with row r called rows[r]."""
    if isinstance(block, WeightedBlock):
        return WeightedBlock(rows[block.maps], block.weights)
    return rows[block].astype(np.int32)
