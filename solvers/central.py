"""Points far inside the cone whose cost is nearly the least: what exact rounding asks for."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from nsos_jax.solvers.blocks import identity_sums
from nsos_jax.solvers.options import SolverOptions
from nsos_jax.solvers.problem import Matrix
from nsos_jax.solvers.programs import GramProgram, ProgramSolution, solve_programs

LEAST_BOUND = 1.0
"""Of the margin, which need not be bounded otherwise, where all Gram matrices found are smaller."""


def central_points(
    programs: Sequence[GramProgram], slack: float = 1e-3, options: SolverOptions | None = None
) -> list[ProgramSolution]:
    """Solutions as far inside the cone as the cost allows: max t, S - t I psd, c'd <= upper + slack (1 + |upper|).

    All programs are solved, then those with a feasible point once more. The margin is bounded by the largest eigenvalue
    of the S found first, or `LEAST_BOUND`.

    Args:
      slack: what of the cost may be given for the margin.

    Returns:
      The solutions of `solve_programs` with other `grams` and `free`, and `upper` as their cost; `status` and `lower`
      are those of the value. Programs without a feasible point, and those where no better one is found, keep theirs.

    >>> line = np.array([[0, 1], [1, 2]])  # x^2 - 2x + d is a sum of squares
    >>> least = GramProgram((line,), np.array([0.0, -2.0, 1.0]), np.array([[-1.0], [0.0], [0.0]]), np.array([1.0]))
    >>> (point,) = central_points([least], slack=0.5)
    >>> round(point.upper, 3), bool(np.linalg.eigvalsh(point.grams[0])[0] > 0.3)
    (2.0, True)
    """
    if not 0 < slack < np.inf:
        raise ValueError(f"slack must be positive and finite, got {slack}")
    programs = list(programs)
    solutions = solve_programs(programs, options)
    asked = [index for index, solution in enumerate(solutions) if np.isfinite(solution.upper)]
    inner = solve_programs([_margin(programs[index], solutions[index], slack) for index in asked], options)
    for index, found in zip(asked, inner, strict=True):
        margin = found.free[-1]
        if np.isfinite(found.upper) and margin > 0:
            sides = len(programs[index].blocks)
            grams = tuple(gram + margin * np.eye(len(gram)) for gram in found.grams[:sides])
            free = found.free[:-1]
            upper = float(programs[index].cost @ free)
            solutions[index] = replace(solutions[index], grams=grams, free=free, upper=upper)
    return solutions


def _margin(program: GramProgram, solution: ProgramSolution, slack: float) -> GramProgram:
    """min -t  s.t.  A(S) + t A(I) + F d = b,  t + r_1 = bound,  c'd + r_2 = most,  S, r_1, r_2 >= 0."""
    rows, count = program.rhs.size, program.cost.size
    bound = max(LEAST_BOUND, *(float(np.linalg.norm(gram, 2)) for gram in solution.grams))
    most = solution.upper + slack * (1 + abs(solution.upper))
    column = identity_sums(program.blocks, rows)
    limits = [(np.append(np.zeros(count), 1.0), bound)]
    if program.cost.any():
        limits.append((np.append(program.cost, 0.0), most))
    added = np.stack([row for row, _ in limits])
    whole = sp.vstack([sp.hstack([sp.csr_array(program.free), sp.csr_array(column[:, None])]), sp.csr_array(added)])
    free: Matrix = whole.toarray() if isinstance(program.free, np.ndarray) else sp.csr_array(whole)
    numbers = tuple(np.array([[rows + index]]) for index in range(len(limits)))
    rhs = np.append(program.rhs, [limit for _, limit in limits])
    return GramProgram((*program.blocks, *numbers), rhs, free, -np.eye(count + 1)[count])
