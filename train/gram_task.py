"""Training of the Gram-graph Transformer: cross-entropy per candidate, and a loss of the order of the candidates."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float, Int32, Key

from nsos_jax.proposers.candidates import Pairs, candidates, labels, missing, pair_features
from nsos_jax.proposers.gram_graph import GramGraphConfig, GramGraphTransformer
from nsos_jax.sampling import FamilyParameters, sample
from nsos_jax.train.config import Bucket, Loss
from nsos_jax.train.task import Judged

_NEVER = -1e9


class GramBatch(NamedTuple):
    """What the model sees, and the answer; one example has no axis B."""

    pairs: Pairs
    valid: Bool[Array, "B N"]
    labels: Bool[Array, "B N"]
    missing: Int32[Array, " B"]


class GramTask:
    """`Task` of `GramGraphTransformer`."""

    kind = "gram_graph"

    def __init__(self, model: GramGraphConfig, loss: Loss) -> None:
        self.model, self.weights = model, loss

    def make_model(self, rngs: nnx.Rngs) -> GramGraphTransformer:
        """A model with random weights."""
        return GramGraphTransformer(self.model, rngs)

    def example(self, key: Key[Array, ""], parameters: FamilyParameters, bucket: Bucket) -> GramBatch:
        """A polynomial as candidates with the features of their pairs."""
        draw = sample(key, parameters, bucket.shape)
        found = candidates(draw.exponents, draw.coefficients, bucket.candidates)
        truth = labels(found, draw.basis, draw.basis_valid)
        pairs = pair_features(draw.exponents, draw.coefficients, found)
        return GramBatch(pairs, found.valid, truth, missing(truth, draw.basis_valid))

    def tokens(self, bucket: Bucket) -> int:
        """Candidates."""
        return bucket.candidates

    def loss(
        self, model: GramGraphTransformer, batch: GramBatch
    ) -> tuple[Float[Array, " B"], dict[str, Float[Array, " B"]]]:
        """Mean cross-entropy over the candidates, plus the weighted loss of their order."""
        scores = model(batch.pairs, batch.valid)
        entropy = cross_entropy(scores, batch.labels, batch.valid)
        order = ordering_loss(scores, batch.labels, batch.valid)
        return entropy + self.weights.ordering * order, {"cross_entropy": entropy, "ordering": order}

    def judge(self, model: GramGraphTransformer, batch: GramBatch) -> Judged:
        """The logits as scores."""
        return Judged(model(batch.pairs, batch.valid), batch.labels, batch.valid, batch.missing)


def cross_entropy(
    scores: Float[Array, "*B N"], labels: Bool[Array, "*B N"], valid: Bool[Array, "*B N"]
) -> Float[Array, "*B"]:
    """Mean over the valid candidates of log(1 + exp(-s)) for members and log(1 + exp(s)) for others."""
    each = jax.nn.softplus(jnp.where(labels, -scores, scores))
    return jnp.where(valid, each, 0.0).sum(-1) / jnp.maximum(valid.sum(-1), 1)


def ordering_loss(
    scores: Float[Array, "*B N"], labels: Bool[Array, "*B N"], valid: Bool[Array, "*B N"]
) -> Float[Array, "*B"]:
    """log(1 + sum exp(s_i - s_j)) over non-members i and members j, 0 where there are no such pairs.

    A smooth bound of how far the first non-member stands before the last member, which the coverage rank measures.

    >>> members = jnp.array([True, True, False])
    >>> float(ordering_loss(jnp.array([9.0, 8.0, -9.0]), members, jnp.ones(3, bool))) < 1e-6
    True
    >>> round(float(ordering_loss(jnp.array([9.0, 0.0, 5.0]), members, jnp.ones(3, bool))), 1)
    5.0
    """
    first_other = jax.nn.logsumexp(jnp.where(valid & ~labels, scores, _NEVER), axis=-1)
    last_member = -jax.nn.logsumexp(jnp.where(valid & labels, -scores, _NEVER), axis=-1)
    return jax.nn.softplus(first_other - last_member)
