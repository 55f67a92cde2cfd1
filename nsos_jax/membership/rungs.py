"""What is tried on a basis, one after the other: covers of it, then the blocks that lose nothing."""

from collections.abc import Iterator, Sequence
from math import inf
from typing import NamedTuple

from jaxtyping import Int
from numpy import ndarray

from nsos_jax.bases import Matches, components, sparse_covers, term_sparsity
from nsos_jax.membership.costs import trying
from nsos_jax.membership.tasks import BLOCKS, Task
from nsos_jax.proofs import GramSystem, UncoveredSupport, negative_minor, shows_kernels

SMALL_SIDE = 6
"""Monomials up to which there is nothing to gain from finer covers."""
SPARSE_SIDE, QUICK_SECONDS = 24, 0.05
"""Monomials, and of more the seconds that it takes to try their blocks, up to which these come before finer covers: the
solver takes no longer for them, and faces do."""

MOST_FOR_MINORS = 500
"""Monomials of a basis up to which its minors are looked at before its covers are made."""
WIDER = 1.5
"""How much larger than a basis one may be on whose covers it is looked instead."""


class Rung(NamedTuple):
    """A basis, and the cover of it to look on.

    Attributes:
      parts: the members of its blocks; None for the blocks that lose nothing.
      blocks_seconds: about how long it takes to try the blocks that lose nothing instead of `parts`.
      system: its Gram equations, where they were looked at already.
    """

    basis: Int[ndarray, "k n"]
    cover: str = BLOCKS
    parts: list[Int[ndarray, " members"]] | None = None
    blocks_seconds: float = inf
    system: GramSystem | None = None

    def equations(self, task: Task) -> GramSystem | None:
        """Its Gram equations, None if it does not cover the support."""
        try:
            return self.system or GramSystem.build(task.polynomial, self.basis, task.scaling, self.parts)
        except UncoveredSupport:
            return None


class Suggested(NamedTuple):
    """What a proposer suggests for a polynomial.

    Attributes:
      bases: the smallest first.
      wider: a basis that holds them all, if the proposer dropped monomials without knowing how likely they are needed.
    """

    bases: Sequence[Int[ndarray, "k n"]] = ()
    wider: Int[ndarray, "k n"] | None = None


class _Joined(NamedTuple):
    """A basis, its pairs that term sparsity joins, and about how long it takes to try its blocks that lose nothing."""

    basis: Int[ndarray, "k n"]
    pairs: Matches
    blocks_seconds: float

    @staticmethod
    def of(basis: Int[ndarray, "k n"], support: Int[ndarray, "terms n"]) -> "_Joined":
        pairs = term_sparsity(basis, support)
        return _Joined(basis, pairs, trying([len(part) for part in components(len(basis), pairs)]))

    def covers(self, support: Int[ndarray, "terms n"]) -> Iterator[Rung]:
        """The basis on its finer covers."""
        for cover in sparse_covers(self.basis, support, self.pairs):
            yield Rung(self.basis, cover.name, cover.parts, self.blocks_seconds)


def rungs(task: Task, suggested: Suggested) -> Iterator[Rung]:
    """The bases in their order, each on its covers; these are made when they are asked for.

    On covers a few monomials more cost little, and missing ones all that was done: those of `wider` are taken. Where
    two monomials show that a rule dropped too many, `wider` takes the place of the basis, or nothing if it is large.
    """
    support = task.polynomial.exponents
    for basis in suggested.bases:
        if len(basis) < SPARSE_SIDE:
            yield Rung(basis)
            if len(basis) > SMALL_SIDE:
                yield from _Joined.of(basis, support).covers(support)
            continue
        wider, system = basis if suggested.wider is None else suggested.wider, None
        if len(basis) < len(wider) and len(basis) <= MOST_FOR_MINORS:
            system = Rung(basis).equations(task)
        if system is not None and negative_minor(system):
            yield Rung(basis, system=system)
            if len(wider) > WIDER * len(basis):
                continue
            basis, system = wider, None
        joined = _Joined.of(basis, support)
        is_wider = len(basis) < len(wider) <= WIDER * len(basis)
        covers = (_Joined.of(wider, support) if is_wider else joined).covers(support)
        first = next(covers, None)
        blocks_first = joined.blocks_seconds <= QUICK_SECONDS
        if blocks_first and first is not None:
            first = first._replace(system=first.equations(task))
            # where equations show that nothing is inside the cone on it, its faces are looked at, at once
            blocks_first = first.system is None or not shows_kernels(first.system)
        if blocks_first:
            yield Rung(basis, system=system)
        if first:
            yield first
        yield from covers
        if not blocks_first:
            yield Rung(basis, system=system)
