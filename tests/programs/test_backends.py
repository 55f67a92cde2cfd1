"""Solvers by their own interfaces: the same point from each, and MOSEK's task without a licence."""

import clarabel
import numpy as np
import pytest
import scipy.sparse as sp

import nsos_jax as nsos
from nsos_jax.programs.backends import BACKENDS, ConeProblem, PointStatus, check_backend, mosek_task, solve_form
from nsos_jax.programs.equations.conic import ConicForm
from nsos_jax.programs.equations.presolve import presolve
from nsos_jax.programs.equations.system import ProgramSystem

X, Y = nsos.variables("x y")
OTHERS = [name for name, backend in BACKENDS.items() if name not in ("clarabel", "highs") and not backend.missing()]


def form_of(program):
    return ConicForm.of(presolve(ProgramSystem.of(program)))


def bound(cone="psd", order=None):
    """A bound with Gram matrices of side 1, 2 and 3 and more."""
    program = nsos.SosProgram("x y", cone=cone)
    g = program.scalar("g")
    disc = nsos.SemialgebraicSet([1 - X**2 - Y**2], [X * Y - Y])
    program.nonnegative(X**4 - 3 * X * Y**2 + Y - g, on=disc, order=order)
    program.maximize(g)
    return program


@pytest.mark.parametrize("cone", ["psd", "sdd", "dd"])
@pytest.mark.parametrize("margin_limit", [None, 1.0])
@pytest.mark.parametrize("name", OTHERS)
def test_backends_agree(name, margin_limit, cone):
    form = form_of(bound(cone))
    if name == "jax" and cone != "psd":
        with pytest.raises(ValueError, match="semidefinite programs only"):
            solve_form(form, name, margin_limit=margin_limit)
        return
    ours, theirs = (solve_form(form, backend, margin_limit=margin_limit) for backend in ("clarabel", name))
    assert ours.status is theirs.status is PointStatus.SOLVED
    assert theirs.value == pytest.approx(ours.value, abs=1e-4)
    for point in (ours, theirs):
        shift = point.margin * np.array([1.0])
        assert form.rhs + form.free @ point.free == pytest.approx(form.apply(point.grams), abs=1e-4)
        assert all(np.linalg.eigvalsh(gram)[0] > shift - 1e-4 for gram in point.grams)
    assert form.free.T @ theirs.moments == pytest.approx(
        np.zeros(len(form.cost)) if margin_limit else -form.cost, abs=1e-4
    )


@pytest.mark.parametrize("margin_limit", [None, 1.0])
def test_linear_programs_go_to_highs(margin_limit):
    form = form_of(bound("dd"))
    problem = ConeProblem.of(form, margin_limit)
    assert problem.is_linear
    highs, auto, other = (solve_form(form, name, margin_limit=margin_limit) for name in ("highs", "auto", "clarabel"))
    assert highs.value == pytest.approx(other.value, abs=1e-6)
    assert (auto.free == highs.free).all()
    assert (auto.backend, highs.backend, other.backend) == ("highs", "highs", "clarabel")
    assert bound("dd").solve().backend == "highs"
    assert form.rhs + form.free @ highs.free == pytest.approx(form.apply(highs.grams), abs=1e-6)
    with pytest.raises(ValueError, match="solves linear programs only"):
        solve_form(form_of(bound()), "highs")


def infeasible(cone):
    """x^4 - 3 x^2 + 1 is negative at 1."""
    program = nsos.SosProgram("x", cone=cone)
    program.sos(X**4 - 3 * X**2 + 1)
    g = program.scalar("g")
    program.maximize(-g)
    program.sos(g)
    return program


def unbounded(cone):
    program = nsos.SosProgram("x", cone=cone)
    g = program.scalar("g")
    program.sos(X**2 + g)
    program.maximize(g)
    return program


@pytest.mark.parametrize(("name", "cone"), [("clarabel", "psd"), ("highs", "dd"), ("scs", "psd")])
def test_what_has_no_solution(name, cone):
    form = form_of(infeasible(cone))
    point = solve_form(form, name)
    assert point.status is PointStatus.INFEASIBLE
    assert form.rhs @ point.moments < 0  # a functional that shows it
    if cone == "psd":
        assert all(np.linalg.eigvalsh(matrix)[0] > -1e-6 for matrix in form.adjoint(point.moments))
    assert solve_form(form_of(unbounded(cone)), name).status is PointStatus.UNBOUNDED


def test_backends_by_name():
    with pytest.raises(ValueError, match="backend must be one of auto, clarabel"):
        bound().solve(backend="csdp")
    check_backend("auto")
    assert ("auto", *BACKENDS) == nsos.programs.BACKENDS


def test_without_a_license_one_line_says_so(monkeypatch):
    monkeypatch.setenv("MOSEKLM_LICENSE_FILE", "/nowhere/mosek.lic")
    monkeypatch.setattr(nsos.programs.solve, "ProgramSystem", None)  # before any work
    with pytest.raises(RuntimeError, match="backend 'mosek' cannot solve here: ") as caught:
        bound().solve(backend="mosek")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("cone", ["psd", "sdd", "dd"])
def test_task_of_mosek_holds_the_same_program(cone, tmp_path):
    """The task is written, read back, and its data are solved by Clarabel."""
    form = form_of(bound(cone))
    problem = ConeProblem.of(form, None)
    with mosek_task(problem) as task:
        task.writedata(str(tmp_path / "bound.task"))
    assert solved_task(tmp_path / "bound.task") == pytest.approx(solve_form(form, "clarabel").value, abs=1e-6)


def solved_task(path):
    """max c'x s.t. A x + sum <A_i, X_i> = b: its value by Clarabel, from the numbers that a task holds."""
    import mosek

    with mosek.Task() as task:
        task.readdata(str(path))
        scalars, equations, matrices = task.getnumvar(), task.getnumcon(), task.getnumbarvar()
        assert task.getobjsense() == mosek.objsense.maximize
        row, column, value = task.getatrip()
        cost = np.array(task.getc())
        kinds = [task.getvarbound(index)[0] for index in range(scalars)]
        rhs = np.array([task.getconbound(index)[1] for index in range(equations)])
        sides = [task.getdimbarvarj(index) for index in range(matrices)]
        triplets = task.getbarablocktriplet() if matrices else ()
        quadratic = [task.getaccafeidxlist(index) for index in range(task.getnumacc())]
        afe_row, afe_column, _ = task.getafeftrip() if quadratic else ([], [], [])
    left = sp.coo_matrix((value, (row, column)), shape=(equations, scalars))
    starts = np.cumsum([0, *(side * (side + 1) // 2 for side in sides)])
    if matrices:
        at, block, i, j, number = map(np.array, triplets[1:])
        assert (i >= j).all()
        place = starts[block] + i * (i + 1) // 2 + j  # Clarabel: the columns of the upper triangle
        bars = sp.coo_matrix((number * np.where(i == j, 1.0, np.sqrt(2.0)), (at, place)), shape=(equations, starts[-1]))
        left = sp.hstack([left, bars])
    nonnegative = np.flatnonzero([kind == mosek.boundkey.lo for kind in kinds])
    order = dict(zip(afe_row, afe_column, strict=True))
    second_order = [order[index] for group in quadratic for index in group]
    total = scalars + starts[-1]
    members = np.concatenate([nonnegative, second_order, np.arange(scalars, total)]).astype(int)
    select = sp.csr_matrix((-np.ones(len(members)), (range(len(members)), members)), shape=(len(members), total))
    cones = [clarabel.ZeroConeT(equations), clarabel.NonnegativeConeT(len(nonnegative))]
    cones += [clarabel.SecondOrderConeT(3)] * len(quadratic) + [clarabel.PSDTriangleConeT(side) for side in sides]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    objective = -np.append(cost, np.zeros(starts[-1]))
    solution = clarabel.DefaultSolver(
        sp.csc_matrix((total, total)),
        objective,
        sp.csc_matrix(sp.vstack([left, select])),
        np.append(rhs, np.zeros(len(members))),
        cones,
        settings,
    ).solve()
    return -solution.obj_val
