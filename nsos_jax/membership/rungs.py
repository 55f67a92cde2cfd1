"""What is tried on a basis, one after the other: covers of it, then the blocks that lose nothing."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jaxtyping import Int
from numpy import ndarray

from nsos_jax.bases import sparse_covers, term_sparsity
from nsos_jax.membership.tasks import BLOCKS, Task
from nsos_jax.proofs import has_negative_minor

SMALL_SIDE, SPARSE_SIDE = 6, 24
"""Monomials up to which there is nothing to gain from finer covers, and from which on these come before the blocks: in
between, blocks take the solver no time."""

WIDER = 1.5
"""How much larger than a basis one may be on whose covers it is looked instead."""


class Rung(NamedTuple):
    """A basis, and the cover of it to look on.

    Attributes:
      parts: the members of its blocks; None for the blocks that lose nothing.
      too_small: whether two monomials show that p has no Gram matrix on the basis.
    """

    basis: Int[ndarray, "k n"]
    cover: str = BLOCKS
    parts: list[Int[ndarray, " members"]] | None = None
    too_small: bool = False


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

    On covers a few monomials more cost little, and missing ones all that was done: those of `wider` are taken. Where a
    rule dropped too many, which two monomials often show, there are no covers.
    """
    support, coefficients = task.polynomial.exponents, task.scaling.coefficients
    for basis in suggested.bases:
        small = len(basis) < SPARSE_SIDE
        if small:
            yield Rung(basis)
        wider = suggested.wider if suggested.wider is not None and not small else basis
        on = wider if len(wider) <= WIDER * len(basis) else basis
        doubtful = len(wider) > len(basis)
        if len(on) > SMALL_SIDE:
            joined = term_sparsity(on, support)
            if doubtful and on is basis and has_negative_minor(len(basis), joined, coefficients):
                yield Rung(basis, too_small=True)
                continue
            for cover in sparse_covers(on, support, joined):
                yield Rung(on, cover.name, cover.parts)
        if not small:
            known = doubtful and on is wider
            too_small = known and has_negative_minor(len(basis), term_sparsity(basis, support), coefficients)
            yield Rung(basis, too_small=too_small)
