"""What is tried on a basis, one after the other: covers of it, then the blocks that lose nothing."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from jaxtyping import Int
from numpy import ndarray

from nsos_jax.bases import sparse_covers
from nsos_jax.membership.search import BLOCKS, Task

SMALL_SIDE, SPARSE_SIDE = 6, 24
"""Monomials up to which there is nothing to gain from finer covers, and from which on these come before the blocks: in
between, blocks take the solver no time."""


class Rung(NamedTuple):
    """A basis, and the cover of it to look on; `parts` are None for the blocks that lose nothing."""

    basis: Int[ndarray, "k n"]
    cover: str = BLOCKS
    parts: list[Int[ndarray, " members"]] | None = None


def rungs(task: Task, bases: Iterable[Int[ndarray, "k n"]]) -> Iterator[Rung]:
    """The bases in their order, each on its covers; these are made when they are asked for."""
    for basis in bases:
        small = len(basis) < SPARSE_SIDE
        if small:
            yield Rung(basis)
        finer = sparse_covers(basis, task.polynomial.exponents) if len(basis) > SMALL_SIDE else []
        for cover in finer:
            yield Rung(basis, cover.name, cover.parts)
        if not small:
            yield Rung(basis)
