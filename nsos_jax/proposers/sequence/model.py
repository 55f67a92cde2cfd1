"""The paper's encoder-decoder Transformer: terms of a polynomial in, basis monomials out (sections 3.1 and A.2).

B is the batch, T terms, n variables, N candidate monomials, S decoder positions, d the width. The polynomial is read as
one vector per term (coefficient perceptron + sum of exponent embeddings) and has no order; the basis is written in
descending degree-lexicographic order, then comes EOS. The paper gives no order of the target, and a set should be
written in one way only.

Two choices go beyond the paper. The output is a pointer: instead of any exponents, the decoder scores the candidates by
dot products of its state with one key each, so that what it writes is legal. And the vector of a candidate m holds,
besides its exponents and its place in the order, what the encoder says about the term m^2, where p has it.

The paper trains "basis selection (cross-entropy loss) and coefficient prediction (MSE loss)" jointly and says no more;
its target text holds no coefficients. Here the state that writes m also predicts the coefficient of m^2 in p.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float, Float32, Int32

from nsos_jax.bases import monomial_words
from nsos_jax.proposers.sequence.layers import (
    COEFFICIENT_FEATURES,
    FORBIDDEN,
    SIGNED_LOG,
    DecoderLayer,
    EncoderLayer,
    KeyValues,
    MonomialEmbedding,
    coefficient_features,
    rank_encoding,
)

IGNORED = -1
"""Target of the positions after EOS."""


@dataclass(frozen=True)
class SequenceConfig:
    """Sizes of a sequence Transformer; the defaults are the small one. Paper sizes: `SEQUENCE_CONFIGS`."""

    width: int = 128
    encoder_layers: int = 2
    decoder_layers: int = 2
    heads: int = 4
    mlp_ratio: int = 4
    variables: int = 100
    """Largest number of variables."""
    exponent: int = 40
    """Largest exponent of a variable in a term."""
    coefficient_weight: float = 0.1
    """Weight of the mean squared error of coefficients, next to the cross-entropy of the basis."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Of the activations; parameters, logits and losses are float32."""

    def __post_init__(self) -> None:
        if self.width % (2 * self.heads):
            raise ValueError(f"width: got {self.width}, wanted a multiple of {2 * self.heads}, twice the heads")

    def misfit(self, variables: int, exponent: int) -> str | None:
        """Why a polynomial of so many variables and this largest exponent cannot be read, or None.

        >>> SequenceConfig(variables=8).misfit(9, 4)
        '9 variables, the model knows 8'
        """
        if variables > self.variables:
            return f"{variables} variables, the model knows {self.variables}"
        if exponent > self.exponent:
            return f"exponent {exponent}, the model knows exponents up to {self.exponent}"
        return None


SEQUENCE_CONFIGS = {
    "small": SequenceConfig(),
    "paper": SequenceConfig(width=512, encoder_layers=6, decoder_layers=6, heads=8),
    "paper-deep": SequenceConfig(width=1024, encoder_layers=12, decoder_layers=8, heads=16),
    "paper-wide": SequenceConfig(width=768, encoder_layers=6, decoder_layers=6, heads=12),
}
"""The small size, and the three of the paper's appendix A.2."""


class Context(NamedTuple):
    """What the decoder knows of a batch of polynomials. Row N of `vectors` is the start, row N of `keys` is EOS."""

    memory: tuple[KeyValues, ...]
    """Keys and values of the terms, for each decoder layer."""
    terms: Bool[Array, "B 1 T"]
    vectors: Float[Array, "B N+1 d"]
    """What is read after a candidate was written."""
    keys: Float[Array, "B N+1 d"]
    """What the state is compared with to write a candidate."""
    ranks: Int32[Array, "B N"]
    squares: Float32[Array, "B N"]
    """Signed log coefficients of the squares of the candidates, 0 where p lacks the term."""


class SequenceTransformer(nnx.Module):
    """The encoder-decoder. `encode` once, then `__call__` on whole sequences, or `nsos_jax.decode` step by step."""

    def __init__(self, config: SequenceConfig, rngs: nnx.Rngs) -> None:
        self.config = config
        width, dtype = config.width, jnp.dtype(config.dtype)
        sizes = (width, config.heads, config.mlp_ratio, dtype, rngs)
        self.embedding = MonomialEmbedding(config.variables, config.exponent, width, dtype, rngs)
        self.coefficient_in = nnx.Linear(COEFFICIENT_FEATURES, width, dtype=dtype, rngs=rngs)
        self.coefficient_out = nnx.Linear(width, width, dtype=dtype, rngs=rngs)
        self.encoder = nnx.List([EncoderLayer(*sizes) for _ in range(config.encoder_layers)])
        self.encoder_norm = nnx.LayerNorm(width, dtype=dtype, rngs=rngs)
        self.square = nnx.Linear(width, width, dtype=dtype, rngs=rngs)
        self.start = nnx.Param(jax.random.normal(rngs.params(), (width,)))
        self.key_norm = nnx.LayerNorm(width, dtype=dtype, rngs=rngs)
        self.key = nnx.Linear(width, width, dtype=dtype, rngs=rngs)
        self.end = nnx.Param(jax.random.normal(rngs.params(), (width,)))
        self.decoder = nnx.List([DecoderLayer(*sizes) for _ in range(config.decoder_layers)])
        self.decoder_norm = nnx.LayerNorm(width, dtype=dtype, rngs=rngs)
        self.pointer = nnx.Linear(width, width, dtype=dtype, rngs=rngs)
        self.coefficient_head = nnx.Linear(width, 1, dtype=dtype, rngs=rngs)

    def encode(
        self,
        exponents: Int32[Array, "B T n"],
        coefficients: Float32[Array, "B T"],
        candidates: Int32[Array, "B N n"],
        valid: Bool[Array, "B N"],
    ) -> Context:
        """Reads polynomials (coefficient 0 is padding) and their candidate monomials (`valid` marks real ones).

        Raises:
          ValueError: there are more variables than the model knows. Exponents are for `SequenceConfig.misfit` to check.
        """
        if (reason := self.config.misfit(exponents.shape[-1], 0)) is not None:
            raise ValueError(f"exponents: got {reason}")
        terms = (coefficients != 0)[:, None, :]
        features = coefficient_features(coefficients.astype(jnp.float32))
        x = self.embedding(exponents) + self.coefficient_out(jax.nn.gelu(self.coefficient_in(features)))
        for layer in self.encoder:
            x = layer(x, terms)
        x = self.encoder_norm(x)

        largest = 2 * self.config.exponent
        place = monomial_words.find(
            monomial_words.pack(2 * candidates, largest),
            jnp.where(terms.mT, monomial_words.pack(exponents, largest), IGNORED),
        )
        found = (place >= 0)[..., None]
        square = jnp.take_along_axis(x, jnp.maximum(place, 0)[..., None], axis=1)
        logs = jnp.take_along_axis(features[..., SIGNED_LOG], jnp.maximum(place, 0), axis=1)
        ranks = monomial_words.ranks(monomial_words.pack(candidates, largest), valid)
        vectors = self.embedding(candidates) + rank_encoding(ranks, self.config.width).astype(x.dtype)
        vectors += jnp.where(found, self.square(square), 0)
        keys = self.key(self.key_norm(vectors))
        return Context(
            memory=tuple(layer.cross_attention.project(x) for layer in self.decoder),
            terms=terms,
            vectors=_append(vectors, self.start[...]),
            keys=_append(keys, self.end[...]),
            ranks=ranks,
            squares=jnp.where(place >= 0, logs, 0.0),
        )

    def __call__(self, context: Context, inputs: Int32[Array, "B S"]) -> Float[Array, "B S d"]:
        """States after each position of whole sequences; the inputs are what was written before it (N at the start)."""
        x = jnp.take_along_axis(context.vectors, inputs[..., None], axis=1)
        causal = jnp.tril(jnp.ones((inputs.shape[1], inputs.shape[1]), bool))[None]
        for layer, memory in zip(self.decoder, context.memory, strict=True):
            x = layer.look_up(layer.look_back(x, layer.past(x), causal), memory, context.terms)
        return self.decoder_norm(x)

    def logits(
        self, context: Context, states: Float[Array, "B S d"], legal: Bool[Array, "B S N"]
    ) -> Float32[Array, "B S N+1"]:
        """Scores of the candidates and of EOS (last), which is always legal."""
        scores = jnp.einsum("bsd,bnd->bsn", self.pointer(states), context.keys, preferred_element_type=jnp.float32)
        allowed = jnp.pad(legal, ((0, 0), (0, 0), (0, 1)), constant_values=True)
        return jnp.where(allowed, scores / self.config.width**0.5, FORBIDDEN)


def _append(rows: Float[Array, "B N d"], last: Float[Array, " d"]) -> Float[Array, "B N+1 d"]:
    last = jnp.broadcast_to(last.astype(rows.dtype), (rows.shape[0], 1, rows.shape[2]))
    return jnp.concatenate([rows, last], axis=1)


def targets(labels: Bool[Array, "B N"], ranks: Int32[Array, "B N"], size: int) -> Int32[Array, "B size+1"]:
    """The sequence to write: the labelled candidates by rank, then EOS (N), then `IGNORED`.

    A basis of more than `size` monomials is cut off, without EOS.

    >>> targets(jnp.array([[True, False, True]]), jnp.array([[2, 1, 0]]), size=3).tolist()
    [[2, 0, 3, -1]]
    """
    count, total = labels.shape[-1], labels.sum(axis=-1, keepdims=True)
    order = jnp.argsort(jnp.where(labels, ranks, count), axis=-1)
    order = jnp.pad(order, ((0, 0), (0, max(0, size + 1 - count))))[:, : size + 1]
    place = jnp.arange(size + 1)
    return jnp.where(place < total, order, jnp.where(place == total, count, IGNORED)).astype(jnp.int32)


def sequence_loss(
    model: SequenceTransformer,
    exponents: Int32[Array, "B T n"],
    coefficients: Float32[Array, "B T"],
    candidates: Int32[Array, "B N n"],
    valid: Bool[Array, "B N"],
    labels: Bool[Array, "B N"],
    size: int,
) -> tuple[Float32[Array, ""], dict[str, Float32[Array, ""]]]:
    """The joint loss of A.2 on teacher-forced sequences, and what to log.

    Args:
      exponents, coefficients: the polynomials; rows of coefficient 0 are padding.
      candidates, valid: the monomials that may be written.
      labels: which of them the basis holds (a member that is no candidate cannot be written).
      size: at least the size of every labelled basis; static, since sequences have size + 1 positions.

    Returns:
      cross-entropy per written token, plus `coefficient_weight` times the mean squared error of the coefficients;
      metrics "cross_entropy", "coefficient_mse", "token_accuracy" and "exact" (share of polynomials with every token
      right when those before it are given).
    """
    context = model.encode(exponents, coefficients, candidates, valid)
    wanted = targets(labels, context.ranks, size)
    count = labels.shape[-1]
    written, monomial = wanted != IGNORED, (wanted >= 0) & (wanted < count)
    start = jnp.full_like(wanted[:, :1], count)
    inputs = jnp.concatenate([start, jnp.where(monomial, wanted, count)[:, :-1]], axis=1)
    states = model(context, inputs)
    before = jnp.cumsum(jax.nn.one_hot(inputs, count, dtype=jnp.int32), axis=1) > 0
    logits = model.logits(context, states, valid[:, None, :] & ~before)

    tokens = jnp.maximum(written.sum(), 1)
    losses = -jnp.take_along_axis(jax.nn.log_softmax(logits), jnp.maximum(wanted, 0)[..., None], axis=-1)[..., 0]
    cross_entropy = jnp.where(written, losses, 0.0).sum() / tokens
    predicted = model.coefficient_head(states)[..., 0].astype(jnp.float32)
    actual = jnp.take_along_axis(context.squares, jnp.where(monomial, wanted, 0), axis=1)
    squared = jnp.where(monomial, (predicted - actual) ** 2, 0.0).sum() / jnp.maximum(monomial.sum(), 1)
    right = (logits.argmax(axis=-1) == wanted) | ~written
    metrics = {
        "cross_entropy": cross_entropy,
        "coefficient_mse": squared,
        "token_accuracy": (right & written).sum() / tokens,
        "exact": right.all(axis=-1).mean(),
    }
    return cross_entropy + model.config.coefficient_weight * squared, metrics
