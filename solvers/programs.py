"""General sum-of-squares programs: a linear cost over free variables, equations without Gram entries included.

    min c'd  s.t.  A(S) + F d = b,  S positive semidefinite,  d free

is solved in two batches. The first maximises the margin of each program, d free, which finds a point inside the cone or
proves that there is none; the second minimises the cost from there. So the bracket of the value stands on feasible
points of both sides: the inner point on one, moments inside the dual cone, where they are known, on the other.

Before that, on the host (`presolve`), Gram entries that can only vanish are left out, equations without Gram entries
are solved for d, and combinations of free variables that no equation sees are taken out; if such a combination has a
cost, the program is unbounded or infeasible.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nsos_jax.solvers.batch import SolverOptions, SosSolver
from nsos_jax.solvers.presolve import Reduced, reduce_program
from nsos_jax.solvers.problem import Inside, SosProblem, linear_part, row_maps
from nsos_jax.solvers.status import SolverStatus


@dataclass(frozen=True)
class GramProgram:
    """min c'd  s.t.  A(S) + F d = b,  S = blkdiag(S_1, S_2, ...) positive semidefinite,  d free.

    Attributes:
      blocks: one int array [k, k] per PSD block, symmetric: entry (i, j) lies in row blocks[i, j].
      rhs: float array [rows], b; the answer for one that is not finite is FAILED.
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
      moments: m [rows], F'm = -c, of the lower bound; NaN where there are none. Where equations make diagonal entries
        vanish, M(m) is positive semidefinite on the other indices, and m is 0 at those equations.
      iterations: of both batches.
    """

    status: SolverStatus
    lower: float
    upper: float
    free: np.ndarray
    grams: tuple[np.ndarray, ...]
    moments: np.ndarray
    iterations: int


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
        solution.status, *bounds, free, form.padded(solver.gram(index)), moments, iterations + solution.iterations
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
    return ProgramSolution(
        SolverStatus.OPTIMAL, value, value, free, form.padded(grams), np.zeros(program.rhs.size), iterations
    )


def _without_point(program: GramProgram, status: SolverStatus, iterations: int) -> ProgramSolution:
    lower = np.inf if status is SolverStatus.INFEASIBLE else -np.inf
    upper = -np.inf if status is SolverStatus.UNBOUNDED else np.inf
    grams = tuple(np.full(block.shape, np.nan) for block in program.blocks)
    unknown = np.full(program.cost.size, np.nan), grams, np.full(program.rhs.size, np.nan)
    return ProgramSolution(status, lower, upper, *unknown, iterations)
