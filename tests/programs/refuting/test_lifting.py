"""Functionals on what presolve leaves, lifted to all monomials."""

from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq

from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.backends import improved_functional, interior_functional, solve_form
from nsos_jax.programs.equations.conic import ConicForm
from nsos_jax.programs.equations.presolve import presolve
from nsos_jax.programs.equations.system import ProgramSystem
from nsos_jax.programs.modelling.program import SosProgram
from nsos_jax.programs.modelling.sets import SemialgebraicSet
from nsos_jax.programs.refuting import lifting
from nsos_jax.programs.refuting.lifting import Cancelling, Lifting

X, Y = Polynomial.parse("x"), Polynomial.parse("y")


def sums(system, functional):
    """B'L by unknown, where it is not 0."""
    total = {}
    for row, value in functional.items():
        for unknown, coefficient in system.linear[row].items():
            total[unknown] = total.get(unknown, fmpq(0)) + coefficient * value
    return {unknown: value for unknown, value in total.items() if value != 0}


def test_unknowns_of_solved_rows_are_cancelled():
    program = SosProgram("x y")
    p, q = program.polynomial("p", 3), program.polynomial("q", 3)
    program.zero(p * (X + 2) - q * (Y - Fraction(1, 3)))
    program.zero(p.derivative("x") + 3 * q)
    system = ProgramSystem.of(program)
    solved = presolve(system).solved_rows
    assert len(solved) > 10
    cancelling = Cancelling(system, solved)
    rng = np.random.default_rng(0)
    cost = {unknown: fmpq(int(rng.integers(-5, 6)), 7) for unknown in range(system.unknowns)}
    left = [row for row in range(system.rows) if row not in solved]
    given = {row: fmpq(int(rng.integers(1, 9)), 5) for row in left}
    functional = cancelling.completed(given, cost)
    assert all(functional[row] == value for row, value in given.items())
    total = sums(system, functional)
    assert all(total.get(unknown, fmpq(0)) == -cost[unknown] for unknown in solved.values())


def test_vanishing_diagonals_become_large_enough():
    program = SosProgram("x y")
    cubics = [X**i * Y**j for i in range(4) for j in range(4 - i)]
    a = program.scalar("a")
    program.sos(X**2 * Y**4 + X**4 * Y**2 + 1 + a * X**2 * Y**2 + a * X * Y, basis=cubics)
    system = ProgramSystem.of(program)
    presolved = presolve(system)
    assert len(presolved.steps) >= 1
    form = ConicForm.of(presolved)
    inside = form.unscaled_moments(interior_functional(form, homogeneous=True))
    given = {row: fmpq(*value.as_integer_ratio()) for row, value in zip(presolved.rows.tolist(), inside, strict=True)}
    lifting = Lifting(system, presolved)
    assert len(lifting.directions) == len(presolved.steps)
    values = np.zeros(system.rows)
    for row, value in lifting.lift(given, {}, 4.0).items():
        values[row] = int(value.p) / int(value.q)
    (block,) = system.blocks
    size = 1 / np.sqrt(np.diagonal(values[block.maps[0]]))
    assert np.linalg.eigvalsh(values[block.maps[0]] * size[:, None] * size)[0] > 0
    for row, value in given.items():
        assert values[row] == int(value.p) / int(value.q)


def test_steps_leave_a_small_part_of_the_gap():
    """The minimum of x^3 - 2x on [-1, 2] is that at sqrt(2/3)."""
    program = SosProgram("x")
    g = program.scalar("g")
    program.nonnegative(X**3 - 2 * X - g, on=SemialgebraicSet.box({"x": (-1, 2)}), order=2)
    program.maximize(g)
    form = ConicForm.of(presolve(ProgramSystem.of(program)))
    optimum = -4 / 3 * np.sqrt(2 / 3)
    assert abs(solve_form(form).value - optimum) < 1e-5
    moments, gap = interior_functional(form, homogeneous=False, most=optimum + 1), 1.0
    for _ in range(3):
        moments = improved_functional(form, moments, gap, 1e-3)
        gap *= 2e-3
        assert 0 < form.rhs @ moments - optimum < gap
        assert min(np.linalg.eigvalsh(matrix)[0] for matrix in form.adjoint(moments)) > 0
        assert np.allclose(form.free.T @ moments, -form.cost, atol=1e-12)


def test_numbers_that_are_too_large_are_said():
    """Where a Schur complement overflows, nothing is refuted; it is no error of linear algebra."""
    moments = np.array([[1e-200, 1e160], [1e160, 1.0]])
    with pytest.raises(OverflowError, match="too large"):
        lifting._needed(moments, np.eye(2), np.array([1]), np.array([0]))
