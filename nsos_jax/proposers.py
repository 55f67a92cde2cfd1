"""Who suggests bases: one protocol, implemented by rules on exponents (and by learned models).

A proposal is an order of candidate monomials and the size of its first rung; longer prefixes are the later rungs.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from jaxtyping import Int

from nsos_jax.bases import (
    covers,
    even_support,
    expansion_schedule,
    nearby_candidates,
    peel,
    repair_coverage,
)
from nsos_jax.polynomials import Polynomial


class Proposal(NamedTuple):
    """Candidate monomials, best first; order[:first] covers the support if any prefix does."""

    order: Int[np.ndarray, "k n"]
    first: int

    def rungs(self, ratio: float = 1.5) -> list[Int[np.ndarray, "rung n"]]:
        """Nested bases, smallest first, by the geometric schedule of Lemma 3 of the paper."""
        return [self.order[:size] for size in expansion_schedule(self.first, len(self.order), ratio)]


class Proposer(Protocol):
    """Suggests a basis for each polynomial of a batch; a bad suggestion costs time, never correctness."""

    name: str

    def propose(self, polynomials: Sequence[Polynomial]) -> list[Proposal]:
        """One proposal per polynomial, in order."""
        ...


class RuleProposer:
    """A proposer that treats each support on its own."""

    def __init__(self, name: str, rule: Callable[[Int[np.ndarray, "terms n"]], Proposal]) -> None:
        self.name = name
        self._rule = rule

    def propose(self, polynomials: Sequence[Polynomial]) -> list[Proposal]:
        return [self._rule(polynomial.exponents) for polynomial in polynomials]


def covering_candidates(support: Int[np.ndarray, "terms n"]) -> Int[np.ndarray, "k n"]:
    """D = {m : 2m in the support}, repaired until it covers the support or nothing nearby helps."""
    candidates = even_support(support)
    while not covers(support, candidates):
        nearby = nearby_candidates(support, candidates)
        repaired = repair_coverage(support, candidates, nearby)
        if len(repaired.basis) == len(candidates):
            break
        candidates = repaired.basis
    return candidates


def _even_support_rule(support: Int[np.ndarray, "terms n"]) -> Proposal:
    candidates = covering_candidates(support)
    return Proposal(candidates, len(candidates))


def _peel_rule(support: Int[np.ndarray, "terms n"]) -> Proposal:
    return Proposal(*peel(support, covering_candidates(support)))


PROPOSERS: dict[str, Proposer] = {
    rule.name: rule for rule in (RuleProposer("peel", _peel_rule), RuleProposer("even_support", _even_support_rule))
}


def find_proposer(name: str) -> Proposer:
    """The proposer of that name.

    Raises:
      ValueError: there is none; the message lists the names.
    """
    if name not in PROPOSERS:
        raise ValueError(f"unknown proposer {name!r}, expected one of {', '.join(sorted(PROPOSERS))}")
    return PROPOSERS[name]


def propose(
    polynomials: Iterable[Polynomial], proposer: str = "peel", ratio: float = 1.5
) -> list[list[Int[np.ndarray, "rung n"]]]:
    """For each polynomial the nested bases (exponent rows) that a proposer suggests, smallest first.

    >>> p = Polynomial.parse("4*x1^4 + 12*x1^2*x2^2 + 9*x2^4 + 1")
    >>> [basis.tolist() for basis in propose([p])[0]]
    [[[0, 0], [2, 0], [0, 2]], [[0, 0], [2, 0], [0, 2], [1, 1]]]
    """
    chosen = find_proposer(proposer)
    return [proposal.rungs(ratio) for proposal in chosen.propose(list(polynomials))]
