"""Programs as CVXPY problems."""

import cvxpy as cp
import numpy as np
import scipy.sparse as sp

from nsos_jax.programs.interop.plain import objective_constant, plain_problem
from nsos_jax.programs.modelling import SosProgram
from nsos_jax.proofs import triangle


def to_cvxpy(program: SosProgram) -> cp.Problem:
    """The problem; a variable for each unknown, by its name, holds the coefficients in the order of its monomials."""
    problem = plain_problem(program)
    unknowns = [cp.Variable(len(declared.indices), name=name) for name, declared in program.declared.items()]
    count = len(program.unknowns.names)
    cofactors = cp.Variable(problem.zeros - count, name="cofactors") if problem.zeros > count else None
    parts = [*unknowns, *([cofactors] if cofactors is not None else [])]
    constraints: list[cp.Constraint] = []
    if problem.nonnegative:
        parts.append(cp.Variable(problem.nonnegative, nonneg=True, name="linear"))
    if problem.second_order:
        cones = cp.Variable((problem.second_order, 3), name="second_order")
        constraints.append(cp.SOC(cones[:, 0], cones[:, 1:], axis=1))
        parts.append(cp.vec(cones, order="C"))
    for index, side in enumerate(problem.psd):
        gram = cp.Variable((side, side), PSD=True, name=f"gram{index + 1}")
        row, column = triangle(side)
        weight = np.where(row == column, 1.0, np.sqrt(2.0))
        chosen = sp.csr_matrix((weight, (range(len(row)), row * side + column)), shape=(len(row), side * side))
        parts.append(chosen @ cp.vec(gram, order="C"))
    if not parts:
        raise ValueError("the program has neither unknowns nor constraints: nothing is left for CVXPY")
    z = cp.hstack(parts)
    constraints.append(problem.matrix.T @ z == -problem.cost)
    sign = 1 if program.objective.sense == "maximize" else -1
    value = -sign * (problem.rhs @ z) + objective_constant(program)
    return cp.Problem(cp.Maximize(value) if sign > 0 else cp.Minimize(value), constraints)
