"""Programs and bounds at the edge of what makes sense: an answer or a message for each."""

import json
from fractions import Fraction

import pytest

import nsos_jax as nsos
from nsos_jax import SemialgebraicSet, SosProgram, lower_bound
from nsos_jax.command.programs.records import program_record
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import SolveOptions, StatedProblem, answer_problem

[X] = nsos.variables("x")
Y = Polynomial.parse("y")
INTERVAL = SemialgebraicSet([1 - X**2])
EMPTY = SemialgebraicSet([1 - X**2], [Polynomial.constant(1)])
HUGE = 10**400

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def test_unknowns_that_all_rows_leave_free():
    program = SosProgram("x")
    program.sos(program.scalar("a"))
    program.maximize(7)
    result = program.solve()
    assert (result.status, result.value) == ("FEASIBLE", 7)


@pytest.mark.parametrize("constrain", [lambda p, a: None, lambda p, a: p.nonnegative(X - a, on=EMPTY)])
def test_objectives_that_nothing_bounds(constrain):
    program = SosProgram("x")
    a = program.scalar("a")
    constrain(program, a)
    program.maximize(a)
    result = program.solve()
    assert result.status == "FEASIBLE"
    assert "the objective is unbounded" in result.error


def test_zero_polynomials_in_sets_change_nothing():
    for on in (SemialgebraicSet([0 * X, 1 - X**2]), SemialgebraicSet([1 - X**2], [0 * X])):
        assert (lower_bound(X, on).lower, lower_bound(X, on, products=True).lower) == (-1, -1)
    assert lower_bound(X**2 - X, SemialgebraicSet([0 * X])).lower == Fraction(-1, 4)
    assert lower_bound(0 * X, INTERVAL).status == "OPTIMAL"


@pytest.mark.parametrize("on", [None, INTERVAL])
def test_tolerance_zero(on):
    result = lower_bound(X**4 - 3 * X + 1, on, options=SolveOptions(tolerance=0))
    assert result.status == "BOUNDED" or result.lower == result.upper
    assert 0 <= result.upper - result.lower < 1e-6


@pytest.mark.parametrize(("p", "aim"), [(HUGE * X**2 + X, 1), (X**2 + X, HUGE)])
def test_numbers_beyond_floating_point(p, aim):
    program = SosProgram("x")
    g = program.scalar("g")
    program.sos(p - g)
    program.maximize(aim * g)
    result = program.solve()
    assert result.status == "UNDECIDED"
    assert "beyond the range of floating point" in result.error


def test_records_of_numbers_beyond_floating_point():
    record = program_record(answer_problem(StatedProblem.read({"variables": ["x"], "minimize": str(HUGE)})))
    assert (record["status"], record["value"], record["lower"]) == ("OPTIMAL", None, str(HUGE))
    assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_orders_that_are_far_too_large():
    disc = SemialgebraicSet([1 - X**2 - Y**2])
    program = SosProgram("x y")
    program.nonnegative(X + Y + 2, on=disc, order=200, sparsity="none")
    assert "20301 monomials is too large" in program.solve().error
    assert lower_bound(X + Y, disc, order=200).sparsity == "constant"  # the size of which does not grow with the order


def test_names_that_solving_needs_may_be_taken():
    program = SosProgram("x")
    a = program.scalar("a")
    program.sos(X**2 + a, name="the objective improves")
    program.maximize(a)
    assert "the objective is unbounded" in program.solve().error
