"""The moment side of a conic form in matrices, as solvers of conic programs take it.

    min a'L + T u  s.t.  B'L = -c,  <A(J), L> + u = mu,  u >= 0,  M(L) = A'(L) in the dual cone

is the dual of  max c'w + mu t  s.t.  a + B w = A(Q),  Q - t J in the cone,  t <= T;  without a margin there is no t, no
u. Its variables are the rows of the program, far fewer than the entries of the Gram matrices, which come back as
multipliers. Here both are

    min q'x  s.t.  b - A x in K        and        max -b'z  s.t.  A'z = -q,  z in K*

with K a product of {0}, nonnegative numbers, second-order cones of size 3, and triangles of psd matrices, in this
order.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float

from nsos_jax.programs.backends.cones import Parts
from nsos_jax.programs.backends.point import Point, PointStatus
from nsos_jax.programs.equations import ConicForm
from nsos_jax.proofs import from_triangle, triangle


class UnfitBackend(ValueError):
    """The backend that was asked for does not solve programs of these cones."""


@dataclass(frozen=True, eq=False)
class ConeProblem:
    """See the module.

    Attributes:
      form: where it comes from.
      margin_limit: T, or None where there are no t and u.
      parts: of the cone of each block.
      cost: q, [variables].
      matrix: A, sparse [rows, variables].
      rhs: b, [rows].
      zeros, nonnegative, second_order, psd: the cones K: how many zeros, nonnegative numbers, second-order cones, and
        the sides of the matrices.
    """

    form: ConicForm
    margin_limit: float | None
    parts: list[Parts]
    cost: Float[np.ndarray, " variables"]
    matrix: sp.csc_matrix
    rhs: Float[np.ndarray, " rows"]
    zeros: int
    nonnegative: int
    second_order: int
    psd: list[int]

    @staticmethod
    def of(form: ConicForm, margin_limit: float | None) -> "ConeProblem":
        """For the objective of a form or, with `margin_limit` T, for the largest margin t <= T without it."""
        rows, width = form.free.shape
        extra = margin_limit is not None
        variables = rows + extra
        shifts = form.basis_shifts
        parts = [Parts.of(block.cone, block.side, d) for block, d in zip(form.blocks, shifts, strict=True)]
        sizes = np.array([side * (side + 1) // 2 for side in form.sides], np.int64)
        starts = np.cumsum(sizes) - sizes
        adjoint = -sp.csr_matrix(_adjoint(form, starts, int(sizes.sum()), variables))
        linear = _block_diagonal([part.linear for part in parts], starts, int(sizes.sum())) @ adjoint
        second_order = _block_diagonal([part.second_order for part in parts], starts, int(sizes.sum())) @ adjoint
        whole = [np.arange(at, at + size) for at, size, part in zip(starts, sizes, parts, strict=True) if part.psd]
        psd = adjoint[np.concatenate([np.zeros(0, np.int64), *whole])]
        zero = [sp.hstack([form.free.T, sp.csc_matrix((width, 1))]) if extra else form.free.T]
        limit = []
        if extra:
            identity = form.apply([np.eye(side) for side in form.sides])
            zero.append(sp.csc_matrix(np.append(identity, 1.0)[None]))
            limit.append(sp.csc_matrix((-np.ones(1), ([0], [rows])), shape=(1, variables)))
        matrix = sp.csc_matrix(sp.vstack([*zero, *limit, linear, second_order, psd]))
        rhs = np.zeros(matrix.shape[0])
        rhs[:width] = 0.0 if extra else -form.cost
        if extra:
            rhs[width] = 1.0
        return ConeProblem(
            form,
            margin_limit,
            parts,
            form.rhs if margin_limit is None else np.append(form.rhs, margin_limit),
            matrix,
            rhs,
            width + extra,
            extra + linear.shape[0],
            second_order.shape[0] // 3,
            [block.side for block, part in zip(form.blocks, parts, strict=True) if part.psd],
        )

    @property
    def with_margin(self) -> bool:
        """Whether the margin is maximised, not the objective."""
        return self.margin_limit is not None

    @property
    def is_linear(self) -> bool:
        """Whether there are no cones but zeros and nonnegative numbers."""
        return not self.second_order and not self.psd

    def point(self, status: PointStatus, x: np.ndarray, z: np.ndarray, seconds: float, iterations: int) -> Point:
        """The point of the form that x and its multipliers z are."""
        form = self.form
        rows, width = form.free.shape
        margin = -float(z[width]) if self.with_margin else 0.0
        linear = self.zeros + self.with_margin
        second_order = self.zeros + self.nonnegative
        psd = second_order + 3 * self.second_order
        grams = []
        for part, side in zip(self.parts, form.sides, strict=True):
            counts = part.linear.shape[0], part.second_order.shape[0], part.linear.shape[1] if part.psd else 0
            entries = np.zeros(side * (side + 1) // 2)
            if counts[0]:
                entries += part.linear.T @ z[linear : linear + counts[0]]
            if counts[1]:
                entries += part.second_order.T @ z[second_order : second_order + counts[1]]
            if part.psd:
                entries += z[psd : psd + counts[2]]
            linear, second_order, psd = linear + counts[0], second_order + counts[1], psd + counts[2]
            grams.append(from_triangle(entries, side) + margin * np.eye(side))
        free = z[:width].copy()
        value = margin if self.with_margin else float(form.cost @ free)
        return Point(status, free, grams, x[:rows].copy(), value, margin, seconds, iterations)


def triangle_of_moments(maps: np.ndarray, weights: np.ndarray, variables: int) -> sp.csr_matrix:
    """L -> the triangle of M(L)."""
    row, column = triangle(maps.shape[1])
    at = np.arange(len(row))
    factor = np.where(row == column, 1.0, np.sqrt(2.0))
    entries = np.concatenate([weight[row, column] * factor for weight in weights])
    targets = np.concatenate([rows[row, column] for rows in maps])
    return sp.csr_matrix((entries, (np.tile(at, len(maps)), targets)), shape=(len(row), variables))


def _adjoint(form: ConicForm, starts: np.ndarray, size: int, variables: int) -> sp.coo_matrix:
    """L -> the triangles of all blocks of M(L), one below the other."""
    rows, columns, entries = [], [], []
    for at, block, weights in zip(starts.tolist(), form.blocks, form.weights, strict=True):
        row, column = triangle(block.side)
        factor = np.where(row == column, 1.0, np.sqrt(2.0))
        rows.append(np.tile(np.arange(at, at + len(row)), len(weights)))
        columns.append(block.maps[:, row, column].ravel())
        entries.append((weights[:, row, column] * factor).ravel())
    nothing = np.zeros(0, np.int64)
    places = np.concatenate([nothing, *rows]), np.concatenate([nothing, *columns])
    return sp.coo_matrix((np.concatenate([np.zeros(0), *entries]), places), shape=(size, variables))


def _block_diagonal(pieces: "list[sp.csr_matrix]", starts: np.ndarray, width: int) -> sp.csr_matrix:
    """The pieces along the diagonal, the columns of each from its start on."""
    rows, columns, entries, height = [], [], [], 0
    for at, piece in zip(starts.tolist(), pieces, strict=True):
        if piece.shape[0]:
            rows.append(np.repeat(np.arange(height, height + piece.shape[0]), np.diff(piece.indptr)))
            columns.append(piece.indices + at)
            entries.append(piece.data)
            height += piece.shape[0]
    nothing = np.zeros(0, np.int64)
    places = np.concatenate([nothing, *rows]), np.concatenate([nothing, *columns])
    return sp.csr_matrix((np.concatenate([np.zeros(0), *entries]), places), shape=(height, width))
