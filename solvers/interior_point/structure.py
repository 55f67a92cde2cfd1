"""What programs of equal blocks share: the layout of their matrices and the maps A and A' in the rows of iterations.

Matrices of equal sides stand side by side, so that one call of NumPy serves all of them in all programs of a batch.
"""

from collections.abc import Sequence

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sp

from nsos_jax.solvers.blocks import Block, entry_matrix

DENSE = 1 << 21
"""Numbers up to which A is a dense array: products of small dense matrices are faster than sparse ones."""


DEPENDENT = 1e-12
"""Of its diagonal: added to A A' where it is singular."""


class Layout:
    """Where the blocks of a program lie in one vector of N numbers, blocks of equal sides next to each other."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = tuple(sizes)
        self.side = sum(sizes)
        sides = np.array(self.sizes)
        order = np.argsort(sides, kind="stable")
        self.groups: list[tuple[int, int, int]] = []
        """(offset, number of blocks, side) of each group."""
        self.place: dict[int, tuple[int, int]] = {}
        """(group, position in it) of each block."""
        starts = np.cumsum([0, *(size * size for size in self.sizes)])
        columns, offset = [], 0
        for group, side in enumerate(np.unique(sides)):
            members = order[sides[order] == side]
            self.groups.append((offset, members.size, int(side)))
            for position, block in enumerate(members):
                self.place[int(block)] = group, position
                columns.append(np.arange(starts[block], starts[block + 1]))
            offset += members.size * int(side) ** 2
        self.columns = np.concatenate(columns)
        """Of the entries in the order of the blocks, those at each place of the vector [N]."""
        self.size = offset

    def views(self, flat: np.ndarray) -> list[np.ndarray]:
        """Matrices [batch, blocks, k, k] of each group, without copying, of vectors [batch, N]."""
        return [
            flat[:, offset : offset + count * side * side].reshape(len(flat), count, side, side)
            for offset, count, side in self.groups
        ]

    def blocks(self, flat: np.ndarray) -> tuple[np.ndarray, ...]:
        """The blocks of one program, in their own order, of a vector [N]."""
        views = self.views(flat[None])
        return tuple(
            views[group][0, position].copy() for group, position in map(self.place.get, range(len(self.sizes)))
        )

    def identity(self) -> np.ndarray:
        """I as a vector [N]."""
        flat = np.zeros((1, self.size))
        for view in self.views(flat):
            view[...] = np.eye(view.shape[-1])
        return flat[0]


class EntryMap:
    """A [rows, N] and its adjoint for vectors of a layout, and solutions with A A'."""

    def __init__(self, blocks: Sequence[Block], rows: int, layout: Layout) -> None:
        self._set(sp.csr_array(entry_matrix(blocks, rows)[:, layout.columns]))

    def transformed(self, transform: np.ndarray) -> "EntryMap":
        """The map T A."""
        other = object.__new__(EntryMap)
        other._set(sp.csr_array(transform @ self.sparse.toarray()))
        inverse = np.linalg.inv(transform).T
        other.repair = lambda missing: self.repair(missing @ inverse)  # the better conditioned one of the two
        return other

    def repair(self, missing: np.ndarray) -> np.ndarray:
        """The least X with A(X) = r [batch, N]."""
        return self.adjoint(self.weigh(missing))

    def _set(self, matrix: sp.csr_array) -> None:
        rows, size = matrix.shape
        self.sparse = matrix
        self.matrix = matrix.toarray() if rows * size <= DENSE else matrix
        self._transposed = self.matrix.T if isinstance(self.matrix, np.ndarray) else sp.csr_array(matrix.T)
        gram = matrix @ matrix.T
        self.diagonal = gram.diagonal() if gram.nnz <= rows else None
        """Of A A', where that is all of it: no entry lies in several rows."""
        self.gram = gram.toarray()
        """A A'."""
        self._factor = None
        if self.diagonal is None:
            try:
                self._factor = sl.cho_factor(self.gram)
            except np.linalg.LinAlgError:  # rows that depend on each other
                self._factor = sl.cho_factor(self.gram + DEPENDENT * np.diag(self.gram.diagonal()))

    def apply(self, flat: np.ndarray) -> np.ndarray:
        """A(S) [batch, rows]."""
        return flat @ self._transposed if isinstance(self.matrix, np.ndarray) else (self.matrix @ flat.T).T

    def adjoint(self, moments: np.ndarray) -> np.ndarray:
        """M(m) [batch, N]."""
        return moments @ self.matrix if isinstance(self.matrix, np.ndarray) else (self._transposed @ moments.T).T

    def weigh(self, values: np.ndarray) -> np.ndarray:
        """(A A')^-1 y for y [batch, rows] or [batch, rows, columns]."""
        if self.diagonal is not None:
            return values / (self.diagonal if values.ndim == 2 else self.diagonal[:, None])
        moved = np.moveaxis(values, 1, 0)
        solved = sl.cho_solve(self._factor, moved.reshape(len(moved), -1))
        return np.moveaxis(solved.reshape(moved.shape), 0, 1)
