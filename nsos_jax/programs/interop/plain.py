"""A program as it was written, without presolve and scaling, in floating point: what other tools are given."""

import numpy as np
import scipy.sparse as sp

from nsos_jax.programs.backends import ConeProblem
from nsos_jax.programs.equations import ConicForm, ProgramSystem, as_double
from nsos_jax.programs.modelling import SosProgram


def plain_problem(program: SosProgram) -> ConeProblem:
    """max c'w s.t. a + B w = A(Q), in the units of the program: w are the unknowns in their order, those of cofactors
    last. c is that of a maximisation."""
    system = ProgramSystem.of(program)
    entries = [(r, u, as_double(value)) for r, row in enumerate(system.linear) for u, value in row.items()]
    rows, columns, values = zip(*entries, strict=True) if entries else ((), (), ())
    cost = np.zeros(system.unknowns)
    for unknown, value in system.cost.items():
        cost[unknown] = as_double(value)
    form = ConicForm(
        rhs=np.array([as_double(value) for value in system.constants]),
        free=sp.csc_matrix((values, (rows, columns)), shape=(system.rows, system.unknowns)),
        cost=cost,
        blocks=system.blocks,
        row_shifts=np.zeros(system.rows, np.int64),
        free_shifts=np.zeros(system.unknowns, np.int64),
        basis_shifts=[np.zeros(block.side, np.int64) for block in system.blocks],
        weights=[
            np.array([np.full(block.maps.shape[1:], as_double(weight)) for weight in block.weights])
            for block in system.blocks
        ],
    )
    return ConeProblem.of(form, None)


def unknown_names(program: SosProgram, problem: ConeProblem) -> list[str]:
    """Of all w: gamma, V[x^2*y], and cofactor1, cofactor2, ... for the coefficients of cofactors."""
    names = program.unknowns.names
    return [*names, *(f"cofactor{index + 1}" for index in range(problem.form.free.shape[1] - len(names)))]


def objective_constant(program: SosProgram) -> float:
    """What the objective has beside its linear part."""
    expression = program.objective.expression
    return 0.0 if expression is None else float(sum(expression.constant.coefficients))
