"""Gram bases modulo equalities."""

from fractions import Fraction

from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.equations.quotient import standard_blocks
from nsos_jax.programs.equations.system import ProgramSystem
from nsos_jax.programs.modelling.program import SosProgram
from nsos_jax.programs.modelling.sets import SemialgebraicSet
from nsos_jax.programs.solve import solve_program


def knapsack(count, order):
    """(x_1 + ... + x_n - n / 2)^2 on the cube {0, 1}^n; at least 1 / 4 for odd n, but not by low orders."""
    names = [f"x{i}" for i in range(count)]
    variables = [Polynomial.parse(name) for name in names]
    program = SosProgram(names)
    g = program.scalar("g")
    cube = SemialgebraicSet([], [x**2 - x for x in variables])
    program.nonnegative((Polynomial.sum(variables) - Fraction(count, 2)) ** 2 - g, on=cube, order=order)
    program.maximize(g)
    return program


def test_squares_of_coordinates_are_left_out():
    (block,) = standard_blocks(ProgramSystem.of(knapsack(3, 2)))
    assert sorted(block.basis.tolist()) == [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1], [1, 0, 0], [1, 0, 1], [1, 1, 0]]


def test_equalities_of_too_high_degree_replace_nothing():
    (block,) = standard_blocks(ProgramSystem.of(knapsack(3, 1)))
    assert block.side == 4


def test_the_bound_is_exact():
    assert solve_program(knapsack(3, 2)).lower == Fraction(1, 4)
    assert solve_program(knapsack(3, 1)).lower == 0
