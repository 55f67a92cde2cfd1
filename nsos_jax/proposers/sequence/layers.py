"""Layers of the sequence Transformer: monomial embedding, attention, pre-norm encoder and decoder layers.

B is the batch, T terms of the polynomial, S positions of the decoder, n variables, d the width of the model, H heads.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float, Float32, Int32

COEFFICIENT_FEATURES = 3
SIGNED_LOG = 1
"""The feature that the coefficient head predicts."""
FORBIDDEN = -1e9
"""Score of what may not be chosen or looked at."""
QUERIES = 128
"""Positions that look at a time on a CPU, so that their scores stay in its caches."""
_INITIAL_SCALE = 0.5


class KeyValues(NamedTuple):
    """What attention looks up: keys and values of S positions; heads first, as the products of matrices want them."""

    keys: Float[Array, "B H S e"]
    values: Float[Array, "B H S e"]


def relative_magnitudes(coefficients: Float32[Array, "B T"]) -> Float32[Array, "B T"]:
    """log|c| minus its median over the terms of the polynomial; 0 where the coefficient is 0 (padding).

    Scaling a polynomial changes nothing, and p is a sum of squares whatever its positive scale.
    """
    valid = coefficients != 0
    logs = jnp.log(jnp.where(valid, jnp.abs(coefficients), 1.0))
    # the lower median, so that it is the magnitude of a term and padding cannot move it
    middle = jnp.maximum(valid.sum(axis=-1, keepdims=True) - 1, 0) // 2
    ordered = jnp.sort(jnp.where(valid, logs, jnp.inf), axis=-1)
    median = jnp.take_along_axis(ordered, middle, axis=-1)
    return jnp.where(valid, logs - median, 0.0)


def coefficient_features(coefficients: Float32[Array, "B T"]) -> Float32[Array, "B T 3"]:
    """sign(c), sign(c) log(1 + |c| / median) and log(|c| / median) of each coefficient; 0 for padding."""
    sign, relative = jnp.sign(coefficients), relative_magnitudes(coefficients)
    return jnp.stack([sign, sign * jax.nn.softplus(relative), relative], axis=-1)


def rank_encoding(ranks: Int32[Array, "B N"], width: int) -> Float32[Array, "B N d"]:
    """Sinusoids of a place in the order of the candidates (Vaswani et al. 2017, section 3.5): no largest place."""
    half = width // 2
    angles = ranks[..., None] * jnp.exp(-jnp.log(10_000.0) * jnp.arange(half) / half)
    return jnp.concatenate([jnp.sin(angles), jnp.cos(angles)], axis=-1)


class MonomialEmbedding(nnx.Module):
    """x^a -> sum_i E[i, a_i] with E[i, 0] = 0: one learned vector per variable and exponent, none for absent ones."""

    def __init__(self, variables: int, exponent: int, width: int, dtype: jnp.dtype, rngs: nnx.Rngs) -> None:
        shape = (variables, exponent, width)
        self.table = nnx.Param(_INITIAL_SCALE * jax.random.normal(rngs.params(), shape))
        self.dtype = dtype

    def __call__(self, exponents: Int32[Array, "*rows n"]) -> Float[Array, "*rows d"]:
        n = exponents.shape[-1]
        table = self.table[...]
        flat = table.reshape(-1, table.shape[-1]).astype(self.dtype)
        index = jnp.arange(n) * table.shape[1] + jnp.maximum(exponents - 1, 0)
        vectors = jnp.where((exponents > 0)[..., None], flat[index], 0)
        return vectors.sum(axis=-2)


def attend(
    queries: Float[Array, "B H Q e"], past: KeyValues, mask: Bool[Array, "#B 1 #Q S"]
) -> Float[Array, "B H Q e"]:
    """softmax(QK' / sqrt(e)) V in float32, uniform where the mask allows nothing.

    The weights are normalised after the product with V: one pass less over the largest array.
    """
    batch, heads, count, width = queries.shape
    if jax.default_backend() == "cpu" and count > QUERIES and not count % QUERIES and mask.shape[2] == 1:
        parts = jnp.moveaxis(queries.reshape(batch, heads, -1, QUERIES, width), 2, 0)
        return jnp.moveaxis(jax.lax.map(lambda part: attend(part, past, mask), parts), 0, 2).reshape(queries.shape)
    scaled = queries * queries.shape[-1] ** -0.5
    scores = jnp.einsum("bhqe,bhse->bhqs", scaled, past.keys, preferred_element_type=jnp.float32)
    scores = jnp.where(mask, scores, FORBIDDEN)
    weights = jnp.exp(scores - jax.lax.stop_gradient(scores.max(axis=-1, keepdims=True)))
    seen = jnp.einsum("bhqs,bhse->bhqe", weights.astype(queries.dtype), past.values, preferred_element_type=jnp.float32)
    return (seen / weights.sum(axis=-1, keepdims=True)).astype(queries.dtype)


class Attention(nnx.Module):
    """Multi-head attention whose keys and values are made separately, so that they can be kept."""

    def __init__(self, width: int, heads: int, dtype: jnp.dtype, rngs: nnx.Rngs) -> None:
        self.heads = heads
        self.query = nnx.Linear(width, width, dtype=dtype, rngs=rngs)
        self.key_value = nnx.Linear(width, 2 * width, dtype=dtype, rngs=rngs)
        self.out = nnx.Linear(width, width, dtype=dtype, rngs=rngs)

    def project(self, x: Float[Array, "B S d"]) -> KeyValues:
        """Keys and values of the positions x."""
        return KeyValues(*map(self._split, jnp.split(self.key_value(x), 2, axis=-1)))

    def __call__(
        self, x: Float[Array, "B Q d"], past: KeyValues, mask: Bool[Array, "#B #Q S"]
    ) -> Float[Array, "B Q d"]:
        """Each position of x looks at the positions of `past` that the mask allows."""
        seen = attend(self._split(self.query(x)), past, mask[:, None])
        return self.out(jnp.swapaxes(seen, 1, 2).reshape(x.shape))

    def _split(self, x: Float[Array, "B S d"]) -> Float[Array, "B H S e"]:
        return jnp.swapaxes(x.reshape(*x.shape[:-1], self.heads, -1), 1, 2)


class FeedForward(nnx.Module):
    """Pre-norm two-layer perceptron with a residual."""

    def __init__(self, width: int, ratio: int, dtype: jnp.dtype, rngs: nnx.Rngs) -> None:
        self.norm = nnx.LayerNorm(width, dtype=dtype, rngs=rngs)
        self.up = nnx.Linear(width, ratio * width, dtype=dtype, rngs=rngs)
        self.down = nnx.Linear(ratio * width, width, dtype=dtype, rngs=rngs)

    def __call__(self, x: Float[Array, "B S d"]) -> Float[Array, "B S d"]:
        return x + self.down(jax.nn.gelu(self.up(self.norm(x))))


class EncoderLayer(nnx.Module):
    """Self-attention over the terms, then the perceptron."""

    def __init__(self, width: int, heads: int, ratio: int, dtype: jnp.dtype, rngs: nnx.Rngs) -> None:
        self.norm = nnx.LayerNorm(width, dtype=dtype, rngs=rngs)
        self.attention = Attention(width, heads, dtype, rngs)
        self.feed_forward = FeedForward(width, ratio, dtype, rngs)

    def __call__(self, x: Float[Array, "B T d"], mask: Bool[Array, "B 1 T"]) -> Float[Array, "B T d"]:
        normed = self.norm(x)
        x = x + self.attention(normed, self.attention.project(normed), mask)
        return self.feed_forward(x)


class DecoderLayer(nnx.Module):
    """Self-attention over the past, attention over the encoder's terms, then the perceptron.

    The past is given as keys and values: those of all positions when training, the cache when decoding.
    """

    def __init__(self, width: int, heads: int, ratio: int, dtype: jnp.dtype, rngs: nnx.Rngs) -> None:
        self.norm = nnx.LayerNorm(width, dtype=dtype, rngs=rngs)
        self.attention = Attention(width, heads, dtype, rngs)
        self.cross_norm = nnx.LayerNorm(width, dtype=dtype, rngs=rngs)
        self.cross_attention = Attention(width, heads, dtype, rngs)
        self.feed_forward = FeedForward(width, ratio, dtype, rngs)

    def past(self, x: Float[Array, "B S d"]) -> KeyValues:
        """Keys and values of positions x for the self-attention."""
        return self.attention.project(self.norm(x))

    def look_back(
        self, x: Float[Array, "B S d"], past: KeyValues, mask: Bool[Array, "#B #S P"]
    ) -> Float[Array, "B S d"]:
        """The self-attention, with its residual."""
        return x + self.attention(self.norm(x), past, mask)

    def look_up(self, x: Float[Array, "B S d"], memory: KeyValues, mask: Bool[Array, "B 1 T"]) -> Float[Array, "B S d"]:
        """The attention over the terms and the perceptron, with their residuals."""
        x = x + self.cross_attention(self.cross_norm(x), memory, mask)
        return self.feed_forward(x)
