"""Orbits of monomials, of products and of pairs under a group that acts with signs.

A group acts by generators: each sends item i to plus or minus item targets[i]. An orbit with an element that sends an
item to its own negative is *odd*: whatever is invariant vanishes there.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int, Int64

from nsos_jax.bases.symmetry.signed import SignedPermutation
from nsos_jax.polynomials import RowTable


class Action(NamedTuple):
    """What one generator does: item i becomes signs[i] times item targets[i]."""

    targets: Int[np.ndarray, " items"]
    signs: Int[np.ndarray, " items"]


class Orbits(NamedTuple):
    """The orbits that are not odd.

    Attributes:
      labels: the orbit of each item, from 0 on, by their first items; -1 where it is odd.
      signs: 1 or -1: an invariant has the value of its orbit times this.
      sizes: how many items each orbit has.
    """

    labels: Int64[np.ndarray, " items"]
    signs: Int64[np.ndarray, " items"]
    sizes: Int64[np.ndarray, " orbits"]

    @property
    def leaders(self) -> Int64[np.ndarray, " orbits"]:
        """The first item of each orbit, whose sign is 1."""
        order = np.flatnonzero(self.labels >= 0)
        return order[np.unique(self.labels[order], return_index=True)[1]]


def orbits(count: int, actions: Sequence[Action]) -> Orbits:
    """Orbits of so many items.

    >>> swap = Action(np.array([1, 0, 2]), np.array([-1, -1, 1]))
    >>> [part.tolist() for part in orbits(3, [swap])]
    [[0, 0, 1], [1, -1, 1], [2, 1]]
    """
    if all((action.signs > 0).all() for action in actions):
        parts = _components(count, [action.targets for action in actions])
        labels, sizes = _by_first(parts, np.zeros(count, bool))
        return Orbits(labels, np.ones(count, np.int64), sizes)
    # every item twice: i stands for +, count + i for -
    doubled = []
    for targets, signs in actions:
        plus = np.where(signs > 0, targets, targets + count)
        minus = np.where(signs > 0, targets + count, targets)
        doubled.append(np.concatenate([plus, minus]))
    parts = _components(2 * count, doubled)
    plus, minus = parts[:count], parts[count:]
    labels, sizes = _by_first(np.minimum(plus, minus), plus == minus)
    first = np.full(len(sizes), -1)
    inside = np.flatnonzero(labels >= 0)[::-1]
    first[labels[inside]] = plus[inside]
    return Orbits(labels, np.where((labels >= 0) & (plus != first[labels]), -1, 1), sizes)


def _components(count: int, targets: Sequence[Int[np.ndarray, " items"]]) -> Int[np.ndarray, " items"]:
    """The first item that each can be sent to: all take over the least one that they know of, until none changes."""
    least = np.arange(count)
    while True:
        before = least
        for own in targets:
            least = np.minimum(least, least[own])
        least = least[least]
        if np.array_equal(least, before):
            return least


def _by_first(
    parts: Int[np.ndarray, " items"], odd: np.ndarray
) -> tuple[Int64[np.ndarray, " items"], Int64[np.ndarray, " orbits"]]:
    """Labels from 0 on in the order of the first items, without those that are odd, and sizes."""
    inside = np.flatnonzero(~odd)
    _, first, inverse, sizes = np.unique(parts[inside], return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    labels = np.full(len(parts), -1, np.int64)
    labels[inside] = rank[inverse]
    return labels, sizes[order]


def actions_on(rows: Int[np.ndarray, "k n"], generators: Sequence[SignedPermutation]) -> list[Action] | None:
    """What signed permutations do to distinct monomials; None if these are not closed under them."""
    table = RowTable(rows, np.full(rows.shape[1], rows.max(initial=0)))
    actions = []
    for generator in generators:
        moved, signs = generator.on_monomials(rows)
        targets = table.find(moved).astype(np.int64)
        if (targets < 0).any():
            return None
        actions.append(Action(targets, signs))
    return actions


def closure(rows: Int[np.ndarray, "k n"], generators: Sequence[SignedPermutation]) -> Int[np.ndarray, "more n"]:
    """The monomials with all that signed permutations send them to: themselves, if they are closed.

    >>> closure(np.array([[2, 0]]), [SignedPermutation.plain([1, 0])]).tolist()
    [[0, 2], [2, 0]]
    """
    while actions_on(rows, generators) is None:
        rows = np.unique(np.concatenate([rows, *(generator.on_monomials(rows)[0] for generator in generators)]), axis=0)
    return rows


def pair_actions(
    blocks: Sequence[Int[np.ndarray, " members"]], actions: Sequence[Action]
) -> tuple[list[Action], Int64[np.ndarray, " blocks"]]:
    """What actions on items do to the pairs (i, j) of all blocks, which they permute, with the swap of i and j.

    Args:
      blocks: the items of each block; together every item once.

    Returns the actions, and where the pairs of each block start: pair (i, j) of a block of side k is i k + j behind.
    """
    count = sum(map(len, blocks))
    sides = np.array([len(block) for block in blocks], np.int64)
    starts = np.concatenate([[0], np.cumsum(sides**2)])[:-1]
    owner, place = np.empty(count, np.int64), np.empty(count, np.int64)
    for index, block in enumerate(blocks):
        owner[block], place[block] = index, np.arange(len(block))
    result = []
    for targets, signs in actions:
        ends, products = [], []
        for block in blocks:
            moved = targets[block]
            ends.append(starts[owner[moved]][:, None] + place[moved][:, None] * len(block) + place[moved][None])
            products.append(signs[block][:, None] * signs[block][None])
        result.append(Action(_flat(ends), _flat(products)))
    swaps = [start + np.arange(side**2).reshape(side, side).T for start, side in zip(starts, sides, strict=True)]
    result.append(Action(_flat(swaps), np.ones(int((sides**2).sum()), np.int64)))
    return result, starts


def _flat(matrices: Sequence[np.ndarray]) -> Int64[np.ndarray, " entries"]:
    return np.concatenate([matrix.ravel() for matrix in matrices])
