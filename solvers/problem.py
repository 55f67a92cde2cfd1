"""Sum-of-squares programs as arrays.

A *row* is one equation, (A Q)_r + (F d)_r = b_r. Every entry of a Gram matrix lies in exactly one row, so A A' is
diagonal and projecting onto {A Q = b} is a gather and a division.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import InitVar, dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float

from nsos_jax.solvers.blocks import Block, WeightedBlock, terms

INDEPENDENT = 1e-12
"""Columns of F whose pivots are below this share of their length count as dependent."""
SYMMETRIC = 1e-12
"""Relative difference from the transpose up to which a matrix counts as symmetric."""
AFFINE = 1e-8
"""Relative residual up to which a point counts as one with A(S) + F d = b."""
LARGEST_START = 1e100
"""Of the numbers of a warm start, whose squares have to stay finite."""
Matrix = np.ndarray | sp.csr_array


def as_dense(matrix: Matrix) -> np.ndarray:
    """A dense array of a dense or sparse one."""
    return matrix if isinstance(matrix, np.ndarray) else matrix.toarray()


Inside = tuple[tuple[np.ndarray, ...], np.ndarray]
"""Gram blocks S and free variables d with A(S) + F d = b and S positive definite."""


@dataclass(frozen=True, repr=False)
class SosProblem:
    """min c'd  s.t.  A(S) + F d = b,  S = blkdiag(S_1, S_2, ...) positive semidefinite,  d free.

    Its dual is  max -<b, m>  s.t.  M(m) = A'(m) positive semidefinite,  F'm = -c,  where m are moments.

    Attributes:
      blocks: one int array [k, k] per PSD block, symmetric: entry (i, j) lies in row blocks[i, j].
      rhs: float array [rows], the right-hand side b.
      free: float array [rows, variables], the columns F of the free variables, linearly independent.
      cost: float array [variables], c.
      interior: float array [rows], moments with M(m) positive definite, as far inside as is known; they make bounds by
        the dual finite early. The solver looks for some near them (`interior.py`), or near the projection of the
        identity where this is None.
      is_margin: d_0 is the margin t: its column is A(I), its cost -1 and the only one. See `margin_problem`.
      anchor: a point inside the cone, which makes bounds by the primal finite early; a margin problem needs none.
      sizes: the side k of each block.
      checked: whether the arrays come from `row_maps` and `linear_part`.

    Raises:
      ValueError: naming the argument that is wrong.

    >>> least_constant = SosProblem(
    ...     (np.array([[0, 1], [1, 2]]),),  # x^2 - 2x + d is a sum of squares
    ...     rhs=np.array([0.0, -2.0, 1.0]),
    ...     free=np.array([[-1.0], [0.0], [0.0]]),
    ...     cost=np.array([1.0]),
    ... )
    >>> least_constant.sizes
    (2,)
    """

    blocks: tuple[np.ndarray, ...]
    rhs: np.ndarray
    free: np.ndarray
    cost: np.ndarray
    interior: np.ndarray | None = None
    is_margin: bool = False
    anchor: Inside | None = None
    sizes: tuple[int, ...] = field(init=False)
    checked: InitVar[bool] = False

    def __repr__(self) -> str:
        sides = ", ".join(map(str, self.sizes[:8])) + ", ..." * (len(self.sizes) > 8)
        return f"<SosProblem: blocks of {sides}, {len(self.rhs)} rows, {len(self.cost)} free variables>"

    def __post_init__(self, checked: bool) -> None:
        blocks, rhs, free, cost, interior = self.blocks, self.rhs, self.free, self.cost, self.interior
        if not checked:
            blocks, rhs = row_maps(blocks, rhs)
            free, cost, interior = linear_part(rhs, free, cost, interior)
        if not cost.size:
            raise ValueError("cost must hold a number for each free variable, at least one, got none")
        if cost.size > 1 or not self.is_margin:
            _check_independent(free, "A(I) next to free" if self.is_margin else "free")
        own = ("rhs", rhs), ("blocks", blocks), ("free", free), ("cost", cost), ("interior", interior)
        for name, value in own:
            object.__setattr__(self, name, value)
        object.__setattr__(self, "sizes", tuple(len(block) for block in blocks))
        if self.anchor is not None:
            self._check_anchor(*self.anchor)

    def _check_anchor(self, grams: tuple[np.ndarray, ...], values: np.ndarray) -> None:
        """Bounds rest on it."""
        check_grams("anchor", grams, self.sizes)
        if np.shape(values) != self.cost.shape:
            raise ValueError(f"anchor must hold free variables of shape {self.cost.shape}, got {np.shape(values)}")
        sums = sum(
            np.bincount(block.ravel(), gram.ravel(), minlength=self.rhs.size)
            for block, gram in zip(self.blocks, grams, strict=True)
        )
        moved = self.free @ values
        size = 1.0 + np.abs(sums).max(initial=0.0) + np.abs(moved).max(initial=0.0)
        missing = np.abs(sums + moved - self.rhs).max(initial=0.0)
        if not missing <= AFFINE * size:
            raise ValueError(f"anchor must satisfy A(S) + F d = b, got a residual of {missing:.2g}")

    def with_interior(self, interior: np.ndarray) -> "SosProblem":
        """The same problem with other moments in the dual cone; what was computed for it is kept."""
        other = copy(self)
        other.__dict__.pop("dual_interior", None)
        object.__setattr__(other, "interior", interior)
        return other

    @cached_property
    def counts(self) -> np.ndarray:
        """A A': the number of entries of each row."""
        return np.bincount(np.concatenate([block.ravel() for block in self.blocks]), minlength=self.rhs.size)

    @cached_property
    def identity(self) -> np.ndarray:
        """A(I): the number of diagonal entries of each row."""
        return _diagonal_counts(self.blocks, self.rhs.size)

    def spread(self, values: np.ndarray) -> tuple[np.ndarray, ...]:
        """The adjoint A'(y): every entry of every block takes the value of its row."""
        return tuple(values[block] for block in self.blocks)

    @cached_property
    def dual_interior(self) -> tuple[np.ndarray, float]:
        """Of a margin problem without other free variables: `interior`, or the moments of the identity, brought to
        <A(I), m0> = 1, and lambda_min(M(m0)), which is not positive where m0 is not inside the cone."""
        moments = self.identity / self.counts if self.interior is None else np.asarray(self.interior, np.float64)
        moments = moments / max(abs(self.identity @ moments), 1e-300)
        return moments, float(least_eigenvalues(self.spread(moments)).min())

    @property
    def dual_point(self) -> np.ndarray:
        """The same where they are inside the cone, else equal moments, <A(I), m> = 1, whose M(m) is of rank one."""
        moments, floor = self.dual_interior
        return moments if floor > 0 else np.full(self.rhs.size, 1.0 / self.identity.sum())


def least_eigenvalues(matrices: Sequence[Float[np.ndarray, "k k"]]) -> Float[np.ndarray, " matrices"]:
    """The smallest eigenvalue of each symmetric matrix, those of the same size together.

    >>> least_eigenvalues([np.eye(2), np.zeros((1, 1)), 3 * np.eye(2)]).tolist()
    [1.0, 0.0, 3.0]
    """
    lengths = np.array([len(matrix) for matrix in matrices])
    result = np.empty(len(matrices))
    for length in set(lengths.tolist()):
        places = np.flatnonzero(lengths == length)
        result[places] = np.linalg.eigvalsh(np.stack([matrices[place] for place in places.tolist()]))[:, 0]
    return result


def _diagonal_counts(blocks: Sequence[np.ndarray], rows: int) -> np.ndarray:
    return np.bincount(np.concatenate([block.diagonal() for block in blocks]), minlength=rows)


def linear_part(
    rhs: np.ndarray, free: np.ndarray, cost: np.ndarray, interior: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Copies of F, c and the interior moments as float64; raises ValueError where they do not fit the right-hand
    side."""
    if sp.issparse(free):
        raise ValueError("free must be a dense array: sparse ones are for GramProgram")
    free = as_real("free", free)
    cost, interior = checked_data(rhs, free.shape, free, cost, interior)
    return free, cost, interior


def sparse_columns(free: Any) -> sp.csr_array:
    """A copy of F, of any sparse type of SciPy, as float64."""
    result = sp.csr_array(free)
    as_real("free", result.data)
    result = result.astype(np.float64, copy=True)
    result.sum_duplicates()
    return result


def checked_data(
    rhs: np.ndarray, shape: tuple[int, ...], values: np.ndarray, cost: np.ndarray, interior: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Copies of c and the interior moments as float64; raises ValueError where these, or F with that shape and these
    values, do not fit the right-hand side."""
    cost = as_real("cost", cost)
    for name, found, wanted in (("cost", cost.shape, (cost.size,)), ("free", shape, (rhs.size, cost.size))):
        if found != wanted:
            raise ValueError(f"{name} must have shape {wanted}, got {found}")
    check_finite("cost", cost)
    check_finite("free", values)
    if interior is not None:
        if np.shape(interior) != rhs.shape:
            raise ValueError(f"interior must have shape {rhs.shape} as rhs, got {np.shape(interior)}")
        interior = as_real("interior", interior)
        check_finite("interior", interior)
    return cost, interior


def as_real(name: str, values: np.ndarray) -> np.ndarray:
    """A copy of the values as float64; raises ValueError for those that are no real numbers."""
    array = np.asarray(values)
    if array.size and array.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers, got {array.dtype}")
    return array.astype(np.float64)


def check_grams(name: str, grams: Sequence[np.ndarray], sizes: Sequence[int]) -> None:
    """Raises ValueError where matrices do not have the sides of the blocks, or are no finite symmetric matrices."""
    shapes = [np.shape(gram) for gram in grams]
    if shapes != [(size, size) for size in sizes]:
        raise ValueError(f"{name} must have the sides {tuple(sizes)} of the blocks, got shapes {shapes}")
    for index, gram in enumerate(grams):
        check_finite(f"{name}[{index}]", as_real(name, gram))
        if np.abs(gram - np.transpose(gram)).max() > SYMMETRIC * np.abs(gram).max():
            raise ValueError(f"{name}[{index}] must be symmetric")


def _check_independent(free: np.ndarray, name: str) -> None:
    """Raises ValueError where a column is a combination of those before it."""
    triangle = np.asarray(np.linalg.qr(free / np.maximum(np.linalg.norm(free, axis=0), 1e-300), mode="r"))
    pivots = np.abs(triangle.diagonal())
    if pivots.size < free.shape[1] or pivots.min() <= INDEPENDENT:
        column = np.argmin(pivots) if pivots.size == free.shape[1] else pivots.size
        raise ValueError(f"{name} must have independent columns, column {column} depends on others")


def check_finite(name: str, values: np.ndarray) -> None:
    """Raises ValueError for NaN and infinity."""
    if not np.isfinite(values).all():
        raise ValueError(f"{name} must be finite, got {values[~np.isfinite(values)][0]}")


class WarmStart(NamedTuple):
    """A point near the solution of a problem, as from a similar one.

    Attributes:
      grams: Gram blocks, float64 [k, k] each: Q of a margin problem, else S; what is not psd of them is dropped.
      moments: float64 [rows]; None for unknown.
    """

    grams: tuple[np.ndarray, ...]
    moments: np.ndarray | None = None

    def check(self, problem: SosProblem) -> None:
        """Raises ValueError where the shapes are not those of the problem, or numbers leave the range of squares."""
        check_grams("start.grams", self.grams, problem.sizes)
        if self.moments is not None:
            if np.shape(self.moments) != problem.rhs.shape:
                raise ValueError(f"start.moments must have shape {problem.rhs.shape}, got {np.shape(self.moments)}")
            check_finite("start.moments", as_real("start.moments", self.moments))
        arrays = *self.grams, *(() if self.moments is None else (self.moments,))
        if max(np.abs(array).max(initial=0.0) for array in arrays) > LARGEST_START:
            raise ValueError(f"start must hold numbers up to {LARGEST_START:g}")


def margin_problem(
    blocks: Sequence[np.ndarray], rhs: np.ndarray, interior: np.ndarray | None = None, free: np.ndarray | None = None
) -> SosProblem:
    """max t  s.t.  A(Q) + F d = b,  Q - t I positive semidefinite: how far inside the cone Q can be.

    Args:
      blocks, rhs, interior: as for `SosProblem`.
      free: float array [rows, variables], free variables besides t, which cost nothing.

    >>> x_squared_plus_one = margin_problem((np.array([[0, 1], [1, 2]]),), np.array([1.0, 0.0, 1.0]))
    >>> x_squared_plus_one.free.ravel().tolist(), x_squared_plus_one.cost.tolist()
    ([1.0, 0.0, 1.0], [-1.0])
    """
    blocks, rhs = row_maps(blocks, rhs)
    column, cost = _diagonal_counts(blocks, rhs.size).astype(np.float64)[:, None], np.array([-1.0])
    if free is not None:
        others = as_real("free", free)
        if others.ndim != 2 or len(others) != rhs.size:
            raise ValueError(f"free must have shape ({rhs.size}, variables), got {others.shape}")
        column, cost = np.concatenate([column, others], axis=1), np.pad(cost, (0, others.shape[1]))
    if free is not None or interior is not None:
        column, cost, interior = linear_part(rhs, column, cost, interior)
    return SosProblem(blocks, rhs, column, cost, interior, is_margin=True, checked=True)


def row_maps(
    blocks: Sequence[Block], rhs: np.ndarray, every_row: bool = True, weighted: bool = False
) -> tuple[tuple[Any, ...], np.ndarray]:
    """The blocks as int32 and the right-hand side as float64, both copied.

    Raises ValueError where they do not fit together, where `every_row` should have a Gram entry and one has none, and
    for blocks with weights unless `weighted`.
    """
    rhs = as_real("rhs", rhs)
    if rhs.ndim != 1:
        raise ValueError(f"rhs must be one-dimensional, got shape {rhs.shape}")
    if not len(blocks):
        raise ValueError("blocks must hold at least one PSD block, got none")
    checked: list[Block] = []
    for index, block in enumerate(blocks):
        if isinstance(block, WeightedBlock):
            if not weighted:
                raise ValueError(f"blocks[{index}] must be an array of rows: weights are for GramProgram")
            for term, rows in enumerate(block.maps):
                _check_map(f"blocks[{index}].maps[{term}]", rows, rhs.size)
            checked.append(block)
        else:
            rows = np.asarray(block)
            _check_map(f"blocks[{index}]", rows, rhs.size)
            checked.append(rows.astype(np.int32))
    counts = np.bincount(np.concatenate([terms(block)[0].ravel() for block in checked]), minlength=rhs.size)
    if every_row and not counts.all():
        raise ValueError(f"blocks must give every row of rhs a Gram entry, row {int(np.argmin(counts))} has none")
    return tuple(checked), rhs


def _check_map(name: str, rows: np.ndarray, count: int) -> None:
    """Raises ValueError where entries are no rows 0..count - 1."""
    if rows.ndim != 2 or rows.shape[0] != rows.shape[1] or not rows.size:
        hint = " (blocks is a tuple of matrices, one for each PSD block)" * (rows.ndim == 1)
        raise ValueError(f"{name} must be a square matrix of rows, got shape {rows.shape}{hint}")
    if rows.dtype.kind not in "iu":
        raise ValueError(f"{name} must hold integers, got {rows.dtype}")
    if rows.min() < 0 or rows.max() >= count:
        worst = rows.min() if rows.min() < 0 else rows.max()
        raise ValueError(f"{name} must hold rows in 0..{count - 1} as rhs, got {worst}")
    if not (rows == rows.T).all():
        i, j = np.argwhere(rows != rows.T)[0]
        raise ValueError(f"{name} must be symmetric, got {rows[i, j]} at ({i}, {j}), {rows[j, i]} at ({j}, {i})")
