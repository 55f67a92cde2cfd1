"""Central solutions: margins that are known, kernels of maximal rank, and three solvers that agree."""

import mosek
import numpy as np
import pytest
import scipy.sparse as sp

from nsos_jax import Polynomial
from nsos_jax.bases.coverage import even_support
from nsos_jax.proofs.faces.face import Face
from nsos_jax.proofs.faces.margin.central import central_point
from nsos_jax.proofs.faces.margin.equations import FaceEquations
from nsos_jax.proofs.faces.margin.external import central_solver, clarabel_point, mosek_point, mosek_task
from nsos_jax.proofs.gram_system import GramSystem
from nsos_jax.solvers.reference import mosek_license_available

INTERIOR = "x^4 + y^4 + x^2*y^2 + 1 + x*y"
BOUNDARY = "(x^2 - y*z)^2 + (y^2 - x*z)^2 + (z^2 - x*y)^2"
BLOCKS = "(x^2 - 2*y^2)^2 + (z^2 - 3*w^2)^2 + x^2*y^2 + z^4"


def equations(text):
    polynomial = Polynomial.parse(text)
    return FaceEquations(Face.whole(GramSystem.build(polynomial, even_support(polynomial.exponents))))


def kernel_size(point):
    values = np.concatenate([np.linalg.eigvalsh(moments) for moments in point.moments])
    return int((values > 1e-5).sum())


def assert_feasible(own, point):
    """The Gram matrix satisfies the equations, the moments have trace one."""
    wide = own.apply(own.stacks(point.grams))
    np.testing.assert_allclose(wide * point.scale, own.rhs, atol=1e-9 * point.scale)
    assert sum(np.trace(moments) for moments in point.moments) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("text", [INTERIOR, BOUNDARY, BLOCKS])
def test_our_path_and_clarabel_agree(text):
    own = equations(text)
    ours, theirs = central_point(own), clarabel_point(own)
    assert ours.margin == pytest.approx(theirs.margin, abs=1e-6) or min(ours.margin, theirs.margin) > 0
    for point in (ours, theirs):
        assert_feasible(own, point)


def test_the_kernel_on_the_boundary_is_maximal():
    """Zeros (1, 1, 1) only, up to a factor: moments of rank one."""
    own = equations(BOUNDARY)
    for point in (central_point(own), clarabel_point(own)):
        assert abs(point.margin) < 1e-8
        assert kernel_size(point) == 1


def test_negative_margins_come_with_moments():
    system = GramSystem.build(
        Polynomial.parse("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1"), np.array([[0, 0], [1, 1], [2, 1], [1, 2]])
    )
    point = central_point(FaceEquations(Face.whole(system)))
    assert point.margin < -1e-3
    assert system.problem().rhs @ point.multipliers < 0
    blocks = system.problem().spread(point.multipliers)
    assert min(np.linalg.eigvalsh(block)[0] for block in blocks) > -1e-9


@pytest.mark.parametrize("rows", [1, 10**6])
def test_schur_complements_are_those_of_the_maps(monkeypatch, rows):
    """Sparse ones too, and block by block."""
    monkeypatch.setattr("nsos_jax.proofs.faces.margin.row_pairs.MANY_ROWS", rows)
    monkeypatch.setattr("nsos_jax.proofs.faces.margin.row_pairs.SPARSE", 1.0)
    own = equations("(x^2 + y*z + 1)^2 + x^4 + y^4 + z^4")
    rng = np.random.default_rng(0)
    left, right = (
        [np.tensordot(f, f, (2, 2))[:, :, 0] for f in [rng.standard_normal(s.shape) for s in own.eyes()]]
        for _ in range(2)
    )
    left = [stack + stack.transpose(0, 2, 1) for stack in left]
    right = [stack + stack.transpose(0, 2, 1) for stack in right]
    matrix = own.schur(left, right)
    assert sp.issparse(matrix) == (rows == 1)
    direct = matrix.toarray() if sp.issparse(matrix) else matrix
    monkeypatch.setattr("nsos_jax.proofs.faces.margin.row_pairs.MOST_NUMBERS", 1)
    again = own.schur(left, right)
    np.testing.assert_allclose(again.toarray() if sp.issparse(again) else again, direct, atol=1e-12)
    for column, unit in zip(direct.T, np.eye(len(direct)), strict=True):
        products = [x @ m @ y for x, m, y in zip(left, own.adjoint(unit), right, strict=True)]
        symmetric = [(p + p.transpose(0, 2, 1)) / 2 for p in products]
        np.testing.assert_allclose(own.apply(symmetric), column, atol=1e-12)


def test_the_task_for_mosek_is_the_margin_problem():
    """Read back from the task: its equations at a point are those of the system."""
    own = equations(BLOCKS)
    with mosek_task(own) as task:
        assert task.getnumvar() == 1
        assert task.getnumcon() == len(own.rhs)
        sides = [task.getdimbarvarj(j) for j in range(task.getnumbarvar())]
        rng = np.random.default_rng(0)
        matrices = [(m := rng.standard_normal((side, side))) + m.T for side in sides]
        sums = np.zeros(len(own.rhs))
        equation, block, row, column, value = task.getbarablocktriplet()[-5:]
        for e, b, i, j, v in zip(equation, block, row, column, value, strict=True):
            sums[e] += v * matrices[b][i, j] * (1 if i == j else 2)
        np.testing.assert_allclose(sums, own.apply(own.stacks(matrices)), atol=1e-12)
        assert task.getobjsense() == mosek.objsense.maximize


@pytest.mark.skipif(not mosek_license_available(), reason="no licence of MOSEK")
def test_mosek_agrees():
    own = equations(BOUNDARY)
    assert mosek_point(own).margin == pytest.approx(0.0, abs=1e-7)


@pytest.mark.skipif(mosek_license_available(), reason="a licence of MOSEK is here")
def test_mosek_without_a_licence_says_so():
    with pytest.raises(ValueError, match="licence"):
        central_solver("mosek")
