"""Cliques of graphs whose nodes are basis monomials or variables."""

import heapq
from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Int64

Members = Int64[np.ndarray, " members"]
MOST_FILLING = 64
"""Neighbours of a node up to which the edges that its elimination adds are counted."""


def cliques_of_neighbours(given: Iterable[Iterable[int]], most: float = np.inf, filling: bool = False) -> list[Members]:
    """The maximal cliques of the chordal extension by elimination of a node of least degree, in the order of
    elimination, ascending nodes each; nothing if one of them has more than `most` nodes.

    Args:
      given: for each node those that it is joined with, both ways; a node itself does not count.
      most: of a clique.
      filling: whether the node whose elimination adds the fewest edges goes first, and the least degree decides ties.

    >>> [clique.tolist() for clique in cliques_of_neighbours([[1], [0, 2], [1]])]
    [[0, 1], [1, 2]]
    """
    neighbours = [set(others) - {node} for node, others in enumerate(given)]

    def rank(node: int) -> tuple[int, int]:
        degree = len(neighbours[node])
        return (_missing(neighbours, node) if filling else 0), degree

    left = [True] * len(neighbours)
    ranks = [rank(node) for node in range(len(neighbours))]
    queue = [(*own, node) for node, own in enumerate(ranks)]
    heapq.heapify(queue)
    found: list[set[int]] = []
    holding: list[list[set[int]]] = [[] for _ in neighbours]  # by node the cliques found that have it
    while queue:
        *own, node = heapq.heappop(queue)
        if not left[node] or tuple(own) != ranks[node]:
            continue  # an entry from before its rank changed
        left[node] = False
        others = neighbours[node]
        if len(others) + 1 > most:
            return []
        for other in others:
            neighbours[other] |= others
            neighbours[other] -= {node, other}
        for other in others:
            fresh = rank(other)
            if fresh != ranks[other]:
                ranks[other] = fresh
                heapq.heappush(queue, (*fresh, other))
        clique = others | {node}
        if not any(clique <= earlier for earlier in holding[node]):
            found.append(clique)
            for member in clique:
                holding[member].append(clique)
    return [np.array(sorted(clique)) for clique in found]


def _missing(neighbours: Sequence[set[int]], node: int) -> int:
    """The edges that elimination of a node adds; more than there can be for one of many neighbours."""
    own = neighbours[node]
    if len(own) > MOST_FILLING:
        return MOST_FILLING**2
    return sum(len(own) - 1 - len(own & neighbours[node]) for node in own) // 2


def merged_cliques(cliques: Sequence[Members]) -> list[Members]:
    """Cliques in the order of elimination, joined with the clique they hang on where the sum of cubes gets smaller.

    What a clique shares with later ones lies in one of them (of a chordal graph, whose cliques make a tree).

    >>> [clique.tolist() for clique in merged_cliques([np.array([0, 1, 2, 3]), np.array([1, 2, 3, 4])])]
    [[0, 1, 2, 3, 4]]
    """
    merged: list[set[int] | None] = [set(clique.tolist()) for clique in cliques]
    last = {node: place for place, clique in enumerate(cliques) for node in clique.tolist()}
    holding: dict[int, list[int]] = {}
    for place, clique in enumerate(cliques):
        for node in clique.tolist():
            holding.setdefault(node, []).append(place)
    for place, clique in enumerate(cliques):
        own = merged[place]
        assert own is not None
        shared = [node for node in clique.tolist() if last[node] > place]
        if not shared:
            continue
        rarest = min(shared, key=lambda node: len(holding[node]))
        later = [other for other in holding[rarest] if other > place and merged[other] is not None]
        parent = max(later, key=lambda other: (len(own & (merged[other] or set())), -other))
        union = own | (merged[parent] or set())
        if len(union) ** 3 < len(own) ** 3 + len(merged[parent] or ()) ** 3:
            merged[parent], merged[place] = union, None
            for node in own:
                holding[node].append(parent)
    return [np.array(sorted(clique)) for clique in merged if clique is not None]
