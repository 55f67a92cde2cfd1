"""The Gram-graph Transformer, a model on the graph of candidate monomials.

In: candidates, and the pairs of them whose product is a term or a square (`pairs`). Out: one logit a candidate, and
one a pair. May import what `proposers` may, and the files of that room; `proposer` turns logits into proposals.
"""

from nsos_jax.proposers.gram_graph.model import GramGraphConfig, GramGraphTransformer
from nsos_jax.proposers.gram_graph.pairs import NUM_FEATURES, Pairs, join_pairs, pair_features, support_pairs

__all__ = [
    "NUM_FEATURES",
    "GramGraphConfig",
    "GramGraphTransformer",
    "Pairs",
    "join_pairs",
    "pair_features",
    "support_pairs",
]
