"""Programs whose Gram matrices are all singular: faces, exactly, with unknowns."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.equations.conic import ConicForm
from nsos_jax.programs.equations.presolve import presolve
from nsos_jax.programs.equations.system import ProgramSystem
from nsos_jax.programs.modelling.program import SosProgram
from nsos_jax.programs.modelling.sets import SemialgebraicSet
from nsos_jax.programs.proving import faces, faces_fit, plain_points
from nsos_jax.programs.proving.face import ProgramFace
from nsos_jax.programs.results import ProgramStatus
from nsos_jax.programs.solve import solve_program


def bound(text, variables, on=None):
    """The greatest g with p - g a sum of squares, or nonnegative on a set."""
    program = SosProgram(variables)
    g = program.scalar("g")
    program.nonnegative(Polynomial.parse(text) - g, on=on)
    program.maximize(g)
    return program


def equilibria():
    """V' f <= 0 with equilibria at x = +-sqrt 2 between which V must not grow: the derivative vanishes there."""
    program = SosProgram("x y")
    x, y = (Polynomial.parse(name) for name in "xy")
    V = program.polynomial("V", (2, 4))
    f = (y, 2 * x - x**3 - y)
    program.sos(-(V.derivative("x") * f[0] + V.derivative("y") * f[1]) - y**2, name="decrease")
    program.zero(V.coefficient(y**2) - 1)
    return program


def test_unknowns_on_the_boundary():
    """y V_y vanishes on the line y = 0, so only a face is left, and the equations fix the rest of V there."""
    result = solve_program(equilibria())
    assert result.status is ProgramStatus.FEASIBLE
    result.certificate.verify()
    x, y = (Polynomial.parse(name) for name in "xy")
    V = result.values["V"]
    derivative = V.derivative("x") * y + V.derivative("y") * (2 * x - x**3 - y)
    for point in ((0, 0), (2, 0), (Fraction(7, 5), 0)):
        assert derivative.evaluate(point) <= 0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(x^2 - 2)^2*((x - 1)^2 + 1)", 0),  # zeros +-sqrt 2, no sign symmetry: the kernel's basis is irrational
        ("x^4 + 25*y^4 + x*y", Fraction(-1, 40)),  # x^2 = 5 y^2: only the rational hull is a sum of squares over Q
        ("(x^2 + y^2 - 3)^2 + (x - y)^2", 0),
    ],
)
def test_the_optimum_itself_is_proven(text, value):
    variables = ["x", "y"] if "y" in text else ["x"]
    result = solve_program(bound(text, variables, SemialgebraicSet.ball(variables, 3)))
    assert result.lower == value
    assert any(block.range is not None for identity in result.certificate.identities for block in identity.blocks)


def test_known_polynomials_are_left_to_the_proofs_of_one():
    """Squares of sums that vanish at the origin to different orders: one polynomial, no unknown, many blocks."""
    text = "(a + 10*b)^2 + 5*(c - d)^2 + (b - 2*c)^4 + 10*(a - d)^4"
    presolved = presolve(ProgramSystem.of(bound(text, "a b c d")).with_value(Fraction(0)))
    assert not presolved.free
    (point,) = plain_points(presolved)
    assert [len(gram.core) for gram in point.grams] == [block.side for block in presolved.system.blocks]
    result = solve_program(bound(text, "a b c d"))
    assert result.lower == 0
    assert not list(plain_points(presolve(ProgramSystem.of(bound(text, "a b c d")))))


def test_kernels_are_recognised_as_subspaces():
    program = bound("(x^2 - 2)^2*((x - 1)^2 + 1)", "x")
    presolved = presolve(ProgramSystem.of(program).with_value(Fraction(0)))
    face = ProgramFace.whole(presolved, ConicForm.of(presolved))
    point = faces.central_solver("auto")(faces.MarginProblem(face))
    smaller = next(faces.restrictions(face, point))
    assert smaller.sizes == (2,)
    kernel = np.array([[1, 0, 2, 0], [0, 1, 0, 2]], dtype=object)
    assert not (kernel @ smaller.ranges[0]).any()


def test_a_misread_cut_is_undone(monkeypatch):
    """A face on which the exact equations have no solution costs time only."""
    right, tried = faces.restrictions, []

    def wrong(face, point):
        tried.append(face)
        if len(tried) == 1:
            ranges = tuple(columns[:, :1] for columns in face.ranges)
            yield ProgramFace(face.presolved, face.form, ranges)
        yield from right(face, point)

    monkeypatch.setattr(faces, "restrictions", wrong)
    assert solve_program(bound("(x^2 + y^2 - 3)^2 + (x - y)^2", "x y", SemialgebraicSet.ball("x y", 3))).lower == 0
    assert tried


def test_no_face_holds_a_program_without_solution():
    program = SosProgram("x y")
    g = program.scalar("g", lower=Fraction(1, 2))
    program.sos(Polynomial.parse("x^4 + y^4 - x*y") - g)
    presolved = presolve(ProgramSystem.of(program))
    assert not list(faces.face_points(presolved, ConicForm.of(presolved)))


@pytest.mark.parametrize(("sparsity", "fit"), [("constant", True), ("cross", False)])
def test_dense_faces_are_for_few_equations_on_cliques(sparsity, fit):
    names = [f"x{i}" for i in range(12)]
    program = SosProgram(names)
    gamma = program.scalar("gamma")
    chain = Polynomial.parse("+".join(f"({a} + {b}^2 - 1)^2" for a, b in pairwise(names)))
    program.nonnegative(chain - gamma, on=SemialgebraicSet.ball(names, 1), order=2, sparsity=sparsity)
    program.maximize(gamma)
    presolved = presolve(ProgramSystem.of(program))
    assert faces_fit(presolved, ConicForm.of(presolved)) is fit
