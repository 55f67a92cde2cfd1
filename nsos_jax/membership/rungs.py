"""What is tried on a basis, one after the other: covers of it, then the blocks that lose nothing."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jaxtyping import Int
from numpy import ndarray

from nsos_jax.bases import sparse_covers
from nsos_jax.membership.search import BLOCKS, Task

SMALL_SIDE, SPARSE_SIDE = 6, 24
"""Monomials up to which there is nothing to gain from finer covers, and from which on these come before the blocks: in
between, blocks take the solver no time."""

WIDER = 1.5
"""How much larger than a basis one may be on whose covers it is looked instead."""


class Rung(NamedTuple):
    """A basis, and the cover of it to look on; `parts` are None for the blocks that lose nothing."""

    basis: Int[ndarray, "k n"]
    cover: str = BLOCKS
    parts: list[Int[ndarray, " members"]] | None = None


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

    On covers a few monomials more cost little, and missing ones all that was done: those of `wider` are taken.
    """
    for basis in suggested.bases:
        small = len(basis) < SPARSE_SIDE
        if small:
            yield Rung(basis)
        wider = suggested.wider if suggested.wider is not None and not small else basis
        on = wider if len(wider) <= WIDER * len(basis) else basis
        for cover in sparse_covers(on, task.polynomial.exponents) if len(on) > SMALL_SIDE else ():
            yield Rung(on, cover.name, cover.parts)
        if not small:
            yield Rung(basis)
