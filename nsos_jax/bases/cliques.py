"""Cliques of graphs whose nodes are basis monomials."""

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
    neighbours = {node: set(np.flatnonzero(row).tolist()) - {node} for node, row in enumerate(joined)}
    found: list[set[int]] = []
    while neighbours:
        node = min(neighbours, key=lambda key: (len(neighbours[key]), key))
        clique = neighbours.pop(node)
        if len(clique) + 1 > most:
            return []
        for other in clique:
            neighbours[other] |= clique
            neighbours[other] -= {node, other}
        clique = clique | {node}
        if not any(clique <= other for other in found):
            found.append(clique)
    return [np.array(sorted(clique)) for clique in found]
