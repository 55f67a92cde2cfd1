"""The packing of many problems into one batch of arrays.

Letters: B problems of a batch, K bins, N the side of a bin, R rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float, Int

from nsos_jax.solvers.problem import SosProblem, WarmStart

SIDES = (8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Anchor:
    """S and d with A(S) + F d = b and S >= floor I; none is known where floor <= 0."""

    slack: Float[Array, "batch bins side side"]
    free: Float[Array, "batch variables"]
    floor: Float[Array, " batch"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Start:
    """Where iterations begin: Z, positive semidefinite, and moments; zeros for problems that start from nothing."""

    cone: Float[Array, "batch bins side side"]
    moments: Float[Array, "batch rows"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Data:
    """B problems as they were given, padded to common shapes; padding, also between blocks that share a bin, points to
    the extra row R.

    Attributes:
      rows: row of each Gram entry.
      rhs: b, zero on padding rows.
      free: F, zero columns for variables that a problem does not have; None stands for F = A(I), as of margins alone.
      cost: c, zero for those.
      interior: moments that may be inside the dual cone, zeros for unknown ones.
      anchor: a point inside the primal cone; None for margin problems, whose t is -<c, d>.
      start: None where all start from nothing.
    """

    rows: Int[Array, "batch bins side side"]
    rhs: Float[Array, "batch rows"]
    free: Float[Array, "batch rows variables"] | None
    cost: Float[Array, "batch variables"]
    interior: Float[Array, "batch rows"]
    anchor: Anchor | None
    start: Start | None


class Bucket(NamedTuple):
    """What all problems of a batch share: side and number of bins, free variables, and whether these hold a margin."""

    side: int
    bins: int
    variables: int
    is_margin: bool

    @property
    def rows(self) -> int:
        """The most equations that a problem of these sizes can have."""
        return self.bins * self.side * (self.side + 1) // 2

    @classmethod
    def of(cls, problem: SosProblem) -> "Bucket":
        """That of the batch which a problem can join."""
        return _bucket(problem.sizes, problem.cost.size, problem.is_margin)


@lru_cache(1 << 12)
def _bucket(sizes: tuple[int, ...], variables: int, is_margin: bool) -> Bucket:
    side = bucket_side(max(sizes))
    bins = bucket_count(1 + max(index for index, _ in placements(sizes, side)))
    rows = bins * side * (side + 1) // 2
    return Bucket(side, bins, min(bucket_count(variables), rows), is_margin)


def bucket_side(size: int) -> int:
    """The smallest padded side that holds a block of `size`; multiples of 512 beyond the table."""
    return next((side for side in SIDES if side >= size), -(-size // 512) * 512)


def bucket_count(count: int) -> int:
    """The smallest power of two that is at least `count`."""
    return 1 << max(count - 1, 0).bit_length()


@lru_cache(1 << 12)
def placements(sizes: tuple[int, ...], side: int) -> list[tuple[int, int]]:
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


def pack(problems: Sequence[SosProblem], bucket: Bucket, slots: int, starts: Sequence[WarmStart | None] = ()) -> Data:
    """Pads `problems` of one bucket to `slots` problems, on the host; unused slots hold the empty problem.

    Args:
      starts: nothing, or one for each problem.
    """
    side, bins, variables, is_margin = bucket
    rows = np.full((slots, bins, side, side), bucket.rows, np.int32)
    rhs, cost = np.zeros((slots, bucket.rows)), np.zeros((slots, variables))
    free = None if is_margin and variables == 1 else np.zeros((slots, bucket.rows, variables))
    interior = np.zeros(rhs.shape)  # unlike `zeros_like`, this writes nothing
    for slot, problem in enumerate(problems):
        used, own = slice(problem.rhs.size), slice(problem.cost.size)
        rhs[slot, used], cost[slot, own] = problem.rhs, problem.cost
        if free is not None:
            free[slot, used, own] = problem.free
        if problem.interior is not None:
            interior[slot, used] = problem.interior
        place_blocks(rows[slot], problem.sizes, problem.blocks)
    anchor = None if is_margin else _pack_anchors(problems, bucket, slots)
    arrays: Any = (rows, rhs, free, cost, interior, anchor, _pack_starts(problems, starts, bucket, slots))
    return Data(*arrays)


def _pack_anchors(problems: Sequence[SosProblem], bucket: Bucket, slots: int) -> Anchor:
    """The anchors of the problems that have one."""
    slack, free = np.zeros((slots, bucket.bins, bucket.side, bucket.side)), np.zeros((slots, bucket.variables))
    floor = np.zeros(slots)
    for slot, problem in enumerate(problems):
        if problem.anchor is not None:
            grams, free[slot, : problem.cost.size] = problem.anchor
            place_blocks(slack[slot], problem.sizes, grams)
            floor[slot] = min(np.linalg.eigvalsh(gram)[0] for gram in grams)
    arrays: Any = (slack, free, floor)
    return Anchor(*arrays)


def _pack_starts(
    problems: Sequence[SosProblem], starts: Sequence[WarmStart | None], bucket: Bucket, slots: int
) -> Start | None:
    if not any(starts):
        return None
    cone, moments = np.zeros((slots, bucket.bins, bucket.side, bucket.side)), np.zeros((slots, bucket.rows))
    for slot, (problem, start) in enumerate(zip(problems, starts, strict=True)):
        if start is None:
            continue
        spectra = [np.linalg.eigh(gram) for gram in start.grams]
        lowest = min(values[0] for values, _ in spectra) if problem.is_margin else 0.0
        blocks = [(vectors * np.maximum(values - lowest, 0.0)) @ vectors.T for values, vectors in spectra]
        place_blocks(cone[slot], problem.sizes, blocks)
        if start.moments is not None:
            moments[slot, : problem.rhs.size] = start.moments
    arrays: Any = (cone, moments)
    return Start(*arrays)


def place_blocks(bins: np.ndarray, sizes: tuple[int, ...], blocks: Sequence[np.ndarray]) -> None:
    """Writes the blocks of one problem to their places in `bins` [bins, side, side]."""
    for (index, at), block in zip(placements(sizes, bins.shape[-1]), blocks, strict=True):
        bins[index, at : at + len(block), at : at + len(block)] = block


def placed_blocks(bins: np.ndarray, sizes: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    """The blocks of one problem, read from their places in `bins` [bins, side, side]."""
    places = zip(placements(sizes, bins.shape[-1]), sizes, strict=True)
    return tuple(bins[index, at : at + k, at : at + k] for (index, at), k in places)
