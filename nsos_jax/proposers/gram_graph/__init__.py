"""The Gram-graph Transformer, a model on the graph of candidate monomials.

In: candidates and what p says about each pair of them (`proposers.candidates`), or, where they are many, about pairs
whose product is a term and some others (`listing`, read by `listed` with the same weights). Out: one logit a candidate;
`heads`, which a model may have, say more of pairs, of sets of candidates and of p. May import what `proposers` may, and
the files of that room; `proposer` turns logits into proposals.
"""

from nsos_jax.proposers.gram_graph.model import HEADS, GramGraphConfig, GramGraphTransformer

__all__ = [
    "HEADS",
    "GramGraphConfig",
    "GramGraphTransformer",
]
