"""What the training loop needs to know of a kind of model, and nothing else."""

from typing import Any, NamedTuple, Protocol

from flax import nnx
from jaxtyping import Array, Bool, Float, Float32, Int32, Key

from nsos_jax.sampling import FamilyParameters
from nsos_jax.train.config import Bucket
from nsos_jax.train.examples import Example


class Judged(NamedTuple):
    """Scores of candidates next to the truth, for B polynomials with N padded candidates."""

    scores: Float32[Array, "B N"]
    """Descending order is the order of the expansion."""
    labels: Bool[Array, "B N"]
    """The candidates in the planted basis."""
    valid: Bool[Array, "B N"]
    missing: Int32[Array, " B"]
    """Members of the planted basis that are no candidates."""


class Task(Protocol):
    """A model kind with its data and its loss. A batch is any pytree whose leaves have the examples in front."""

    kind: str
    """Name of the kind in model cards."""

    def make_model(self, rngs: nnx.Rngs) -> nnx.Module:
        """A model with random weights."""
        ...

    def example(self, key: Key[Array, ""], parameters: FamilyParameters, bucket: Bucket) -> Any:
        """One example; the loop maps this over keys and shards it."""
        ...

    def labelled(self, example: Example, bucket: Bucket) -> Any:
        """The same of a polynomial with labels from a file."""
        ...

    def tokens(self, bucket: Bucket) -> int:
        """Padded positions of the Transformer for one example."""
        ...

    def loss(self, model: Any, batch: Any) -> tuple[Float[Array, " B"], dict[str, Float[Array, " B"]]]:
        """Loss and numbers to log, per example: their means do not depend on how a batch is split."""
        ...

    def judge(self, model: Any, batch: Any) -> Judged:
        """For evaluation."""
        ...
