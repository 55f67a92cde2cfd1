"""Which basis of a polynomial is tried next: the rungs of all its proposals, smallest first."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from nsos_jax.exponents import contained


class Rung(NamedTuple):
    """A basis and who proposed it."""

    proposer: str
    basis: Int[np.ndarray, "k n"]


@dataclass
class Ladder:
    """The bases of one polynomial that wait, and the proposers that are asked once none is left.

    >>> line = np.arange(4)[:, None]
    >>> ladder = Ladder(["even_support"])
    >>> ladder.add("peel", [line[:3]])
    >>> ladder.add("gram_graph", [line[:2], line[2::-1], line])
    >>> [(rung.proposer, len(rung.basis)) for rung in iter(ladder.next_rung, None)]
    [('gram_graph', 2), ('peel', 3), ('gram_graph', 4)]
    """

    unasked: list[str]
    _waiting: list[Rung] = field(default_factory=list)
    _known: list[Int[np.ndarray, "k n"]] = field(default_factory=list)

    def add(self, proposer: str, bases: Iterable[Int[np.ndarray, "k n"]]) -> None:
        """Lines up the bases that are new as sets of monomials; of equal sizes, those that came first are next."""
        for basis in bases:
            if not any(same_monomials(basis, known) for known in self._known):
                self._known.append(basis)
                self._waiting.append(Rung(proposer, basis))
        self._waiting.sort(key=lambda rung: len(rung.basis))

    def next_rung(self) -> Rung | None:
        """The smallest basis that waits."""
        return self._waiting.pop(0) if self._waiting else None


def same_monomials(left: Int[np.ndarray, "k n"], right: Int[np.ndarray, "k n"]) -> bool:
    """Whether two bases hold the same monomials, in any order."""
    return len(left) == len(right) and bool(contained(left, right).all())
