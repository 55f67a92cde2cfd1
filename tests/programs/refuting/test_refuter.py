"""Whole programs whose answers are known: what is INFEASIBLE or OPTIMAL has a certificate, what is neither has none."""

from fractions import Fraction

import numpy as np
import pytest

from nsos_jax.certificates import Certificate
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.equations.presolve import Contradiction, presolve
from nsos_jax.programs.equations.system import ProgramSystem
from nsos_jax.programs.modelling.program import SosProgram
from nsos_jax.programs.modelling.sets import SemialgebraicSet
from nsos_jax.programs.results import ProgramStatus
from nsos_jax.programs.solve import solve_program

X, Y, Z = (Polynomial.parse(name) for name in "xyz")
CIRCLE = SemialgebraicSet(equalities=[X**2 + Y**2 - 1])


def refuted(program):
    """The result of a program without solutions, its certificate read back from its file and checked again."""
    result = solve_program(program)
    assert result.status is ProgramStatus.INFEASIBLE, result
    assert result.certificate.kind == "infeasible_program"
    assert Certificate.from_json(result.certificate.to_json()).verify()
    assert result.reason
    assert result.error is None
    assert not result.values
    return result


def optimal(program, value, gap):
    """The result of a program with a known optimum, both of its certificates checked again."""
    result = solve_program(program)
    assert result.status is ProgramStatus.OPTIMAL, result
    assert result.lower <= value <= result.upper
    assert result.upper - result.lower <= gap
    bound = Certificate.from_json(result.bound_certificate.to_json())
    assert bound.verify()
    assert bound.bound in (result.lower, result.upper)
    assert result.certificate.objective_value in (result.lower, result.upper)
    return result


def test_a_term_that_nothing_cancels():
    program = SosProgram("x y")
    a = program.scalar("a")
    program.sos(X**4 + a * X**2 - 2 * Y**3 + 1, name="cubic")
    assert refuted(program).reason == "cubic: the coefficient of y^3 is -2, and nothing can cancel it"


def test_equations_that_contradict_each_other():
    program = SosProgram("x")
    p = program.polynomial("p", 2)
    program.zero(p.derivative("x") - 2 * X - 3, name="slope")
    program.zero(p.substitute({"x": 0}) - 1, name="left")
    program.zero(p.substitute({"x": 2}) - 10, name="right")  # 11 by the other two
    certificate = refuted(program).certificate
    assert all(len(functional.exponents) for functional in certificate.functionals[:3])


def test_a_square_of_the_wrong_sign_behind_vanishing_monomials():
    program = SosProgram("x y")
    cubics = [X**i * Y**j for i in range(4) for j in range(4 - i)]
    program.sos(X**4 * Y**2 + 5 * X**2 * Y**4 - Fraction(1, 7) * X**2 * Y**2 + 2, name="form", basis=cubics)
    with pytest.raises(Contradiction) as found:
        presolve(ProgramSystem.of(program))
    assert found.value.presolved.steps, "monomials vanish first"
    assert "other sign" in refuted(program).reason


def test_vanishing_monomials_and_an_unknown():
    program = SosProgram("x y")
    a, b = program.scalar("a", lower=3), program.scalar("b", upper=2)
    quadratics = [X**i * Y**j for i in range(3) for j in range(3 - i)]
    program.sos(X**2 * Y**2 + a * X * Y + b, name="form", basis=quadratics)
    presolved = presolve(ProgramSystem.of(program))
    assert presolved.steps
    assert presolved.free
    refuted(program)


def lyapunov(f, g):
    """Is there a quadratic V that decreases along x' = f, y' = g?"""
    program = SosProgram("x y")
    V = program.polynomial("V", (2, 2))
    program.sos(V - X**2 - Y**2, name="positive")
    program.sos(-(V.derivative("x") * f + V.derivative("y") * g), name="decreasing")
    return program


@pytest.mark.parametrize("field", [(X / 3 + Y, X / 2 - Y / 10 - X), (X + 3 * Y, Y - X)], ids=["focus", "source"])
def test_the_dual_of_a_lyapunov_inequality(field):
    result = refuted(lyapunov(*field))
    assert result.reason.startswith("positive, decreasing: ")
    assert result.margin < 0


def test_a_saddle_has_one_functional():
    """The moments of the unstable direction (1, 2) are the only ones, on a face of the dual cone."""
    refuted(lyapunov(-X + Y, 4 * X - Y))


def test_a_functional_that_is_not_rational():
    """The unstable direction of a saddle without rational eigenvalues: there is no rational functional."""
    result = solve_program(lyapunov(X / 3 + Y, X - 2 * Y))
    assert result.status is ProgramStatus.UNDECIDED
    assert result.margin < 0
    assert "no rational functional" in result.error


def test_sign_symmetry_splits_the_moment_matrices():
    program = SosProgram("x y z")
    program.sos(X**4 + Y**4 + Z**4 - 3 * X**2 * Y**2 - X**2 * Z**2)
    assert len(presolve(ProgramSystem.of(program)).system.blocks) > 1
    refuted(program)


def test_an_unknown_that_symmetry_turns():
    program = SosProgram("x y")
    a, b = program.scalar("a"), program.scalar("b", lower=3)
    program.sos(X**4 + a * X * Y + Y**4 - b * X**2 * Y**2)
    system = ProgramSystem.of(program)
    assert a.parts.keys() <= presolve(system).elimination.solved.keys()
    refuted(program)


def test_sums_of_squares_as_unknowns():
    program = SosProgram("x")
    s, t = program.sos_polynomial("s", 2), program.sos_polynomial("t", 4)
    program.zero(s + t * Fraction(2, 3) - X**4 + 3 * X**2 - 2, name="sum")  # negative at x^2 = 3/2
    result = refuted(program)
    assert {len(functional.exponents) > 0 for functional in result.certificate.functionals} == {True}


def test_equalities_make_all_moment_matrices_singular():
    program = SosProgram("x y")
    program.nonnegative(Fraction(7, 5) - X - Y, on=CIRCLE, order=2)  # the maximum of x + y is sqrt 2 > 7/5
    refuted(program)


def test_equalities_at_an_optimum():
    program = SosProgram("x y")
    g = program.scalar("g")
    program.nonnegative(X * Y + X**2 - g, on=CIRCLE, order=2)
    program.maximize(g)
    optimal(program, (1 - 2**0.5) / 2, 1e-6)


def test_inequalities_and_equalities_together():
    program = SosProgram("x y")
    program.nonnegative(X - Fraction(1, 3), on=SemialgebraicSet([X, Y], [X**2 + Y**2 - 1]), order=1)
    refuted(program)


def test_bounds_that_are_attained_exactly():
    program = SosProgram("x y")
    g = program.scalar("g")
    program.sos(3 * X**2 - 4 * X * Y + 2 * Y**2 + 2 * X - g)
    program.maximize(2 * g + 5)
    result = optimal(program, 3, 0)  # the minimum -1 is at (-1, -1)
    assert result.value == 3.0


def test_minimisation_on_an_interval():
    program = SosProgram("x")
    t = program.scalar("t")
    interval = SemialgebraicSet.box({"x": (-1, 2)})
    program.nonnegative(t - X**3 + 2 * X, on=interval, order=2)
    program.minimize(t)
    result = optimal(program, 4, 1e-6 * 4)
    assert result.upper >= 4


def test_irrational_optimum():
    program = SosProgram("x")
    g = program.scalar("g")
    program.sos(X**4 + X - g)
    program.maximize(g)
    optimal(program, -3 / 4 * 4 ** (-1 / 3), 1.1e-6)


def test_weakly_infeasible():
    """a x^2 + 2 x y is never a sum of squares on {x, y}, but nearly one for large a: no functional tells."""
    program = SosProgram("x y")
    a = program.scalar("a")
    program.sos(a * X**2 + 2 * X * Y, basis=[X, Y], name="form")
    result = solve_program(program)
    assert result.status is ProgramStatus.UNDECIDED
    assert result.certificate is None
    assert "form" in result.error


def test_a_boundary_point_is_not_infeasible():
    program = SosProgram("x y")
    a = program.scalar("a")
    program.sos(X**4 - 2 * X**2 * Y**2 + Y**4 + a * (X - Y) ** 4, basis=[X**2, X * Y, Y**2])
    program.zero(a)
    assert solve_program(program).status is not ProgramStatus.INFEASIBLE


@pytest.mark.parametrize("sense", ["maximize", "minimize"])
def test_unbounded(sense):
    program = SosProgram("x y")
    a = program.scalar("a")
    sign = 1 if sense == "maximize" else -1
    program.sos(X**2 + sign * a * Y**2 + X * Y)
    getattr(program, sense)(3 * a)
    result = solve_program(program)
    assert result.status is ProgramStatus.FEASIBLE
    assert result.certificate.verify()
    assert result.error.startswith("the objective is unbounded")
    assert result.bound_certificate is None


def test_infeasible_with_an_objective():
    program = SosProgram("x y")
    a = program.scalar("a", upper=Fraction(1, 2))
    program.sos(a * X**2 + 2 * X * Y + Y**2)
    program.maximize(a)
    refuted(program)


def test_random_infeasible_forms():
    """Forms that take a negative value at a random point whatever the unknown is."""
    rng = np.random.default_rng(3)
    for _ in range(5):
        program = SosProgram("x y z")
        u, v, w = (int(number) for number in rng.integers(-3, 4, 3))
        linear = (u + 1) * X + v * Y + (w - 5) * Z
        free = program.polynomial("q", (2, 2))
        program.sos(free * linear * linear - X**4 - (X + Y - Z) ** 4, name="form")
        program.sos(1000 * (X**2 + Y**2 + Z**2) - free, name="size")
        program.zero(free.coefficient(X**2) - 1)
        refuted(program)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_targets_that_vanish_for_all_parameters(order):
    box = SemialgebraicSet([(Y - 1) * (3 - Y), 1 - X**2])
    program = SosProgram("x y")
    a = program.scalar("a")
    program.nonnegative(a * X**2 - X**2 * Y, on=box, order=max(order, 2), name="above")
    program.sos(2 - a, name="bound")
    refuted(program)
    program = SosProgram("x y")
    a = program.scalar("a")
    program.nonnegative(a * X**2 - X**2 * Y, on=box, order=max(order, 2))
    program.minimize(a)
    optimal(program, 3, 1e-5)
