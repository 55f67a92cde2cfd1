"""What programs of equal blocks share: the layout of their matrices and the maps A and A' in the rows of iterations.

Matrices of equal sides stand side by side, so that one call of NumPy serves all of them in all programs of a batch.
"""

from collections.abc import Callable, Sequence

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from nsos_jax.solvers.blocks import Block, entry_matrix
from nsos_jax.solvers.problem import Matrix, as_dense

DENSE = 1 << 21
"""Numbers up to which A is a dense array: products of small dense matrices are faster than sparse ones."""


DEPENDENT = 1e-14
"""Of its diagonal: added to A A' where that is no diagonal matrix, as rows may depend on each other."""
Map = Callable[[np.ndarray], np.ndarray]


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
        places = (self.place[index] for index in range(len(self.sizes)))
        return tuple(views[group][0, position].copy() for group, position in places)

    def identity(self) -> np.ndarray:
        """I as a vector [N]."""
        flat = np.zeros((1, self.size))
        for view in self.views(flat):
            view[...] = np.eye(view.shape[-1])
        return flat[0]


class EntryMap:
    """A [rows, N] and its adjoint for vectors of a layout, and solutions with A A'.

    Attributes:
      sparse: A.
      gram: A A', dense unless `large`.
    """

    def __init__(self, sparse: sp.csr_array, large: bool = False, repair: Map | None = None) -> None:
        rows, size = sparse.shape
        self.sparse = sparse
        self._matrix = sparse.toarray() if rows * size <= DENSE else None
        self._adjoint = sp.csr_array(sparse.T)
        gram = sp.csc_array(sparse @ sparse.T)
        self.gram: np.ndarray | sp.csc_array = gram if large else gram.toarray()
        self._diagonal = gram.diagonal() if gram.nnz <= rows else None
        """Of A A', where that is all of it: no entry lies in several rows."""
        self._solve: Map | None = None
        if self._diagonal is None:
            # rows that depend on each other would leave it singular
            safe = sp.csc_array(gram + DEPENDENT * sp.diags_array(gram.diagonal()))
            if large:
                self._solve = splu(safe).solve
            else:
                factor = sl.cho_factor(safe.toarray())
                self._solve = lambda values: sl.cho_solve(factor, values)
        self._repair = repair

    @classmethod
    def of(cls, blocks: Sequence[Block], rows: int, layout: Layout, large: bool = False) -> "EntryMap":
        """That of some blocks."""
        return cls(sp.csr_array(entry_matrix(blocks, rows)[:, layout.columns]), large)

    def transformed(self, transform: np.ndarray) -> "EntryMap":
        """The map T A, whose `repair` is that of A, the better conditioned one."""
        inverse = np.linalg.inv(transform).T
        return EntryMap(sp.csr_array(transform @ self.sparse.toarray()), repair=lambda r: self.repair(r @ inverse))

    def apply(self, flat: np.ndarray) -> np.ndarray:
        """A(S) [batch, rows]."""
        return (self.sparse @ flat.T).T if self._matrix is None else flat @ self._matrix.T

    def adjoint(self, moments: np.ndarray) -> np.ndarray:
        """M(m) [batch, N]."""
        return (self._adjoint @ moments.T).T if self._matrix is None else moments @ self._matrix

    def weigh(self, columns: Matrix) -> Matrix:
        """(A A')^-1 Y for Y [rows, columns], sparse where both are."""
        if self._solve is not None:
            return self._solve(as_dense(columns))
        assert self._diagonal is not None
        if isinstance(columns, np.ndarray):
            return columns / self._diagonal[:, None]
        return sp.csr_array(sp.diags_array(1.0 / self._diagonal) @ columns)

    def repair(self, missing: np.ndarray) -> np.ndarray:
        """The least X with A(X) = r [batch, N]."""
        if self._repair is not None:
            return self._repair(missing)
        return self.adjoint(as_dense(self.weigh(missing.T)).T)
