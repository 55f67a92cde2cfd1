"""The parts of a matrix that falls apart: connected components of small dense graphs."""

from collections.abc import Iterator

import numpy as np


def connected_components(linked: np.ndarray, among: np.ndarray) -> Iterator[np.ndarray]:
    """The nodes of each component of a graph, ascending, components by their first node.

    Args:
        linked: bool [size, size], symmetric: the edges.
        among: bool [size], the nodes that count; the others must have no edges.

    >>> linked = np.array([[True, False, True], [False, True, False], [True, False, True]])
    >>> [nodes.tolist() for nodes in connected_components(linked, np.ones(3, bool))]
    [[0, 2], [1]]
    """
    unseen = among.copy()
    while unseen.any():
        members = frontier = np.zeros_like(unseen)
        frontier[np.argmax(unseen)] = True
        while frontier.any():
            members = members | frontier
            frontier = linked[frontier].any(axis=0) & ~members
        unseen &= ~members
        yield np.flatnonzero(members)
