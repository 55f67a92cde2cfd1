"""What proposers answer: an order of candidate monomials, or why they have none.

A proposal is an order of candidate monomials, of which prefixes are the rungs to try.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from nsos_jax.bases import (
    TooLarge,
    cheapest_schedule,
    complete_coverage,
    covering_candidates,
    expansion_schedule,
    least_cover,
    repair_coverage,
)
from nsos_jax.polynomials import Polynomial, contained

NEEDED = 0.2
"""How likely p needs a monomial of the basis that a model was taught, the others being there; chosen on the validation
split (docs/benchmarks/learning.md, "What the Transformer adds")."""


class Proposal(NamedTuple):
    """Candidate monomials, best first; order[:first] covers the support if any prefix does."""

    order: Int[ndarray, "k n"]
    first: int
    chances: Float[ndarray, " k"] | None = None
    """Probability that each is in the basis that the proposer seeks, from proposers that know."""
    works: Float[ndarray, " k"] | None = None
    """Probability that p is a sum of squares on the first 1, 2, ... of them, from proposers that know."""

    def __repr__(self) -> str:
        return f"<Proposal: {len(self.order)} monomials, the first {self.first} cover>"

    @property
    def likely(self) -> int:
        """How many are more likely sought than not; `first` where chances are not known."""
        return self.first if self.chances is None else count_likely(self.chances)

    def rungs(self, ratio: float = 1.5) -> list[Int[ndarray, "rung n"]]:
        """Nested bases, smallest first: by least expected cost where chances are known, else growing by `ratio` (Lemma
        3 of the paper).

        The basis that a model seeks is the one that p was planted on; p is mostly a sum of squares on one that lacks
        some of it, too. So a prefix is taken to fail if p needs one of the members that it lacks, each with the
        chance `NEEDED`.
        """
        if self.chances is None:
            sizes = expansion_schedule(self.first, len(self.order), ratio)
        else:
            sizes = cheapest_schedule(NEEDED * self.chances, self.first, self.works)
        return [self.order[:size] for size in sizes]


class StepsAside(NamedTuple):
    """The proposer leaves this polynomial to others."""

    reason: str


def count_likely(chances: Float[ndarray, " k"]) -> int:
    """How many candidates are more likely needed than not.

    >>> count_likely(np.array([0.9, 0.5, 0.1]))
    1
    """
    return int((chances > 0.5).sum())


def scored_proposal(
    polynomial: Polynomial,
    pool: Int[ndarray, "k n"],
    chances: Float[ndarray, " k"],
    works: Float[ndarray, " k"] | None = None,
) -> Proposal | StepsAside:
    """The proposal of candidates by descending chance that the basis needs them.

    Those that are more likely needed than not come first, repaired to cover the support from the rest of the pool, then
    from monomials nearby (section 3.2 of the paper). What the pool lacks of `covering_candidates` follows, with an even
    chance that any of it is needed, for then the pool covers the support in another way than the rules do; then the
    rest. What is known of prefixes of the pool (`works`) holds where nothing came between.
    """
    support = polynomial.exponents
    predicted = count_likely(chances)
    try:
        repaired = repair_coverage(support, pool[:predicted], pool[predicted:])
        if not repaired.complete:
            repaired = complete_coverage(support, repaired.basis)
        if not repaired.complete:
            return StepsAside("no monomials nearby cover the support")
        others = covering_candidates(support)
    except TooLarge as error:
        return StepsAside(str(error))
    left = ~contained(pool, repaired.basis)
    others = others[~contained(others, np.concatenate([repaired.basis, pool[left]]))]
    added = len(repaired.basis) - predicted
    unknown = np.full(len(others), 1 - 0.5 ** (1 / max(len(others), 1)))
    chances = np.concatenate([chances[:predicted], np.ones(added), unknown, chances[left]])
    order = np.concatenate([repaired.basis, others, pool[left]])
    least = len(repaired.basis) if added else least_cover(support, order[:predicted])
    return Proposal(order, least, chances, None if added or len(others) else works)


class Proposer(Protocol):
    """Suggests a basis for each polynomial of a batch; a bad suggestion costs time, never correctness."""

    name: str

    def propose(self, polynomials: Sequence[Polynomial]) -> list[Proposal | StepsAside]:
        """One answer per polynomial, in order."""
        ...

    def is_ready(self, polynomials: Sequence[Polynomial]) -> bool:
        """Whether nothing has to be compiled to answer for these."""
        ...
