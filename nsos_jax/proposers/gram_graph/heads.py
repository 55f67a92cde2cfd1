"""What the Gram-graph Transformer can say besides membership: small networks on its last nodes.

They listen and do not steer: no gradient goes from them into the nodes, so that a model with heads orders the
candidates as it would without them. B polynomials, N padded candidates, S sets of candidates, w numbers per node, e per
edge.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float, Float32, Int32


class Reading(NamedTuple):
    """What the model has read of a batch."""

    logits: Float32[Array, "B N"]
    nodes: Float32[Array, "B N w"]
    edges: Float[Array, "B N N e"]
    rows: Int32[Array, "B N N"]
    """The row of the Gram equations of each pair, numbered through the whole batch, below B N (N + 1) / 2."""
    valid: Bool[Array, "B N"]


class CoverHead(nnx.Module):
    """One logit per pair of candidates: is their entry of the Gram matrix different from 0?

    The blocks of a cover are the cliques of such pairs. A pair hears what the others with the same product say, for
    where one of them explains a term, the others need not.
    """

    def __init__(self, width: int, edge_width: int, rngs: nnx.Rngs) -> None:
        self.tell = nnx.Linear(width, edge_width, rngs=rngs)
        self.tell_edge = nnx.Linear(edge_width, edge_width, use_bias=False, rngs=rngs)
        self.hear = nnx.Linear(2 * edge_width, edge_width, rngs=rngs)
        self.out = nnx.Linear(edge_width, 1, rngs=rngs)

    def __call__(self, reading: Reading) -> Float32[Array, "B N N"]:
        """The logits, symmetric."""
        _, nodes, edges, rows, valid = jax.lax.stop_gradient(reading)
        batch, size = valid.shape
        both = (valid[:, :, None] & valid[:, None, :])[..., None]
        told = self.tell(nodes)
        told = nnx.relu(told[:, :, None] + told[:, None, :] + self.tell_edge(edges.astype(jnp.float32))) * both
        sums = jnp.zeros((batch * (size * (size + 1) // 2), told.shape[-1])).at[rows].add(told)
        return self.out(nnx.relu(self.hear(jnp.concatenate([told, sums[rows]], axis=-1))))[..., 0]


class MarginHead(nnx.Module):
    """One logit per set of candidates: is the margin on it at least 0, so that p is a sum of squares there?

    It compares what the set holds with what it leaves out, beginning from the chance that nothing left out is needed.
    """

    def __init__(self, width: int, rngs: nnx.Rngs) -> None:
        self.own = nnx.Linear(width, width, rngs=rngs)
        self.widen = nnx.Linear(2 * width + 3, width, rngs=rngs)
        self.narrow = nnx.Linear(width, 1, rngs=rngs)

    def __call__(self, reading: Reading, sets: Bool[Array, "B S N"]) -> Float32[Array, "B S"]:
        """The logits of the sets."""
        logits, nodes, _, _, valid = jax.lax.stop_gradient(reading)
        own = nnx.gelu(self.own(nodes))
        sets = sets & valid[:, None]
        others = valid[:, None] & ~sets
        means = [
            jnp.einsum("bsn,bnw->bsw", part.astype(jnp.float32), own) / jnp.maximum(part.sum(-1), 1)[..., None]
            for part in (sets, others)
        ]
        left_out = jnp.where(others, logits[:, None], -jnp.inf)
        needed = jax.nn.softplus(left_out).sum(-1)
        strongest = jnp.where(others.any(-1), left_out.max(-1), 0.0)
        sizes = jnp.stack([jnp.log1p(others.sum(-1)), jnp.log1p(needed), jnp.tanh(strongest / 4)], axis=-1)
        return self.narrow(nnx.gelu(self.widen(jnp.concatenate([*means, sizes], axis=-1))))[..., 0]


class BoundaryHead(nnx.Module):
    """One logit per polynomial: is its Gram matrix singular on the smallest basis, whichever one is taken?"""

    def __init__(self, width: int, rngs: nnx.Rngs) -> None:
        self.widen = nnx.Linear(2 * width, width, rngs=rngs)
        self.narrow = nnx.Linear(width, 1, rngs=rngs)

    def __call__(self, reading: Reading) -> Float32[Array, " B"]:
        """From the mean and the largest numbers of the candidates, each as far as it is needed."""
        logits, nodes, _, _, valid = jax.lax.stop_gradient(reading)
        shares = jnp.where(valid, jax.nn.sigmoid(logits), 0.0)[..., None]
        mean = (nodes * shares).sum(1) / jnp.maximum(shares.sum(1), 1e-6)
        largest = (nodes * shares).max(1)
        return self.narrow(nnx.gelu(self.widen(jnp.concatenate([mean, largest], axis=-1))))[..., 0]
