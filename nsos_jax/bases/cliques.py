"""Cliques of graphs whose nodes are basis monomials or variables."""

import heapq
from collections.abc import Iterable

import numpy as np
from jaxtyping import Bool, Int64


def maximal_cliques(joined: Bool[np.ndarray, "m m"], most: float = np.inf) -> list[Int64[np.ndarray, " members"]]:
    """The maximal cliques of the chordal extension by elimination of a node of least degree, ascending nodes each;
    nothing if one of them has more than `most` nodes.

    Args:
      joined: symmetric.
      most: of a clique.

    >>> path = np.array([[True, True, False], [True, True, True], [False, True, True]])
    >>> [clique.tolist() for clique in maximal_cliques(path, 2)]
    [[0, 1], [1, 2]]
    """
    return cliques_of_neighbours([np.flatnonzero(row).tolist() for row in joined], most)


def cliques_of_neighbours(given: Iterable[Iterable[int]], most: float = np.inf) -> list[Int64[np.ndarray, " members"]]:
    """`maximal_cliques` of a graph in lists, at a cost that follows its edges.

    Args:
      given: for each node those that it is joined with, both ways; a node itself does not count.
      most: of a clique.

    >>> [clique.tolist() for clique in cliques_of_neighbours([[1], [0, 2], [1]])]
    [[0, 1], [1, 2]]
    """
    neighbours = [set(others) - {node} for node, others in enumerate(given)]
    left = [True] * len(neighbours)
    queue = [(len(others), node) for node, others in enumerate(neighbours)]
    heapq.heapify(queue)
    found: list[set[int]] = []
    holding: list[list[set[int]]] = [[] for _ in neighbours]  # by node the cliques found that have it
    while queue:
        degree, node = heapq.heappop(queue)
        if not left[node] or degree != len(neighbours[node]):
            continue  # an entry from before its degree changed
        left[node] = False
        others = neighbours[node]
        if len(others) + 1 > most:
            return []
        for other in others:
            before = len(neighbours[other])
            neighbours[other] |= others
            neighbours[other] -= {node, other}
            if len(neighbours[other]) != before:
                heapq.heappush(queue, (len(neighbours[other]), other))
        clique = others | {node}
        if not any(clique <= earlier for earlier in holding[node]):
            found.append(clique)
            for member in clique:
                holding[member].append(clique)
    return [np.array(sorted(clique)) for clique in found]
