"""Reference solvers agree with each other, with known margins, our brackets and the task written for MOSEK."""

import itertools
import logging
from typing import Any

import cvxpy as cp
import mosek
import numpy as np
import pytest

from nsos_jax.solvers import reference
from nsos_jax.solvers.batch import SosSolver
from nsos_jax.solvers.options import SolverOptions
from nsos_jax.solvers.problem import margin_problem
from nsos_jax.solvers.programs import GramProgram, solve_programs
from nsos_jax.solvers.reference import available_solvers, mosek_license_available, solve_reference, write_task

UNLICENSED = pytest.mark.skipif(mosek_license_available(), reason="a MOSEK licence is here")
TIGHT: dict[str, Any] = {"CLARABEL": {}, "SCS": {"eps": 1e-9, "max_iters": 50_000}, "MOSEK": {}}


def gram_problem(bases, coefficients):
    """The margin problem of sum_j z_j' Q_j z_j = p; `coefficients` maps the exponents of p to numbers."""
    products = [np.array([[np.add(a, b) for b in basis] for a in basis]) for basis in bases]
    monomials = sorted({tuple(m) for product in products for m in product.reshape(-1, product.shape[-1])})
    row = {monomial: index for index, monomial in enumerate(monomials)}
    blocks = tuple(np.array([[row[tuple(m)] for m in line] for line in product]) for product in products)
    return margin_problem(blocks, np.array([coefficients.get(monomial, 0.0) for monomial in monomials]))


def planted(bases, rank, seed):
    """Right-hand side of random integer Gram matrices of the given rank: t* >= 0."""
    empty = gram_problem(bases, {})
    random, rhs = np.random.default_rng(seed), np.zeros(empty.rhs.size)
    for block in empty.blocks:
        factor = random.integers(-3, 4, (len(block), rank))
        np.add.at(rhs, block, factor @ factor.T)
    return margin_problem(empty.blocks, rhs)


def powers(*degrees):
    return [(degree,) for degree in degrees]


PLANE = [m for m in itertools.product(range(4), repeat=2) if sum(m) <= 3]
MOTZKIN = {(4, 2): 1.0, (2, 4): 1.0, (2, 2): -3.0, (0, 0): 1.0}
# name: (problem, its margin where known in closed form)
PROBLEMS = {
    "x^2 + 1": (gram_problem([powers(0, 1)], {(0,): 1.0, (2,): 1.0}), 1.0),
    "x^2 - 3x + 1": (gram_problem([powers(0, 1)], {(0,): 1.0, (1,): -3.0, (2,): 1.0}), -0.5),
    "a negative constant": (gram_problem([powers(0)], {(0,): -2.5}), -2.5),
    "zero": (gram_problem([powers(0, 1)], {}), 0.0),
    "(x^2 - 1)^2": (gram_problem([powers(0, 1, 2)], {(0,): 1.0, (2,): -2.0, (4,): 1.0}), 0.0),
    "Motzkin": (gram_problem([[(0, 0), (1, 1), (2, 1), (1, 2)]], MOTZKIN), -3.0),
    "equal blocks": (gram_problem([powers(0), powers(0)], {(0,): 3.0}), 1.5),
    "sizes 4, 2 and 1 sharing rows": (planted([powers(0, 1, 2, 3), powers(0, 1), powers(2)], 4, 0), None),
    "shared rows, infeasible": (
        gram_problem([powers(0, 1, 2), powers(0, 1)], {(0,): 1.0, (1,): 5.0, (2,): 1.0, (4,): 1.0}),
        None,
    ),
    "interior of the plane": (planted([PLANE], 10, 1), None),
    "rank 3 in the plane": (planted([PLANE, PLANE[:4]], 3, 2), None),
    "large coefficients": (gram_problem([powers(0, 1)], {(0,): 1e6, (1,): 1e6, (2,): 1e6}), 5e5),
}
named_problems = pytest.mark.parametrize("name", PROBLEMS)
LINE = np.array([[0, 1], [1, 2]])
# name: (program, its value): least constant of x^2 - 2x; the same next to the equation d_1 = 3; least trace of a Gram
# matrix of (x + 1)^2, which is the only one
PROGRAMS = {
    "least constant": (GramProgram((LINE,), np.array([0.0, -2, 1]), -np.eye(3)[:, :1], np.ones(1)), 1.0),
    "a bare equation": (
        GramProgram((LINE,), np.array([0.0, -2, 1, 6]), np.array([[-1.0, 0], [0, 0], [0, 0], [0, 2]]), np.ones(2)),
        4.0,
    ),
    "two blocks": (
        GramProgram((LINE, np.array([[3]])), np.array([1.0, 2, 1, -2]), -np.eye(4)[:, 3:], np.array([2.0])),
        4.0,
    ),
}
named_programs = pytest.mark.parametrize("name", PROGRAMS)


def row_sums(problem, blocks):
    total = np.zeros(problem.rhs.size)
    for rows, block in zip(problem.blocks, blocks, strict=True):
        np.add.at(total, rows, block)
    return total


def size_of(problem):
    return max(1.0, np.abs(problem.rhs).max())


@named_problems
@pytest.mark.parametrize("solver", available_solvers())
def test_margin_gram_matrices_and_moments(name, solver):
    problem, margin = PROBLEMS[name]
    solution = solve_reference(problem, solver, **TIGHT[solver])
    size = size_of(problem)
    assert solution.solver == solver
    assert solution.status == "optimal"
    if margin is not None:
        assert abs(solution.margin - margin) < 1e-5 * size
    assert np.abs(row_sums(problem, solution.grams) - problem.rhs).max() < 1e-5 * size
    assert min(np.linalg.eigvalsh(gram)[0] for gram in solution.grams) > solution.margin - 1e-5 * size
    y = solution.moments
    identity = row_sums(problem, [np.eye(k) for k in problem.sizes])
    assert abs(identity @ y - 1.0) < 1e-5
    assert abs(problem.rhs @ y - solution.margin) < 1e-5 * size
    assert min(np.linalg.eigvalsh(y[rows])[0] for rows in problem.blocks) > -1e-6
    assert solution.seconds > 0
    assert solution.solver_seconds > 0
    assert solution.iterations is not None


@named_problems
def test_solvers_agree(name):
    problem, _ = PROBLEMS[name]
    margins = [solve_reference(problem, solver, **TIGHT[solver]).margin for solver in available_solvers()]
    assert np.ptp(margins) < 2e-6 * size_of(problem)


def test_brackets_contain_the_reference_margins():
    problems = [problem for problem, _ in PROBLEMS.values()]
    for problem, ours in zip(problems, SosSolver(problems).run(), strict=True):
        margin = solve_reference(problem).margin
        assert ours.lower - 1e-6 * size_of(problem) <= margin <= ours.upper + 1e-6 * size_of(problem)


@pytest.mark.parametrize("solver", available_solvers())
@pytest.mark.parametrize(
    ("name", "status"),
    [("interior of the plane", "optimal"), ("x^2 - 3x + 1", "infeasible"), ("Motzkin", "infeasible")],
)
def test_bare_feasibility(name, status, solver):
    problem, _ = PROBLEMS[name]
    solution = solve_reference(problem, solver, feasibility=True)
    assert solution.status == status
    if status == "optimal":
        assert solution.margin == 0.0
        assert np.abs(row_sums(problem, solution.grams) - problem.rhs).max() < 1e-3 * size_of(problem)
        assert min(np.linalg.eigvalsh(gram)[0] for gram in solution.grams) > -1e-3 * size_of(problem)
    else:
        assert np.isnan(solution.margin)
        assert all(np.isnan(gram).all() for gram in solution.grams)
        assert [gram.shape for gram in solution.grams] == [block.shape for block in problem.blocks]
        assert solution.moments.shape == problem.rhs.shape


@named_programs
@pytest.mark.parametrize("solver", available_solvers())
def test_programs(name, solver):
    program, value = PROGRAMS[name]
    solution = solve_reference(program, solver, **TIGHT[solver])
    assert solution.status == "optimal"
    with pytest.raises(ValueError, match="margin is that of a margin problem"):
        _ = solution.margin
    assert abs(solution.value - value) < 1e-5
    assert np.abs(row_sums(program, solution.grams) + program.free @ solution.free - program.rhs).max() < 1e-5
    assert np.abs(program.free.T @ solution.moments + program.cost).max() < 1e-5
    assert abs(program.rhs @ solution.moments + value) < 1e-5
    (ours,) = solve_programs([program])
    assert abs(ours.free - solution.free).max() < 1e-4


def test_margins_with_free_variables():
    """x^2 - 2x + d in the Gram matrix: d rises without an end, so it is fixed by an equation of its own block."""
    blocks, rhs = (LINE, np.array([[3]])), np.array([0.0, -2, 1, 5])
    problem = margin_problem(blocks, rhs, free=np.array([[-1.0], [0], [0], [1]]))
    solution = solve_reference(problem)
    ours = SosSolver([problem], SolverOptions(close_margins=True)).run()[0]
    assert ours.lower - 1e-5 <= solution.margin <= ours.upper + 1e-5
    assert np.abs(row_sums(problem, solution.grams) + problem.free[:, 1:] @ solution.free[1:] - rhs).max() < 1e-5
    bare = solve_reference(problem, feasibility=True)
    assert (bare.status, bare.margin) == ("optimal", 0.0)


def test_the_bare_form_is_one_of_margins(tmp_path):
    program, _ = PROGRAMS["least constant"]
    with pytest.raises(ValueError, match="feasibility=True is the bare form of a margin problem"):
        solve_reference(program, feasibility=True)
    with pytest.raises(ValueError, match="feasibility=True is the bare form of a margin problem"):
        write_task(program, tmp_path / "program.cbf", feasibility=True)


def test_a_work_limit_is_a_status():
    problem, _ = PROBLEMS["interior of the plane"]
    assert solve_reference(problem, max_iter=1).status in ("user_limit", "failed")


def test_a_solver_error_is_a_status(monkeypatch):
    def give_up(*_, **__):
        raise cp.SolverError("it gave up")

    monkeypatch.setattr(cp.Problem, "solve", give_up)
    problem, _ = PROBLEMS["equal blocks"]
    solution = solve_reference(problem)
    assert solution.status == "failed"
    assert np.isnan(solution.margin)
    assert np.isnan(solution.moments).all()


def test_names_in_any_case_and_unknown_names():
    problem, _ = PROBLEMS["x^2 + 1"]
    assert solve_reference(problem, "scs").solver == "SCS"
    with pytest.raises(ValueError, match="solver must be one of CLARABEL, SCS, MOSEK, got 'SEDUMI'"):
        solve_reference(problem, "SEDUMI")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_right_hand_sides_must_be_finite(value):
    problem = margin_problem((np.array([[0, 1], [1, 2]]),), np.array([1.0, value, 1.0]))
    with pytest.raises(ValueError, match="rhs must be finite"):
        solve_reference(problem)


@UNLICENSED
def test_without_a_license_mosek_says_so_once(caplog):
    with pytest.raises(RuntimeError, match=r"MOSEK.*licen.*write_task"):
        solve_reference(PROBLEMS["x^2 + 1"][0], "mosek")
    mosek_license_available.cache_clear()
    with caplog.at_level(logging.WARNING):
        assert available_solvers() == available_solvers() == ("CLARABEL", "SCS")
    assert [record.getMessage().count("MOSEK is skipped") for record in caplog.records] == [1]


class Cbf:
    """A reader of the Conic Benchmark Format, version 3: free variables, PSD variables and L= constraints."""

    def __init__(self, path):
        lines = [line.strip() for line in path.read_text().splitlines()]
        lines = [line for line in lines if line and not line.startswith("#")]
        assert lines[:4] == ["VER", lines[1], "OBJSENSE", "MAX"]
        self.sizes: list[int] = []
        self.rows = self.variables = 0
        self.data: dict[str, Any] = {}
        at = 4
        while at < len(lines):
            keyword, header = lines[at], lines[at + 1].split()
            length = int(header[-1]) if keyword in ("VAR", "CON") else int(header[0])
            body = [line.split() for line in lines[at + 2 : at + 2 + length]]
            at += 2 + length
            if keyword == "PSDVAR":
                self.sizes = [int(line[0]) for line in body]
            elif keyword == "VAR":
                self.variables = int(header[0])
                assert body == [["F", header[0]]]
            elif keyword == "CON":
                self.rows = int(header[0])
                assert body == [["L=", header[0]]]
            else:
                assert keyword in ("OBJACOORD", "FCOORD", "ACOORD", "BCOORD")
                self.data[keyword] = [(*map(int, line[:-1]), float(line[-1])) for line in body]

    def solve(self):
        """The value, d and S of  max <c, d>  s.t.  <F_i, S> + <a_i, d> + b_i = 0,  S psd, written out row by row."""
        free, blocks = cp.Variable(self.variables), [cp.Variable((k, k), symmetric=True) for k in self.sizes]
        sums: list[Any] = [0.0] * self.rows
        for i, j, k, column, value in self.data["FCOORD"]:
            sums[i] += (value if k == column else 2.0 * value) * blocks[j][k, column]
        for i, j, value in self.data["ACOORD"]:
            sums[i] += value * free[j]
        for i, value in self.data.get("BCOORD", []):
            sums[i] += value
        cost = sum(value * free[j] for j, value in self.data["OBJACOORD"])
        model = cp.Problem(cp.Maximize(cost), [s == 0 for s in sums] + [block >> 0 for block in blocks])
        return model.solve(solver=cp.CLARABEL), free.value, [block.value for block in blocks]


@named_problems
def test_the_task_written_for_mosek_has_the_same_margin(name, tmp_path):
    problem, margin = PROBLEMS[name]
    path = tmp_path / "problem.cbf"
    write_task(problem, path)
    task = Cbf(path)
    assert tuple(task.sizes) == problem.sizes
    assert task.rows == problem.rhs.size
    written, _, slacks = task.solve()
    grams = [slack + written * np.eye(len(slack)) for slack in slacks]
    assert np.abs(row_sums(problem, grams) - problem.rhs).max() < 1e-6 * size_of(problem)
    assert abs(written - solve_reference(problem).margin) < 1e-6 * size_of(problem)
    if margin is not None:
        assert abs(written - margin) < 1e-6 * size_of(problem)


@named_programs
def test_the_task_written_for_mosek_has_the_same_value(name, tmp_path):
    program, value = PROGRAMS[name]
    write_task(program, tmp_path / "program.cbf")
    written, free, slacks = Cbf(tmp_path / "program.cbf").solve()
    assert abs(written + value) < 1e-6
    assert np.abs(row_sums(program, slacks) + program.free @ free - program.rhs).max() < 1e-6


def test_the_bare_task_has_no_objective(tmp_path):
    path = tmp_path / "problem.ptf"
    write_task(PROBLEMS["x^2 + 1"][0], path, feasibility=True)
    text = path.read_text()
    assert "Maximize + 0\n" in text
    assert "@x0 [0]" in text


@pytest.mark.parametrize("suffix", reference.TASK_SUFFIXES)
def test_every_task_format(suffix, tmp_path):
    path = tmp_path / f"problem{suffix}"
    write_task(PROBLEMS["equal blocks"][0], str(path))
    with mosek.Task() as task:
        task.readdata(str(path))
        assert (task.getnumbarvar(), task.getnumvar()) == (2, 1)


def test_paths_that_cannot_be_written(tmp_path):
    problem, _ = PROBLEMS["x^2 + 1"]
    with pytest.raises(ValueError, match=r"path must end in one of .cbf, .*, got '.*problem.lp'"):
        write_task(problem, tmp_path / "problem.lp")
    with pytest.raises(ValueError, match="path must lie in an existing folder"):
        write_task(problem, tmp_path / "nowhere" / "problem.cbf")


@UNLICENSED
@pytest.mark.parametrize("name", ["sizes 4, 2 and 1 sharing rows", "Motzkin"])
def test_mosek_solutions_are_read_in_its_layout(name, monkeypatch):
    """Everything but MOSEK's optimiser: Clarabel's solution is put into the task, then read by `solve_reference`."""
    problem, _ = PROBLEMS[name]
    expected = solve_reference(problem)
    kind = mosek.soltype.itr

    def optimize(task):
        rows = problem.rhs.size
        fixed, free = [mosek.stakey.fix] * rows, [mosek.stakey.bas]
        y, zero = expected.moments.tolist(), [0.0]
        positive, negative = np.maximum(y, 0).tolist(), np.maximum(-expected.moments, 0).tolist()
        xc, xx = problem.rhs.tolist(), [expected.margin]
        task.putsolution(kind, fixed, free, [], xc, xx, y, positive, negative, zero, zero, zero)
        for index, (gram, rows_of) in enumerate(zip(expected.grams, problem.blocks, strict=True)):
            column, row = np.triu_indices(len(gram))
            slack = gram - expected.margin * np.eye(len(gram))
            task.putbarxj(kind, index, slack[row, column].tolist())
            task.putbarsj(kind, index, (-expected.moments[rows_of])[row, column].tolist())

    monkeypatch.setattr(reference, "mosek_license_available", lambda: True)
    monkeypatch.setattr(mosek.Task, "optimize", optimize)
    monkeypatch.setattr(mosek.Task, "getsolsta", lambda *_: mosek.solsta.optimal)
    solution = solve_reference(problem, "MOSEK", MSK_DPAR_OPTIMIZER_MAX_TIME=60.0)
    assert (solution.status, solution.margin) == ("optimal", expected.margin)
    for gram, wanted in zip(solution.grams, expected.grams, strict=True):
        np.testing.assert_allclose(gram, wanted, atol=1e-12)
    np.testing.assert_array_equal(solution.moments, expected.moments)
