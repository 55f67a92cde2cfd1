"""What proposers answer: an order of candidate monomials, or why they have none.

A proposal is an order of candidate monomials and the size of its first rung; longer prefixes are the later rungs.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from jaxtyping import Int
from numpy import ndarray

from nsos_jax.bases import expansion_schedule
from nsos_jax.polynomials import Polynomial


class Proposal(NamedTuple):
    """Candidate monomials, best first; order[:first] covers the support if any prefix does."""

    order: Int[ndarray, "k n"]
    first: int

    def rungs(self, ratio: float = 1.5) -> list[Int[ndarray, "rung n"]]:
        """Nested bases, smallest first, by the geometric schedule of Lemma 3 of the paper."""
        return [self.order[:size] for size in expansion_schedule(self.first, len(self.order), ratio)]


class StepsAside(NamedTuple):
    """The proposer leaves this polynomial to others."""

    reason: str


class Proposer(Protocol):
    """Suggests a basis for each polynomial of a batch; a bad suggestion costs time, never correctness."""

    name: str

    def propose(self, polynomials: Sequence[Polynomial]) -> list[Proposal | StepsAside]:
        """One answer per polynomial, in order."""
        ...
