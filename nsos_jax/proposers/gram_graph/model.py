"""The Gram-graph Transformer: which candidate monomials does a basis need?

Nodes are the candidates of `gram_features`, edges carry what p says about the product of two candidates, and edges with
the same product form a row of the Gram equations. Nothing else is known of a monomial, so the answer does not depend on
names of variables, and permuting the candidates permutes it; one model serves all numbers of variables and degrees.
B polynomials, N padded candidates, F edge features.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float, Float32, Int32

from nsos_jax.proposers.candidates import NUM_FEATURES, Pairs
from nsos_jax.proposers.gram_graph.heads import BoundaryHead, CoverHead, MarginHead, Reading

PADDING_LOGIT = -1e9
HEADS = ("cover", "margin", "boundary")
"""Fields of the configuration that add heads. A training that adds some may start from weights without them."""


@dataclass(frozen=True)
class GramGraphConfig:
    """Sizes of the model; the defaults have about 0.2 million parameters."""

    layers: int = 4
    width: int = 64
    """Numbers per node; a multiple of `heads`."""
    heads: int = 8
    edge_width: int = 16
    """Numbers per edge, shared by all layers."""
    mlp_ratio: int = 4
    """Hidden width of the node networks over `width`."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Of the computation; parameters, softmax and logits are float32."""
    cover: bool = False
    """Whether it has a `CoverHead`."""
    margin: bool = False
    """Whether it has a `MarginHead`."""
    boundary: bool = False
    """Whether it has a `BoundaryHead`."""

    def __post_init__(self) -> None:
        for name in ("layers", "width", "heads", "edge_width", "mlp_ratio"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.width % self.heads:
            raise ValueError(f"width must be a multiple of heads = {self.heads}, got {self.width}")
        if self.dtype not in ("float32", "bfloat16"):
            raise ValueError(f'dtype must be "float32" or "bfloat16", got {self.dtype!r}')


class GramGraphTransformer(nnx.Module):
    """One logit per candidate: is it in the basis?

    A node starts from the embedding of its diagonal edge and the mean over its edges. Each block is a pre-norm
    Transformer block whose attention logits get a bias, and whose weights a factor, per head from the edge, and then an
    exchange along the rows: what the pairs of a row say is added up and told to the candidates of each pair. So a term
    that only one pair can explain speaks for both, and one that others explain does not.

    Attributes:
      cover, margin, boundary: heads, None where the configuration has none.
    """

    def __init__(self, config: GramGraphConfig, rngs: nnx.Rngs) -> None:
        self.config = config
        width, edge_width, dtype = config.width, config.edge_width, jnp.dtype(config.dtype)
        self.edge_in = nnx.Linear(NUM_FEATURES, edge_width, dtype=dtype, rngs=rngs)
        self.edge_out = nnx.Linear(edge_width, edge_width, dtype=dtype, rngs=rngs)
        self.node_in = nnx.Linear(2 * edge_width, width, dtype=dtype, rngs=rngs)
        self.blocks = nnx.List([Block(config, rngs) for _ in range(config.layers)])
        self.norm = nnx.LayerNorm(width, rngs=rngs)
        self.out = nnx.Linear(width, 1, rngs=rngs)
        self.cover = CoverHead(width, edge_width, rngs) if config.cover else None
        self.margin = MarginHead(width, rngs) if config.margin else None
        self.boundary = BoundaryHead(width, rngs) if config.boundary else None

    def __call__(self, pairs: Pairs, valid: Bool[Array, "B N"]) -> Float32[Array, "B N"]:
        """The logits; `PADDING_LOGIT` where a candidate is padding. Both fields of `pairs` have a leading axis B.

        >>> model = GramGraphTransformer(GramGraphConfig(layers=1, width=8, heads=2, edge_width=4), nnx.Rngs(0))
        >>> pairs = Pairs(jnp.zeros((2, 3, 3, NUM_FEATURES)), jnp.zeros((2, 3, 3), jnp.int32))
        >>> nnx.jit(model)(pairs, jnp.ones((2, 3), bool)).shape
        (2, 3)
        """
        return self.read(pairs, valid).logits

    def read(self, pairs: Pairs, valid: Bool[Array, "B N"]) -> Reading:
        """The logits, and what the heads want to see."""
        batch, size = valid.shape
        both = (valid[:, :, None] & valid[:, None, :])[..., None]
        edges = nnx.relu(self.edge_out(nnx.relu(self.edge_in(pairs.features)))) * both
        rows = (jnp.arange(batch) * _row_count(size))[:, None, None] + pairs.products
        graph = _Graph(edges, rows, both, valid)
        diagonal = jnp.diagonal(edges, axis1=1, axis2=2).swapaxes(1, 2)
        nodes = self.node_in(jnp.concatenate([diagonal, graph.mean(edges)], axis=-1))
        for block in self.blocks:
            nodes = block(nodes, graph)
        nodes = self.norm(nodes.astype(jnp.float32))
        return Reading(jnp.where(valid, self.out(nodes)[..., 0], PADDING_LOGIT), nodes, edges, rows, valid)


class _Graph(NamedTuple):
    """What all blocks see besides the nodes."""

    edges: Float[Array, "B N N edge_width"]
    rows: Int32[Array, "B N N"]
    """The row of each pair, numbered through the whole batch."""
    both: Bool[Array, "B N N 1"]
    """Whether both candidates of a pair are valid."""
    valid: Bool[Array, "B N"]

    def mean(self, values: Float[Array, "B N N width"]) -> Float[Array, "B N width"]:
        """The mean over the pairs of each candidate, of values that are zero on padding."""
        return values.sum(axis=2) / jnp.maximum(self.valid.sum(axis=1), 1)[:, None, None].astype(values.dtype)


def _row_count(size: int) -> int:
    """The largest number of rows among so many candidates."""
    return size * (size + 1) // 2


class Block(nnx.Module):
    """Attention over all candidates, the exchange along the rows, and a perceptron. `listed` has it for lists."""

    def __init__(self, config: GramGraphConfig, rngs: nnx.Rngs) -> None:
        width, heads, dtype = config.width, config.heads, jnp.dtype(config.dtype)
        self.heads = heads
        self.attention_norm = nnx.LayerNorm(width, dtype=dtype, rngs=rngs)
        self.query_key_value = nnx.Linear(width, 3 * width, dtype=dtype, rngs=rngs)
        self.bias_gate = nnx.Linear(config.edge_width, 2 * heads, dtype=dtype, rngs=rngs)
        self.project = nnx.Linear(width + heads * config.edge_width, width, dtype=dtype, rngs=rngs)
        self.exchange_norm = nnx.LayerNorm(width, dtype=dtype, rngs=rngs)
        self.tell = nnx.Linear(width, config.edge_width, dtype=dtype, rngs=rngs)
        self.tell_edge = nnx.Linear(config.edge_width, config.edge_width, use_bias=False, dtype=dtype, rngs=rngs)
        self.hear = nnx.Linear(2 * config.edge_width, config.edge_width, dtype=dtype, rngs=rngs)
        self.gather = nnx.Linear(2 * config.edge_width, width, dtype=dtype, rngs=rngs)
        self.mlp_norm = nnx.LayerNorm(width, dtype=dtype, rngs=rngs)
        self.widen = nnx.Linear(width, config.mlp_ratio * width, dtype=dtype, rngs=rngs)
        self.narrow = nnx.Linear(config.mlp_ratio * width, width, dtype=dtype, rngs=rngs)

    def __call__(self, nodes: Float[Array, "B N width"], graph: _Graph) -> Float[Array, "B N width"]:
        nodes = nodes + self._attend(self.attention_norm(nodes), graph)
        nodes = nodes + self._exchange(self.exchange_norm(nodes), graph)
        return nodes + self.narrow(nnx.gelu(self.widen(self.mlp_norm(nodes))))

    def _attend(self, nodes: Float[Array, "B N width"], graph: _Graph) -> Float[Array, "B N width"]:
        """softmax(q'k + bias) * (1 + gate), applied to the values and to the edges themselves."""
        batch, size, width = nodes.shape
        heads = (batch, size, 3, self.heads, width // self.heads)
        queries, keys, values = jnp.moveaxis(self.query_key_value(nodes).reshape(heads), 2, 0)
        bias, gate = jnp.split(self.bias_gate(graph.edges).transpose(0, 3, 1, 2), 2, axis=1)
        logits = jnp.einsum("bihd,bjhd->bhij", queries, keys) * queries.shape[-1] ** -0.5 + bias
        logits = jnp.where(graph.valid[:, None, None, :], logits.astype(jnp.float32), PADDING_LOGIT)
        weights = jax.nn.softmax(logits, axis=-1).astype(nodes.dtype) * (1 + gate)
        seen = jnp.einsum("bhij,bjhd->bihd", weights, values).reshape(batch, size, -1)
        seen_edges = jnp.einsum("bhij,bije->bihe", weights, graph.edges).reshape(batch, size, -1)
        return self.project(jnp.concatenate([seen, seen_edges], axis=-1))

    def _exchange(self, nodes: Float[Array, "B N width"], graph: _Graph) -> Float[Array, "B N width"]:
        """Each pair adds to its row; of what its pairs then know, a candidate hears the mean and the largest."""
        batch, size, _ = nodes.shape
        told = self.tell(nodes)
        told = nnx.relu(told[:, :, None] + told[:, None, :] + self.tell_edge(graph.edges)) * graph.both
        sums = jnp.zeros((batch * _row_count(size), told.shape[-1]), told.dtype).at[graph.rows].add(told)
        heard = nnx.relu(self.hear(jnp.concatenate([told, sums[graph.rows]], axis=-1))) * graph.both
        return self.gather(jnp.concatenate([graph.mean(heard), heard.max(axis=2)], axis=-1))
