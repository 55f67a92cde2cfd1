"""Presolve: exact, and without any loss."""

import numpy as np
import pytest

import nsos_jax as nsos
from nsos_jax import SemialgebraicSet, SosProgram
from nsos_jax.programs.equations.presolve import Contradiction, presolve
from nsos_jax.programs.equations.system import ProgramSystem

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


def bases_of(left):
    """The monomials that are left, by multiplier."""
    found = {}
    for block in left.system.blocks:
        found.setdefault(block.multiplier, set()).update(map(tuple, block.basis.tolist()))
    return found


def test_parameters_alone_leave_the_bases_where_the_target_vanishes_for_all_of_them():
    program = SosProgram("x y")
    box = SemialgebraicSet([(Y - 1) * (3 - Y)])
    program.nonnegative(X**2 * (1 + Y) + program.scalar("a") * X**4, on=box, order=3)
    found = bases_of(reduced(program))
    assert found[-1] == {(1, 0), (1, 1), (1, 2), (2, 0), (2, 1)}
    assert found[0] == {(1, 0), (1, 1), (2, 0)}


def test_a_set_without_interior_keeps_its_monomials():
    program = SosProgram("x y")
    program.nonnegative(X**2, on=SemialgebraicSet([-(Y**2)]), order=2)
    found = bases_of(reduced(program))
    assert {(0, 1), (0, 2)} <= found[-1]  # y^2 + 1 * (-y^2) = 0
    assert (0, 0) in found[0]


def test_a_factor_that_vanishes_there_too_keeps_its_monomials():
    program = SosProgram("x y")
    program.nonnegative(X**2 + X * Y**3, on=SemialgebraicSet([X * Y, 1 - X**2, 1 - Y**2]), order=3)  # y^2 times x y
    found = bases_of(reduced(program))
    assert not {(0, 0), (0, 1), (0, 2)} & (found[-1] | found[1] | found[2])
    assert (0, 1) in found[0]
