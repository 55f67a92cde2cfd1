"""Who suggests bases: one protocol, rules, and the rooms `gram_graph` and `sequence` with the learned models.

In: polynomials. Out: a `Proposal` (an order of candidate monomials) or `StepsAside` for each. May import the rooms
`polynomials` and `bases`. What loads JAX is imported by its file, such as `pretrained`; weights lie in `weights/`.
"""

from nsos_jax.proposers.proposal import NEEDED, Proposal, Proposer, StepsAside, count_likely, scored_proposal
from nsos_jax.proposers.registry import (
    LEARNED,
    PROPOSERS,
    RULES,
    check_polynomials,
    check_proposer,
    find_proposer,
    is_learned,
    is_ready,
    propose,
)

__all__ = [
    "LEARNED",
    "NEEDED",
    "PROPOSERS",
    "RULES",
    "Proposal",
    "Proposer",
    "StepsAside",
    "check_polynomials",
    "check_proposer",
    "count_likely",
    "find_proposer",
    "is_learned",
    "is_ready",
    "propose",
    "scored_proposal",
]
