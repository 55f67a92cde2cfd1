"""Which blocks of a system look alike: the same monomials but for the names of variables, and the same surroundings.

Names are compared by the order of variables within a block. Surroundings are compared by colour refinement (Weisfeiler
and Leman 1968) of the graph of blocks and rows: a row is coloured by its coefficient and by the blocks that meet it and
where, a block by its rows, and so on, for a few rounds: in a chain, blocks that are as far from its ends stay equal.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from jaxtyping import Int64

from nsos_jax.proofs.gram_system import GramSystem

SEED = 0


@dataclass(frozen=True, eq=False)
class Alike:
    """Classes of blocks.

    Attributes:
      labels: the class of each block; classes are numbered by their first block.
      orders: for each block its members in the order that makes it equal to the others of its class.
      entries: of each block, one after the other, the rows of the upper triangle of its matrix in that order.
      places: for each of these, where in the triangle it is.
      owners: for each of these, its block.
    """

    labels: Int64[np.ndarray, " blocks"]
    orders: tuple[Int64[np.ndarray, " members"], ...]
    entries: Int64[np.ndarray, " entries"]
    places: Int64[np.ndarray, " entries"]
    owners: Int64[np.ndarray, " entries"]

    @property
    def first(self) -> Int64[np.ndarray, " classes"]:
        """The first block of each class."""
        return np.unique(self.labels, return_index=True)[1]


def alike(system: GramSystem, rounds: int) -> Alike:
    """The classes after so many rounds of `refinements`.

    >>> from nsos_jax import Polynomial
    >>> p = Polynomial.parse(" + ".join(f"(x{i} - x{i + 1})^2" for i in range(1, 7)))
    >>> chain = GramSystem.build(p, np.eye(7, dtype=int), parts=[np.array([i, i + 1]) for i in range(6)])
    >>> alike(chain, 0).labels.tolist(), alike(chain, 1).labels.tolist()
    ([0, 1, 1, 1, 1, 2], [0, 1, 2, 2, 3, 4])
    """
    return next(islice(refinements(system), rounds, None))


def refinements(system: GramSystem) -> Iterator[Alike]:
    """The classes before the first round of refinement, after it, after the second, and so on."""
    patterns = [_pattern(basis) for basis in system.bases]
    orders = tuple(order for order, _ in patterns)
    triangles = {size: np.triu_indices(size) for size in set(map(len, orders))}
    pieces = [rows[np.ix_(o, o)][triangles[len(o)]] for rows, o in zip(system.rows, orders, strict=True)]
    lengths = [len(piece) for piece in pieces]
    entries = np.concatenate([np.zeros(0, np.int64), *pieces]).astype(np.int64)
    places = np.concatenate([np.zeros(0, np.int64), *map(np.arange, lengths)])
    owners = np.repeat(np.arange(len(pieces)), lengths)
    row_colours = numbered(system.targets.tolist())
    colours = numbered([name for _, name in patterns])
    while True:
        met = sums_of_names(owners, row_colours[entries], places, len(colours))
        colours = numbered(list(zip(colours.tolist(), met.tolist(), strict=True)))
        yield Alike(colours, orders, entries, places, owners)
        met = sums_of_names(entries, colours[owners], places, len(row_colours))
        row_colours = numbered(list(zip(row_colours.tolist(), met.tolist(), strict=True)))


def sums_of_names(
    groups: Int64[np.ndarray, " entries"],
    colours: Int64[np.ndarray, " entries"],
    places: Int64[np.ndarray, " entries"],
    count: int,
) -> np.ndarray:
    """One integer of 64 bits for the multiset of (colour, place) in each group: a sum of random ones, so that different
    multisets hardly ever share it."""
    width = int(places.max(initial=0)) + 1
    _, names = np.unique(colours * width + places, return_inverse=True)
    values = np.random.default_rng(SEED).integers(0, 2**64, int(names.max(initial=0)) + 1, dtype=np.uint64)
    total = np.zeros(count, np.uint64)
    np.add.at(total, groups, values[names])
    return total


def _pattern(basis: np.ndarray) -> tuple[Int64[np.ndarray, " members"], tuple[int, bytes]]:
    """The members of a block by their exponents in its own variables, and these exponents."""
    own = basis[:, basis.any(axis=0)].astype(np.int64)
    order = np.lexsort(own.T[::-1]) if own.shape[1] else np.arange(len(own))
    return order, (own.shape[1], own[order].tobytes())


def numbered(names: list) -> Int64[np.ndarray, " names"]:
    """Equal names get equal numbers, by their first place."""
    numbers: dict = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], np.int64)
