"""Correlative sparsity: cliques of variables, so that each term and each constraint of a set has its variables in one.

Waki, Kim, Kojima and Muramatsu, "Sums of squares and semidefinite program relaxations for polynomial optimization
problems with structured sparsity", SIAM J. Optim. 2006.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Int

from nsos_jax.bases import cliques_of_neighbours

Columns = Int[np.ndarray, " members"]


def variable_cliques(support: Int[np.ndarray, "terms n"], whole: Iterable[Int[np.ndarray, "t n"]]) -> list[Columns]:
    """The cliques of the graph that joins the variables of each term, and those of each polynomial of `whole`.

    Variables that occur nowhere are in none.

    >>> chain = np.array([[1, 1, 0], [0, 1, 1], [0, 0, 2]])
    >>> [clique.tolist() for clique in variable_cliques(chain, [])]
    [[0, 1], [1, 2]]
    """
    together = [np.flatnonzero(term) for term in np.unique(support > 0, axis=0)]
    together += [used(polynomial) for polynomial in whole]
    neighbours: list[set[int]] = [set() for _ in range(support.shape[1])]
    for group in together:
        members = group.tolist()
        for member in members:
            neighbours[member].update(members)
    occurring = {member for group in together for member in group.tolist()}
    return [clique for clique in cliques_of_neighbours(neighbours) if occurring.issuperset(clique.tolist())]


def used(rows: Int[np.ndarray, "t n"]) -> Columns:
    """The variables that occur in a polynomial."""
    return np.flatnonzero(rows.any(axis=0))


def home(rows: Int[np.ndarray, "t n"], cliques: Sequence[Columns]) -> Columns:
    """The smallest clique that holds the variables of a polynomial."""
    wanted = set(used(rows).tolist())
    return min((clique for clique in cliques if wanted.issubset(clique.tolist())), key=len, default=used(rows))
