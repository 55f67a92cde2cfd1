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


def rungs(task: Task, suggested: Suggested) -> Iterator[Rung]:
    """The bases in their order, each on its covers; these are made when they are asked for.

    On covers a few monomials more cost little, and missing ones all that was done: those of `wider` are taken. Where
    two monomials show that a rule dropped too many, `wider` takes the place of the basis, or nothing if it is large.
    """
    support = task.polynomial.exponents
    for basis in suggested.bases:
        if len(basis) < SPARSE_SIDE:
            yield Rung(basis)
            yield from _covers(basis, support)
            continue
        wider = basis if suggested.wider is None else suggested.wider
        joined, system = term_sparsity(basis, support), None
        if len(basis) < len(wider) and len(basis) <= MOST_FOR_MINORS:
            system = Rung(basis).equations(task)
        if system is not None and negative_minor(system):
            yield Rung(basis, system=system)
            if len(wider) > WIDER * len(basis):
                continue
            basis, joined, system = wider, term_sparsity(wider, support), None
        is_wider = len(basis) < len(wider) <= WIDER * len(basis)
        covers = _covers(wider, support) if is_wider else _covers(basis, support, joined)
        first = next(covers, None)
        blocks_first = _blocks_seconds(basis, joined) <= QUICK_SECONDS
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


def _covers(
    basis: Int[ndarray, "k n"], support: Int[ndarray, "terms n"], joined: Matches | None = None
) -> Iterator[Rung]:
    if len(basis) > SMALL_SIDE:
        joined = term_sparsity(basis, support) if joined is None else joined
        blocks_seconds = _blocks_seconds(basis, joined)
        for cover in sparse_covers(basis, support, joined):
            yield Rung(basis, cover.name, cover.parts, blocks_seconds)


def _blocks_seconds(basis: Int[ndarray, "k n"], joined: Matches) -> float:
    """About how long it takes to try the blocks that lose nothing."""
    return trying([len(part) for part in components(len(basis), joined)])
