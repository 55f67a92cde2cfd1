"""General sum-of-squares programs: a linear cost over free variables, equations without Gram entries included.

    min c'd  s.t.  A(S) + F d = b,  S positive semidefinite,  d free

is solved in two batches. The first maximises the margin of each program, d free, which finds a point inside the cone or
proves that there is none; the second minimises the cost from there. So the bracket of the value stands on feasible
points of both sides: the inner point on one, moments inside the dual cone, where they are known, on the other.

Before that, on the host, equations without Gram entries are solved for d, and combinations of free variables that no
equation sees are taken out; if such a combination has a cost, the program is unbounded or infeasible.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from nsos_jax.solvers.batch import SolverOptions, SosSolver
from nsos_jax.solvers.problem import Inside, SosProblem, check_finite, linear_part, margin_problem, row_maps
from nsos_jax.solvers.status import SolverStatus

RANK = 1e-10
"""Singular values below this share of the largest count as zero, and so do residuals, relative to their terms."""


@dataclass(frozen=True)
class GramProgram:
    """min c'd  s.t.  A(S) + F d = b,  S = blkdiag(S_1, S_2, ...) positive semidefinite,  d free.

    Attributes:
      blocks: one int array [k, k] per PSD block, symmetric: entry (i, j) lies in row blocks[i, j].
      rhs: float array [rows], b.
      free: float array [rows, variables], F; its columns may depend on each other.
      cost: float array [variables], c.
      interior: float array [rows], moments m near F'm = -c with M(m) = A'(m) positive definite, if any are known: they
        make the lower bound finite.

    Raises:
      ValueError: naming the argument that is wrong.
    """

    blocks: tuple[np.ndarray, ...]
    rhs: np.ndarray
    free: np.ndarray
    cost: np.ndarray
    interior: np.ndarray | None = None

    def __post_init__(self) -> None:
        blocks, rhs = row_maps(self.blocks, self.rhs, every_row=False)
        check_finite("rhs", rhs)
        free, cost, interior = linear_part(rhs, self.free, self.cost, self.interior)
        own = ("blocks", blocks), ("rhs", rhs), ("free", free), ("cost", cost), ("interior", interior)
        for name, value in own:
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class ProgramSolution:
    """What is known about a program.

    Attributes:
      status: OPTIMAL, CONVERGED, INFEASIBLE, UNBOUNDED, BOUNDARY (no cost, and no point inside the cone),
        ITERATION_LIMIT or FAILED; see `status.MESSAGES`.
      lower, upper: bounds on the optimal value; infinite where no feasible point is known.
      free: d [variables], of the best point found; NaN where there is none.
      grams: the Gram blocks S_j of that point, float64 [k, k] each.
      moments: m [rows], F'm = -c, of the lower bound; NaN where there are none.
      iterations: of both batches.
    """

    status: SolverStatus
    lower: float
    upper: float
    free: np.ndarray
    grams: tuple[np.ndarray, ...]
    moments: np.ndarray
    iterations: int


class Reduced(NamedTuple):
    """A program whose equations all have Gram entries, with independent free variables w: d = start + span w."""

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

    def widened(self, moments: np.ndarray, size: int) -> np.ndarray:
        """Moments of all equations, 0 where there are no Gram entries."""
        result = np.zeros(size)
        result[self.rows] = moments
        return result


def reduce_program(program: GramProgram) -> Reduced | SolverStatus:
    """The program on the equations that have Gram entries, or the status that shows itself without iterations."""
    used = np.zeros(program.rhs.size, bool)
    for block in program.blocks:
        used[block] = True
    renumbered = np.cumsum(used) - 1
    blocks = tuple(renumbered[block].astype(np.int32) for block in program.blocks)
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
    kept = right[values > RANK * max(values.max(initial=0.0), 1e-300)].T
    least = RANK * np.linalg.norm(cost)
    cost = span.T @ cost
    endless = bool(np.linalg.norm(cost - kept @ (kept.T @ cost)) > least)
    cost = kept.T @ cost
    if endless or np.linalg.norm(cost) <= least:  # then whether there is a point decides all
        cost = np.zeros_like(cost)
    interior = None if program.interior is None else program.interior[used]
    start, span = units * start, units[:, None] * (span @ kept)
    pseudo = units[:, None] * pseudo / heights
    rhs = program.rhs[used] - program.free[used] @ start
    arrays = rhs, program.free[used] @ span, cost
    return Reduced(np.flatnonzero(used), blocks, *arrays, interior, start, span, pseudo, endless)


def solve_programs(programs: Sequence[GramProgram], options: SolverOptions | None = None) -> list[ProgramSolution]:
    """Solves many different programs, in order, in two batches.

    >>> x_squared_minus_2x_plus_d = GramProgram(
    ...     (np.array([[0, 1], [1, 2]]),), np.array([0.0, -2.0, 1.0]), np.array([[-1.0], [0.0], [0.0]]), np.array([1.0])
    ... )
    >>> (solution,) = solve_programs([x_squared_minus_2x_plus_d])
    >>> solution.status.name, round(float(solution.free[0]), 5)
    ('OPTIMAL', 1.0)
    """
    if isinstance(programs, GramProgram):
        raise TypeError("programs must be a list of GramProgram, got one; put it in brackets")
    programs = list(programs)
    for program in programs:
        if not isinstance(program, GramProgram):
            hint = ": SosSolver takes it" if isinstance(program, SosProblem) else ""
            raise TypeError(f"programs must hold GramProgram, got {type(program).__name__}{hint}")
    second = SosSolver(options=options)
    first = SosSolver(options=replace(second.options, close_margins=False))
    reduced = [reduce_program(program) for program in programs]
    inner, outer, anchors = {}, {}, {}
    for index, form in enumerate(reduced):
        if isinstance(form, Reduced):
            anchors[index] = form.inside()
            if anchors[index] is None:
                inner[index] = first.add(form.margin())
    first.run()
    for index, form in enumerate(reduced):
        if not isinstance(form, Reduced) or not form.cost.any():
            continue
        if index in inner:
            status = first.solutions[inner[index]].status
            if status in (SolverStatus.INFEASIBLE, SolverStatus.FAILED):
                continue
            if status is SolverStatus.FEASIBLE:
                anchors[index] = first.gram(inner[index]), first.free(inner[index])
        problem = SosProblem(form.blocks, form.rhs, form.free, form.cost, form.interior, anchor=anchors[index])
        outer[index] = second.add(problem)
    second.run()
    solutions = []
    for index, (program, form) in enumerate(zip(programs, reduced, strict=True)):
        if isinstance(form, SolverStatus):
            solutions.append(_without_point(program, form, 0))
        elif index in outer:
            iterations = first.solutions[inner[index]].iterations if index in inner else 0
            solutions.append(_solved(program, form, second, outer[index], iterations))
        elif index in inner:
            solutions.append(_decided(program, form, first, inner[index]))
        else:
            solutions.append(_feasible(program, form, anchors[index], 0))
    return solutions


def _solved(program: GramProgram, form: Reduced, solver: SosSolver, index: int, iterations: int) -> ProgramSolution:
    solution, constant = solver.solutions[index], float(program.cost @ form.start)
    free = form.start + form.span @ solver.free(index)
    moments = form.widened(solver.moments(index), program.rhs.size)
    bare = np.setdiff1d(np.arange(program.rhs.size), form.rows)
    moments[bare] = -form.pseudo.T @ (program.cost + program.free[form.rows].T @ moments[form.rows])
    bounds = solution.lower + constant, solution.upper + constant
    return ProgramSolution(
        solution.status, *bounds, free, solver.gram(index), moments, iterations + solution.iterations
    )


def _decided(program: GramProgram, form: Reduced, solver: SosSolver, index: int) -> ProgramSolution:
    """A program that the margin settles."""
    solution = solver.solutions[index]
    if solution.status is SolverStatus.FEASIBLE:
        return _feasible(program, form, (solver.gram(index), solver.free(index)), solution.iterations)
    found = _without_point(program, solution.status, solution.iterations)
    if solution.status is SolverStatus.INFEASIBLE:
        return replace(found, moments=form.widened(solver.moments(index), program.rhs.size))
    return found


def _feasible(program: GramProgram, form: Reduced, point: Inside | None, iterations: int) -> ProgramSolution:
    """A point of a program without cost, but for the constant that its equations fix."""
    if form.endless:
        return _without_point(program, SolverStatus.UNBOUNDED, iterations)
    assert point is not None
    grams, values = point
    value = float(program.cost @ form.start)
    free = form.start + form.span @ values
    return ProgramSolution(SolverStatus.OPTIMAL, value, value, free, grams, np.zeros(program.rhs.size), iterations)


def _without_point(program: GramProgram, status: SolverStatus, iterations: int) -> ProgramSolution:
    lower = np.inf if status is SolverStatus.INFEASIBLE else -np.inf
    upper = -np.inf if status is SolverStatus.UNBOUNDED else np.inf
    grams = tuple(np.full(block.shape, np.nan) for block in program.blocks)
    unknown = np.full(program.cost.size, np.nan), grams, np.full(program.rhs.size, np.nan)
    return ProgramSolution(status, lower, upper, *unknown, iterations)
