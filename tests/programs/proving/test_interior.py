"""Rounding inside the cone, and the levels of an objective."""

from dataclasses import replace
from fractions import Fraction

import pytest

from nsos_jax.certificates import as_rational
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.backends import solve_form
from nsos_jax.programs.equations.conic import ConicForm
from nsos_jax.programs.equations.presolve import presolve
from nsos_jax.programs.equations.system import ProgramSystem
from nsos_jax.programs.modelling.program import SosProgram
from nsos_jax.programs.modelling.sets import SemialgebraicSet
from nsos_jax.programs.proving import backed_off, interior_points, pretty_values
from nsos_jax.programs.proving.settling import settled
from nsos_jax.programs.results import ProgramStatus
from nsos_jax.programs.solve import solve_program
from nsos_jax.proofs import Inconsistent


def on_interval(degree=3):
    """6 + x + x^3 >= c x^2 on [-1, 1] with multipliers of the ends only reaching degree 3: s_0 has no entry there."""
    program = SosProgram("x")
    x = Polynomial.parse("x")
    c = program.scalar("c", lower=1)
    program.nonnegative(6 + x + x**3 - c * x**2, on=SemialgebraicSet([1 - x, 1 + x]), degree=degree, name="on")
    return program


def missing(presolved, point):
    """What an exact point misses, by row."""
    system = presolved.system
    total = [
        constant + sum(value * point.values[unknown] for unknown, value in linear.items())
        for constant, linear in zip(system.constants, system.linear, strict=True)
    ]
    for block, gram in zip(system.blocks, point.grams, strict=True):
        for rows, weight in zip(block.maps, block.weights, strict=True):
            for row, entry in zip(rows.ravel().tolist(), gram.core.ravel().tolist(), strict=True):
                total[row] -= weight * as_rational(Fraction(entry, gram.denominator))
    return total


def test_rows_without_entries_of_squares_alone():
    presolved = presolve(ProgramSystem.of(on_interval()))
    form = ConicForm.of(presolved)
    absorbing = {row for block in presolved.system.blocks if len(block.weights) == 1 for row in block.maps[0].ravel()}
    assert len(absorbing) < presolved.system.rows
    exact = next(interior_points(presolved, form, solve_form(form, margin_limit=1.0)))
    assert not any(missing(presolved, exact))
    assert solve_program(on_interval()).status is ProgramStatus.FEASIBLE


def test_rows_that_nothing_settles():
    presolved = presolve(ProgramSystem.of(on_interval()))
    system = presolved.system
    top = [row for row in range(system.rows) if system.row_exponents[row, 0] == 3]
    form = ConicForm.of(presolved)
    unknowns, entries = settled(presolved, form, top, [as_rational(1)] * system.rows)
    assert unknowns or entries
    bare, form = replace(system, blocks=[], linear=[{} for _ in system.linear]), replace(form, basis_shifts=[])
    with pytest.raises(Inconsistent):
        settled(replace(presolved, system=bare), form, top, [as_rational(1)] * system.rows)


def test_nothing_is_rounded_outside():
    program = SosProgram("x")
    program.sos(Polynomial.parse("x^4 - x^2 + 1/8"))
    presolved = presolve(ProgramSystem.of(program))
    form = ConicForm.of(presolved)
    assert not list(interior_points(presolved, form, solve_form(form, margin_limit=1.0)))


@pytest.mark.parametrize(
    ("optimum", "first"),
    [(9.9999999988, [Fraction(10)]), (0.43749999987, [Fraction(7, 16)]), (2.2360679775, []), (-3e-11, [Fraction(0)])],
)
def test_fractions_that_a_value_may_be(optimum, first):
    assert pretty_values(optimum)[:1] == first


def test_levels_are_worse_than_the_optimum_and_short():
    optimum = 2.0**0.5
    values = list(backed_off(optimum))
    assert all(value < optimum for value in values)
    assert values == sorted(values, reverse=True)
    assert optimum - values[0] < 1e-7
    assert values[0].denominator < 2**40
