"""Programs in the SDPA sparse format, which CSDP, SDPA, SDPNAL+ and others read.

    min a'L  s.t.  B'L = -c,  M(L) in the dual cones

The format has no equations: B'L = -c is solved for some L_r in exact arithmetic, the others are the variables x. The
matrices of the dual are the Gram matrices, from which the unknowns follow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from flint import fmpq

from nsos_jax.certificates import as_fraction
from nsos_jax.programs.backends import ConeProblem
from nsos_jax.programs.cones import triangle
from nsos_jax.programs.interop.plain import objective_constant, plain_problem
from nsos_jax.programs.presolve import Elimination
from nsos_jax.programs.program import SosProgram
from nsos_jax.programs.system import ProgramSystem, Row


@dataclass(frozen=True, eq=False)
class SdpaExport:
    """What was written, for the way back.

    Attributes:
      program: of which.
      problem: in matrices.
      constant: to be added to the optimal value of the file; the objective of the program, maximised, is the sum.
    """

    program: SosProgram
    problem: ConeProblem
    constant: float

    def values(self, dual: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        """The coefficients of the unknowns, by name, for the matrices Y of the dual, in the order of the file."""
        z, first = np.concatenate(self._parts(dual)), self.problem.zeros
        # -A'z = q: the rows of z that are no unknowns give a + B w = A(Q), to be solved for w
        right = -self.problem.cost - self.problem.matrix[first:].T @ z
        unknowns = np.linalg.lstsq(self.problem.matrix[:first].T.toarray(), right, rcond=None)[0]
        return {name: unknowns[list(declared.indices)] for name, declared in self.program.declared.items()}

    def _parts(self, dual: Sequence[np.ndarray]) -> list[np.ndarray]:
        """z beyond its unknowns."""
        left = list(dual)
        parts = [np.ravel(left.pop(0))] if self.problem.nonnegative else []
        for _ in range(self.problem.second_order):
            y = left.pop(0)
            parts.append(np.array([y[0, 0] + y[1, 1], y[0, 0] - y[1, 1], 2 * y[0, 1]]))
        for side in self.problem.psd:
            row, column = triangle(side)
            parts.append(left.pop(0)[row, column] * np.where(row == column, 1.0, np.sqrt(2.0)))
        return parts


def to_sdpa(program: SosProgram, path: str | Path) -> SdpaExport:
    """Writes a program, as it was written, without presolve.

    Raises:
      ValueError: the equations of the moments have no solution, so that the program is unbounded or without effect.
    """
    problem = plain_problem(program)
    system = ProgramSystem.of(program)
    moments = _solved(program, system)
    free = sorted(set(range(system.rows)) - moments.solved.keys())
    basis, start = _substitution(moments, free, system.rows)
    cones = -problem.matrix[problem.zeros :]
    slopes, offset = sp.csc_matrix(cones @ basis), cones @ start
    costs = basis.T @ problem.cost
    kept = np.flatnonzero((np.diff(slopes.indptr) > 0) | (costs != 0))
    if not len(kept) or not slopes.shape[0]:
        raise ValueError("no moments are left: the program has no Gram matrix that its equations do not fix")
    constant = float(problem.cost @ start)
    lines = _head(program, problem, constant, costs[kept])
    lines += _entries(problem, -offset, 0)
    for number, column in enumerate(kept.tolist(), 1):
        lines += _entries(problem, slopes[:, [column]].toarray().ravel(), number)
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return SdpaExport(program, problem, constant)


def _solved(program: SosProgram, system: ProgramSystem) -> Elimination:
    """B'L = -c, one equation for each unknown, solved for moments."""
    columns: list[Row] = [{} for _ in range(system.unknowns)]
    for row, linear in enumerate(system.linear):
        for unknown, value in linear.items():
            columns[unknown][row] = value
    elimination = Elimination()
    for unknown, column in enumerate(columns):
        constant, equation = elimination.reduce(system.cost.get(unknown, fmpq(0)), column)
        if equation:
            pivot = min(equation, key=lambda row: len(system.linear[row]))
            elimination.solve(constant, equation, pivot)
        elif constant != 0:
            name = program.unknowns.names[unknown]
            raise ValueError(f"{name} is in the objective, and no constraint bounds it: the program is unbounded")
    return elimination


def _substitution(moments: Elimination, free: list[int], rows: int) -> tuple[sp.csc_matrix, np.ndarray]:
    """L = N x + L_0."""
    column = {row: index for index, row in enumerate(free)}
    entries = [(row, index, 1.0) for row, index in column.items()]
    start = np.zeros(rows)
    for row, (constant, others) in moments.solved.items():
        start[row] = float(as_fraction(constant))
        entries += [(row, column[other], float(as_fraction(value))) for other, value in others.items()]
    at, to, values = zip(*entries, strict=True) if entries else ((), (), ())
    return sp.csc_matrix((values, (at, to)), shape=(rows, len(free))), start


def _head(program: SosProgram, problem: ConeProblem, constant: float, costs: np.ndarray) -> list[str]:
    sign, own = (1 if program.objective.sense == "maximize" else -1), objective_constant(program)
    sizes = [-problem.nonnegative] if problem.nonnegative else []
    sizes += [2] * problem.second_order + problem.psd
    return [
        f'"objective of the program: {sign} * (value of this file + {constant:.17g}) + {own:.17g}',
        str(len(costs)),
        str(len(sizes)),
        " ".join(map(str, sizes)),
        " ".join(f"{cost:.17g}" for cost in costs),
    ]


def _entries(problem: ConeProblem, slack: np.ndarray, number: int) -> list[str]:
    """The lines of one matrix."""
    lines, block, at = [], 0, problem.nonnegative
    if problem.nonnegative:
        block = 1
        lines += [f"{number} 1 {i + 1} {i + 1} {slack[i]:.17g}" for i in np.flatnonzero(slack[:at]).tolist()]
    sides = [2] * problem.second_order + problem.psd
    for index, side in enumerate(sides):
        row, column = triangle(side)
        own = slack[at : at + len(row)]
        if index < problem.second_order:
            own = np.array([own[0] + own[1], own[2], own[0] - own[1]])  # psd where the cone holds
        else:
            own = own / np.where(row == column, 1.0, np.sqrt(2.0))
        chosen = np.flatnonzero(own).tolist()
        lines += [f"{number} {block + index + 1} {row[k] + 1} {column[k] + 1} {own[k]:.17g}" for k in chosen]
        at += len(row)
    return lines
