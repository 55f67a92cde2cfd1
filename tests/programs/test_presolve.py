"""Presolve: exact, and without any loss."""

import numpy as np
import pytest

import nsos_jax as nsos
from nsos_jax import SemialgebraicSet, SosProgram
from nsos_jax.programs.presolve import Contradiction, presolve
from nsos_jax.programs.system import ProgramSystem

X, Y = nsos.variables("x y")


def reduced(program):
    return presolve(ProgramSystem.of(program))


def test_equations_among_unknowns_are_solved():
    program = SosProgram("x y")
    a, b = program.scalar("a"), program.scalar("b")
    program.sos(a * X**4 + (a - b + 3) * X**3 + Y**2 + 1, name="cubic")  # the cubic term stays, as x^2 x
    program.zero(a + b - 7)
    left = reduced(program)
    assert len(left.free) == 1
    values = left.elimination.values({left.free[0]: 2}, 2)
    assert sum(values) == 7


def test_terms_that_nothing_cancels_are_named():
    program = SosProgram("x y")
    program.sos(program.scalar("a") * X**2 + X * Y**2)
    with pytest.raises(Contradiction, match=r"x\*y\^2 is 1"):
        reduced(program)


def test_a_square_of_the_wrong_sign_is_named():
    program = SosProgram("x y")
    program.sos(program.scalar("a") * X**2 - Y**2)
    with pytest.raises(Contradiction, match=r"y\^2 is -1"):
        reduced(program)


def test_vanishing_diagonals_take_their_monomials_with_them():
    program = SosProgram("x y")
    program.sos(X**2 * Y**2 + X**2 + program.scalar("a") * X * Y + 0 * Y**2, basis=[X * Y, X, Y])
    left = reduced(program)
    monomials = np.concatenate([block.basis for block in left.system.blocks])
    assert sorted(map(tuple, monomials.tolist())) == [(1, 0), (1, 1)]
    assert left.free == []  # with y gone nothing can cancel a x y
    assert len(left.steps) == 1


def test_sign_symmetries_split_blocks_and_drop_odd_unknowns():
    program = SosProgram("x y")
    v = program.polynomial("V", (0, 4))
    program.sos(v - (X**2 + Y**2))
    program.nonnegative(2 - v, on=SemialgebraicSet.ball("x y", 1), order=2)
    left = reduced(program)
    assert max(block.side for block in left.system.blocks) <= 3
    assert len(left.free) == 6  # 1, x^2, y^2, x^4, x^2 y^2, y^4


def test_asymmetric_programs_are_not_split():
    program = SosProgram("x y")
    program.sos(X**4 + Y**4 + X + Y + 1 - program.scalar("g"))
    left = reduced(program)
    assert [block.side for block in left.system.blocks] == [6]
