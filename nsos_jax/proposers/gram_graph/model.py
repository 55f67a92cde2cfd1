"""The Gram-graph Transformer: which candidate monomials does a basis need, and which of them share a block?

Nodes are the candidates, edges the pairs of `gram_graph.pairs`, which carry what p says about the product of two
candidates; edges with the same product form a row of the Gram equations. Nothing else is known of a monomial, so the
answer does not depend on names of variables, and permuting the candidates permutes it; one model serves all numbers of
variables and degrees. Time and memory follow the number of edges. B polynomials, N padded candidates, P padded pairs.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float, Float32, Int32

from nsos_jax.proposers.gram_graph.pairs import NUM_FEATURES, Pairs

PADDING_LOGIT = -1e9
LARGEST_LOGIT = 10.0
"""Of attention, in absolute value: so that no softmax overflows without a maximum over the edges of each node."""


@dataclass(frozen=True)
class GramGraphConfig:
    """Sizes of the model; the defaults have about 0.3 million parameters."""

    layers: int = 6
    width: int = 64
    """Numbers per node; a multiple of `heads`."""
    heads: int = 8
    edge_width: int = 32
    """Numbers per edge."""
    mlp_ratio: int = 2
    """Hidden width of the networks over `width` and over `edge_width`."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Of the computation; parameters, sums over edges and logits are float32."""

    def __post_init__(self) -> None:
        for name in ("layers", "width", "heads", "edge_width", "mlp_ratio"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.width % self.heads:
            raise ValueError(f"width must be a multiple of heads = {self.heads}, got {self.width}")
        if self.dtype not in ("float32", "bfloat16"):
            raise ValueError(f'dtype must be "float32" or "bfloat16", got {self.dtype!r}')


class Logits(NamedTuple):
    """What the model answers; `PADDING_LOGIT` on padding."""

    members: Float32[Array, "B N"]
    """Is this candidate in the basis?"""
    entries: Float32[Array, "B P"]
    """Is the entry of the Gram matrix for this pair needed? Those that are join candidates to blocks."""


class GramGraphTransformer(nnx.Module):
    """A logit for each candidate and for each pair. The weights of the blocks are stacked: one is compiled for all.

    A node starts from the embedding of its diagonal edge, the mean over its edges, and their number. Each block first
    exchanges along the rows: what a pair and its two candidates say is added up over its row, and each pair hears what
    the others of its row say. So a term that only one pair can explain speaks for both, and one that others explain
    does not. Then each node attends to its neighbours and the edges between: pre-norm Transformer attention whose
    logits get a bias, and whose weights a factor, per head from the edge.
    """

    def __init__(self, config: GramGraphConfig, rngs: nnx.Rngs) -> None:
        self.config = config
        width, edge_width, dtype = config.width, config.edge_width, jnp.dtype(config.dtype)
        self.edge_in = nnx.Linear(NUM_FEATURES, edge_width, dtype=dtype, rngs=rngs)
        self.edge_out = nnx.Linear(edge_width, edge_width, dtype=dtype, rngs=rngs)
        self.node_in = nnx.Linear(2 * edge_width + 1, width, dtype=dtype, rngs=rngs)
        self.blocks = _make_blocks(config, rngs.fork(split=config.layers))
        self.exchange = _Exchange(config, rngs)
        self.norm = nnx.LayerNorm(width, rngs=rngs)
        self.out = nnx.Linear(width, 1, rngs=rngs)
        self.edge_norm = nnx.LayerNorm(edge_width, rngs=rngs)
        self.entry = nnx.Linear(edge_width, 1, rngs=rngs)

    def __call__(self, pairs: Pairs, valid: Bool[Array, "B N"]) -> Logits:
        """The logits. The fields of `pairs` have a leading axis B.

        >>> model = GramGraphTransformer(GramGraphConfig(layers=1, width=8, heads=2, edge_width=4), nnx.Rngs(0))
        >>> none = jnp.zeros((2, 5), jnp.int32)
        >>> pairs = Pairs(none, none, none, jnp.zeros((2, 5, NUM_FEATURES)), none == 0)
        >>> logits = nnx.jit(model)(pairs, jnp.ones((2, 3), bool))
        >>> logits.members.shape, logits.entries.shape
        ((2, 3), (2, 5))
        """
        graph = _Graph.build(pairs, valid.size, valid.shape[1])
        edges = self.edge_out(nnx.relu(self.edge_in(pairs.features.reshape(len(graph.left), -1))))
        edges = nnx.relu(edges) * graph.valid
        ends = graph.sum_to_nodes(jnp.concatenate([edges, graph.valid.astype(edges.dtype)], axis=1))
        degree = ends[:, -1:]
        diagonal = jax.ops.segment_sum(edges * (graph.left == graph.right)[:, None], graph.left, valid.size)
        mean = ends[:, :-1] / jnp.maximum(degree, 1.0)
        nodes = self.node_in(jnp.concatenate([diagonal, mean, jnp.log1p(degree)], axis=1))
        block, weights = nnx.split(self.blocks)

        def step(state: tuple[Array, Array], own: nnx.State) -> tuple[tuple[Array, Array], None]:
            return nnx.merge(block, own)(*state, graph), None

        (nodes, edges), _ = jax.lax.scan(step, (nodes, edges.astype(nodes.dtype)), weights)
        edges = self.exchange(nodes, edges, graph)
        members = self.out(self.norm(nodes.astype(jnp.float32))).reshape(valid.shape)
        entries = self.entry(self.edge_norm(edges.astype(jnp.float32))).reshape(pairs.valid.shape)
        return Logits(jnp.where(valid, members, PADDING_LOGIT), jnp.where(pairs.valid, entries, PADDING_LOGIT))


class _Graph(NamedTuple):
    """The pairs of the whole batch, E = B P of them, as edges of one graph with V = B N nodes."""

    left: Int32[Array, " E"]
    right: Int32[Array, " E"]
    row: Int32[Array, " E"]
    valid: Bool[Array, "E 1"]
    twice: Bool[Array, "E 1"]
    """Whether the edge is no loop, and so is seen from both ends."""
    size: int
    """V."""

    @classmethod
    def build(cls, pairs: Pairs, size: int, nodes: int) -> "_Graph":
        batch, edges = pairs.left.shape
        item = jnp.arange(batch, dtype=jnp.int32)[:, None]
        left, right = ((side + nodes * item).ravel() for side in (pairs.left, pairs.right))
        valid = pairs.valid.ravel()
        row = (pairs.row + edges * item).ravel()
        return cls(left, right, row, valid[:, None], (valid & (left != right))[:, None], size)

    def sum_to_nodes(self, values: Float[Array, "E width"]) -> Float32[Array, "V width"]:
        """Sums over the edges of each node, of values that are zero on padding."""
        return self.sum_sides(values, values)

    def sum_sides(
        self, to_left: Float[Array, "E width"], to_right: Float[Array, "E width"]
    ) -> Float32[Array, "V width"]:
        """The same of other values for the left and the right end."""
        sums = jax.ops.segment_sum(to_left.astype(jnp.float32), self.left, self.size)
        others = jnp.where(self.twice, to_right.astype(jnp.float32), 0.0)
        return sums + jax.ops.segment_sum(others, self.right, self.size)


class _Exchange(nnx.Module):
    """Edges learn what the other pairs of their row say."""

    def __init__(self, config: GramGraphConfig, rngs: nnx.Rngs) -> None:
        width, edge_width, dtype = config.width, config.edge_width, jnp.dtype(config.dtype)
        self.node_norm = nnx.LayerNorm(width, dtype=dtype, rngs=rngs)
        self.edge_norm = nnx.LayerNorm(edge_width, dtype=dtype, rngs=rngs)
        self.tell = nnx.Linear(width, edge_width, use_bias=False, dtype=dtype, rngs=rngs)
        self.tell_edge = nnx.Linear(edge_width, edge_width, dtype=dtype, rngs=rngs)
        self.hear = nnx.Linear(3 * edge_width, config.mlp_ratio * edge_width, dtype=dtype, rngs=rngs)
        self.write = nnx.Linear(config.mlp_ratio * edge_width, edge_width, dtype=dtype, rngs=rngs)

    def __call__(
        self, nodes: Float[Array, "V width"], edges: Float[Array, "E edge_width"], graph: _Graph
    ) -> Float[Array, "E edge_width"]:
        told_nodes, known = self.tell(self.node_norm(nodes)), self.edge_norm(edges)
        told = nnx.relu(told_nodes[graph.left] + told_nodes[graph.right] + self.tell_edge(known)) * graph.valid
        sums = jax.ops.segment_sum(told.astype(jnp.float32), graph.row, len(told))
        others = jnp.log1p(jnp.maximum(sums[graph.row] - told, 0.0)).astype(told.dtype)
        heard = nnx.gelu(self.hear(jnp.concatenate([known, told, others], axis=1)))
        return edges + self.write(heard) * graph.valid


class _Block(nnx.Module):
    def __init__(self, config: GramGraphConfig, rngs: nnx.Rngs) -> None:
        width, dtype = config.width, jnp.dtype(config.dtype)
        self.heads = config.heads
        self.exchange = _Exchange(config, rngs)
        self.node_norm = nnx.LayerNorm(width, dtype=dtype, rngs=rngs)
        self.edge_norm = nnx.LayerNorm(config.edge_width, dtype=dtype, rngs=rngs)
        self.query_key_value = nnx.Linear(width, 3 * width, dtype=dtype, rngs=rngs)
        self.edge_value = nnx.Linear(config.edge_width, width, use_bias=False, dtype=dtype, rngs=rngs)
        self.bias_gate = nnx.Linear(config.edge_width, 2 * config.heads, dtype=dtype, rngs=rngs)
        self.project = nnx.Linear(width, width, dtype=dtype, rngs=rngs)
        self.mlp_norm = nnx.LayerNorm(width, dtype=dtype, rngs=rngs)
        self.widen = nnx.Linear(width, config.mlp_ratio * width, dtype=dtype, rngs=rngs)
        self.narrow = nnx.Linear(config.mlp_ratio * width, width, dtype=dtype, rngs=rngs)

    def __call__(
        self, nodes: Float[Array, "V width"], edges: Float[Array, "E edge_width"], graph: _Graph
    ) -> tuple[Float[Array, "V width"], Float[Array, "E edge_width"]]:
        edges = self.exchange(nodes, edges, graph)
        nodes = nodes + self._attend(self.node_norm(nodes), self.edge_norm(edges), graph)
        return nodes + self.narrow(nnx.gelu(self.widen(self.mlp_norm(nodes)))), edges

    def _attend(
        self, nodes: Float[Array, "V width"], edges: Float[Array, "E edge_width"], graph: _Graph
    ) -> Float[Array, "V width"]:
        """softmax(q'k + bias) * (1 + gate) over the edges of each node, applied to the values of neighbour and edge."""
        queries, keys, values = jnp.split(self.query_key_value(nodes), 3, axis=1)
        bias, gate = jnp.split(self.bias_gate(edges), 2, axis=1)
        own = self.edge_value(edges)

        def seen(here: Int32[Array, " E"], there: Int32[Array, " E"]) -> Float32[Array, "E heads+width"]:
            """For each edge the weights of its end `here`, and with these the values of the other end."""
            products = (queries[here] * keys[there]).reshape(len(here), self.heads, -1)
            logits = products.sum(axis=2).astype(jnp.float32) * products.shape[2] ** -0.5 + bias
            weights = jnp.exp(LARGEST_LOGIT * jnp.tanh(logits / LARGEST_LOGIT)) * graph.valid
            values_there = (values[there] + own).reshape(products.shape)
            factors = (weights * (1 + gate))[:, :, None]
            return jnp.concatenate([weights, (factors * values_there).reshape(len(here), -1)], axis=1)

        sums = graph.sum_sides(seen(graph.left, graph.right), seen(graph.right, graph.left))
        weights, total = sums[:, : self.heads], sums[:, self.heads :].reshape(graph.size, self.heads, -1)
        mean = total / jnp.maximum(weights, 1e-20)[:, :, None]
        return self.project(mean.reshape(graph.size, -1).astype(nodes.dtype))


@nnx.vmap(in_axes=(None, 0))
def _make_blocks(config: GramGraphConfig, rngs: nnx.Rngs) -> _Block:
    """As many as there are keys."""
    return _Block(config, rngs)
