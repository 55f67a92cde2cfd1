"""Programs with unknown polynomials, as arrays, for tests of the solver."""

import itertools

import numpy as np
import scipy.sparse as sp

from nsos_jax.solvers import GramProgram, WeightedBlock
from nsos_jax.solvers.blocks import entry_matrix

DISK = {(0, 0): 1.0, (2, 0): -1.0, (0, 2): -1.0}


def monomials(variables, degree):
    """Exponents up to a degree."""
    return [e for e in itertools.product(range(degree + 1), repeat=variables) if sum(e) <= degree]


def lower_bound(p, variables, order, factors=(), sparse=False):
    """max g with p - g = s_0 + sum_i s_i factors_i, of an order; p and factors as {exponents: number}."""
    rows = {e: index for index, e in enumerate(monomials(variables, 2 * order))}

    def maps(basis, shift):
        return [[rows[tuple(map(sum, zip(a, b, shift, strict=True)))] for b in basis] for a in basis]

    blocks = [np.array(maps(monomials(variables, order), (0,) * variables))]
    for factor in factors:
        basis = monomials(variables, (2 * order - max(map(sum, factor))) // 2)
        blocks.append(WeightedBlock(np.array([maps(basis, e) for e in factor]), np.array(list(factor.values()))))
    rhs, free = np.zeros(len(rows)), np.zeros((len(rows), 1))
    for exponents, value in p.items():
        rhs[rows[exponents]] = value
    free[rows[(0,) * variables], 0] = 1.0
    return GramProgram(tuple(blocks), rhs, sp.csr_array(free) if sparse else free, np.array([-1.0]))


def residuals(program, solution):
    """|A(S) + F d - b|, |F'm + c|, and the smallest eigenvalues of S and of M(m)."""
    maps = entry_matrix(program.blocks, program.rhs.size)
    entries = np.concatenate([gram.ravel() for gram in solution.grams])
    primal = maps @ entries + program.free @ solution.free - program.rhs
    dual = program.free.T @ solution.moments + program.cost
    parts = np.split(maps.T @ solution.moments, np.cumsum([len(block) ** 2 for block in program.blocks])[:-1])
    matrices = [part.reshape(block.shape) for part, block in zip(parts, program.blocks, strict=True)]
    lowest = [min(np.linalg.eigvalsh(matrix)[0] for matrix in side) for side in (solution.grams, matrices)]
    return np.abs(primal).max(), np.abs(dual).max(initial=0.0), *lowest
