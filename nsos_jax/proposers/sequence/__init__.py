"""The sequence Transformer, the encoder-decoder of the paper.

In: padded polynomials (`proposers.padding`). Out: sequences of basis monomials, and votes over permutations.
May import what `proposers` may, and the files of that room; `proposer` turns votes into proposals.
"""

from nsos_jax.proposers.sequence.decode import votes
from nsos_jax.proposers.sequence.model import SEQUENCE_CONFIGS, SequenceConfig, SequenceTransformer, sequence_loss

__all__ = [
    "SEQUENCE_CONFIGS",
    "SequenceConfig",
    "SequenceTransformer",
    "sequence_loss",
    "votes",
]
