"""What is known of a program before any iteration: vanishing entries, equations without entries, blind directions.

All of it happens on the host, in floating point but for the signs of right-hand sides. A sparse F stays sparse: dense
are only the equations without entries, on the variables they hold, and the Gram matrix of the columns of F.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sp
from scipy.linalg.lapack import dpstrf

from nsos_jax.solvers.blocks import Block, renumbered, restricted, terms
from nsos_jax.solvers.problem import Inside, Matrix, as_dense, margin_problem
from nsos_jax.solvers.status import SolverStatus

if TYPE_CHECKING:
    from nsos_jax.solvers.programs import GramProgram

RANK = 1e-10
"""Singular values below this share of the largest count as zero, and so do residuals, relative to their terms."""
CLEAR = 1e-4
"""Columns of F, of unit length, whose pivots are all above this are independent for certain."""
SINGULAR_VALUES = 400
"""Columns of F up to which dependent ones are told by singular values; beyond, by a pivoted Cholesky factorisation."""


class Reduced(NamedTuple):
    """A program whose equations all have Gram entries, with independent free variables w: d = start + span w."""

    sides: tuple[int, ...]
    """Of the blocks of the program."""
    kept: tuple[np.ndarray, ...]
    """Per block the indices whose diagonal entry may be positive; blocks without any are left out of `blocks`."""
    rows: np.ndarray
    blocks: tuple[Block, ...]
    rhs: np.ndarray
    free: Matrix
    cost: np.ndarray
    interior: np.ndarray | None
    start: np.ndarray
    span: Matrix | None
    """None for the identity."""
    pseudo: np.ndarray
    """Takes residuals of the equations without Gram entries to d, and costs of d to their multipliers."""
    endless: bool
    """Whether a direction that no equation sees has a cost: the value is minus infinity if there is a point at all."""

    def variables(self, values: np.ndarray) -> np.ndarray:
        """d for the variables w."""
        return self.start + (values if self.span is None else self.span @ values)

    @property
    def dense(self) -> np.ndarray:
        """F as a dense array."""
        return as_dense(self.free)

    def inside(self) -> Inside | None:
        """A point inside the cone where the identity can be added to S for free; else None."""
        if any(len(terms(block)[0]) > 1 for block in self.blocks):
            return None
        problem = margin_problem(tuple(terms(block)[0][0] for block in self.blocks), self.rhs)
        if any(terms(block)[1][0] != 1.0 for block in self.blocks):
            return None
        weights = 1.0 / np.sqrt(problem.counts)
        columns, identity = self.dense * weights[:, None], problem.identity * weights
        shift, *_ = np.linalg.lstsq(columns, -identity, rcond=None)
        if np.abs(columns @ shift + identity).max() > RANK * np.abs(identity).max():
            return None
        nearest, *_ = np.linalg.lstsq(columns, self.rhs * weights, rcond=None)
        grams = problem.spread((self.rhs - self.free @ nearest) / problem.counts)
        lift = 1.0 + max(-np.linalg.eigvalsh(gram)[0] for gram in grams)
        return tuple(gram + lift * np.eye(len(gram)) for gram in grams), nearest + lift * shift

    def padded(self, grams: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        """Gram blocks of the program, 0 where entries vanish."""
        remaining = iter(grams)
        result = tuple(np.zeros((side, side)) for side in self.sides)
        for whole, kept in zip(result, self.kept, strict=True):
            if kept.size:
                whole[np.ix_(kept, kept)] = next(remaining)
        return result

    def widened(self, moments: np.ndarray, size: int) -> np.ndarray:
        """Moments of all equations, 0 where no Gram entries are left."""
        result = np.zeros(size)
        result[self.rows] = moments
        return result


def _empty_rows(free: Matrix) -> np.ndarray:
    """Which rows of F hold nothing but zeros."""
    if isinstance(free, np.ndarray):
        return np.asarray(~free.any(axis=1))
    return np.bincount(free.nonzero()[0], minlength=free.shape[0]) == 0


def possible_indices(program: "GramProgram") -> tuple[np.ndarray, ...] | None:
    """Per block the indices whose diagonal entry may be positive; None where some entry would have to be negative.

    An equation whose only terms are diagonal entries, of weights of one sign, with b = 0, makes them 0, and their rows
    with them; other equations lose entries by that, so this is repeated. Where nothing would be left, nothing is taken
    out.
    """
    bare, count = _empty_rows(program.free), program.rhs.size
    kept = [np.arange(len(block)) for block in program.blocks]
    while True:
        others, signs = np.zeros(count, bool), np.zeros((2, count), bool)
        for block, indices in zip(program.blocks, kept, strict=True):
            maps, weights = terms(restricted(block, indices))
            off = ~np.eye(len(indices), dtype=bool)
            for rows, weight in zip(maps, weights, strict=True):
                others[rows[off]] = True
                signs[int(weight < 0), rows.diagonal()] |= weight != 0
        alone = (signs[0] ^ signs[1]) & ~others & bare
        if (program.rhs[alone & signs[0]] < 0).any() or (program.rhs[alone & signs[1]] > 0).any():
            return None
        zero = alone & (program.rhs == 0)
        if not zero.any():
            return tuple(kept)
        left = []
        for block, indices in zip(program.blocks, kept, strict=True):
            maps, weights = terms(restricted(block, indices))
            gone = zero[np.diagonal(maps, axis1=1, axis2=2)] & (weights != 0)[:, None]
            left.append(indices[~gone.any(axis=0)])
        if not sum(map(len, left)):
            return tuple(kept)
        kept = left


def reduce_program(program: "GramProgram") -> Reduced | SolverStatus:
    """The program on the equations that have Gram entries, or the status that shows itself without iterations."""
    if not np.isfinite(program.rhs).all():
        return SolverStatus.FAILED
    kept = possible_indices(program)
    if kept is None:
        return SolverStatus.INFEASIBLE
    pairs = zip(program.blocks, kept, strict=True)
    alive = [block if part.size == len(block) else restricted(block, part) for block, part in pairs if part.size]
    used = np.zeros(program.rhs.size, bool)
    for block in alive:
        maps, weights = terms(block)
        used[maps[weights != 0]] = True
    free, rhs, cost = program.free, program.rhs, program.cost
    fixed = _Fixed(np.zeros(cost.size), None, np.zeros((cost.size, 0)))
    if not used.all():
        found = _fixed_by_equations(free[~used], rhs[~used])
        if found is None:
            return SolverStatus.INFEASIBLE
        fixed, numbers = found, np.cumsum(used) - 1
        alive = [renumbered(_only(block, used), numbers) for block in alive]
        rhs, free = rhs[used] - free[used] @ fixed.start, free[used]
        if fixed.span is not None:
            free, cost = free @ fixed.span, fixed.span.T @ cost
    free, cost, span, endless = _visible(free, cost, float(np.abs(program.cost).max(initial=0.0)))
    if fixed.span is not None:
        span = fixed.span if span is None else fixed.span @ span
    interior = None if program.interior is None else program.interior[used]
    sides = tuple(map(len, program.blocks))
    parts = tuple(alive), rhs, free, cost, interior, fixed.start, span, fixed.pseudo, endless
    return Reduced(sides, kept, np.flatnonzero(used), *parts)


def _only(block: Block, used: np.ndarray) -> Block:
    """The block without terms of weight 0, whose rows may be gone."""
    if isinstance(block, np.ndarray) or block.weights.all():
        return block
    kept = block.weights != 0
    return type(block)(block.maps[kept], block.weights[kept])


class _Fixed(NamedTuple):
    """d = start + span w solves the equations without Gram entries; see `Reduced`."""

    start: np.ndarray
    span: Matrix | None
    pseudo: np.ndarray


def _fixed_by_equations(free: Matrix, rhs: np.ndarray) -> _Fixed | None:
    """All solutions of F d = b; None where there are none. Ranks are found in balanced numbers."""
    variables = free.shape[1]
    touched = np.unique(free.nonzero()[1])
    identity: Any = sp.eye_array(variables, format="csc")
    chosen = identity[:, touched]
    bare = as_dense(free @ chosen)
    heights = np.abs(bare).max(axis=1, initial=0.0)
    heights = np.where(heights > 0, heights, 1.0)
    bare, targets = bare / heights[:, None], rhs / heights
    widths = np.abs(bare).max(axis=0, initial=0.0)
    units = 1.0 / np.where(widths > 0, widths, 1.0)
    bare = bare * units
    left, values, right = np.linalg.svd(bare, full_matrices=True)
    rank = int((values > RANK * max(values.max(initial=0.0), 1e-300)).sum())
    inverse = right[:rank].T @ (left[:, :rank].T / values[:rank, None])
    solution = inverse @ targets
    sizes = np.abs(bare).sum(axis=1) * np.abs(solution).max(initial=0.0) + np.abs(targets)
    if (np.abs(bare @ solution - targets) > RANK * sizes).any():
        return None
    start, pseudo = np.zeros(variables), np.zeros((variables, len(rhs)))
    start[touched], pseudo[touched] = units * solution, units[:, None] * inverse / heights
    if not touched.size:
        return _Fixed(start, None, pseudo)
    others = np.setdiff1d(np.arange(variables), touched)
    null = units[:, None] * right[rank:].T
    if touched.size == variables:
        return _Fixed(start, null, pseudo)
    i, j = np.indices(null.shape)
    index = (
        np.concatenate([others, touched[i.ravel()]]),
        np.concatenate([np.arange(others.size), others.size + j.ravel()]),
    )
    numbers = np.concatenate([np.ones(others.size), null.ravel()])
    span = sp.csr_array((numbers, index), shape=(variables, others.size + null.shape[1]))
    return _Fixed(start, span, pseudo)


def _visible(free: Matrix, cost: np.ndarray, size: float) -> tuple[Matrix, np.ndarray, Matrix | None, bool]:
    """F on independent variables, their costs and the map to all variables, and whether a blind direction has a cost.

    Args:
      size: of the costs before equations were solved: below its rounding they count as zero.
    """
    lengths = sp.linalg.norm(free, axis=0) if sp.issparse(free) else np.linalg.norm(free, axis=0)
    units = 1.0 / np.where(lengths > 0, lengths, 1.0)
    products = free.T @ free
    gram = products if isinstance(products, np.ndarray) else sp.csr_array(products).toarray()
    gram = gram * units * units[:, None]
    least = RANK * max(size * float(units.max(initial=0.0)), float(np.linalg.norm(cost * units)))
    try:
        independent = lengths.all() and np.linalg.cholesky(gram).diagonal().min(initial=1.0) > CLEAR
    except np.linalg.LinAlgError:
        independent = False
    if independent:
        return free, cost if np.linalg.norm(cost * units) > least else np.zeros_like(cost), None, False
    cost = cost * units
    if cost.size > SINGULAR_VALUES:
        return _by_pivots(free, cost, units, gram, least)
    columns = as_dense(free) * units
    _, values, right = np.linalg.svd(columns, full_matrices=False)
    visible = right[values > RANK * max(values.max(initial=0.0), 1e-300)].T
    endless = bool(np.linalg.norm(cost - visible @ (visible.T @ cost)) > least)
    cost = visible.T @ cost
    if endless or np.linalg.norm(cost) <= least:  # then whether there is a point decides all
        cost = np.zeros_like(cost)
    return columns @ visible, cost, units[:, None] * visible, endless


def _by_pivots(
    free: Matrix, cost: np.ndarray, units: np.ndarray, gram: np.ndarray, least: float
) -> tuple[Matrix, np.ndarray, Matrix | None, bool]:
    """`_visible` for many variables: a subset of the columns, so that they stay sparse."""
    triangle, pivots, rank, _ = dpstrf(gram, tol=RANK, lower=1)
    order = pivots - 1
    chosen, rest = order[:rank], order[rank:]
    factor = np.tril(triangle)[:rank, :rank]
    combination = sl.cho_solve((factor, True), gram[np.ix_(chosen, rest)])
    endless = bool(
        np.linalg.norm(cost[rest] - combination.T @ cost[chosen]) > np.sqrt(RANK) * max(least / RANK, 1e-300)
    )
    kept = np.zeros_like(cost[chosen]) if endless else cost[chosen]
    index = chosen, np.arange(rank)
    span = sp.csr_array((units[chosen], index), shape=(cost.size, rank))
    return sp.csr_array(free @ span), kept, span, endless
