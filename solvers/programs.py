"""General sum-of-squares programs: a linear cost over free variables, equations without Gram entries included.

    min c'd  s.t.  A(S) + F d = b,  S positive semidefinite,  d free

First, on the host (`presolve`), Gram entries that can only vanish are left out, equations without Gram entries are
solved for d, and combinations of free variables that no equation sees are taken out; if such a combination has a cost,
the program is unbounded or infeasible. Then the interior-point method of `interior_point/` solves the programs it is
made for, and ADMM those with large blocks (`large`) and those that it leaves open.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from nsos_jax.solvers import interior_point, large
from nsos_jax.solvers.blocks import Block
from nsos_jax.solvers.interior_point import ConicProgram, Outcome
from nsos_jax.solvers.options import SolverOptions
from nsos_jax.solvers.presolve import Reduced, reduce_program
from nsos_jax.solvers.problem import Inside, Matrix, SosProblem, as_real, checked_data, row_maps, sparse_columns
from nsos_jax.solvers.status import SolverStatus

NEWTON_STEPS = 100
"""The most of a program: those that close need 8 to 25."""


@dataclass(frozen=True)
class GramProgram:
    """min c'd  s.t.  A(S) + F d = b,  S = blkdiag(S_1, S_2, ...) positive semidefinite,  d free.

    Attributes:
      blocks: per PSD block an int array [k, k], symmetric: entry (i, j) lies in row blocks[i, j]; or a `WeightedBlock`,
        whose entries lie in several rows.
      rhs: float array [rows], b; the answer for one that is not finite is FAILED.
      free: float array [rows, variables], F, dense or sparse (of SciPy); its columns may depend on each other.
      cost: float array [variables], c.
      interior: float array [rows], moments m near F'm = -c with M(m) = A'(m) positive definite, if any are known: they
        make the lower bound finite where blocks are so large that ADMM is used.

    Raises:
      ValueError: naming the argument that is wrong.
    """

    blocks: tuple[Block, ...]
    rhs: np.ndarray
    free: Matrix
    cost: np.ndarray
    interior: np.ndarray | None = None

    def __post_init__(self) -> None:
        blocks, rhs = row_maps(self.blocks, self.rhs, every_row=False, weighted=True)
        free = sparse_columns(self.free) if sp.issparse(self.free) else as_real("free", self.free)
        values = free if isinstance(free, np.ndarray) else free.data
        cost, interior = checked_data(rhs, free.shape, values, self.cost, self.interior)
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
      moments: m [rows], F'm = -c, of the lower bound; of an INFEASIBLE program, F'm = 0 and <b, m> < 0, where
        iterations showed it; NaN where there are none. Where equations make diagonal entries vanish, M(m) is positive
        semidefinite on the other indices, and m is 0 at those equations.
      iterations: Newton steps, or those of both batches of ADMM.
      inside: Gram blocks and d of a feasible point far inside the cone, though not of the best value, where the
        interior-point method had one of a program with a cost; else None.
      inside_moments: m [rows] with M(m) far inside the cone, in the same way.
    """

    status: SolverStatus
    lower: float
    upper: float
    free: np.ndarray
    grams: tuple[np.ndarray, ...]
    moments: np.ndarray
    iterations: int
    inside: Inside | None = None
    inside_moments: np.ndarray | None = None


def solve_programs(programs: Sequence[GramProgram], options: SolverOptions | None = None) -> list[ProgramSolution]:
    """Solves many different programs, in order.

    >>> x_squared_minus_2x_plus_d = GramProgram(
    ...     (np.array([[0, 1], [1, 2]]),), np.array([0.0, -2.0, 1.0]), np.array([[-1.0], [0.0], [0.0]]), np.array([1.0])
    ... )
    >>> (solution,) = solve_programs([x_squared_minus_2x_plus_d])
    >>> solution.status.name, round(float(solution.free[0]), 5)
    ('OPTIMAL', 1.0)
    """
    if isinstance(programs, GramProgram):
        raise TypeError("programs must be a list of GramProgram, got one; put it in brackets")
    if not isinstance(options, SolverOptions | None):
        raise TypeError(f"options must be SolverOptions, got {type(options).__name__}")
    programs, options = list(programs), options or SolverOptions()
    for program in programs:
        if not isinstance(program, GramProgram):
            hint = ": SosSolver takes it" if isinstance(program, SosProblem) else ""
            raise TypeError(f"programs must hold GramProgram, got {type(program).__name__}{hint}")
    by_admm = [options.method == "first-order" or large.is_large(program) for program in programs]
    chosen = [index for index, admm in enumerate(by_admm) if not admm]
    solutions = dict(zip(chosen, _solved([programs[index] for index in chosen], options, admm=False), strict=True))
    left = [index for index in range(len(programs)) if index not in solutions or _is_open(solutions[index])]
    for index, other in zip(left, _solved([programs[index] for index in left], options, admm=True), strict=True):
        if index not in solutions or not _is_open(other):
            solutions[index] = other
    return [solutions[index] for index in range(len(programs))]


def _is_open(solution: ProgramSolution) -> bool:
    """Where Newton's method got stuck, as it does without points inside both cones; ADMM needs none."""
    return solution.status is SolverStatus.ITERATION_LIMIT


def _solved(programs: Sequence[GramProgram], options: SolverOptions, admm: bool) -> list[ProgramSolution]:
    """All of them by one method."""
    plain = [large.without_weights(program) for program in programs] if admm else programs
    forms = [reduce_program(program) for program in plain]
    solver = large.solve if admm else _by_interior_point
    outcomes = iter(solver([form for form in forms if isinstance(form, Reduced)], options))
    solutions = []
    for own, program, form in zip(programs, plain, forms, strict=True):
        outcome = next(outcomes) if isinstance(form, Reduced) else Outcome(form)
        solutions.append(_for_caller(own, _solution(program, form, outcome)))
    return solutions


def _for_caller(program: GramProgram, solution: ProgramSolution) -> ProgramSolution:
    """Without the rows and variables that stand for weights."""
    moments, free = solution.moments[: program.rhs.size], solution.free[: program.cost.size]
    return replace(solution, moments=moments, free=free)


def _by_interior_point(forms: Sequence[Reduced], options: SolverOptions) -> list[Outcome]:
    """Values first; then margins decide what has no cost, and what did not close."""
    limit = min(NEWTON_STEPS, options.max_iterations)
    costly = [index for index, form in enumerate(forms) if form.cost.any()]
    programs = [ConicProgram(form.blocks, form.rhs, form.free, form.cost) for form in map(forms.__getitem__, costly)]
    solved = dict(zip(costly, interior_point.solve(programs, options.tolerance, limit), strict=True))
    settled = (SolverStatus.OPTIMAL, SolverStatus.INFEASIBLE, SolverStatus.UNBOUNDED)
    points: dict[int, Inside] = {}
    asked = []
    for index, form in enumerate(forms):
        if index in solved and (solved[index].status in settled or np.isfinite(solved[index].upper)):
            continue
        inside = form.inside()
        if inside is None:
            asked.append(index)
        else:
            points[index] = inside
    margins = [
        ConicProgram(form.blocks, form.rhs, form.free, form.cost, is_margin=True)
        for form in map(forms.__getitem__, asked)
    ]
    decided = dict(zip(asked, interior_point.solve(margins, options.tolerance, limit), strict=True))
    found = ((solved.get(index), points.get(index), decided.get(index)) for index in range(len(forms)))
    return [_judged(form, *parts, options.tolerance) for form, parts in zip(forms, found, strict=True)]


def _judged(
    form: Reduced, solved: Outcome | None, inside: Inside | None, margin: Outcome | None, tolerance: float
) -> Outcome:
    """The answer for a program from what was found of its value and its margin."""
    iterations = sum(part.iterations for part in (solved, margin) if part is not None)
    if margin is not None and margin.status in (SolverStatus.INFEASIBLE, SolverStatus.FAILED):
        lower = np.inf if margin.status is SolverStatus.INFEASIBLE else -np.inf
        return Outcome(margin.status, lower, moments=margin.moments, iterations=iterations)
    if inside is None and margin is not None and margin.status is SolverStatus.FEASIBLE:
        assert margin.grams is not None
        assert margin.free is not None
        inside = margin.grams, margin.free
    if solved is not None:
        if inside is not None and not np.isfinite(solved.upper):
            solved = _mended(form, solved, inside, tolerance)
        return replace(solved, iterations=iterations)
    if inside is None:
        assert margin is not None
        return Outcome(margin.status, iterations=iterations)
    if form.endless:
        return Outcome(SolverStatus.UNBOUNDED, iterations=iterations)
    zero = np.zeros(form.rhs.size)
    return Outcome(SolverStatus.OPTIMAL, 0.0, 0.0, *inside, zero, iterations)


def _mended(form: Reduced, solved: Outcome, inside: Inside, tolerance: float) -> Outcome:
    """With the last point, which is not quite in the cone, moved there by mixing with one inside."""
    grams, free = inside
    size = sum(len(gram) for gram in grams) * 4 * np.finfo(np.float64).eps
    if solved.grams is not None and solved.free is not None:
        lowest, inner = (
            min(np.linalg.eigvalsh(gram)[0] - size * np.linalg.norm(gram) for gram in point)
            for point in (solved.grams, grams)
        )
        share = 1.0 if inner <= 0 else min(1.0, max(0.0, -lowest / (inner - lowest)))
        grams = tuple((1 - share) * own + share * other for own, other in zip(solved.grams, grams, strict=True))
        free = (1 - share) * solved.free + share * free
    upper = float(form.cost @ free) + size * sum(float(np.linalg.norm(gram)) for gram in grams)
    closed = np.isfinite(solved.lower) and upper - solved.lower <= tolerance * (abs(upper) + abs(solved.lower))
    status = SolverStatus.OPTIMAL if closed else solved.status
    return replace(solved, status=status, upper=upper, grams=grams, free=free)


def _solution(program: GramProgram, form: Reduced | SolverStatus, outcome: Outcome) -> ProgramSolution:
    """The outcome of the reduced program as one of the program."""
    lower, upper = outcome.lower, outcome.upper
    grams = tuple(np.full(block.shape, np.nan) for block in program.blocks)
    free, moments = np.full(program.cost.size, np.nan), np.full(program.rhs.size, np.nan)
    inside = inside_moments = None
    if outcome.status is SolverStatus.INFEASIBLE:
        lower, upper = np.inf, np.inf
    if outcome.status is SolverStatus.UNBOUNDED:
        lower, upper = -np.inf, -np.inf
    if isinstance(form, Reduced):
        constant = float(program.cost @ form.start)
        lower, upper = lower + constant, upper + constant
        if outcome.grams is not None and outcome.free is not None and outcome.status is not SolverStatus.UNBOUNDED:
            grams, free = form.padded(outcome.grams), form.variables(outcome.free)
        if outcome.moments is not None and outcome.status is not SolverStatus.UNBOUNDED:
            cost = np.zeros_like(program.cost) if outcome.status is SolverStatus.INFEASIBLE else program.cost
            moments = _all_moments(program, form, outcome.moments, cost)
        if outcome.inside is not None:
            inside = form.padded(outcome.inside[0]), form.variables(outcome.inside[1])
        if outcome.inside_moments is not None:
            inside_moments = _all_moments(program, form, outcome.inside_moments, program.cost)
    parts = free, grams, moments, outcome.iterations, inside, inside_moments
    return ProgramSolution(outcome.status, lower, upper, *parts)


def _all_moments(program: GramProgram, form: Reduced, moments: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Those of all equations, F'm = -cost, from those of the equations with Gram entries."""
    result = form.widened(moments, program.rhs.size)
    bare = np.setdiff1d(np.arange(program.rhs.size), form.rows)
    if bare.size:
        result[bare] = -form.pseudo.T @ (cost + program.free[form.rows].T @ result[form.rows])
    return result
