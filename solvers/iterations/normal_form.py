"""Problems in the units and free variables that the iterations use, and the maps A and A' between rows and entries."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from nsos_jax.solvers.iterations.psd import one_by_one
from nsos_jax.solvers.packing import Anchor, Data, Start


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Batch:
    """B problems with b over `size`, c over `price`, and free variables e = `inverse`^-1 d / size; see `Data`.

    Attributes:
      rows: row of each Gram entry.
      valid: 1.0 on used diagonal entries, 0.0 on padding.
      rhs: b in these units.
      inverse_counts: 1 / (A A')_rr, one over the number of entries of the row, zero on padding rows.
      free: F in these variables, orthonormal in the metric of `inverse_counts`, F'(A A')^-1 F = I; zero columns for
        variables that the problem does not have.
      cost: c in these variables and units, zero for those.
      interior: moments m0 with F'm0 = -c and M(m0) >= floor I; no interior is known where floor <= 0, as for all before
        `interior.check`.
      anchor: None for margin problems, whose t is -<cost, e>.
      size: of the affine point of minimum norm, |b| in the metric of (A A')^-1; 1 where that is zero.
      price: of the cost, 1 for margin problems.
      inverse: d / size = inverse e.
    """

    rows: Int[Array, "batch bins side side"]
    valid: Float[Array, "batch bins side"]
    rhs: Float[Array, "batch rows"]
    inverse_counts: Float[Array, "batch rows"]
    free: Float[Array, "batch rows variables"]
    cost: Float[Array, "batch variables"]
    interior: Float[Array, "batch rows"]
    floor: Float[Array, " batch"]
    anchor: Anchor | None
    size: Float[Array, " batch"]
    price: Float[Array, " batch"]
    inverse: Float[Array, "batch variables variables"]

    @property
    def is_margin(self) -> bool:
        return self.anchor is None

    @property
    def counts(self) -> Float[Array, "batch rows"]:
        """A A', zero on padding rows."""
        return jnp.where(self.inverse_counts > 0, 1.0 / self.inverse_counts, 0.0)


def row_sums(batch: Batch | Data, matrices: Float[Array, "batch bins side side"]) -> Float[Array, "batch rows"]:
    """A(X): the sum of the entries of each row."""
    count = batch.rhs.shape[-1]

    def one(rows, values):
        return jnp.zeros(count, values.dtype).at[rows].add(values, mode="drop")

    return jax.vmap(one)(batch.rows, matrices)


def spread(batch: Batch, values: Float[Array, "batch rows"]) -> Float[Array, "batch bins side side"]:
    """The adjoint A'(y): every entry takes the value of its row."""
    padded = jnp.pad(values, ((0, 0), (0, 1)))
    return jax.vmap(lambda y, rows: y[rows])(padded, batch.rows)


def normalise(data: Data) -> tuple[Batch, Start | None]:
    """The normal form, and the warm start in its units."""
    inside = (data.rows < data.rhs.shape[-1]).astype(data.rhs.dtype)
    counts = row_sums(data, inside)
    inverse_counts = jnp.where(counts > 0, 1.0 / counts, 0.0)
    valid = jnp.einsum("bkii->bki", inside)
    identity = row_sums(data, inside * jnp.eye(inside.shape[-1]))
    free, triangle, inverse = _orthonormal(identity[..., None] if data.free is None else data.free, counts)
    cost = jnp.einsum("bkj,bk->bj", inverse, data.cost)

    largest = _unit(jnp.abs(data.rhs).max(axis=-1))  # squares alone leave the range of float64
    size = largest * _unit(jnp.sqrt((inverse_counts * (data.rhs / largest[:, None]) ** 2).sum(axis=-1)))
    price = jnp.ones_like(size)
    is_margin = data.anchor is None
    if not is_margin:
        price = _unit(jnp.linalg.norm(cost, axis=-1) * jnp.sqrt((inverse_counts * identity**2).sum(axis=-1)))

    positive = (identity * data.interior).sum(axis=-1)  # the trace of M(m), not so for garbage
    known = (positive > 0) & jnp.isfinite(positive)
    interior = jnp.where(known[:, None], data.interior, identity * inverse_counts)
    trace = jnp.maximum(jnp.abs((identity * interior).sum(axis=-1)), 1e-300)
    interior = interior / (trace if is_margin else jnp.where(known, price, trace))[:, None]

    anchor, start = data.anchor, data.start
    if anchor is not None:
        values = jnp.einsum("bkj,bj->bk", triangle, anchor.free) / size[:, None]
        anchor = Anchor(anchor.slack / size[:, None, None, None], values, anchor.floor / size)
    if start is not None:
        start = Start(start.cone / size[:, None, None, None], start.moments / price[:, None])
    rhs, cost, floor = data.rhs / size[:, None], cost / price[:, None], jnp.zeros_like(size)
    rest = interior, floor, anchor, size, price, inverse
    return Batch(data.rows, valid, rhs, inverse_counts, free, cost, *rest), start


def _unit(size: Float[Array, " batch"]) -> Float[Array, " batch"]:
    return jnp.where((size > 0) & jnp.isfinite(size), size, 1.0)


def _orthonormal(
    free: Float[Array, "batch rows variables"], counts: Float[Array, "batch rows"]
) -> tuple[Array, Array, Array]:
    """F in orthonormal variables e, the triangle with e = triangle d, and its inverse; zero columns stay zero."""
    roots = jnp.sqrt(counts)[..., None]
    scaled = jnp.where(roots > 0, free / jnp.where(roots > 0, roots, 1.0), 0.0)
    if free.shape[-1] == 1:  # as for every margin alone: no factorisation is called for
        length = jnp.sqrt((scaled**2).sum(axis=-2, keepdims=True))
        length = jnp.where(length > 0, length, 1.0)
        return free / length, length, 1.0 / length
    lengths = jnp.sqrt((scaled**2).sum(axis=-2))
    absent, lengths = lengths == 0, jnp.where(lengths > 0, lengths, 1.0)
    columns, triangle = one_by_one(jnp.linalg.qr, scaled / lengths[:, None, :])
    triangle = jnp.where(absent[:, None, :] | absent[:, :, None], jnp.eye(free.shape[-1]), triangle)
    inverse = one_by_one(_inverted, triangle) / lengths[:, :, None]
    return jnp.where(absent[:, None, :], 0.0, columns * roots), triangle * lengths[:, None, :], inverse


def _inverted(triangle: Float[Array, "*batch k k"]) -> Float[Array, "*batch k k"]:
    unit = jnp.broadcast_to(jnp.eye(triangle.shape[-1]), triangle.shape)
    return jax.scipy.linalg.solve_triangular(triangle, unit)
