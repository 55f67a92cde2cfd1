"""General programs against Clarabel, their reductions, bounds and statuses."""

import dataclasses

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from program_cases import bounded_program

from nsos_jax.solvers.batch import SosSolver
from nsos_jax.solvers.iterations.psd import on_cpu
from nsos_jax.solvers.options import SolverOptions
from nsos_jax.solvers.presolve import possible_indices
from nsos_jax.solvers.problem import SosProblem
from nsos_jax.solvers.programs import GramProgram, solve_programs
from nsos_jax.solvers.status import SolverStatus

HANKEL = np.add.outer(np.arange(3), np.arange(3))


def by_clarabel(program):
    """Status and value."""
    slacks = [cp.Variable(block.shape, PSD=True) for block in program.blocks]
    d = cp.Variable(program.cost.size)
    sums = [0] * program.rhs.size
    for block, slack in zip(program.blocks, slacks, strict=True):
        for (i, j), row in np.ndenumerate(block):
            sums[row] = sums[row] + slack[i, j]
    equations = [sums[r] + program.free[r] @ d == program.rhs[r] for r in range(program.rhs.size)]
    model = cp.Problem(cp.Minimize(program.cost @ d), equations)
    value = model.solve(solver="CLARABEL")
    return model.status, value


@pytest.mark.parametrize("bare", [0, 1])
def test_values_are_those_of_clarabel(bare):
    programs = [bounded_program(seed, bare=bare) for seed in range(12)]
    solutions = solve_programs(programs, SolverOptions(tolerance=1e-7))
    for program, solution in zip(programs, solutions, strict=True):
        status, value = by_clarabel(program)
        assert (status, solution.status) == ("optimal", SolverStatus.OPTIMAL)
        assert solution.lower - 1e-5 <= value <= solution.upper + 1e-5
        assert program.cost @ solution.free == pytest.approx(value, abs=1e-5)


def test_points_are_feasible():
    programs = [bounded_program(seed, bare=seed % 2) for seed in range(8)]
    for program, solution in zip(programs, solve_programs(programs), strict=True):
        total = program.free @ solution.free
        for block, gram in zip(program.blocks, solution.grams, strict=True):
            np.add.at(total, block, gram)
            assert np.linalg.eigvalsh(gram)[0] > -1e-8
            assert np.linalg.eigvalsh(solution.moments[block])[0] > -1e-8
        np.testing.assert_allclose(total, program.rhs, atol=1e-9)
        np.testing.assert_allclose(program.free.T @ solution.moments, -program.cost, atol=1e-9)
        better = -program.rhs @ solution.moments - solution.lower, solution.upper - program.cost @ solution.free
        for gain in better:  # groups of accelerators take decided problems along
            assert -1e-9 <= gain <= (1e-9 if on_cpu() else np.inf)


def test_a_lower_bound_of_a_polynomial():
    """min p = x^4 - 3 x^2 + x: the largest g with p - g a sum of squares."""
    p = np.array([0.0, 1.0, -3.0, 0.0, 1.0])
    program = GramProgram((HANKEL,), p, np.eye(5)[:, :1], np.array([-1.0]), interior=np.array([1, 0, 1, 0, 3.0]))
    (solution,) = solve_programs([program], SolverOptions(tolerance=1e-9))
    x = np.roots(np.polyder(p[::-1]))
    assert solution.status is SolverStatus.OPTIMAL
    assert solution.free[0] == pytest.approx(np.polyval(p[::-1], x).real.min(), abs=1e-7)


def test_statuses():
    one = (np.array([[0]]),)
    zero = np.zeros((1, 1))
    cases = {
        "infeasible": (GramProgram(one, np.array([-1.0]), zero, np.array([0.0])), SolverStatus.INFEASIBLE),
        "equations that contradict": (
            GramProgram(one, np.array([1.0, 1.0, 2.0]), np.array([[0.0], [1.0], [1.0]]), np.array([1.0])),
            SolverStatus.INFEASIBLE,
        ),
        "a variable that no equation sees": (
            GramProgram(one, np.array([1.0]), zero, np.array([1.0])),
            SolverStatus.UNBOUNDED,
        ),
        "a variable that no equation sees, of an infeasible program": (
            GramProgram(one, np.array([-1.0]), zero, np.array([1.0])),
            SolverStatus.INFEASIBLE,
        ),
        "feasible points without end": (
            GramProgram((HANKEL,), np.array([1.0, 0, 1, 0, 1]), np.eye(5)[:, :1], np.array([1.0])),
            SolverStatus.UNBOUNDED,
        ),
        "no cost": (GramProgram(one, np.array([1.0]), zero, np.array([0.0])), SolverStatus.OPTIMAL),
        "no variables": (GramProgram(one, np.array([1.0]), np.zeros((1, 0)), np.zeros(0)), SolverStatus.OPTIMAL),
        "fixed by an equation": (
            GramProgram(one, np.array([1.0, 3.0]), np.array([[0.0], [1.0]]), np.array([2.0])),
            SolverStatus.OPTIMAL,
        ),
        "no inside": (
            GramProgram(
                (np.array([[0, 1], [1, 2]]),),
                np.array([1.0, 2.0, 1.0]),
                np.array([[0.0], [1.0], [0.0]]),
                np.array([0.0]),
            ),
            SolverStatus.OPTIMAL,
        ),
        "the boundary": (
            GramProgram((np.array([[0, 1], [1, 2]]),), np.array([1.0, 1.0, 0.25]), np.zeros((3, 1)), np.array([0.0])),
            SolverStatus.BOUNDARY,
        ),
    }
    solutions = solve_programs([program for program, _ in cases.values()])
    found = {name: solution.status for name, solution in zip(cases, solutions, strict=True)}
    assert found == {name: status for name, (_, status) in cases.items()}
    assert solutions[list(cases).index("fixed by an equation")].upper == pytest.approx(6.0)
    assert solve_programs([]) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"free": np.ones((2, 1))}, r"free must have shape \(5, 1\), got \(2, 1\)"),
        ({"cost": np.array([np.nan])}, "cost must be finite, got nan"),
        ({"interior": np.ones(4)}, r"interior must have shape \(5,\)"),
        ({"blocks": (HANKEL - 1,)}, r"blocks\[0\] must hold rows in 0..4"),
        ({"blocks": ()}, "at least one PSD block"),
    ],
)
def test_programs_name_what_is_wrong(change, message):
    good = {"blocks": (HANKEL,), "rhs": np.ones(5), "free": np.ones((5, 1)), "cost": np.ones(1)}
    with pytest.raises(ValueError, match=message):
        GramProgram(**good | change)


@given(st.integers(0, 10**6))
@settings(max_examples=10, deadline=None)
def test_bounds_hold_alone_and_in_a_batch(seed):
    programs = [bounded_program(seed), bounded_program(seed + 1, sizes=(2, 2, 2), variables=1)]
    together = solve_programs(programs)
    for program, solution in zip(programs, together, strict=True):
        (alone,) = solve_programs([program])
        assert alone.status is solution.status
        assert solution.lower <= solution.upper + 1e-9
        np.testing.assert_allclose((alone.lower, alone.upper), (solution.lower, solution.upper), rtol=1e-6, atol=1e-6)


def numbers(count):
    """Blocks of side 1, one per row."""
    return tuple(np.array([[row]]) for row in range(count))


def test_values_that_the_equations_fix():
    """The cost is a combination of the equations without Gram entries, but for rounding."""
    random = np.random.default_rng(0)
    programs = []
    for _ in range(10):
        fixed = random.normal(size=(2, 5))
        free = np.concatenate([-random.normal(size=(1, 5)), fixed])
        programs.append(GramProgram(numbers(1), np.array([0.5, 1.0, 2.0]), free, fixed.T @ np.array([3.0, -1.0])))
    for solution in solve_programs(programs):
        assert solution.status is SolverStatus.OPTIMAL
        assert (solution.lower, solution.upper) == pytest.approx((1.0, 1.0))


def test_ranks_do_not_depend_on_units():
    large = GramProgram(numbers(2), np.array([0.0, -1.0]), -np.diag([1e12, 1.0]), np.array([1.0, 1.0]))
    ignored = GramProgram(
        (np.array([[0]]),),
        np.array([0.0, 1e12, 5.0]),
        np.array([[0, -1.0], [1e12, 0], [0, 1]]),
        np.array([0.0, 1.0]),
    )
    contradiction = GramProgram(numbers(1), np.array([1e11, 1.0]), np.array([[1.0], [0]]), np.array([0.0]))
    first, second, third = solve_programs([large, ignored, contradiction])
    assert (first.status, second.status) == (SolverStatus.OPTIMAL, SolverStatus.OPTIMAL)
    assert first.upper == pytest.approx(1.0)
    assert second.free == pytest.approx([1.0, 5.0])
    assert third.status is SolverStatus.INFEASIBLE


def test_nearly_as_many_variables_as_rows():
    """Their padding has to stay below the rows."""
    random, side = np.random.default_rng(0), 8
    rows = np.zeros((side, side), int)
    rows[np.triu_indices(side)] = np.arange(36)
    rows = np.maximum(rows, rows.T)
    free = random.normal(size=(36, 33))
    rhs = np.bincount(rows.ravel(), np.eye(side).ravel()) + free @ random.normal(size=33)
    moments = np.bincount(rows.ravel(), np.eye(side).ravel())
    (solution,) = solve_programs([GramProgram((rows,), rhs, free, -free.T @ moments, interior=moments)])
    assert solution.status is SolverStatus.OPTIMAL


def test_equations_that_hold_but_for_rounding():
    """The first fixes d2 = 0, which is found with the rounding of the others."""
    free = np.array([[3.0, 2, -2], [-1, -2, -1], [-3, -2, 0], [0, 0, -2], [-1, 3, -1], [-1, 2, 1]])
    rhs = np.array([120.0, -44, 94, 0, -8, -6])
    program = GramProgram((np.array([[0, 1], [1, 2]]),), rhs, free, np.array([2.45, -6.88, 3.83]))
    assert solve_programs([program])[0].status is not SolverStatus.INFEASIBLE


@pytest.mark.parametrize("scale", [1e-8, 1e8])
@pytest.mark.parametrize("what", ["rhs", "free", "cost"])
def test_values_in_any_unit(what, scale):
    """The gap is relative to the unit of the value, not to 1, where values are small."""
    p = np.array([0.0, 1.0, -3.0, 0.0, 1.0])
    data = {"rhs": p, "free": np.eye(5)[:, :1], "cost": np.array([-1.0])}
    data[what] = scale * data[what]
    (solution,) = solve_programs([GramProgram((HANKEL,), **data)])
    assert solution.status is SolverStatus.OPTIMAL
    least = np.polyval(p[::-1], np.roots(np.polyder(p[::-1]))).real.min()
    value = -least / scale if what == "free" else -least * scale
    assert solution.lower <= value * (1 + 1e-12)
    assert solution.upper >= value * (1 - 1e-12)
    assert solution.upper == pytest.approx(value, rel=1e-5)


def test_programs_from_a_generator():
    program = GramProgram((HANKEL,), np.array([0.0, 1, -3, 0, 1]), np.eye(5)[:, :1], np.array([-1.0]))
    assert len(solve_programs(program for _ in range(2))) == 2


def test_no_cost_has_the_value_zero():
    """Straight to the solver: moments of zero are feasible and bound it."""
    problem = SosProblem((HANKEL,), np.array([1.0, 0, 1, 0, 1]), np.eye(5)[:, :1], np.zeros(1))
    (solution,) = SosSolver([problem]).run()
    assert solution.status in (SolverStatus.OPTIMAL, SolverStatus.CONVERGED)
    assert solution.lower == pytest.approx(0.0, abs=1e-9)


def test_right_hand_sides_of_zero():
    zero = np.zeros(5)
    programs = [
        GramProgram((HANKEL,), zero, np.eye(5)[:, :1], np.array([-1.0])),  # only S = 0
        GramProgram((HANKEL,), zero, np.eye(5)[:, 4:], np.array([-1.0])),
        GramProgram((HANKEL,), zero, -np.eye(5)[:, :1], np.array([1.0])),  # d is an entry of the diagonal
    ]
    for solution in solve_programs(programs, SolverOptions(max_iterations=500)):
        assert solution.status in (SolverStatus.OPTIMAL, SolverStatus.CONVERGED)
        assert solution.free == pytest.approx([0.0], abs=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_right_hand_side_that_is_not_finite_fails_alone(value):
    good = bounded_program(0)
    bad = dataclasses.replace(good, rhs=np.full(good.rhs.size, value))
    statuses = [solution.status for solution in solve_programs([bad, good])]
    assert statuses == [SolverStatus.FAILED, solve_programs([good])[0].status]


def test_entries_that_can_only_vanish_are_left_out():
    """x^4 - 2x^2 - g with monomials 1, x, x^2, x^3: x^3 cannot be used, for x^6 has the coefficient 0."""
    hankel = np.add.outer(np.arange(4), np.arange(4))
    rhs, free = np.array([0.0, 0, -2, 0, 1, 0, 0]), np.eye(7)[:, :1]
    (solution,) = solve_programs([GramProgram((hankel,), rhs, free, np.array([-1.0]))])
    assert solution.status is SolverStatus.OPTIMAL
    assert solution.lower == pytest.approx(1.0, abs=1e-6)
    assert solution.grams[0].shape == (4, 4)
    assert not solution.grams[0][3].any()
    sums = np.bincount(hankel.ravel(), solution.grams[0].ravel())
    np.testing.assert_allclose(sums + free @ solution.free, rhs, atol=1e-9)


def test_vanishing_entries_make_others_vanish():
    """1, x, x^2 with x^4 and then x^2 absent: 2x is left without entries, so d must bring it."""
    hankel = np.add.outer(np.arange(3), np.arange(3))
    free = np.array([[0.0], [1.0], [0.0], [0.0], [0.0]])
    program = GramProgram((hankel,), np.array([3.0, 2.0, 0.0, 0.0, 0.0]), free, np.array([1.0]))
    (solution,) = solve_programs([program])
    assert solution.status is SolverStatus.OPTIMAL
    assert solution.free.tolist() == pytest.approx([2.0])
    assert [indices.tolist() for indices in possible_indices(program)] == [[0]]
    negative = dataclasses.replace(program, rhs=np.array([3.0, 2.0, 0.0, 0.0, -1.0]))
    assert solve_programs([negative])[0].status is SolverStatus.INFEASIBLE


def test_where_nothing_would_be_left_nothing_is_taken_out():
    program = GramProgram((np.array([[0]]),), np.array([0.0]), np.zeros((1, 1)), np.array([0.0]))
    assert [indices.tolist() for indices in possible_indices(program)] == [[0]]
    assert solve_programs([program])[0].status is SolverStatus.BOUNDARY
