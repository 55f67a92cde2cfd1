"""Training of the sequence Transformer: the joint loss on teacher-forced sequences, votes as scores."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float, Float32, Int32, Key

from nsos_jax.proposers.candidates import candidates, labels, missing
from nsos_jax.proposers.sequence import SequenceConfig, SequenceTransformer, sequence_loss, votes
from nsos_jax.sampling import FamilyParameters, sample
from nsos_jax.train.config import Bucket
from nsos_jax.train.examples import Example, read_examples
from nsos_jax.train.task import Judged

PERMUTATIONS = 4
"""Of the variables, decoded for an evaluation."""


class SequenceBatch(NamedTuple):
    """A polynomial, its candidates, and the answer; one example has no axis B."""

    exponents: Int32[Array, "B T n"]
    coefficients: Float32[Array, "B T"]
    candidates: Int32[Array, "B N n"]
    valid: Bool[Array, "B N"]
    labels: Bool[Array, "B N"]
    basis_valid: Bool[Array, "B K"]
    """Its length is that of the longest sequence."""


class SequenceTask:
    """`Task` of `SequenceTransformer`."""

    kind = "sequence"

    def __init__(self, model: SequenceConfig) -> None:
        self.model = model

    def make_model(self, rngs: nnx.Rngs) -> SequenceTransformer:
        """A model with random weights."""
        return SequenceTransformer(self.model, rngs)

    def check_fits(self, bucket: Bucket) -> None:
        """`ValueError` if the model does not know so many variables or so high exponents."""
        degree = max((family.degree for _, family in bucket.mixture), default=0)
        if bucket.examples:
            degree = int(read_examples(bucket).exponents.max())
        if reason := self.model.misfit(bucket.shape.variables, degree):
            raise ValueError(f"bucket {bucket.name!r} does not fit the model: {reason}")

    def example(self, key: Key[Array, ""], parameters: FamilyParameters, bucket: Bucket) -> SequenceBatch:
        """A polynomial as its terms."""
        draw = sample(key, parameters, bucket.shape)
        return _batch(draw.exponents, draw.coefficients, draw.basis, draw.basis_valid, bucket)

    def labelled(self, example: Example, bucket: Bucket) -> SequenceBatch:
        """The same of a polynomial with labels from a file."""
        first = jnp.argsort(~example.basis, stable=True)[: bucket.shape.size]
        basis, valid = example.pool[first], example.basis[first]
        return _batch(example.exponents, example.coefficients, basis, valid, bucket)

    def tokens(self, bucket: Bucket) -> int:
        """Terms, and what is written with its EOS."""
        return bucket.shape.terms + bucket.shape.size + 1

    def loss(
        self, model: SequenceTransformer, batch: SequenceBatch
    ) -> tuple[Float[Array, " B"], dict[str, Float[Array, " B"]]]:
        """`sequence_loss` of each polynomial on its own."""
        size = batch.basis_valid.shape[-1]

        def alone(one: SequenceBatch) -> tuple[Float[Array, ""], dict[str, Float[Array, ""]]]:
            one = jax.tree.map(lambda leaf: leaf[None], one)
            return sequence_loss(model, *one[:5], size)

        return jax.vmap(alone)(batch)

    def judge(self, model: SequenceTransformer, batch: SequenceBatch) -> Judged:
        """Votes of greedily decoded permutations as scores."""
        size = batch.basis_valid.shape[-1]
        found = votes(model, *batch[:4], jax.random.key(0), PERMUTATIONS, size)
        return Judged(found.scores, batch.labels, batch.valid, jax.vmap(missing)(batch.labels, batch.basis_valid))


def _batch(
    exponents: Int32[Array, "T n"],
    coefficients: Int32[Array, " T"] | Float32[Array, " T"],
    basis: Int32[Array, "K n"],
    basis_valid: Bool[Array, " K"],
    bucket: Bucket,
) -> SequenceBatch:
    """One polynomial with its candidates."""
    found = candidates(exponents, coefficients, bucket.candidates)
    truth = labels(found, basis, basis_valid)
    floats = coefficients.astype(jnp.float32)
    return SequenceBatch(exponents, floats, found.exponents, found.valid, truth, basis_valid)
