"""Margin problems of every kind of answer, as arrays, for tests of the solver."""

import dataclasses
import itertools

import numpy as np

from nsos_jax.solvers.problem import margin_problem

HANKEL = np.add.outer(np.arange(3), np.arange(3))


def gram_problem(bases, seed=0, rank=None, shift=0.0):
    """z_1'Q_1 z_1 + ... for random integer Gram matrices of a rank, moved by `shift` times the identity."""
    products = [np.array([[np.add(a, b) for b in basis] for a in basis]) for basis in bases]
    monomials = sorted({tuple(m) for product in products for m in product.reshape(-1, product.shape[-1])})
    row = {monomial: index for index, monomial in enumerate(monomials)}
    random, rhs, blocks = np.random.default_rng(seed), np.zeros(len(monomials)), []
    for product in products:
        block = np.array([[row[tuple(m)] for m in line] for line in product])
        factor = random.integers(-3, 4, (len(block), rank or len(block)))
        np.add.at(rhs, block, factor @ factor.T + shift * np.eye(len(block)))
        blocks.append(block)
    return margin_problem(tuple(blocks), rhs)


def powers(*degrees):
    return [(degree,) for degree in degrees]


CUBIC = [m for m in itertools.product(range(4), repeat=2) if sum(m) <= 3]
SQUARE = margin_problem((HANKEL,), np.array([1.0, 0.0, -2.0, 0.0, 1.0]))  # (x^2 - 1)^2: t* = 0, without an interior
PROBLEMS = {
    "feasible at the minimum norm": margin_problem((HANKEL,), np.array([3.0, 1.0, 3.0, -1.0, 2.0])),
    "feasible after iterations": gram_problem([CUBIC], 1, shift=0.5),
    "boundary": SQUARE,
    "rank one": gram_problem([powers(0, 1, 2, 3)], 3, rank=1),
    "infeasible": margin_problem((HANKEL,), np.array([1.0, 0.0, -3.0, 0.0, 1.0])),
    "infeasible in the plane": gram_problem([CUBIC], 2, rank=2, shift=-8.0),
    "blocks of 4, 2 and 1 sharing rows": gram_problem([powers(0, 1, 2, 3), powers(0, 1), powers(2)], 5, rank=1),
    "the same, infeasible": gram_problem([powers(0, 1, 2, 3), powers(0, 1), powers(2)], 5, rank=1, shift=-6.0),
    "one number": margin_problem((np.array([[0]]),), np.array([-2.0])),
    "tiny": dataclasses.replace(SQUARE, rhs=SQUARE.rhs * 1e-8),
    "huge": margin_problem((HANKEL,), np.array([1e9, 0.0, -3e9, 0.0, 1e9])),
}
