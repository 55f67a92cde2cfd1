"""The interior-point method of `solvers`, which is made for batches: for single programs here, for comparison."""

import time

import numpy as np

from nsos_jax.programs.backends.cone_problem import ConeProblem, UnfitBackend
from nsos_jax.programs.backends.point import Point, PointStatus
from nsos_jax.programs.equations import ConicForm
from nsos_jax.solvers import GramProgram, SolverOptions, SolverStatus, WeightedBlock, solve_programs

_STATUS = {
    SolverStatus.OPTIMAL: PointStatus.SOLVED,
    SolverStatus.CONVERGED: PointStatus.SOLVED,
    SolverStatus.INFEASIBLE: PointStatus.INFEASIBLE,
    SolverStatus.UNBOUNDED: PointStatus.UNBOUNDED,
}


def own_point(problem: ConeProblem, time_limit: float, tolerance: float) -> Point:
    """Solves by our interior-point method, which looks at no clock: programs with a few hundred rows take a second.

    Raises:
      UnfitBackend: a cone is not that of positive semidefinite matrices.
    """
    form, limit = problem.form, problem.margin_limit
    if any(block.cone != "psd" for block in form.blocks):
        raise UnfitBackend(
            'backend "jax" solves semidefinite programs only: choose "auto" or "clarabel" for dd and sdd'
        )
    start = time.perf_counter()
    (solution,) = solve_programs([gram_program(form, limit)], SolverOptions(tolerance=max(tolerance, 1e-12)))
    seconds = time.perf_counter() - start
    rows, width = form.free.shape
    margin = 0.0 if limit is None else float(solution.free[width])
    grams = [gram + margin * np.eye(len(gram)) for gram in solution.grams[: len(form.blocks)]]
    free, moments = solution.free[:width], solution.moments[:rows]
    value = float(form.cost @ free) if limit is None else margin
    status = _STATUS.get(solution.status, PointStatus.FAILED)
    return Point(status, free, grams, moments, value, margin, seconds, solution.iterations)


def gram_program(form: ConicForm, margin_limit: float | None) -> GramProgram:
    """A form as `solvers` takes it, max c'w  s.t.  A(Q) - B w = a; with a limit T on the margin instead
    max t  s.t.  A(S) + t A(I) - B w = a,  t + r = T,  S = Q - t I and r psd."""
    blocks, free = gram_blocks(form), -form.free.toarray()
    if margin_limit is None:
        return GramProgram(blocks, form.rhs, free, -form.cost)
    identity = form.apply([np.eye(side) for side in form.sides])
    return with_margin(blocks, form.rhs, free, identity, margin_limit)


def with_margin(
    blocks: tuple[np.ndarray | WeightedBlock, ...],
    rhs: np.ndarray,
    free: np.ndarray,
    identity: np.ndarray,
    limit: float,
) -> GramProgram:
    """max t  s.t.  A(S) + t `identity` + `free` d = `rhs`,  t + r = `limit`,  S and r psd; t comes behind d."""
    rows, width = free.shape
    wide = np.zeros((rows + 1, width + 1))
    wide[:rows, :width], wide[:rows, width], wide[rows, width] = free, identity, 1.0
    number = np.full((1, 1), rows)
    return GramProgram((*blocks, number), np.append(rhs, limit), wide, -np.eye(width + 1)[width])


def gram_blocks(form: ConicForm) -> tuple[np.ndarray | WeightedBlock, ...]:
    """Maps and weights of all blocks; scaled weights are the same for all entries of a term."""
    result: list[np.ndarray | WeightedBlock] = []
    for block, spread in zip(form.blocks, form.weights, strict=True):
        weights = spread[:, 0, 0]
        plain = len(weights) == 1 and weights[0] == 1.0
        result.append(block.maps[0].astype(np.int32) if plain else WeightedBlock(block.maps, weights))
    return tuple(result)
