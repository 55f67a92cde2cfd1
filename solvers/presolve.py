"""What is known of a program before any iteration: vanishing entries, equations without entries, blind directions.

All of it happens on the host, in floating point but for the signs of right-hand sides.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nsos_jax.solvers.problem import Inside, SosProblem, margin_problem
from nsos_jax.solvers.status import SolverStatus

if TYPE_CHECKING:
    from nsos_jax.solvers.programs import GramProgram

RANK = 1e-10
"""Singular values below this share of the largest count as zero, and so do residuals, relative to their terms."""


class Reduced(NamedTuple):
    """A program whose equations all have Gram entries, with independent free variables w: d = start + span w."""

    sides: tuple[int, ...]
    """Of the blocks of the program."""
    kept: tuple[np.ndarray, ...]
    """Per block the indices whose diagonal entry may be positive; blocks without any are left out of `blocks`."""
    rows: np.ndarray
    blocks: tuple[np.ndarray, ...]
    rhs: np.ndarray
    free: np.ndarray
    cost: np.ndarray
    interior: np.ndarray | None
    start: np.ndarray
    span: np.ndarray
    pseudo: np.ndarray
    """Takes residuals of the equations without Gram entries to d, and costs of d to their multipliers."""
    endless: bool
    """Whether a direction that no equation sees has a cost: the value is minus infinity if there is a point at all."""

    def margin(self) -> SosProblem:
        """How far inside the cone S can be."""
        return margin_problem(self.blocks, self.rhs, free=self.free)

    def inside(self) -> Inside | None:
        """A point inside the cone where the identity can be added to S for free; else None."""
        problem = margin_problem(self.blocks, self.rhs)
        weights = 1.0 / np.sqrt(problem.counts)
        columns, identity = self.free * weights[:, None], problem.identity * weights
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


def possible_indices(program: "GramProgram") -> tuple[np.ndarray, ...] | None:
    """Per block the indices whose diagonal entry may be positive; None where some entry would have to be negative.

    An equation whose only terms are diagonal entries, with b = 0, makes them 0, and their rows with them; other
    equations lose entries by that, so this is repeated. Where nothing would be left, nothing is taken out.
    """
    bare = ~program.free.any(axis=1)
    kept = [np.arange(len(block)) for block in program.blocks]
    while True:
        alive = [block[np.ix_(indices, indices)] for block, indices in zip(program.blocks, kept, strict=True)]
        others = np.zeros(program.rhs.size, bool)
        diagonal = np.zeros(program.rhs.size, bool)
        for rows in alive:
            others[rows[~np.eye(len(rows), dtype=bool)]] = True
            diagonal[rows.diagonal()] = True
        alone = diagonal & ~others & bare
        if (program.rhs[alone] < 0).any():
            return None
        zero = alone & (program.rhs == 0)
        left = [indices[~zero[rows.diagonal()]] for indices, rows in zip(kept, alive, strict=True)]
        if not zero.any() or not sum(map(len, left)):
            return tuple(kept)
        kept = left


def reduce_program(program: "GramProgram") -> Reduced | SolverStatus:
    """The program on the equations that have Gram entries, or the status that shows itself without iterations."""
    if not np.isfinite(program.rhs).all():
        return SolverStatus.FAILED
    kept = possible_indices(program)
    if kept is None:
        return SolverStatus.INFEASIBLE
    alive = [block[np.ix_(part, part)] for block, part in zip(program.blocks, kept, strict=True) if part.size]
    used = np.zeros(program.rhs.size, bool)
    for block in alive:
        used[block] = True
    renumbered = np.cumsum(used) - 1
    blocks = tuple(renumbered[block].astype(np.int32) for block in alive)
    sizes = np.abs(program.free[~used]).max(axis=1, initial=0.0)
    heights = np.where(sizes > 0, sizes, 1.0)
    bare, targets = program.free[~used] / heights[:, None], program.rhs[~used] / heights
    widths = np.abs(np.concatenate([program.free[used], bare])).max(axis=0, initial=0.0)
    units = 1.0 / np.where(widths > 0, widths, 1.0)  # of the variables: ranks are found in balanced numbers
    bare, cost = bare * units, program.cost * units
    left, values, right = np.linalg.svd(bare, full_matrices=True)
    rank = int((values > RANK * max(values.max(initial=0.0), 1e-300)).sum())
    pseudo = right[:rank].T @ (left[:, :rank].T / values[:rank, None])
    start = pseudo @ targets
    terms = np.abs(bare).sum(axis=1) * np.abs(start).max(initial=0.0) + np.abs(targets)
    if (np.abs(bare @ start - targets) > RANK * terms).any():
        return SolverStatus.INFEASIBLE
    span = right[rank:].T
    seen = (program.free[used] * units) @ span
    _, values, right = np.linalg.svd(seen, full_matrices=False)
    visible = right[values > RANK * max(values.max(initial=0.0), 1e-300)].T
    least = RANK * np.linalg.norm(cost)
    cost = span.T @ cost
    endless = bool(np.linalg.norm(cost - visible @ (visible.T @ cost)) > least)
    cost = visible.T @ cost
    if endless or np.linalg.norm(cost) <= least:  # then whether there is a point decides all
        cost = np.zeros_like(cost)
    interior = None if program.interior is None else program.interior[used]
    start, span = units * start, units[:, None] * (span @ visible)
    pseudo = units[:, None] * pseudo / heights
    rhs = program.rhs[used] - program.free[used] @ start
    arrays = rhs, program.free[used] @ span, cost
    sides = tuple(map(len, program.blocks))
    return Reduced(sides, kept, np.flatnonzero(used), blocks, *arrays, interior, start, span, pseudo, endless)
