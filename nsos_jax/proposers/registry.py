"""Who suggests bases, by name: rules on exponents, which are here, and learned models, loaded when asked for.

A learned model is one that ships, by its name, or any exported one, by the path of its weights.
"""

import logging
import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Int

from nsos_jax.bases import covering_candidates, peel
from nsos_jax.polynomials import Polynomial
from nsos_jax.proposers.proposal import Proposal, Proposer, StepsAside

_log = logging.getLogger(__name__)


class RuleProposer:
    """A proposer that treats each support on its own."""

    def __init__(self, name: str, rule: Callable[[Int[np.ndarray, "terms n"]], Proposal]) -> None:
        self.name = name
        self._rule = rule

    def propose(self, polynomials: Sequence[Polynomial]) -> list[Proposal | StepsAside]:
        return [self._rule(polynomial.exponents) for polynomial in polynomials]

    def is_ready(self, polynomials: Sequence[Polynomial]) -> bool:
        return True


def _even_support_rule(support: Int[np.ndarray, "terms n"]) -> Proposal:
    candidates = covering_candidates(support)
    return Proposal(candidates, len(candidates))


def _peel_rule(support: Int[np.ndarray, "terms n"]) -> Proposal:
    return Proposal(*peel(support, covering_candidates(support)))


RULES: dict[str, Proposer] = {
    rule.name: rule for rule in (RuleProposer("peel", _peel_rule), RuleProposer("even_support", _even_support_rule))
}
LEARNED = ("gram_graph", "sequence")
"""Proposers with weights that ship. They look at all polynomials of a call together, on the device."""
PROPOSERS = (*RULES, *LEARNED)
WEIGHTS = ".safetensors"
_LOADED: set[str] = set()
"""Learned proposers that were asked for."""


def check_proposer(name: str) -> None:
    """Raises `ValueError` if there is no such proposer, nor weights at that path; the message lists the names."""
    if name not in PROPOSERS and not weights_file(name).is_file():
        near = ", ".join(sorted(str(path) for path in weights_file(name).parent.glob(f"*{WEIGHTS}"))[:5])
        raise ValueError(
            f"unknown proposer {name!r}, expected one of {', '.join(sorted(PROPOSERS))}, or the path of exported "
            f"weights; {weights_file(name)} is no file{f', there are {near}' if near else ''}"
        )


def is_learned(name: str) -> bool:
    """Whether the proposer of that name is a model: all are but the rules."""
    return name not in RULES


def weights_file(path: str) -> Path:
    """The safetensors file of exported weights: its path, or that without the ending.

    >>> weights_file("my_weights/best").name, weights_file("my_weights/best.safetensors").name
    ('best.safetensors', 'best.safetensors')
    """
    return Path(path) if path.endswith(WEIGHTS) else Path(path + WEIGHTS)


def check_polynomials(given: Iterable[object]) -> None:
    """Raises `TypeError` for what is not a polynomial; the message says how to make one."""
    for item in given:
        if not isinstance(item, Polynomial):
            raise TypeError(
                f"expected polynomials, got {type(item).__name__}: read text with Polynomial.parse, "
                "SymPy expressions with Polynomial.from_sympy"
            )


def find_proposer(name: str) -> Proposer:
    """The proposer of that name; a learned one is loaded on the first call, and again when its file has changed.

    Args:
      name: one of PROPOSERS, or the path of exported weights, with or without the ending .safetensors. The model card
        lies beside them.

    Raises:
      ValueError: there is none, or its weights cannot be read.
    """
    check_proposer(name)
    if not is_learned(name):
        return RULES[name]
    found = _load(name, 0 if name in LEARNED else weights_file(name).stat().st_mtime_ns)
    _LOADED.add(name)
    return found


def is_ready(name: str, polynomials: Sequence[Polynomial]) -> bool:
    """Whether a learned proposer is loaded and has answered for polynomials of these sizes: then it only computes."""
    try:
        return name in _LOADED and find_proposer(name).is_ready(polynomials)
    except ValueError:  # the file has changed, and can be read no more
        return False


@cache
def _load(name: str, version: int) -> Proposer:
    from nsos_jax.proposers.gram_graph.proposer import GramGraphProposer
    from nsos_jax.proposers.learned import LearnedProposer
    from nsos_jax.proposers.pretrained import find_weights
    from nsos_jax.proposers.sequence.proposer import SequenceProposer

    kinds: dict[str, type[LearnedProposer]] = {"gram_graph": GramGraphProposer, "sequence": SequenceProposer}
    found = find_weights(name)
    return kinds[found.card.kind](found.model, found.card.threshold, name=name)


def propose(
    polynomials: Iterable[Polynomial], proposer: str = "peel", ratio: float = 1.5
) -> list[list[Int[np.ndarray, "rung n"]]]:
    """For each polynomial the nested bases (exponent rows) that a proposer suggests, smallest first.

    Each covers the support if any basis nearby does, so those of x or of x*y do not. Where a learned proposer steps
    aside, the rule `peel` answers, and a logged warning says why.

    Args:
      polynomials: any number of them.
      proposer: one of PROPOSERS, or the path of exported weights.
      ratio: of the growth of the bases where the proposer knows no chances: of rules.

    Raises:
      TypeError: for what is not a polynomial.
      ValueError: for an unknown proposer, or weights that cannot be read, or a ratio that is not above 1.

    >>> p = Polynomial.parse("4*x1^4 + 12*x1^2*x2^2 + 9*x2^4 + 1")
    >>> [basis.tolist() for basis in propose([p])[0]]
    [[[0, 0], [2, 0], [0, 2]], [[0, 0], [2, 0], [0, 2], [1, 1]]]
    """
    given = [polynomials] if isinstance(polynomials, Polynomial) else list(polynomials)
    check_polynomials(given)
    if not 1 < ratio < math.inf:
        raise ValueError(f"ratio must be a finite number above 1, got {ratio}")
    bases = []
    for index, answer in enumerate(find_proposer(proposer).propose(given)):
        if isinstance(answer, StepsAside):
            _log.warning("polynomial %d: %s steps aside (%s), peel answers", index, proposer, answer.reason)
            answer = _peel_rule(given[index].exponents)
        bases.append(answer.rungs(ratio))
    return bases
