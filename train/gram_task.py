"""Training of the Gram-graph Transformer: cross-entropy per candidate, a loss of their order, losses of its heads."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float, Float32, Int32, Key

from nsos_jax.proposers.candidates import Pairs, candidates, labels, matched, missing, pair_features
from nsos_jax.proposers.gram_graph import GramGraphConfig, GramGraphTransformer
from nsos_jax.sampling import STRUCTURES, FamilyParameters, Sample, sample
from nsos_jax.train.config import Bucket, Loss
from nsos_jax.train.examples import UNKNOWN, Example
from nsos_jax.train.task import Judged

_NEVER = -1e9


class GramBatch(NamedTuple):
    """What the model sees, and the answer; one example has no axis B. What no head learns from is None."""

    pairs: Pairs
    valid: Bool[Array, "B N"]
    labels: Bool[Array, "B N"]
    missing: Int32[Array, " B"]
    entries: Bool[Array, "B N N"] | None = None
    """Pairs whose entry of the Gram matrix is not 0."""
    boundary: Float32[Array, " B"] | None = None
    """Whether the Gram matrix is singular: 1, 0, or UNKNOWN."""
    sets: Bool[Array, "B S N"] | None = None
    works: Float32[Array, "B S"] | None = None
    """Whether p is a sum of squares on a set: 1, 0, or UNKNOWN."""


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
        batch = GramBatch(pairs, found.valid, truth, missing(truth, draw.basis_valid))
        if self.model.cover:
            members = matched(found, draw.basis, draw.basis_valid)
            batch = batch._replace(entries=_moved(draw.gram != 0, members))
        if self.model.boundary:
            batch = batch._replace(boundary=_planted_boundary(draw, parameters, pairs, truth))
        return batch

    def labelled(self, example: Example, bucket: Bucket) -> GramBatch:
        """The same of a polynomial with labels from a file."""
        found = candidates(example.exponents, example.coefficients, bucket.candidates)
        pairs = pair_features(example.exponents, example.coefficients, found)
        members = matched(found, example.pool, example.pool_valid)
        truth = (members & example.basis).any(axis=1)
        lacking = missing(truth, example.basis)
        batch = GramBatch(pairs, found.valid, truth, lacking)
        if self.model.cover:
            batch = batch._replace(entries=_moved(example.entries, members))
        if self.model.boundary:
            batch = batch._replace(boundary=example.boundary)
        if self.model.margin:
            sets = (example.sets[:, None] & members).any(axis=-1)
            batch = batch._replace(sets=sets, works=example.works)
        return batch

    def tokens(self, bucket: Bucket) -> int:
        """Candidates."""
        return bucket.candidates

    def loss(
        self, model: GramGraphTransformer, batch: GramBatch
    ) -> tuple[Float[Array, " B"], dict[str, Float[Array, " B"]]]:
        """Mean cross-entropy over the candidates, plus the weighted losses of their order and of the heads."""
        reading = model.read(batch.pairs, batch.valid)
        entropy = cross_entropy(reading.logits, batch.labels, batch.valid)
        order = ordering_loss(reading.logits, batch.labels, batch.valid)
        parts = {"cross_entropy": entropy, "ordering": order}
        if model.cover is not None and batch.entries is not None:
            judged = judged_pairs(batch.pairs)
            parts["cover"] = cross_entropy(*(_flat(x) for x in (model.cover(reading), batch.entries, judged)))
        if model.boundary is not None and batch.boundary is not None:
            asked = (model.boundary(reading), batch.boundary == 1, batch.boundary != UNKNOWN)
            parts["boundary"] = cross_entropy(*(x[:, None] for x in asked))
        if model.margin is not None and batch.sets is not None and batch.works is not None:
            parts["margin"] = cross_entropy(model.margin(reading, batch.sets), batch.works == 1, batch.works != UNKNOWN)
        weights = self.weights
        heads = sum(getattr(weights, name) * parts[name] for name in ("cover", "boundary", "margin") if name in parts)
        if not weights.membership:  # not times 0, so that nothing is computed for it
            return heads + jnp.zeros_like(entropy), parts
        return weights.membership * (entropy + weights.ordering * order) + heads, parts

    def judge(self, model: GramGraphTransformer, batch: GramBatch) -> Judged:
        """The logits as scores."""
        return Judged(model(batch.pairs, batch.valid), batch.labels, batch.valid, batch.missing)


def judged_pairs(pairs: Pairs) -> Bool[Array, "*B N N"]:
    """The pairs i < j for which the cover is a question: those whose product is a term or the square of a candidate."""
    features = pairs.features
    size = features.shape[-2]
    above = jnp.arange(size)[:, None] < jnp.arange(size)
    return above & ((features[..., 0] > 0) | (features[..., 4] > 0))


def _moved(entries: Bool[Array, "K K"], members: Bool[Array, "N K"]) -> Bool[Array, "N N"]:
    """Entries between members of a list as entries between the candidates that they are."""
    places = members.astype(jnp.float32)
    return places @ entries.astype(jnp.float32) @ places.T > 0.5


def _planted_boundary(
    draw: Sample, parameters: FamilyParameters, pairs: Pairs, members: Bool[Array, " N"]
) -> Float32[Array, ""]:
    """0 where the planted matrix is regular, 1 where it is singular and the only one on its basis, else UNKNOWN.

    Square factors are taken for regular: draws of singular ones are rare.
    """
    both = members[:, None] & members
    counts = jnp.zeros(pairs.products.size).at[pairs.products].add(jnp.where(both, 1.0, 0.0))
    own = jnp.where(jnp.eye(len(members), dtype=bool), 1.0, 2.0)
    unique = jnp.where(both, counts[pairs.products] <= own, True).all()
    singular = parameters.structure == STRUCTURES.index("low-rank")
    known = jnp.where(singular, jnp.where(unique, 1.0, UNKNOWN), 0.0)
    return jnp.where(parameters.negative > 0, UNKNOWN, known)


def _flat(values: Array) -> Array:
    return values.reshape(len(values), -1)


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
