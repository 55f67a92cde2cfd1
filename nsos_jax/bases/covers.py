"""Covers: lists of blocks of a monomial basis, which may overlap, on which Gram matrices are looked for.

Sums of psd matrices on the blocks of a cover are a part of the psd matrices on the whole basis: what is proven with
them is true, what is not found may still exist on a coarser cover. The coarsest are `lossless_blocks`, which lose
nothing and refine the sign symmetries. Finer ones are

- cliques of a chordal extension of the term sparsity graph, whose edges are the pairs of monomials with a term of p or
  the square of a basis monomial as their product (Wang, Magron and Lasserre, "Chordal-TSSOS", SIAM J. Optim. 2021),
- the same once more, with the products within these cliques as terms, and so on (their sparse order),
- the monomials in each clique of variables, of which every term has its variables in one (correlative sparsity: Waki,
  Kim, Kojima and Muramatsu, SIAM J. Optim. 2006), within each clique split by term sparsity (Wang, Magron, Lasserre and
  Mai, "CS-TSSOS", ACM Trans. Math. Softw. 2022).
"""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from nsos_jax.bases.blocks import Part, block_rows, components, term_sparsity
from nsos_jax.bases.cliques import cliques_of_neighbours
from nsos_jax.bases.matching import Matches, matches, maximal_sets, members_of_sets, variables_of

WORTHWHILE = 0.5
"""Cost of a cover, as part of that of the next coarser one, up to which it is tried."""
MOST_ORDERS = 3
"""How often cliques are taken again."""
LEAST_FOR_FILL, MOST_FOR_FILL = 5, 12
"""Members of the largest clique from which on, and up to which, elimination by least fill is tried too."""


class Cover(NamedTuple):
    """Blocks of a basis.

    Attributes:
      name: of the rule.
      parts: the members of each block, ascending.
    """

    name: str
    parts: list[Part]

    @property
    def cost(self) -> float:
        """Sum of the cubes of the sizes: what an iteration of a solver costs, up to a factor."""
        return float(sum(len(part) ** 3 for part in self.parts))

    @property
    def largest(self) -> int:
        return max(map(len, self.parts), default=0)


def sparse_covers(
    basis: Int[np.ndarray, "k n"], support: Int[np.ndarray, "terms n"], joined: Matches | None = None
) -> Iterator[Cover]:
    """The covers of a basis that are worth trying before its blocks, the cheapest first; those of higher sparse orders
    are made when they are asked for.

    Args:
      basis: distinct monomials that cover the support.
      support: the support terms.

    >>> x = np.eye(4, dtype=int)
    >>> chain = np.concatenate([2 * x, x[:-1] + x[1:]])
    >>> [(cover.name, [part.tolist() for part in cover.parts]) for cover in sparse_covers(x, chain)]
    [('cliques', [[0, 1], [1, 2], [2, 3]])]
    """
    joined = term_sparsity(basis, support) if joined is None else joined
    bound = sum(len(part) ** 3 for part in components(len(basis), joined))
    most = WORTHWHILE * bound
    cliques = _clique_covers(basis, joined, most)
    found = [*islice(cliques, 1), *_correlative_cover(basis, support, joined)]
    kept: list[Cover] = []
    for cover in sorted(found, key=lambda cover: -cover.cost):
        if cover.cost <= WORTHWHILE * (kept[-1].cost if kept else bound):
            kept.append(cover)
    yield from reversed(kept)
    dearest = kept[0].cost if kept else 0.0
    for cover in cliques:
        if dearest <= WORTHWHILE * cover.cost:
            dearest = cover.cost
            yield cover


def _clique_covers(basis: Int[np.ndarray, "k n"], joined: Matches, most: float) -> Iterator[Cover]:
    """Cliques, and cliques of what is joined within them, until nothing new is joined or they cost too much."""
    edges = 0
    for order in range(MOST_ORDERS):
        edges, before = len(joined.left), edges
        if edges == before:
            return
        parts = _cliques(len(basis), joined, np.cbrt(most))
        cover = Cover(f"cliques of order {order + 1}" if order else "cliques", parts)
        if not parts or cover.cost > most:
            return
        yield cover
        joined = matches(block_rows(basis, cover.parts).row_exponents, basis)


def _cliques(size: int, joined: Matches, most: float) -> list[Part]:
    """The cliques of the cheaper of two chordal extensions; nothing where one has more than `most` members."""
    neighbours = _neighbours(size, joined)
    found = [cliques_of_neighbours(neighbours, most)]
    if found[0] and LEAST_FOR_FILL <= max(map(len, found[0])) <= MOST_FOR_FILL:
        found.append(cliques_of_neighbours(neighbours, most, filling=True))
    return min(filter(None, found), default=[], key=lambda cliques: sum(len(clique) ** 3 for clique in cliques))


def _neighbours(size: int, joined: Matches) -> list[list[int]]:
    """For each monomial those that it is joined with."""
    neighbours: list[list[int]] = [[] for _ in range(size)]
    for i, j in zip(joined.left.tolist(), joined.right.tolist(), strict=True):
        neighbours[i].append(j)
        neighbours[j].append(i)
    return neighbours


def _correlative_cover(
    basis: Int[np.ndarray, "k n"], support: Int[np.ndarray, "terms n"], joined: Matches
) -> Iterator[Cover]:
    """The monomials in each clique of variables, split by term sparsity; nothing where one clique has all of them."""
    together = maximal_sets(variables_of(support))
    neighbours: list[set[int]] = [set() for _ in range(support.shape[1])]
    for group in together:
        for variable in group:
            neighbours[variable].update(group)
    occurring = {variable for group in together for variable in group}
    cliques = [clique for clique in cliques_of_neighbours(neighbours) if occurring.issuperset(clique.tolist())]
    if len(cliques) < 2:
        return
    groups = members_of_sets([tuple(clique.tolist()) for clique in cliques], variables_of(basis))
    near = _neighbours(len(basis), joined)
    parts = maximal_sets(part for group in groups for part in _split(group, near))
    yield Cover("correlative", [np.array(part) for part in parts])


def _split(group: list[int], near: list[list[int]]) -> Iterator[tuple[int, ...]]:
    """The connected components of a part of a graph, ascending."""
    left = set(group)
    for first in group:
        if first in left:
            left.remove(first)
            part, ahead = [first], [first]
            while ahead:
                fresh = left.intersection(near[ahead.pop()])
                left -= fresh
                ahead += fresh
                part += fresh
            yield tuple(sorted(part))
