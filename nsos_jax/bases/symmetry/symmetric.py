"""Adapted bases of products of symmetric groups that permute lists of variables, over the integers.

A monomial is a word: the letter at place i is the list of its exponents in the i-th list of variables. For a partition
lambda of the number of places let R be the group that permutes the first lambda_1 places, the next lambda_2, and so on.
The vectors that R fixes and that vanish when they are summed over exchanges of one place of row i + 1 with those of row
i, for all i, are a multiplicity space: one vector for each copy of the Specht module of lambda (vectors of highest
weight, by Schur-Weyl duality). They are functions of how often each letter stands in each row.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise, product
from typing import NamedTuple

import numpy as np
from flint import fmpz_mat
from jaxtyping import Int, Int64

from nsos_jax.bases.limits import TooLarge
from nsos_jax.bases.symmetry.components import Component

MOST_TABLES = 500
"""Of letters by rows, for one partition and one multiset of letters: their equations are solved exactly."""

Shape = tuple[int, ...]
Table = tuple[tuple[int, ...], ...]


def symmetric_components(
    monomials: Int[np.ndarray, "k n"], factors: Sequence[Int[np.ndarray, "places width"]]
) -> list[Component]:
    """Components for monomials that are closed under the groups; all vectors, for every product of partitions.

    Raises:
      TooLarge: beyond `MOST_TABLES`.

    >>> squares_and_product = np.array([[2, 0], [1, 1], [0, 2]])
    >>> for component in symmetric_components(squares_and_product, [np.array([[0], [1]])]):
    ...     print(component.columns.T.tolist())
    [[0, 1, 0], [1, 0, 1]]
    [[1, 0, -1]]
    """
    words = [_Words.of(monomials, factor) for factor in factors]
    moved = np.concatenate([factor.ravel() for factor in factors])
    fixed = np.delete(monomials, moved, axis=1)
    rest = np.unique(fixed, axis=0, return_inverse=True)[1].ravel()
    types = _numbered(np.column_stack([rest, *(own.types for own in words)]))
    members = [np.flatnonzero(types == number) for number in range(types.max(initial=-1) + 1)]
    components = []
    for parts in product(*(own.partitions() for own in words)):
        columns = [column for own in members for column in _products(own, parts, len(monomials))]
        if not columns:
            continue
        matrix = np.array(columns).T
        alive = np.flatnonzero(matrix.any(axis=1))
        rows = np.column_stack([rest, *(part.rows for part in parts)])[alive]
        first, weights = np.unique(rows, axis=0, return_index=True, return_counts=True)[1:]
        components.append(Component(matrix, alive[first], weights))
    return components


class _Part(NamedTuple):
    """One partition for the words of one factor.

    Attributes:
      rows: equal numbers for words that the group R takes to one another, int [k].
      vectors: by type, a multiplicity space: integers [tables, m].
      tables: the table of each word among those of its type, int [k].
      types: of the words.
    """

    rows: Int64[np.ndarray, " k"]
    vectors: dict[int, np.ndarray]
    tables: Int64[np.ndarray, " k"]
    types: Int64[np.ndarray, " k"]

    def values(self, members: Int64[np.ndarray, " members"]) -> np.ndarray:
        """Of the multiplicity space on words of one type: integers [members, m]."""
        space = self.vectors.get(int(self.types[members[0]]))
        return np.zeros((len(members), 0), np.int64) if space is None else space[self.tables[members]]


def _products(
    members: Int64[np.ndarray, " members"], parts: Sequence[_Part], count: int
) -> Iterator[Int64[np.ndarray, " k"]]:
    """Products of the vectors of all factors on the monomials of one orbit."""
    values = np.ones((len(members), 1), np.int64)
    for part in parts:
        own = part.values(members)
        values = (values[:, :, None] * own[:, None, :]).reshape(len(members), -1)
    for column in values.T:
        result = np.zeros(count, np.int64)
        result[members] = column
        yield result


class _Words(NamedTuple):
    """Monomials as words.

    Attributes:
      letters: int [k, places].
      types: equal numbers, from 0 on, for words with the same letters.
      counts: of each letter in the words of each type, int [types, alphabet].
    """

    letters: Int64[np.ndarray, "k places"]
    types: Int64[np.ndarray, " k"]
    counts: Int64[np.ndarray, "types alphabet"]

    @staticmethod
    def of(monomials: Int[np.ndarray, "k n"], factor: Int[np.ndarray, "places width"]) -> "_Words":
        places, width = factor.shape
        flat = monomials[:, factor].reshape(-1, width)
        alphabet, letters = np.unique(flat, axis=0, return_inverse=True)
        letters = letters.reshape(len(monomials), places)
        sums = (letters[:, :, None] == np.arange(len(alphabet))).sum(axis=1)
        counts, types = np.unique(sums, axis=0, return_inverse=True)
        return _Words(letters, types.ravel(), counts)

    def partitions(self) -> Iterator[_Part]:
        """All partitions that occur, the trivial representation first."""
        places = self.letters.shape[1]
        multiplicities = [tuple(int(x) for x in row if x) for row in self.counts]
        least = min((max(own) for own in multiplicities), default=0)
        for shape in _partitions(places, places):
            if shape[0] < least:
                break
            spaces = {index: _space(shape, own) for index, own in enumerate(multiplicities) if dominates(shape, own)}
            if spaces:
                yield self._part(shape, spaces)

    def _part(self, shape: Shape, spaces: dict[int, "_Space"]) -> _Part:
        rows = np.repeat(np.arange(len(shape)), shape)
        width = self.counts.shape[1]
        sums = np.zeros((len(self.letters), len(shape) * width), np.int64)
        place = rows[None] * width + self.letters
        np.add.at(sums, (np.arange(len(sums))[:, None], place), 1)
        found, first, orbit = np.unique(sums, axis=0, return_index=True, return_inverse=True)
        of_orbit = np.zeros(len(found), np.int64)
        for index, (own, member) in enumerate(zip(found, first.tolist(), strict=True)):
            kind = int(self.types[member])
            if kind in spaces:
                kept = own.reshape(len(shape), width)[:, self.counts[kind] > 0]
                of_orbit[index] = spaces[kind].tables[tuple(map(tuple, kept.tolist()))]
        orbit = orbit.ravel()
        return _Part(orbit, {kind: own.vectors for kind, own in spaces.items()}, of_orbit[orbit], self.types)


class _Space(NamedTuple):
    """The multiplicity space of a partition on words with given letters.

    Attributes:
      tables: the number of each table of letters by rows.
      vectors: integers [tables, m].
    """

    tables: dict[Table, int]
    vectors: np.ndarray


@lru_cache(maxsize=4096)
def _space(shape: Shape, multiplicities: tuple[int, ...]) -> _Space:
    tables = {table: index for index, table in enumerate(_tables(shape, multiplicities))}
    equations: dict[tuple[int, Table], dict[int, int]] = defaultdict(dict)
    for table, index in tables.items():
        for upper, (above, below) in enumerate(pairwise(table)):
            for letter, count in enumerate(below):
                if count:
                    raised = (*table[:upper], _changed(above, letter, 1), _changed(below, letter, -1))
                    equations[upper, (*raised, *table[upper + 2 :])][index] = above[letter] + 1
    if not equations:
        return _Space(tables, np.ones((len(tables), 1), np.int64))
    matrix = np.zeros((len(equations), len(tables)), np.int64)
    for row, equation in enumerate(equations.values()):
        matrix[row, list(equation)] = list(equation.values())
    basis, nullity = fmpz_mat(matrix.tolist()).nullspace()
    columns = fmpz_mat([[basis[i, j] for i in range(len(tables))] for j in range(nullity)])
    vectors = np.array([_primitive([int(x) for x in row]) for row in columns.tolist()], np.int64)
    return _Space(tables, vectors.reshape(nullity, len(tables)).T)


def _changed(row: tuple[int, ...], letter: int, by: int) -> tuple[int, ...]:
    return (*row[:letter], row[letter] + by, *row[letter + 1 :])


def _primitive(row: list[int]) -> list[int]:
    divisor = int(np.gcd.reduce(row))
    return [x // divisor for x in row] if divisor else row


def _tables(shape: Shape, multiplicities: tuple[int, ...]) -> list[Table]:
    """All nonnegative integer matrices with these sums of rows and columns."""
    partial: list[tuple[Table, tuple[int, ...]]] = [((), multiplicities)]
    for length in shape:
        partial = [
            ((*rows, row), tuple(a - b for a, b in zip(left, row, strict=True)))
            for rows, left in partial
            for row in _rows(length, left)
        ]
        if len(partial) > MOST_TABLES:
            raise TooLarge(f"more than {MOST_TABLES} tables of letters for the partition {shape}")
    return [rows for rows, _ in partial]


def _rows(length: int, most: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Nonnegative integers with this sum, entry by entry at most `most`."""
    if not most:
        if length == 0:
            yield ()
        return
    rest = sum(most[1:])
    for first in range(max(length - rest, 0), min(length, most[0]) + 1):
        for others in _rows(length - first, most[1:]):
            yield (first, *others)


def _partitions(total: int, most: int) -> Iterator[Shape]:
    """Partitions with parts of at most `most`, the largest first."""
    if total == 0:
        yield ()
        return
    for first in range(min(total, most), 0, -1):
        for rest in _partitions(total - first, first):
            yield (first, *rest)


def dominates(shape: Shape, multiplicities: Sequence[int]) -> bool:
    """Whether a partition dominates another one, given in any order: then its Specht module occurs on these words.

    >>> dominates((2, 2), [1, 2, 1]), dominates((2, 2), [3, 1])
    (True, False)
    """
    sums = np.cumsum(sorted(multiplicities, reverse=True))
    own = np.cumsum(shape)
    size = min(len(sums), len(own))
    return len(own) <= len(sums) and bool((own[:size] >= sums[:size]).all())


def _numbered(rows: Int[np.ndarray, "k any"]) -> Int64[np.ndarray, " k"]:
    return np.unique(rows, axis=0, return_inverse=True)[1].ravel()
