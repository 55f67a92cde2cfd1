"""The Gram-graph Transformer on a list of edges: the same weights, for graphs that have no room as square arrays.

Sums over the edges of a candidate are sums over segments of the list, taken a chunk at a time, so memory follows the
length of the list and not the square of the number of candidates. On the list of all pairs of up to 256 candidates the
logits are those of `GramGraphTransformer.__call__`. V candidates, P ordered pairs, C chunks of them, L pairs in each.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float, Float32

from nsos_jax.proposers.gram_graph.listing import Listed
from nsos_jax.proposers.gram_graph.model import PADDING_LOGIT, Block, GramGraphTransformer

CHUNK = 1 << 14
"""L: pairs that are looked at together."""
LOWEST = -1e30


class _Edges(NamedTuple):
    """What all blocks see besides the nodes, in chunks."""

    pairs: Listed
    """[C L]."""
    values: Float[Array, "C L edge_width"]
    valid: Bool[Array, " V"]

    def add_up(self, function: Callable[..., Float[Array, "L width"]], width: int) -> Float32[Array, "V width"]:
        """The sums over the pairs of each candidate of function(pairs, values) of each chunk."""

        def step(sums: Array, chunk: tuple[Any, ...]) -> tuple[Array, None]:
            return sums.at[chunk[0].here].add(function(*chunk)), None

        zeros = jnp.zeros((len(self.valid), width), jnp.float32)
        return jax.lax.scan(step, zeros, (self.pairs, self.values))[0]

    def largest(
        self, function: Callable[..., Float[Array, "L width"]], width: int, start: float
    ) -> Float32[Array, "V width"]:
        """The same for the largest, or `start` if that is larger."""

        def step(largest: Array, chunk: tuple[Any, ...]) -> tuple[Array, None]:
            return largest.at[chunk[0].here].max(function(*chunk)), None

        return jax.lax.scan(step, jnp.full((len(self.valid), width), start, jnp.float32), (self.pairs, self.values))[0]

    def mean(self, function: Callable[..., Float[Array, "L width"]], width: int) -> Float32[Array, "V width"]:
        """The same for weighted means."""

        def weighted(pairs: Listed, own: Float[Array, "L e"]) -> Float32[Array, "L width+1"]:
            return jnp.pad(function(pairs, own), ((0, 0), (0, 1)), constant_values=1.0) * pairs.weight[:, None]

        sums = self.add_up(weighted, width + 1)
        return sums[:, :-1] / jnp.maximum(sums[:, -1:], jnp.finfo(jnp.float32).tiny)


def listed_logits(model: GramGraphTransformer, pairs: Listed, valid: Bool[Array, " V"]) -> Float32[Array, " V"]:
    """The logits of one polynomial; `PADDING_LOGIT` where a candidate is padding. P is a multiple of L or below it."""
    chunk = min(len(pairs.here), CHUNK)
    chunked = jax.tree.map(lambda column: column.reshape(-1, chunk, *column.shape[1:]), pairs)
    real = (chunked.weight > 0)[..., None]
    values = nnx.relu(model.edge_out(nnx.relu(model.edge_in(chunked.features)))).astype(jnp.float32) * real
    edges = _Edges(chunked, values, valid)
    width = values.shape[-1]
    diagonal = edges.add_up(lambda pairs, own: own * (pairs.here == pairs.there)[:, None], width)
    mean = edges.mean(lambda _, own: own, width)
    nodes = model.node_in(jnp.concatenate([diagonal, mean], axis=-1))
    block = nnx.graphdef(model.blocks[0])
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *map(nnx.state, model.blocks))

    def step(nodes: Array, weights: nnx.State) -> tuple[Array, None]:
        return _through(nnx.merge(block, weights), nodes, edges), None

    nodes, _ = jax.lax.scan(step, nodes, stacked)
    logits = model.out(model.norm(nodes.astype(jnp.float32)))[..., 0]
    return jnp.where(valid, logits, PADDING_LOGIT)


def _through(block: Block, nodes: Float[Array, "V width"], edges: _Edges) -> Float[Array, "V width"]:
    nodes = nodes + _attend(block, block.attention_norm(nodes), edges)
    nodes = nodes + _exchange(block, block.exchange_norm(nodes), edges)
    return nodes + block.narrow(nnx.gelu(block.widen(block.mlp_norm(nodes))))


def _attend(block: Block, nodes: Float[Array, "V width"], edges: _Edges) -> Float[Array, "V width"]:
    """softmax(q'k + bias) * (1 + gate), applied to the values and to the edges themselves."""
    size, width = nodes.shape
    heads = block.heads
    query_key_value = block.query_key_value(nodes).reshape(size, 3, heads, width // heads).astype(jnp.float32)
    queries, keys, values = jnp.moveaxis(query_key_value, 1, 0)

    def logits(pairs: Listed, own: Float[Array, "L e"]) -> tuple[Float32[Array, "L heads"], Float32[Array, "L heads"]]:
        bias, gate = jnp.split(block.bias_gate(own).astype(jnp.float32), 2, axis=-1)
        products = (queries[pairs.here] * keys[pairs.there]).sum(axis=-1)
        return jnp.where(pairs.weight[:, None] > 0, products * queries.shape[-1] ** -0.5 + bias, LOWEST), 1 + gate

    largest = edges.largest(lambda pairs, own: logits(pairs, own)[0], heads, LOWEST)

    def seen(pairs: Listed, own: Float[Array, "L e"]) -> Float32[Array, "L all"]:
        raw, gate = logits(pairs, own)
        weights = jnp.exp(raw - largest[pairs.here]) * pairs.weight[:, None]
        gated = weights * gate
        of_values, of_edges = gated[..., None] * values[pairs.there], gated[..., None] * own[:, None, :]
        return jnp.concatenate([weights, *(part.reshape(len(own), -1) for part in (of_values, of_edges))], axis=-1)

    sums = edges.add_up(seen, heads + width + heads * edges.values.shape[-1])
    total = jnp.maximum(sums[:, :heads, None], jnp.finfo(jnp.float32).tiny)
    parts = jnp.split(sums[:, heads:], [width], axis=1)
    shares = [(part.reshape(size, heads, -1) / total).reshape(size, -1) for part in parts]
    return block.project(jnp.concatenate(shares, axis=-1).astype(nodes.dtype))


def _exchange(block: Block, nodes: Float[Array, "V width"], edges: _Edges) -> Float[Array, "V width"]:
    """Each pair adds to its row; of what its pairs then know, a candidate hears the mean and the largest."""
    told_nodes = block.tell(nodes)
    width = edges.values.shape[-1]

    def told(pairs: Listed, own: Float[Array, "L e"]) -> Float32[Array, "L e"]:
        both = told_nodes[pairs.here] + told_nodes[pairs.there] + block.tell_edge(own)
        return nnx.relu(both).astype(jnp.float32) * (pairs.weight > 0)[:, None]

    def add(sums: Array, chunk: tuple[Listed, Array]) -> tuple[Array, None]:
        return sums.at[chunk[0].row].add(told(*chunk) * chunk[0].copies[:, None]), None

    rows = jnp.zeros((edges.pairs.here.size, width), jnp.float32)
    sums, _ = jax.lax.scan(add, rows, (edges.pairs, edges.values))

    def heard(pairs: Listed, own: Float[Array, "L e"]) -> Float32[Array, "L e"]:
        known = jnp.concatenate([told(pairs, own), sums[pairs.row]], axis=-1).astype(nodes.dtype)
        return nnx.relu(block.hear(known)).astype(jnp.float32) * (pairs.weight > 0)[:, None]

    mean = edges.mean(heard, width)
    largest = edges.largest(heard, width, 0.0)
    return block.gather(jnp.concatenate([mean, largest], axis=-1).astype(nodes.dtype))
