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


def bounded_program(seed, sizes=(4, 3), variables=3, bare=0):
    """Made around a point inside the cone and moments of a measure, for which the cost is dual feasible.

    The Gram blocks are those of polynomials in two variables; `bare` equations have no Gram entries.
    """
    random = np.random.default_rng(seed)
    monomials = [(i, j) for i in range(3) for j in range(3)]
    bases = [np.array([monomials[i] for i in random.permutation(9)[:size]]) for size in sizes]
    products = [basis[:, None] + basis for basis in bases]
    exponents, inverse = np.unique(np.concatenate([p.reshape(-1, 2) for p in products]), axis=0, return_inverse=True)
    pieces = np.split(inverse.ravel(), np.cumsum([size**2 for size in sizes])[:-1])
    blocks = tuple(piece.reshape(size, size) for piece, size in zip(pieces, sizes, strict=True))
    rows = len(exponents) + bare
    free = random.normal(size=(rows, variables))
    rhs = free @ random.normal(size=variables)
    for block in blocks:
        factor = random.normal(size=block.shape)
        np.add.at(rhs, block, factor @ factor.T + 0.1 * np.eye(len(block)))
    points = random.normal(size=(40, 2))
    moments = np.concatenate([np.prod(points[:, None] ** exponents, axis=2).mean(axis=0), random.normal(size=bare)])
    return GramProgram(blocks, rhs, free, -free.T @ moments, interior=moments)
