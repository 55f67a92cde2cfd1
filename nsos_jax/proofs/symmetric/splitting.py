"""Adapted bases of the blocks of a Gram matrix, under what of a group keeps each of them."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Int, Int64

from nsos_jax.bases import (
    Action,
    Component,
    SignedPermutation,
    Symmetry,
    actions_on,
    rotation_components,
    symmetric_components,
)


def block_components(basis: Int[np.ndarray, "k n"], symmetry: Symmetry) -> list[Component]:
    """Components for a block that the group may move, under a subgroup that keeps it: they lose nothing."""
    if symmetry.rotation is not None:
        return _rotated(basis, symmetry, symmetry.rotation)
    factors = [part for factor in symmetry.factors for part in _kept(basis, factor)]
    return symmetric_components(basis, factors) if factors else _trivial(len(basis))


def _trivial(count: int) -> list[Component]:
    everything = np.arange(count)
    return [Component(np.eye(count, dtype=np.int64), everything, np.ones(count, np.int64))]


def _kept(basis: Int[np.ndarray, "k n"], factor: Int[np.ndarray, "places width"]) -> list[np.ndarray]:
    """The parts of a symmetric group whose members may be exchanged without leaving the block."""
    parts: list[list[int]] = []
    for place in range(len(factor)):
        for part in parts:
            if _keeps(basis, factor[part[0]], factor[place]):
                part.append(place)
                break
        else:
            parts.append([place])
    return [factor[part] for part in parts if len(part) > 1]


def _keeps(basis: Int[np.ndarray, "k n"], first: Int[np.ndarray, " width"], other: Int[np.ndarray, " width"]) -> bool:
    images = np.arange(basis.shape[1])
    images[first], images[other] = other, first
    return actions_on(basis, [SignedPermutation.plain(images.tolist())]) is not None


def _rotated(basis: Int[np.ndarray, "k n"], symmetry: Symmetry, rotation: SignedPermutation) -> list[Component]:
    """Under the least power of the rotation that keeps the block, and a reflection that does."""
    powers = [rotation]
    while not powers[-1].is_identity:
        powers.append(powers[-1].then(rotation))
    length, action = next((i, own) for i, power in enumerate(powers, 1) if (own := _action(basis, power)) is not None)
    reflection = None
    if symmetry.reflection is not None:
        mirrors = (symmetry.reflection.then(power) for power in powers)
        reflection = next((own for mirror in mirrors if (own := _action(basis, mirror)) is not None), None)
    return rotation_components(len(basis), len(powers) // length, action, reflection)


def _action(basis: Int[np.ndarray, "k n"], permutation: SignedPermutation) -> Action | None:
    actions = actions_on(basis, [permutation])
    return None if actions is None else actions[0]


class PairSums(NamedTuple):
    """Of one component W of a block, what invariant matrices see of it.

    Attributes:
      orbits: the orbits of pairs that have pairs (u, v) in the block.
      matrices: for each, the sum over these pairs of plus or minus W_u' W_v: integers, symmetric.
    """

    orbits: Int64[np.ndarray, " orbits"]
    matrices: Int64[np.ndarray, "orbits m m"]


def sum_entries(component: Component, labels: Int64[np.ndarray, "k k"]) -> int:
    """How many integers `pair_sums` holds at once, at most."""
    own = labels[component.leaders]
    m, listed = component.columns.shape[1], own[own >= 0]
    return m * len(listed) + m**2 * len(np.unique(listed))


def pair_sums(component: Component, labels: Int64[np.ndarray, "k k"], signs: Int64[np.ndarray, "k k"]) -> PairSums:
    """The sums for the orbits of the pairs of a block; labels are -1 for pairs to leave out."""
    columns, leaders, weights = component
    first, second = np.nonzero(labels[leaders] >= 0)
    own = labels[leaders][first, second]
    order = np.lexsort((first, own))
    first, second, own = first[order], second[order], own[order]
    starts = np.flatnonzero((np.diff(own, prepend=-1) != 0) | (np.diff(first, prepend=-1) != 0))
    # by orbit and leader, the sum over v of plus or minus W_v
    inner = np.add.reduceat(columns[second] * signs[leaders][first, second][:, None], starts, axis=0)
    left = columns[leaders[first[starts]]] * weights[first[starts]][:, None]
    bounds = np.flatnonzero(np.diff(own[starts], prepend=-1))
    pieces = [slice(*pair) for pair in pairwise([*bounds.tolist(), len(starts)])]
    return PairSums(own[starts[bounds]], np.array([left[piece].T @ inner[piece] for piece in pieces]))
