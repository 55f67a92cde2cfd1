"""Margin problems as arrays, and their packing into one batch.

Letters: B problems of a batch, K bins, N the side of a bin, R rows. A *row* is one equation (A Q)_r = b_r; every entry
of a Gram matrix lies in exactly one row, so A A' is diagonal and projecting onto {A Q = b} is a gather and a division.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float, Int

SIDES = (8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048)


@dataclass(frozen=True)
class SosProblem:
    """max t  s.t.  A(Q) = b,  Q = blkdiag(Q_1, ..., Q_k),  Q - t I positive semidefinite.

    Attributes:
      blocks: one int array [k, k] per PSD block, symmetric: entry (i, j) lies in row blocks[i, j].
      rhs: float array [rows], the right-hand side b.
      interior: float array [rows], a point y with A'(y) positive definite, as far inside as is known; it makes upper
        bounds finite early. None takes the projection of the identity, which serves most sparse problems.
      sizes: the side k of each block.

    Raises:
      ValueError: naming the argument that is wrong.

    >>> x_squared_plus_one = SosProblem((np.array([[0, 1], [1, 2]]),), np.array([1.0, 0.0, 1.0]))
    >>> x_squared_plus_one.sizes
    (2,)
    """

    blocks: tuple[np.ndarray, ...]
    rhs: np.ndarray
    interior: np.ndarray | None = None
    sizes: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        rhs = np.asarray(self.rhs, dtype=np.float64)
        blocks = tuple(_row_map(block, index) for index, block in enumerate(self.blocks))
        if rhs.ndim != 1:
            raise ValueError(f"rhs must be one-dimensional, got shape {rhs.shape}")
        if not blocks:
            raise ValueError("blocks must hold at least one PSD block, got none")
        used = np.zeros(rhs.size, bool)
        for index, block in enumerate(blocks):
            if block.min() < 0 or block.max() >= rhs.size:
                raise ValueError(f"blocks[{index}] must hold rows in 0..{rhs.size - 1}")
            if not np.array_equal(block, block.T):
                raise ValueError(f"blocks[{index}] must be symmetric")
            used[block] = True
        if not used.all():
            raise ValueError(f"blocks must give every row of rhs a Gram entry, row {int(np.argmin(used))} has none")
        if self.interior is not None and np.shape(self.interior) != rhs.shape:
            raise ValueError(f"interior must have shape {rhs.shape} as rhs, got {np.shape(self.interior)}")
        object.__setattr__(self, "rhs", rhs)
        object.__setattr__(self, "blocks", blocks)
        object.__setattr__(self, "sizes", tuple(len(block) for block in blocks))

    @cached_property
    def counts(self) -> np.ndarray:
        """A A': the number of entries of each row."""
        return np.bincount(np.concatenate([block.ravel() for block in self.blocks]), minlength=self.rhs.size)

    @cached_property
    def identity(self) -> np.ndarray:
        """A(I): the number of diagonal entries of each row."""
        return np.bincount(np.concatenate([block.diagonal() for block in self.blocks]), minlength=self.rhs.size)

    def spread(self, values: np.ndarray) -> tuple[np.ndarray, ...]:
        """The adjoint A'(y): every entry of every block takes the value of its row."""
        return tuple(values[block] for block in self.blocks)

    @cached_property
    def dual_interior(self) -> tuple[np.ndarray, float]:
        """y0 [rows] with <A(I), y0> = 1 and lambda_min(A'(y0)), which is not positive where no interior is known."""
        identity = self.identity
        moments = identity / self.counts if self.interior is None else np.asarray(self.interior, np.float64)
        moments = moments / (identity @ moments)
        return moments, float(min(np.linalg.eigvalsh(block)[0] for block in self.spread(moments)))

    def bucket(self) -> tuple[int, int]:
        """The (N, K) of the batch that this problem can join."""
        side = bucket_side(max(self.sizes))
        return side, bucket_count(1 + max(index for index, _ in placements(self.sizes, side)))


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Batch:
    """B problems padded to common shapes; padding, also between blocks that share a bin, points to the extra row R.

    Attributes:
      rows: row of each Gram entry.
      valid: 1.0 on used diagonal entries, 0.0 on padding.
      rhs: b, zero on padding rows.
      inverse_counts: 1 / (A A')_rr, one over the number of entries of the row, zero on padding rows.
      identity: A(I), the number of diagonal entries of the row.
      interior: y0 with <A(I), y0> = 1 and A'(y0) >= floor I; no interior is known where floor <= 0.
    """

    rows: Int[Array, "batch bins side side"]
    valid: Float[Array, "batch bins side"]
    rhs: Float[Array, "batch rows"]
    inverse_counts: Float[Array, "batch rows"]
    identity: Float[Array, "batch rows"]
    interior: Float[Array, "batch rows"]
    floor: Float[Array, " batch"]


def _row_map(block: np.ndarray, index: int) -> np.ndarray:
    rows = np.asarray(block)
    if rows.ndim != 2 or rows.shape[0] != rows.shape[1] or not rows.size:
        raise ValueError(f"blocks[{index}] must be a square matrix of rows, got shape {rows.shape}")
    if not np.issubdtype(rows.dtype, np.integer):
        raise ValueError(f"blocks[{index}] must hold integers, got {rows.dtype}")
    return rows.astype(np.int32)


def bucket_side(size: int) -> int:
    """The smallest padded side that holds a block of `size`; multiples of 512 beyond the table."""
    return next((side for side in SIDES if side >= size), -(-size // 512) * 512)


def bucket_count(count: int) -> int:
    """The smallest power of two that is at least `count`."""
    return 1 << max(count - 1, 0).bit_length()


def placements(sizes: Sequence[int], side: int) -> list[tuple[int, int]]:
    """(bin, offset) of each block, by first-fit decreasing.

    Small blocks share one matrix: the PSD projection of a block-diagonal matrix is block-diagonal.
    """
    free: list[int] = []
    places: list[tuple[int, int]] = [(0, 0)] * len(sizes)
    for block in sorted(range(len(sizes)), key=lambda i: -sizes[i]):
        chosen = next((i for i, room in enumerate(free) if room >= sizes[block]), len(free))
        if chosen == len(free):
            free.append(side)
        places[block] = (chosen, side - free[chosen])
        free[chosen] -= sizes[block]
    return places


def pack(problems: Sequence[SosProblem], side: int, bins: int, slots: int) -> Batch:
    """Pads `problems` into a batch, on the host, of `slots` problems with `bins` matrices of `side`.

    Unused slots repeat nothing: they hold the empty problem.
    """
    row_count = bins * side * (side + 1) // 2
    rows = np.full((slots, bins, side, side), row_count, np.int32)
    rhs, inverse_counts, identity, interior = (np.zeros((slots, row_count)) for _ in range(4))
    floor = np.zeros(slots)
    for slot, problem in enumerate(problems):
        used = slice(problem.rhs.size)
        rhs[slot, used] = problem.rhs
        inverse_counts[slot, used] = 1.0 / problem.counts
        identity[slot, used] = problem.identity
        interior[slot, used], floor[slot] = problem.dual_interior
        for (index, at), block in zip(placements(problem.sizes, side), problem.blocks, strict=True):
            rows[slot, index, at : at + len(block), at : at + len(block)] = block
    valid = np.einsum("bkii->bki", rows < row_count).astype(np.float64)
    arrays: Any = (rows, valid, rhs, inverse_counts, identity, interior, floor)
    return Batch(*arrays)
