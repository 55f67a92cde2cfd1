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
from nsos_jax.programs.equations import Elimination, ProgramSystem, Row
from nsos_jax.programs.interop.plain import objective_constant, plain_problem
from nsos_jax.programs.modelling import SosProgram
from nsos_jax.proofs import triangle


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
    layout = _Layout.of(problem)
    cones = -(layout.transform @ problem.matrix[problem.zeros :])
    slopes, offset = sp.csc_matrix(cones @ basis), cones @ start
    slopes.eliminate_zeros()
    costs = basis.T @ problem.cost
    kept = np.flatnonzero((np.diff(slopes.indptr) > 0) | (costs != 0))
    if not len(kept) or not slopes.shape[0]:
        raise ValueError("no moments are left: the program has no Gram matrix that its equations do not fix")
    constant = float(problem.cost @ start)
    lines = _head(program, problem, constant, costs[kept])
    lines += layout.lines(0, np.flatnonzero(offset), -offset[offset != 0])
    for number, column in enumerate(kept.tolist(), 1):
        entries = slice(*slopes.indptr[column : column + 2])
        lines += layout.lines(number, slopes.indices[entries], slopes.data[entries])
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


@dataclass(frozen=True, eq=False)
class _Layout:
    """Where the entries of the matrices stand in the file.

    Attributes:
      transform: from rows of cones to entries, sparse: a second-order cone is the matrix [s0 + s1, s2; s2, s0 - s1].
      places: (block, i, j) of each entry, from 1, int [entries, 3].
    """

    transform: sp.csr_matrix
    places: np.ndarray

    @staticmethod
    def of(problem: ConeProblem) -> "_Layout":
        diagonal = np.arange(problem.nonnegative)
        pieces: list = [sp.identity(problem.nonnegative)] if problem.nonnegative else []
        places = [np.column_stack([0 * diagonal, diagonal, diagonal])]
        block = int(problem.nonnegative > 0)
        pieces += [sp.csr_matrix([[1.0, 1, 0], [0, 0, 1], [1, -1, 0]])] * problem.second_order
        for index, side in enumerate([2] * problem.second_order + problem.psd):
            row, column = triangle(side)
            if index >= problem.second_order:
                pieces.append(sp.diags(np.where(row == column, 1.0, np.sqrt(0.5))))
            places.append(np.column_stack([np.full(len(row), block + index), row, column]))
        return _Layout(sp.csr_matrix(sp.block_diag(pieces or [sp.csr_matrix((0, 0))])), np.concatenate(places) + 1)

    def lines(self, number: int, entries: np.ndarray, values: np.ndarray) -> list[str]:
        """Those of one matrix."""
        pairs = zip(self.places[entries].tolist(), values.tolist(), strict=True)
        return [f"{number} {block} {i} {j} {value:.17g}" for (block, i, j), value in pairs]
