"""Decoding of the sequence Transformer: beams with a key-value cache, and votes over permutations (paper, section 3.3).

B is the number of polynomials, T terms, n variables, N candidates, W beams, L permutations of the variables, K the
largest number of monomials that may be written. Greedy decoding is the beam of width 1.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float, Float32, Int32, Key

from nsos_jax.proposers.sequence.layers import KeyValues
from nsos_jax.proposers.sequence.model import Context, SequenceTransformer

CPU_CHUNK, ACCELERATOR_CHUNK = 4, 256
"""Sequences decoded at a time: few on a CPU, so that attention scores and memories stay in its caches."""


class Decoded(NamedTuple):
    """The most likely sequences found, best first."""

    chosen: Bool[Array, "B W N"]
    """Which candidates each beam wrote."""
    sequence: Int32[Array, "B W K+1"]
    """Their order; N from EOS on."""
    log_probability: Float32[Array, "B W"]
    """Of the sequence with its EOS; minus infinity for a beam that does not exist (there are fewer sequences)."""


class _Beams(NamedTuple):
    """The state after `step` choices."""

    step: Int32[Array, ""]
    sequence: Int32[Array, "B W K+1"]
    chosen: Bool[Array, "B W N"]
    ended: Bool[Array, "B W"]
    log_probability: Float32[Array, "B W"]
    caches: tuple[KeyValues, ...]
    """Keys and values of the positions so far, for each decoder layer: [B*W, H, K+1, e]."""


@nnx.jit(static_argnames=("size", "beams"))
def decode(
    model: SequenceTransformer,
    exponents: Int32[Array, "B T n"],
    coefficients: Float32[Array, "B T"],
    candidates: Int32[Array, "B N n"],
    valid: Bool[Array, "B N"],
    size: int,
    beams: int = 1,
) -> Decoded:
    """Writes a basis for each polynomial: legal candidates, none twice, until EOS or `size` monomials.

    Args:
      exponents, coefficients, candidates, valid: as for `SequenceTransformer.encode`.
      size: K, static; a sequence of K monomials is ended by force.
      beams: W, static.
    """
    context = model.encode(exponents, coefficients, candidates, valid)
    return _search(model, context, valid, size, beams)


def _search(model: SequenceTransformer, context: Context, valid: Bool[Array, "B N"], size: int, beams: int) -> Decoded:
    batch, count = valid.shape
    heads, _, width = context.memory[0].keys.shape[1:]
    empty = jnp.zeros((batch * beams, heads, size + 1, width), context.vectors.dtype)
    first = jnp.where(jnp.arange(beams) == 0, 0.0, -jnp.inf)
    state = _Beams(
        step=jnp.int32(0),
        sequence=jnp.full((batch, beams, size + 1), count, jnp.int32),
        chosen=jnp.zeros((batch, beams, count), bool),
        # nothing to write for the padding of a batch
        ended=jnp.broadcast_to(~context.terms.any(axis=-1), (batch, beams)),
        log_probability=jnp.broadcast_to(first, (batch, beams)),
        caches=tuple(KeyValues(empty, empty) for _ in context.memory),
    )

    def unfinished(state: _Beams) -> Bool[Array, ""]:
        return (state.step <= size) & ~state.ended.all()

    def extend(state: _Beams) -> _Beams:
        states, caches = _advance(model, context, state)
        legal = valid[:, None, :] & ~state.chosen & (state.step < size)
        scores = jax.nn.log_softmax(model.logits(context, states, legal))
        kept = jnp.where(jnp.arange(count + 1) == count, 0.0, -jnp.inf)
        allowed = jnp.pad(legal, ((0, 0), (0, 0), (0, 1)), constant_values=True)
        scores = jnp.where(state.ended[..., None], kept, jnp.where(allowed, scores, -jnp.inf))
        return _choose(state, caches, state.log_probability[..., None] + scores)

    final = jax.lax.while_loop(unfinished, extend, state)
    exists = jnp.isfinite(final.log_probability)[..., None]
    return Decoded(final.chosen & exists, jnp.where(exists, final.sequence, count), final.log_probability)


def _advance(
    model: SequenceTransformer, context: Context, state: _Beams
) -> tuple[Float[Array, "B W d"], tuple[KeyValues, ...]]:
    """The states after the last choice, and the caches with it: one position of `SequenceTransformer.__call__`.

    The beams of a polynomial are positions of one attention over its terms, so the memory is not repeated for them.
    """
    batch, beams, length = state.sequence.shape
    last = jax.lax.dynamic_index_in_dim(state.sequence, jnp.maximum(state.step - 1, 0), axis=2, keepdims=False)
    x = jnp.take_along_axis(context.vectors, last[..., None], axis=1)
    mask = (jnp.arange(length) <= state.step)[None, None]
    caches = []
    for layer, memory, cache in zip(model.decoder, context.memory, state.caches, strict=True):
        alone = x.reshape(batch * beams, 1, -1)
        new = layer.past(alone)
        keys, values = (
            jax.lax.dynamic_update_slice_in_dim(old, one, state.step, axis=2)
            for old, one in zip(cache, new, strict=True)
        )
        caches.append(KeyValues(keys, values))
        x = layer.look_up(layer.look_back(alone, caches[-1], mask).reshape(x.shape), memory, context.terms)
    return model.decoder_norm(x), tuple(caches)


def _choose(state: _Beams, caches: tuple[KeyValues, ...], scores: Float32[Array, "B W N+1"]) -> _Beams:
    """The best W of all extensions of W beams."""
    batch, beams, options = scores.shape
    best, index = jax.lax.top_k(scores.reshape(batch, -1), beams)
    parent, choice = index // options, index % options

    def inherit(values: Array) -> Array:
        return jnp.take_along_axis(values, parent.reshape(batch, beams, *[1] * (values.ndim - 2)), axis=1)

    def inherit_cache(values: Array) -> Array:
        return inherit(values.reshape(batch, beams, *values.shape[1:])).reshape(values.shape) if beams > 1 else values

    sequence = jax.lax.dynamic_update_index_in_dim(inherit(state.sequence), choice, state.step, axis=2)
    return _Beams(
        step=state.step + 1,
        sequence=sequence,
        chosen=inherit(state.chosen) | jax.nn.one_hot(choice, options - 1, dtype=bool),
        ended=inherit(state.ended) | (choice == options - 1) | jnp.isneginf(best),
        log_probability=best,
        caches=jax.tree.map(inherit_cache, caches),
    )


@partial(jax.jit, static_argnames="count")
def draw_permutations(key: Key[Array, ""], exponents: Int32[Array, "B T n"], count: int) -> Int32[Array, "L B n"]:
    """Permutations of the variables of each polynomial: first the identity, then `count` - 1 random ones.

    Variables beyond the last that occurs stay in place. All polynomials of a batch share the draw (those with as many
    variables get the same permutations), and padding with variables does not change it.
    """
    n = exponents.shape[-1]
    used = jnp.flip(jnp.cumsum(jnp.flip(exponents.any(axis=1), axis=-1), axis=-1), axis=-1) > 0

    def place(permutation: Int32[Array, ""], variable: Int32[Array, ""]) -> Float32[Array, ""]:
        return jax.random.uniform(jax.random.fold_in(jax.random.fold_in(key, permutation), variable))

    places = jax.vmap(jax.vmap(place, (None, 0)), (0, None))(jnp.arange(count), jnp.arange(n))[:, None, :]
    moved = used & (jnp.arange(count) > 0)[:, None, None]
    return jnp.argsort(jnp.where(moved, places, 1.0 + jnp.arange(n)), axis=-1).astype(jnp.int32)


class Votes(NamedTuple):
    """What L decoded permutations say of the candidates."""

    scores: Float32[Array, "B N"]
    """The share of the permutations whose basis holds the candidate."""
    basis: Bool[Array, "B N"]
    """The basis decoded without a permutation."""


@nnx.jit(static_argnames=("permutations", "size", "beams", "chunk"))
def votes(
    model: SequenceTransformer,
    exponents: Int32[Array, "B T n"],
    coefficients: Float32[Array, "B T"],
    candidates: Int32[Array, "B N n"],
    valid: Bool[Array, "B N"],
    key: Key[Array, ""],
    permutations: int,
    size: int,
    beams: int = 1,
    chunk: int | None = None,
) -> Votes:
    """Decodes each polynomial under L = `permutations` orders of its variables; the first is the given order.

    The model is not equivariant under permutations of the variables, so the frequency of a monomial in the decoded
    bases ranks the candidates (paper, section 3.3). A permutation moves the columns of the terms and candidates; the
    rows, and so the votes, stay where they are.

    Args:
      exponents, coefficients, candidates, valid: as for `SequenceTransformer.encode`.
      permutations, size, beams: L, K and W, static; the best beam votes.
      chunk: sequences decoded at a time, static; by default `CPU_CHUNK` or `ACCELERATOR_CHUNK`.
    """
    batch = len(valid)
    orders = draw_permutations(key, exponents, permutations)
    total = permutations * batch
    if chunk is None:
        chunk = CPU_CHUNK if jax.default_backend() == "cpu" else ACCELERATOR_CHUNK
    chunk = min(chunk, total)
    index = jnp.arange(-(-total // chunk) * chunk) % total

    def some(index: Int32[Array, " C"]) -> Bool[Array, "C N"]:
        padding = jnp.zeros((chunk, valid.shape[1]), bool)
        return jax.lax.cond((coefficients[index % batch] != 0).any(), written, lambda _: padding, index)

    def written(index: Int32[Array, " C"]) -> Bool[Array, "C N"]:
        which = index % batch
        columns = orders[index // batch, which][:, None, :]
        terms = jnp.take_along_axis(exponents[which], columns, axis=-1)
        monomials = jnp.take_along_axis(candidates[which], columns, axis=-1)
        context = model.encode(terms, coefficients[which], monomials, valid[which])
        return _search(model, context, valid[which], size, beams).chosen[:, 0]

    chosen = jax.lax.map(some, index.reshape(-1, chunk)).reshape(len(index), -1)[:total]
    chosen = chosen.reshape(permutations, batch, -1)
    return Votes(chosen.mean(axis=0, dtype=jnp.float32), chosen[0])
