"""Programs with unknowns: weights, sparse columns, scaling, infeasibility, central points, many at once."""

import dataclasses

import numpy as np
import pytest
import scipy.sparse as sp
from program_cases import DISK, lower_bound, residuals

from nsos_jax.solvers import (
    GramProgram,
    SolverOptions,
    SolverStatus,
    SosProblem,
    WeightedBlock,
    central_points,
    solve_programs,
    solve_reference,
)
from nsos_jax.solvers.blocks import entry_matrix
from nsos_jax.solvers.large import without_weights

CIRCLE_MINIMUM = -np.sqrt(2)
"""Of x + y on the disk."""


def linear(order=2, **options):
    return lower_bound({(1, 0): 1.0, (0, 1): 1.0}, 2, order, [DISK], **options)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("method", ["auto", "first-order"])
def test_weights_and_sparse_columns(method, sparse):
    program = linear(sparse=sparse)
    (solution,) = solve_programs([program], SolverOptions(tolerance=1e-7, method=method))
    assert solution.status is SolverStatus.OPTIMAL
    assert -solution.upper <= CIRCLE_MINIMUM <= -solution.lower
    assert solution.upper - solution.lower < 1e-6
    primal, dual, slack, matrix = residuals(program, solution)
    assert max(primal, dual) < 1e-9
    assert min(slack, matrix) > -1e-9


def test_weights_are_split_without_changing_the_program():
    program = linear()
    plain = without_weights(program)
    assert all(isinstance(block, np.ndarray) for block in plain.blocks)
    first, second = solve_programs([program, plain])
    assert first.upper == pytest.approx(second.upper, abs=1e-5)
    counts = entry_matrix(plain.blocks, plain.rhs.size).sum(axis=0)
    np.testing.assert_array_equal(counts, 1.0)


def test_weights_reach_other_solvers():
    program = linear()
    assert solve_reference(program).value == pytest.approx(-CIRCLE_MINIMUM, abs=1e-5)


def test_many_programs_of_one_structure_take_points():
    """Beyond a dozen, `Sampled` replaces sums over classes; both give the same bounds."""
    random = np.random.default_rng(0)
    directions = random.normal(size=(15, 2))
    programs = [lower_bound({(1, 0): a, (0, 1): b}, 2, 2, [DISK]) for a, b in directions]
    together = solve_programs(programs, SolverOptions(tolerance=1e-7))
    alone = [solve_programs([program], SolverOptions(tolerance=1e-7))[0] for program in programs[:2]]
    for (a, b), solution in zip(directions, together, strict=True):
        assert solution.status is SolverStatus.OPTIMAL
        assert -solution.upper - 1e-9 <= -np.hypot(a, b) <= -solution.lower + 1e-9
    for one, other in zip(alone, together, strict=False):
        assert one.upper == pytest.approx(other.upper, rel=1e-6)


@pytest.mark.parametrize("radius", [1.0, 1e3])
def test_data_of_very_different_sizes(radius):
    """min x^6 + x^2 y^2 - 1e3 x + y^4 where x^2 + y^2 <= radius: the moments reach radius^3 = 1e9."""
    p = {(6, 0): 1.0, (2, 2): 1.0, (1, 0): -1e3, (0, 4): 1.0}
    program = lower_bound(p, 2, 3, [{(0, 0): radius, (2, 0): -1.0, (0, 2): -1.0}])
    (solution,) = solve_programs([program], SolverOptions(tolerance=1e-6))
    x = min(np.sqrt(radius), (1e3 / 6) ** 0.2)
    assert solution.status is SolverStatus.OPTIMAL
    assert -solution.upper == pytest.approx(x**6 - 1e3 * x, rel=1e-5)


def test_infeasibility_has_moments_that_show_it():
    """x + y + 1/2 is not nonnegative on the disk, nor with any multiple of y^3."""
    program = lower_bound({(1, 0): 1.0, (0, 1): 1.0, (0, 0): 0.5}, 2, 2, [DISK])
    fixed = dataclasses.replace(program, free=np.zeros((15, 0)), cost=np.zeros(0))
    other = np.zeros((15, 1))
    other[3] = 1.0
    costly = dataclasses.replace(program, free=other, cost=np.ones(1))
    for wrong, solution in zip((fixed, costly), solve_programs([fixed, costly]), strict=True):
        assert solution.status is SolverStatus.INFEASIBLE
        zero = dataclasses.replace(wrong, cost=np.zeros_like(wrong.cost))
        found = dataclasses.replace(
            solution, grams=tuple(np.eye(len(block)) for block in wrong.blocks), free=wrong.cost
        )
        _, dual, _, matrix = residuals(zero, found)
        assert dual < 1e-9 * np.abs(solution.moments).max()
        assert matrix > -1e-9 * np.abs(solution.moments).max()
        assert wrong.rhs @ solution.moments < 0


def test_central_points_have_a_margin():
    programs = [linear(), lower_bound({(4,): 1.0, (2,): -2.0}, 1, 2)]
    optimal = solve_programs(programs)
    for program, best, central in zip(programs, optimal, central_points(programs, slack=0.1), strict=True):
        margins = [min(np.linalg.eigvalsh(gram)[0] for gram in point.grams) for point in (best, central)]
        assert margins[1] > 1e-3 > margins[0]
        assert best.upper <= central.upper <= best.upper + 0.1 * (1 + abs(best.upper)) + 1e-6
        assert central.lower == best.lower
        assert residuals(program, central)[0] < 1e-9
    with pytest.raises(ValueError, match="slack must be positive"):
        central_points(programs, slack=0.0)


def chain(links):
    """A sum of quartics in neighbouring variables: rows of which blocks share few."""
    rows, numbers, blocks = {}, {}, []
    pairs = [(0, 0), (0, 1), (1, 0), (0, 2), (1, 1), (2, 0)]

    def row(link, exponents):
        named = tuple((link + k, e) for k, e in enumerate(exponents) if e)
        return rows.setdefault(named, len(rows))

    for link in range(links):
        blocks.append(np.array([[row(link, np.add(a, b)) for b in pairs] for a in pairs]))
        for exponents, value in (((4, 0), 1.0), ((0, 2), 1.0), ((2, 1), -1.0), ((1, 0), 1.0)):
            at = row(link, exponents)
            numbers[at] = numbers.get(at, 0.0) + value
    rhs = np.zeros(len(rows))
    rhs[list(numbers)] = list(numbers.values())
    free = sp.csr_array(([1.0], ([rows[()]], [0])), shape=(len(rows), 1))
    return GramProgram(tuple(blocks), rhs, free, np.array([-1.0]))


def test_sparse_equations_give_what_dense_ones_give(monkeypatch):
    program = chain(12)
    values = []
    for rows in (600, 10):
        monkeypatch.setattr("nsos_jax.solvers.interior_point.schur.DENSE_ROWS", rows)
        monkeypatch.setattr("nsos_jax.solvers.interior_point.schur.SPARSE", 0.9)
        (solution,) = solve_programs([program], SolverOptions(tolerance=1e-6))
        assert solution.status is SolverStatus.OPTIMAL
        values.append(solution.upper)
    assert values[0] == pytest.approx(values[1], rel=1e-5)


def test_dependent_columns_of_many():
    """Beyond a size, by pivots: the second half of the columns repeats the first."""
    program = chain(3)
    columns = sp.hstack([program.free] * 300 + [sp.csr_array((program.rhs.size, 150))])
    wide = dataclasses.replace(program, free=columns, cost=np.append(-np.ones(300), np.zeros(150)))
    first, second = solve_programs([program, wide])
    assert second.status is SolverStatus.OPTIMAL
    assert second.upper == pytest.approx(first.upper, abs=1e-5)
    endless = dataclasses.replace(wide, cost=np.append(-np.ones(299), np.zeros(151)))
    assert solve_programs([endless])[0].status is SolverStatus.UNBOUNDED


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: WeightedBlock(np.zeros((2, 2), int), np.ones(2)), r"maps must have shape \[terms, k, k\]"),
        (lambda: WeightedBlock(np.zeros((2, 1, 1)), np.ones(2)), "maps must hold integers"),
        (lambda: WeightedBlock(np.zeros((2, 1, 1), int), np.array([1.0, np.nan])), "weights must hold a finite number"),
        (
            lambda: GramProgram(
                (WeightedBlock(np.array([[[5]]]), np.ones(1)),), np.ones(2), np.ones((2, 1)), np.ones(1)
            ),
            r"blocks\[0\].maps\[0\] must hold rows in 0..1",
        ),
        (
            lambda: SosProblem(
                (WeightedBlock(np.array([[[0]]]), np.ones(1)),), np.ones(1), np.ones((1, 1)), np.ones(1)
            ),
            "weights are for GramProgram",
        ),
        (
            lambda: SosProblem((np.array([[0]]),), np.ones(1), sp.csr_array(np.ones((1, 1))), np.ones(1)),
            "sparse ones are for GramProgram",
        ),
        (
            lambda: GramProgram((np.array([[0]]),), np.ones(1), sp.csr_array(np.array([[np.inf]])), np.ones(1)),
            "free must be finite",
        ),
        (lambda: SolverOptions(method="newton"), "method must be 'auto' or 'first-order'"),
    ],
)
def test_what_is_wrong_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
