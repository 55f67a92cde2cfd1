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
    """

    basis: Int[ndarray, "k n"]
    cover: str = BLOCKS
    parts: list[Int[ndarray, " members"]] | None = None
    blocks_seconds: float = inf


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
        joined = term_sparsity(basis, support)
        if len(wider) > len(basis) and _is_too_small(task, basis):
            yield Rung(basis)
            if len(wider) > WIDER * len(basis):
                continue
            basis, joined = wider, term_sparsity(wider, support)
        is_wider = len(basis) < len(wider) <= WIDER * len(basis)
        covers = _covers(wider, support) if is_wider else _covers(basis, support, joined)
        first = next(covers, None)
        quick = _blocks_seconds(basis, joined) <= QUICK_SECONDS
        blocks_first = quick and not (first and _on_boundary(task, first))
        if blocks_first:
            yield Rung(basis)
        if first:
            yield first
        yield from covers
        if not blocks_first:
            yield Rung(basis)


def _is_too_small(task: Task, basis: Int[ndarray, "k n"]) -> bool:
    """Whether a minor shows that p has no Gram matrix on a basis."""
    if len(basis) > MOST_FOR_MINORS:
        return False
    try:
        return negative_minor(GramSystem.build(task.polynomial, basis, task.scaling)) is not None
    except UncoveredSupport:
        return False


def _on_boundary(task: Task, cover: Rung) -> bool:
    """Whether equations show that there is nothing inside the cone on a cover: then faces are looked at, at once."""
    try:
        return shows_kernels(GramSystem.build(task.polynomial, cover.basis, task.scaling, cover.parts))
    except UncoveredSupport:
        return False


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
