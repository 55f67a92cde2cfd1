"""Gram equations with some entries fixed at 0, monomials left out: a smaller system of the same kind.

An entry that is fixed is a row of its own with target 0, so that each entry still lies in exactly one row.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float, Int

from nsos_jax.bases import largest_exponents
from nsos_jax.polynomials import RowTable, connected_components
from nsos_jax.proofs.gram_system import GramSystem

Pattern = Bool[np.ndarray, "k k"]
"""Of a block the entries that may differ from 0, symmetric; a monomial whose diagonal entry may not is left out."""


def free_entries(system: GramSystem) -> list[Pattern]:
    """The entries that are not fixed, per block: all of a system that was not restricted."""
    fixed = fixed_rows(system)
    return [~fixed[rows] for rows in system.rows]


def fixed_rows(system: GramSystem) -> Bool[np.ndarray, " rows"]:
    """The rows that hold one entry and its mirror image and have target 0, for which that entry is 0."""
    return (entry_counts(system) == 1) & ~system.targets.astype(bool)


def entry_counts(system: GramSystem) -> Int[np.ndarray, " rows"]:
    """How many entries on and above the diagonals each row holds."""
    rows = np.concatenate([system.entries.pairs, system.entries.squares])
    return np.bincount(rows, minlength=len(system.targets))


def restricted(system: GramSystem, patterns: Sequence[Pattern]) -> GramSystem | None:
    """The system of Gram matrices that vanish outside the patterns, on the connected components of these.

    Returns None where a term of the polynomial has no entry left.
    """
    free = [pattern & own for pattern, own in zip(patterns, free_entries(system), strict=True)]
    count = len(system.targets)
    bases, blocks, fixed = [], [], 0
    for basis, rows, block in zip(system.bases, system.rows, free, strict=True):
        linked = block & block.diagonal()[:, None] & block.diagonal()
        for part in connected_components(linked, linked.diagonal()):
            square = np.ix_(part, part)
            own, kept = rows[square].astype(np.int64), linked[square]
            i, j = np.nonzero(np.triu(~kept))
            own[i, j] = own[j, i] = count + fixed + np.arange(len(i))
            fixed += len(i)
            bases.append(basis[part])
            blocks.append(own)
    used = np.unique(np.concatenate([np.zeros(0, np.int64), *(own.ravel() for own in blocks)]))
    if not blocks or np.delete(system.targets, used[used < count]).any():
        return None
    place = np.zeros(count + fixed, np.int32)
    place[used] = np.arange(len(used))
    exponents = np.zeros((len(used), system.row_exponents.shape[1]), system.row_exponents.dtype)
    targets = np.zeros(len(used), system.targets.dtype)
    old = used < count
    targets[old] = system.targets[used[old]]
    for basis, own in zip(bases, blocks, strict=True):
        i, j = np.triu_indices(len(basis))
        exponents[place[own[i, j]]] = basis[i] + basis[j]
    placed = tuple(place[own] for own in blocks)
    return replace(system, bases=tuple(bases), rows=placed, row_exponents=exponents, targets=targets, lossless=False)


def on_monomials(system: GramSystem, kept: Sequence[Bool[np.ndarray, " k"]]) -> GramSystem | None:
    """The system without the other monomials."""
    return restricted(system, [members[:, None] & members for members in kept])


def in_basis(system: GramSystem, basis: Int[np.ndarray, "m n"]) -> list[Bool[np.ndarray, " k"]]:
    """Which monomials of each block lie in a basis."""
    together = np.concatenate(system.bases)
    table = RowTable(basis, largest_exponents(together, basis))
    return [table.find(own) >= 0 for own in system.bases]


def term_patterns(system: GramSystem) -> list[Pattern]:
    """The entries whose product is a term of the polynomial or the square of a monomial of a block."""
    wanted = system.targets.astype(bool)
    wanted[system.entries.squares] = True
    return [wanted[rows] for rows in system.rows]


def strengths(grams: Sequence[Float[np.ndarray, "k k"]]) -> list[Float[np.ndarray, "k k"]]:
    """|Q_ij| / sqrt(Q_ii Q_jj), which does not depend on the scale of the variables; 0 where a diagonal entry is."""
    found = []
    for gram in grams:
        root = np.sqrt(np.maximum(gram.diagonal(), 0.0))
        scale = np.outer(root, root)
        found.append(np.divide(np.abs(gram), scale, out=np.zeros_like(scale), where=scale > 0))
    return found


class Ranking:
    """The entries off the diagonal that are free, the strongest first, but before them one of each term that has none
    on the diagonal."""

    def __init__(self, system: GramSystem, grams: Sequence[Float[np.ndarray, "k k"]]) -> None:
        self._system = system
        block, row, column, strength = [], [], [], []
        for index, (free, value) in enumerate(zip(free_entries(system), strengths(grams), strict=True)):
            i, j = np.nonzero(np.triu(free, 1))
            block.append(np.full(len(i), index))
            row.append(i)
            column.append(j)
            strength.append(value[i, j])
        self._place = [np.concatenate(parts) for parts in (block, row, column)]
        order = np.argsort(-np.concatenate(strength), kind="stable")
        self._place = [part[order] for part in self._place]
        numbers = np.array([system.rows[b][i, j] for b, i, j in zip(*self._place, strict=True)], np.int64)
        squared = np.zeros(len(system.targets), bool)
        squared[system.entries.squares] = True
        _, first = np.unique(numbers, return_index=True)
        first = first[system.targets[numbers[first]].astype(bool) & ~squared[numbers[first]]]
        leading = np.zeros(len(numbers), bool)
        leading[first] = True
        self._place = [np.concatenate([part[leading], part[~leading]]) for part in self._place]
        self.least = int(leading.sum())
        """Entries without which some term is lost."""

    def __len__(self) -> int:
        return len(self._place[0])

    def system(self, count: int) -> GramSystem | None:
        """The system with the first so many of them, and the diagonal."""
        patterns = [np.eye(len(rows), dtype=bool) for rows in self._system.rows]
        for b, i, j in zip(*(part[:count].tolist() for part in self._place), strict=True):
            patterns[b][i, j] = patterns[b][j, i] = True
        return restricted(self._system, patterns)
