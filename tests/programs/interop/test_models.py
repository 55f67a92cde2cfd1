"""Models of other tools have the same optimum, and their solutions come back."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

import nsos_jax as nsos
from nsos_jax import BilinearError, ProgramStatus, SemialgebraicSet, SosProgram
from nsos_jax.solvers import read_sdpa, solve_programs

X, Y = nsos.variables("x y")


def bound(cone="psd", sense="maximize"):
    """All of it: a set with an equality, an unknown polynomial, an equation, bounds, a constant in the objective."""
    program = SosProgram("x y", cone=cone)
    g, v = program.scalar("g", upper=100), program.polynomial("V", monomials=[X**2, X * Y, Y**2])
    disc = SemialgebraicSet([1 - X**2 - Y**2], [X * Y - Y])
    program.nonnegative(X**4 - 3 * X * Y**2 + Y + v - g, on=disc, order=2, name="bound")
    program.sos(X**2 + Y**2 - v, name="small")
    program.zero(v.coefficient(X**2) - v.coefficient(Y**2), name="equal")
    if sense == "maximize":
        program.maximize(2 * g + 1)
    else:
        program.minimize(-2 * g - 1)
    return program


@pytest.mark.parametrize("sense", ["maximize", "minimize"])
@pytest.mark.parametrize("cone", ["psd", "sdd", "dd"])
def test_cvxpy_has_the_same_optimum(cone, sense):
    program = bound(cone, sense)
    problem = program.to_cvxpy()
    value = problem.solve("CLARABEL")
    ours = program.solve()
    assert value == pytest.approx(ours.value, abs=1e-5)
    proof = program.prove(problem)
    assert proof.status is ProgramStatus.FEASIBLE
    assert proof.value == pytest.approx(value, abs=1e-4)
    with pytest.raises(ValueError, match="solve it first"):
        program.prove(program.to_cvxpy())


def test_nothing_to_solve_is_said():
    with pytest.raises(ValueError, match="neither unknowns nor constraints"):
        SosProgram("x").to_cvxpy()


@pytest.mark.parametrize("sense", ["maximize", "minimize"])
@pytest.mark.parametrize("cone", ["psd", "sdd", "dd"])
def test_sdpa_files_have_the_same_optimum(cone, sense, tmp_path):
    """Read and solved by `nsos_jax.solvers`, brought back, and proven."""
    program, path = bound(cone, sense), tmp_path / "bound.dat-s"
    export = program.to_sdpa(path)
    sdp = read_sdpa(path)
    (solution,) = solve_programs([sdp.program()])
    value = (1 if sense == "maximize" else -1) * (float(solution.free @ sdp.cost) + export.constant + 1)
    assert value == pytest.approx(program.solve().value, abs=1e-4)
    values = export.values(sdp.dual_blocks(solution.moments))
    assert 2 * values["g"][0] + 1 == pytest.approx(abs(value) * np.sign(2 * values["g"][0] + 1), abs=1e-4)
    proof = program.prove(values, tolerance=1e-4)
    assert proof.status is ProgramStatus.FEASIBLE
    assert proof.value == pytest.approx(value, abs=1e-3)


def test_an_objective_without_bounds_has_no_file(tmp_path):
    program = SosProgram("x")
    g = program.scalar("g")
    program.sos(X**2)
    program.maximize(g)
    with pytest.raises(ValueError, match="g is in the objective, and no constraint bounds it"):
        program.to_sdpa(tmp_path / "unbounded.dat-s")


def test_tasks_of_mosek_are_written_without_a_license(tmp_path):
    mosek = pytest.importorskip("mosek")
    program = bound(sense="minimize")
    for ending in (".task", ".ptf", ".cbf", ".jtask"):
        program.to_mosek_task(tmp_path / f"bound{ending}")
        assert (tmp_path / f"bound{ending}").stat().st_size
    with mosek.Task() as task:
        task.readdata(str(tmp_path / "bound.task"))
        names = [task.getvarname(index) for index in range(4)]
        assert names == ["g", "V[x^2]", "V[x*y]", "V[y^2]"]
        assert task.getobjsense() == mosek.objsense.minimize
        assert (task.getc()[0], task.getcfix()) == (-2.0, -1.0)
    with pytest.raises(ValueError, match=r"ends in \.cbf"):
        program.to_mosek_task(tmp_path / "bound.txt")
    with pytest.raises(ValueError, match="folder that exists"):
        program.to_mosek_task(tmp_path / "nowhere" / "bound.task")


def test_solutions_of_tasks_are_read():
    """What MOSEK would leave in its task, put there by hand."""
    mosek = pytest.importorskip("mosek")
    program = SosProgram("x")
    g = program.scalar("g")
    program.sos(X**4 - 3 * X**2 + 1 - g)
    program.maximize(g)
    with program.to_mosek_task() as task:
        task.putxx(mosek.soltype.itr, [-1.2500000001] + [0.0] * (task.getnumvar() - 1))
        assert program.prove(task).values == {"g": Fraction(-5, 4)}


def test_sympy_there_and_back():
    program = bound()
    written = program.to_sympy()
    target = program.constraints[1].target
    again = program.expression(written["constraints"]["bound"]["expression"])
    assert again.constant == target.constant
    assert again.parts == target.parts
    assert written["constraints"]["bound"]["inequalities"] == [sympy.sympify("1 - x**2 - y**2")]
    assert written["constraints"]["equal"]["kind"] == "zero"
    sense, objective = written["objective"]
    assert (sense, objective) == ("maximize", 2 * sympy.Symbol("g") + 1)


def test_values_are_substituted_in_sympy():
    program = bound()
    result = program.solve()
    values = program.sympy_values(result.values)
    target = program.to_sympy()["constraints"]["bound"]["expression"].subs(values)
    wanted = X**4 - 3 * X * Y**2 + Y + result.values["V"] - result.values["g"]
    assert nsos.Polynomial.from_sympy(target) == wanted


def test_expressions_from_sympy():
    """V stands for the whole unknown; a program can be written in SymPy altogether."""
    x, y, g, v = sympy.symbols("x y g V")
    program = SosProgram("x y")
    program.scalar("g")
    unknown = program.polynomial("V", (2, 2))
    expression = program.expression((x + 1) * (v - g * y**2) + sympy.Rational(1, 3))
    wanted = (X + 1) * (unknown - program.expression(g) * Y**2) + Fraction(1, 3)
    assert expression.constant == wanted.constant
    assert expression.parts == wanted.parts
    assert program.expression(x * y).constant == X * Y
    for bad, error, said in [
        (g * v, BilinearError, r"the product g \* V"),
        (g**2, BilinearError, r"the product g \* g"),
        (sympy.sin(x), ValueError, "polynomial"),
        (x / (1 + g), ValueError, "no polynomial in the unknowns g"),
        (sympy.Symbol("h") * x, ValueError, r"h is neither.*program\.scalar\('h'\)"),
    ]:
        with pytest.raises(error, match=said):
            program.expression(bad)
