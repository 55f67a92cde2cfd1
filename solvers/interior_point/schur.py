"""The matrix A (X (x) Y) A' of Newton's equations, for all programs of a batch.

Its entry at rows a and b is the sum of X_ik Y_jl over the entries (i, j) of row a and (k, l) of row b.
"""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from nsos_jax.solvers.blocks import Block, entry_matrix, terms
from nsos_jax.solvers.interior_point.structure import Layout
from nsos_jax.solvers.interior_point.toric import samples
from nsos_jax.solvers.interior_point.workspace import Workspace

KRONECKER_SIDE = 20
"""Up to this side the Kronecker product is written out; beyond, a product of matrices is made for each class."""
SAMPLED_ROWS = 300
"""Of a program, up to which points are looked for."""
DENSE_ROWS, SPARSE = 600, 0.15
"""Rows up to which matrices of rows are dense, and the share of numbers that are not zero from which on they are."""


_Views = Sequence[np.ndarray]
"""Of X or Y, as `Layout.views` gives them."""


class Sampled:
    """g_p g_q (z_p' X z_q) (z_p' Y z_q) on the points of a component."""

    def __init__(
        self, place: tuple[int, int], where: slice, vectors: np.ndarray, weights: np.ndarray, first: bool
    ) -> None:
        self.place, self.where, self.first = place, where, first
        self.left = vectors if (weights == 1.0).all() else vectors * weights[:, None]
        self.right = np.ascontiguousarray(vectors.T)
        self.last = np.ascontiguousarray(self.left.T)
        self.plain = vectors

    def add(self, matrices: np.ndarray, left: _Views, right: _Views, work: Workspace) -> None:
        """Adds to `matrices` [batch, rows, rows]."""
        group, position = self.place
        batch, own = len(matrices), matrices[:, self.where, self.where]
        half = work.array("half", batch, *self.plain.shape)
        product = own if self.first else work.array("product", *own.shape)
        np.matmul(np.matmul(self.plain, left[group][:, position], out=half), self.right, out=product)
        factor = work.array("factor", *own.shape)
        np.matmul(np.matmul(self.left, right[group][:, position], out=half), self.last, out=factor)
        product *= factor
        if not self.first:
            own += product


class Classes:
    """A = G A_0: the entries with the same rows are summed first, by A_0, then weighed by G."""

    def __init__(self, place: tuple[int, int], block: Block) -> None:
        self.place = place
        maps, weights = terms(block)
        side = len(block)
        keys, members = np.unique(maps.reshape(len(maps), -1).T, axis=0, return_inverse=True)
        members = members.ravel()
        count = len(keys)
        self.sums = sp.csr_array((np.ones(members.size), (members, np.arange(members.size))), (count, members.size))
        self.rows, numbers = np.unique(keys, return_inverse=True)
        numbers = numbers.reshape(keys.shape)
        where = numbers.ravel(), np.repeat(np.arange(count), len(maps))
        gather = sp.csr_array((np.tile(weights, count), where), (self.rows.size, count))
        plain = len(maps) == 1 and weights[0] == 1.0
        self.gather = None if plain else gather
        self.index = np.ix_(self.rows, self.rows)
        split = np.split(np.argsort(members, kind="stable"), np.cumsum(np.bincount(members))[:-1])
        self.entries = [np.divmod(part, side) for part in split] if side > KRONECKER_SIDE else None

    def add(self, matrices: np.ndarray, left: _Views, right: _Views, work: Workspace) -> None:
        """Adds to `matrices` [batch, rows, rows]."""
        group, position = self.place
        for matrix, x, y in zip(matrices, left[group][:, position], right[group][:, position], strict=True):
            matrix[self.index] += self._sums(x, y)

    def entries_of(self, left: _Views, right: _Views) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows, columns and values of what it adds to one program."""
        group, position = self.place
        values = self._sums(left[group][0, position], right[group][0, position])
        return np.repeat(self.rows, self.rows.size), np.tile(self.rows, self.rows.size), values.ravel()

    def _sums(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        if self.entries is None:
            half = self.sums @ (x[:, None, :, None] * y[None, :, None, :]).reshape(x.size, x.size)
        else:
            half = np.stack([(x[:, i] @ y[j]).ravel() for i, j in self.entries])
        whole = self.sums @ half.T
        return whole if self.gather is None else self.gather @ (self.gather @ whole).T


class Numbers:
    """Blocks of side 1, all at once."""

    def __init__(self, group: int, rows: sp.csc_array) -> None:
        self.group, self.rows = group, rows.shape[0]
        positions, columns, values = [], [], []
        for column in range(rows.shape[1]):
            part = slice(rows.indptr[column], rows.indptr[column + 1])
            own, weights = rows.indices[part].astype(np.int64), rows.data[part]
            positions.append((own[:, None] * self.rows + own).ravel())
            values.append(np.outer(weights, weights).ravel())
            columns.append(np.full(own.size**2, column))
        self.where, numbers = np.unique(np.concatenate(positions), return_inverse=True)
        index = numbers.ravel(), np.concatenate(columns)
        self.matrix = sp.csr_array((np.concatenate(values), index), (self.where.size, rows.shape[1]))

    def add(self, matrices: np.ndarray, left: _Views, right: _Views, work: Workspace) -> None:
        """Adds to `matrices` [batch, rows, rows]."""
        products = (left[self.group] * right[self.group])[:, :, 0, 0]
        matrices.reshape(len(matrices), -1)[:, self.where] += (self.matrix @ products.T).T

    def entries_of(self, left: _Views, right: _Views) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows, columns and values of what it adds to one program."""
        values = self.matrix @ (left[self.group] * right[self.group])[0, :, 0, 0]
        return *np.divmod(self.where, self.rows), values


class Schur:
    """The matrices of programs of one structure, in rows of which `transform` makes those of the iterations.

    Attributes:
      transform: float [rows, rows], or None where the rows are those of the programs.
    """

    def __init__(self, blocks: Sequence[Block], rows: int, layout: Layout, sample: bool) -> None:
        self.rows = rows
        self.transform: np.ndarray | None = None
        self.whole = False
        if sample and rows <= SAMPLED_ROWS and self._sampled(blocks, layout):
            return
        self.terms: list[Sampled | Classes | Numbers] = [
            Classes(layout.place[index], block) for index, block in enumerate(blocks) if len(block) > 1
        ]
        if min(layout.sizes) == 1:
            members = [index for index, block in enumerate(blocks) if len(block) == 1]
            members.sort(key=lambda index: layout.place[index])
            one = entry_matrix([blocks[index] for index in members], rows)
            self.terms.append(Numbers(layout.place[members[0]][0], sp.csc_array(one)))

    def _sampled(self, blocks: Sequence[Block], layout: Layout) -> bool:
        links = [terms(block)[0].ravel() for block in blocks]
        graph = sp.coo_array(
            (
                np.ones(sum(map(len, links))),
                (np.concatenate(links), np.concatenate([np.full(x.size, x[0]) for x in links])),
            ),
            (self.rows, self.rows),
        )
        _, labels = connected_components(graph, directed=False)
        order = np.argsort(labels, kind="stable")
        components = np.split(order, np.cumsum(np.bincount(labels))[:-1])
        found = samples(blocks, self.rows, components)
        if found is None:
            return False
        self.terms, seen = [], set()
        starts = np.cumsum([0, *map(len, components)])
        for index, block in enumerate(blocks):
            label = labels[terms(block)[0].flat[0]]
            own, where = components[label], slice(starts[label], starts[label + 1])
            vectors, weights = found.vectors[index][own], found.weights[index][own]
            first = label not in seen
            seen.add(label)
            self.terms.append(Sampled(layout.place[index], where, vectors, weights, first))
        self.whole = len(components) == 1
        self.transform = found.rows[order]  # the points of a component side by side
        return True

    def assemble(self, left: _Views, right: _Views, work: Workspace) -> np.ndarray:
        """A (X (x) Y) A' [batch, rows, rows] for X and Y as views of a layout, in an array of the workspace."""
        result = work.array("schur", len(left[0]), self.rows, self.rows)
        if not self.whole:
            result[:] = 0.0
        for term in self.terms:
            term.add(result, left, right, work)
        return result

    def assemble_sparse(self, left: _Views, right: _Views) -> sp.csc_array:
        """The same of one program, without points."""
        parts = [term.entries_of(left, right) for term in self.terms if not isinstance(term, Sampled)]
        rows, columns, values = (np.concatenate(part) for part in zip(*parts, strict=True))
        return sp.csc_array((values, (rows, columns)), shape=(self.rows, self.rows))


def is_sparse(blocks: Sequence[Block], rows: int) -> bool:
    """Whether sparse matrices of rows pay."""
    return rows > DENSE_ROWS and sum(np.unique(terms(block)[0]).size ** 2 for block in blocks) < SPARSE * rows**2
