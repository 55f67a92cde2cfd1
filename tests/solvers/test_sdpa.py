"""SDPs in the SDPA sparse format: reading, values against closed forms, SCS and Clarabel, primal and dual points."""

import cvxpy as cp
import numpy as np
import pytest

from nsos_jax.solvers.options import SolverOptions
from nsos_jax.solvers.programs import solve_programs
from nsos_jax.solvers.sdpa import read_sdpa
from nsos_jax.solvers.status import SolverStatus

TWO_BY_TWO = ["2", "1", "2", "1 1", "0 1 1 2 -1", "1 1 1 1 1", "2 1 2 2 1"]
"""min x + y, [x 1; 1 y] psd."""


def sdpa_lines(cost, blocks, sizes):
    """The file of blocks [1 + variables, k, k], F_0 first."""
    lines = [str(len(cost)), str(len(sizes)), " ".join(map(str, sizes)), " ".join(map(str, cost))]
    for number, matrices in enumerate(blocks, 1):
        for matrix, i, j in np.argwhere(np.triu(matrices)):
            lines.append(f"{matrix} {number} {i + 1} {j + 1} {matrices[matrix, i, j]}")
    return lines


def unit(size, *positions):
    """Symmetric, with ones at the positions."""
    matrix = np.zeros((size, size))
    for i, j in positions:
        matrix[i, j] = matrix[j, i] = 1.0
    return matrix


def data_matrices(sdp):
    """[1 + variables, k, k] for each block, F_0 first."""
    blocks = [np.zeros((1 + sdp.cost.size, abs(size), abs(size))) for size in sdp.sizes]
    for (matrix, block, i, j), value in zip(sdp.indices, sdp.values, strict=True):
        blocks[block][matrix, i, j] = blocks[block][matrix, j, i] = value
    return blocks


def reference_value(sdp, **options):
    """Status and value of min c'x by another solver."""
    x = cp.Variable(sdp.cost.size)
    conditions = []
    for size, (constant, *matrices) in zip(sdp.sizes, data_matrices(sdp), strict=True):
        slack = sum(x[i] * matrix for i, matrix in enumerate(matrices)) - constant
        conditions.append(slack >> 0 if size > 0 else cp.diag(slack) >= 0)
    model = cp.Problem(cp.Minimize(sdp.cost @ x), conditions)
    model.solve(**options)
    return model.status, model.value


def square(blocks):
    """Diagonal blocks as matrices."""
    return [np.diag(block) if block.ndim == 1 else block for block in blocks]


CYCLE = [(i, (i + 1) % 5) for i in range(5)]
LAPLACIAN = 2 * np.eye(5) - unit(5, *CYCLE)
ZERO = np.zeros((4, 4))
SYMMETRIC = np.array([[2.0, 1, 0, -1], [1, 0, 3, 0], [0, 3, -1, 1], [-1, 0, 1, 1]])
LP = np.array([np.diag([2.0, 3, 0, 0]), np.diag([1.0, 3, 1, 0]), np.diag([2.0, 1, 0, 1])])
HANKEL = [(np.add.outer(range(4), range(4)) == degree).astype(float) for degree in range(7)]
STATIONARY = np.roots([6.0, 0, 0, 0, -6, 1]).real
INSTANCES = {
    "two by two": (TWO_BY_TWO, 2.0),
    "max-cut of the 5-cycle": (
        sdpa_lines([1] * 5, [np.array([LAPLACIAN / 4, *(unit(5, (i, i)) for i in range(5))])], [5]),
        5 / 2 * (1 + np.cos(np.pi / 5)),
    ),
    "theta of the 5-cycle": (
        sdpa_lines([1, 0, 0, 0, 0, 0], [np.array([np.ones((5, 5)), np.eye(5), *(unit(5, e) for e in CYCLE)])], [5]),
        np.sqrt(5),
    ),
    "largest less smallest eigenvalue": (
        sdpa_lines([1, -1], [np.array([SYMMETRIC, np.eye(4), ZERO]), -np.array([SYMMETRIC, ZERO, np.eye(4)])], [4, 4]),
        np.ptp(np.linalg.eigvalsh(SYMMETRIC)),
    ),
    "linear": (sdpa_lines([1, 1], [LP], [-4]), 7 / 5),  # x + 2y >= 2, 3x + y >= 3
    "linear and two by two": (
        sdpa_lines([1, 1], [LP, np.array([-unit(2, (0, 1)), unit(2, (0, 0)), unit(2, (1, 1))])], [-4, 2]),
        2.0,
    ),
    "moments": (  # min E(x^6 - 3 x^2 + x)
        sdpa_lines([1, -3, 0, 0, 0, 1], [np.array([-HANKEL[0], *HANKEL[1:]])], [4]),
        np.polyval([1, 0, 0, 0, -3, 1, 0], STATIONARY).min(),
    ),
}


@pytest.fixture(scope="module")
def solved():
    """{name: (SDP, solution)}."""
    sdps = [read_sdpa(lines) for lines, _ in INSTANCES.values()]
    solutions = solve_programs([sdp.program() for sdp in sdps], SolverOptions(tolerance=1e-8))
    return dict(zip(INSTANCES, zip(sdps, solutions, strict=True), strict=True))


@pytest.mark.parametrize("name", INSTANCES)
def test_values_in_closed_form(solved, name):
    sdp, solution = solved[name]
    value = INSTANCES[name][1]
    # no moments inside the dual cone are found for "moments"
    assert solution.status in (SolverStatus.OPTIMAL, SolverStatus.CONVERGED)[: 1 + (name == "moments")]
    assert sdp.cost @ solution.free == pytest.approx(value, abs=1e-6)
    assert solution.lower - 1e-8 <= value <= solution.upper + 1e-8
    assert reference_value(sdp, solver="SCS", eps=1e-8) == ("optimal", pytest.approx(value, abs=1e-5))


def test_points_of_another_shape_are_refused(solved):
    sdp, _ = solved[next(iter(INSTANCES))]
    with pytest.raises(ValueError, match=r"x must have shape \(\d+,\), got"):
        sdp.slack_blocks(np.ones(99))
    with pytest.raises(ValueError, match=r"moments must have shape \(\d+,\), got"):
        sdp.dual_blocks(np.ones(99))


@pytest.mark.parametrize("name", INSTANCES)
def test_both_points_are_recovered(solved, name):
    sdp, solution = solved[name]
    slacks, duals = square(sdp.slack_blocks(solution.free)), square(sdp.dual_blocks(solution.moments))
    products = np.zeros(1 + sdp.cost.size)
    for matrices, slack, dual in zip(data_matrices(sdp), slacks, duals, strict=True):
        np.testing.assert_allclose(slack, np.tensordot(solution.free, matrices[1:], 1) - matrices[0], atol=1e-12)
        assert np.linalg.eigvalsh(slack)[0] > -1e-8
        assert np.linalg.eigvalsh(dual)[0] > -1e-6
        products += np.einsum("mij,ij->m", matrices, dual)
    np.testing.assert_allclose(products[1:], sdp.cost, atol=1e-8)
    assert products[0] == pytest.approx(INSTANCES[name][1], abs=1e-5)


def random_sdp(seed, sizes=(4, -2), variables=5):
    """Made around positive definite S and Y."""
    random = np.random.default_rng(seed)
    x, cost, blocks = random.normal(size=variables), np.zeros(variables), []
    for size in sizes:
        side = abs(size)
        mask = np.eye(side) if size < 0 else np.ones((side, side))
        matrices = random.normal(size=(1 + variables, side, side))
        matrices = (matrices + matrices.transpose(0, 2, 1)) * mask
        slack, dual = (
            mask * (factor @ factor.T + 0.1 * np.eye(side)) for factor in random.normal(size=(2, side, side))
        )
        matrices[0] = np.tensordot(x, matrices[1:], 1) - slack
        cost += np.einsum("mij,ij->m", matrices[1:], dual)
        blocks.append(matrices)
    return read_sdpa(sdpa_lines(cost, blocks, sizes))


def test_random_values_are_those_of_clarabel():
    sdps = [random_sdp(seed) for seed in range(5)]
    for sdp, solution in zip(sdps, solve_programs([sdp.program() for sdp in sdps]), strict=True):
        status, value = reference_value(sdp, solver="CLARABEL")
        assert status == "optimal"
        assert solution.status in (SolverStatus.OPTIMAL, SolverStatus.CONVERGED)
        assert sdp.cost @ solution.free == pytest.approx(value, rel=1e-6, abs=1e-6)
        slack = 1e-7 * (1 + abs(value))
        assert solution.lower - slack <= value <= solution.upper + slack


def test_statuses():
    zero_matrix = ["2", "1", "1", "1 1", "0 1 1 1 1", "1 1 1 1 1"]  # F_2 = 0
    cases = {
        "x >= 1 and x <= 0": (["1", "1", "-2", "1", "0 1 1 1 1", "1 1 1 1 1", "1 1 2 2 -1"], "INFEASIBLE"),
        "[-x 1; 1 -1 - x] and x >= 0": (
            ["1", "2", "2 1", "1", "0 1 1 2 -1", "0 1 2 2 1", "1 1 1 1 -1", "1 1 2 2 -1", "1 2 1 1 1"],
            "INFEASIBLE",
        ),
        "[x 1; 1 0], without a gap": (["1", "1", "2", "1", "0 1 1 2 -1", "1 1 1 1 1"], "ITERATION_LIMIT or INFEASIBLE"),
        "min -x, x >= 0": (["1", "1", "1", "-1", "1 1 1 1 1"], "ITERATION_LIMIT or UNBOUNDED"),
        "a cost without a matrix": (zero_matrix, "UNBOUNDED"),
        "a variable without a matrix": ([*zero_matrix[:3], "1 0", *zero_matrix[4:]], "OPTIMAL"),
        "F_3 = F_1 + F_2": (["3", *TWO_BY_TWO[1:3], "1 1 2", *TWO_BY_TWO[4:], "3 1 1 1 1", "3 1 2 2 1"], "OPTIMAL"),
        "the same at another cost": (
            ["3", *TWO_BY_TWO[1:3], "1 1 3", *TWO_BY_TWO[4:], "3 1 1 1 1", "3 1 2 2 1"],
            "UNBOUNDED",
        ),
        "no cost": ([*TWO_BY_TWO[:3], "0 0", *TWO_BY_TWO[4:]], "OPTIMAL"),
    }
    programs = [read_sdpa(lines).program() for lines, _ in cases.values()]
    solutions = dict(zip(cases, solve_programs(programs, SolverOptions(max_iterations=500)), strict=True))
    for name, (_, allowed) in cases.items():
        assert solutions[name].status.name in allowed.split(" or "), name
    assert solutions["min -x, x >= 0"].upper < -1e6
    assert solutions["[x 1; 1 0], without a gap"].upper == np.inf


def test_indices_without_entries_are_left_out():
    sdp = read_sdpa(["1", "2", "3 -3", "1", "0 1 1 1 1", "1 1 1 1 1", "1 1 3 3 1", "1 2 2 2 1"])
    assert [block.shape for block in sdp.program().blocks] == [(2, 2), (1, 1)]
    (solution,) = solve_programs([sdp.program()])
    assert (solution.status, solution.free[0]) == (SolverStatus.OPTIMAL, pytest.approx(1.0))
    slacks, duals = sdp.slack_blocks(solution.free), sdp.dual_blocks(solution.moments)
    np.testing.assert_allclose(slacks[0], np.diag([0.0, 0, 1]), atol=1e-6)
    np.testing.assert_allclose(duals[0], np.diag([1.0, 0, 0]), atol=1e-6)
    assert [block.shape for block in slacks] == [block.shape for block in duals] == [(3, 3), (3,)]


@pytest.mark.parametrize(
    "lines",
    [
        ['"a comment', "* another", "", " 2 = mDIM", "1 =nBLOCK", " +2 = bLOCKsTRUCT", "{1.0, 1.0}", *TWO_BY_TWO[4:]],
        ["2 constraints", "1", "(2)", "+1 +1e0 the costs", "0 1 2 1 -1.0", *TWO_BY_TWO[5:], ""],
        ["2", "1", "{2}", "{1,", "1}", "{0, 1, 1, 2, -1}", "1,1,1,1,1", "2\t1\t2\t2\t1\r"],
    ],
)
def test_spellings_of_one_sdp(lines, tmp_path):
    expected = read_sdpa(TWO_BY_TWO)
    path = tmp_path / "two.dat-s"
    path.write_text("\n".join(lines))
    for sdp in (read_sdpa(lines), read_sdpa(path), read_sdpa(str(path))):
        assert sdp.sizes == expected.sizes == (2,)
        for name in ("cost", "indices", "values"):
            np.testing.assert_array_equal(getattr(sdp, name), getattr(expected, name))


HEADER = ["2", "2", "2 -3", "1 1"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "the number of constraints: found the end after 0 of 1"),
        (["* only", "m = 2"], "line 2: the number of constraints: expected a positive integer, got 'm'"),
        (["0"], "line 1: the number of constraints: expected a positive integer, got '0'"),
        (["2", "1.5"], "line 2: the number of blocks: expected a positive integer, got '1.5'"),
        (["2", "2", "2 -0"], "line 3: block sizes: expected a positive integer, got '0'"),
        (["2", "1", "2 -3", "1 1"], "line 3: block sizes: expected 1, got 2 numbers"),
        (["2", "2", "2 -3"], "costs: found the end after 0 of 2"),
        (["2", "2", "2 -3", "1 1 1"], "line 4: costs: expected 2, got 3 numbers"),
        (["2", "2", "2 -3", "1", "0 1 1 1 1"], "line 5: costs: expected 2, got 6 numbers"),
        (["2", "2", "2 -3", "1 nan"], "line 4: costs: expected a finite number, got 'nan'"),
        (["2", "2", "2 -3", "1 one"], "line 4: costs: could not convert string to float: 'one'"),
        (HEADER, "expected entries"),
        ([*HEADER, "", "1 1 1 1"], "line 6: expected `matno blkno i j value`, got '1 1 1 1'"),
        ([*HEADER, "1 1 1 1 1 1"], "line 5: expected `matno blkno i j value`"),
        ([*HEADER, "1 1 1.0 1 1"], "line 5: expected `matno blkno i j value`"),
        ([*HEADER, "1 1 1 1 x"], "line 5: expected `matno blkno i j value`"),
        ([*HEADER, "1 1 1 1 inf"], "line 5: the value must be finite: '1 1 1 1 inf'"),
        ([*HEADER, "3 1 1 1 1"], r"line 5: matno must be in 0\.\.2"),
        ([*HEADER, "-1 1 1 1 1"], r"line 5: matno must be in 0\.\.2"),
        ([*HEADER, "1 3 1 1 1"], r"line 5: blkno must be in 1\.\.2"),
        ([*HEADER, "1 0 1 1 1"], r"line 5: blkno must be in 1\.\.2"),
        ([*HEADER, "1 1 1 3 1"], r"line 5: i and j must be in 1\.\.2"),
        ([*HEADER, "1 2 0 1 1"], r"line 5: i and j must be in 1\.\.3"),
        ([*HEADER, "1 2 1 2 1"], "line 5: block 2 is diagonal, i and j must be equal"),
        ([*HEADER, "1 1 1 2 1", "1 1 2 1 1"], "line 6: it repeats an entry, or its mirror image"),
    ],
)
def test_bad_files_name_the_line(lines, message):
    with pytest.raises(ValueError, match=message):
        read_sdpa(lines)


def test_fortran_exponents_and_trailing_text_are_read():
    plain = read_sdpa([*HEADER, "0 1 1 1 1.5", "1 1 1 1 2000"])
    other = read_sdpa([*HEADER, "0 1 1 1 0.15D+01 of F_0", "1 1 1 1 2d3 * the last entry"])
    assert other.values.tolist() == plain.values.tolist() == [1.5, 2000.0]
