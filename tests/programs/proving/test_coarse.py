"""Proven unknowns are short where the margin is ample."""

from fractions import Fraction

import pytest

from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.modelling.program import SosProgram
from nsos_jax.programs.modelling.sets import SemialgebraicSet
from nsos_jax.programs.results import ProgramStatus


def lyapunov(field, degrees, decay):
    """V >= phi and -V' >= decay phi along a vector field."""
    program = SosProgram("x y")
    x, y = program.indeterminates
    V, phi = program.polynomial("V", degrees), (x**2 + y**2) / 100
    program.sos(V - phi, name="positive")
    program.sos(-V.gradient() @ [Polynomial.parse(text) for text in field] - decay * phi, name="decrease")
    return program


def digits(number):
    return len(str(abs(number.numerator))) + len(str(number.denominator))


@pytest.mark.parametrize(
    ("field", "degrees", "decay"),
    [
        (("y - x", "-x - y"), (2, 2), 1),  # with an interior
        (("-x^3 - y", "x - y^3"), (2, 2), 0),  # V[x^2] = V[y^2]
        (("-x^3 - y", "x - y^3"), (2, 4), 0),
        (("-x - 2*y^2", "-y - x*y - 2*y^3"), (2, 4), 1),
    ],
)
def test_lyapunov_functions_are_short(field, degrees, decay):
    result = lyapunov(field, degrees, decay).solve()
    assert result.status is ProgramStatus.FEASIBLE
    assert max(digits(value) for value in result.values["V"].coefficients) <= 5, result.values["V"]


def test_equations_among_unknowns_are_kept():
    program = SosProgram("x y")
    x, y = program.indeterminates
    V = program.polynomial("V", (2, 4))
    program.sos(V - (x**2 + y**2) / 100)
    program.zero(V.substitute({"x": 1, "y": 0}) - Fraction(1, 3))
    result = program.solve()
    assert result.status is ProgramStatus.FEASIBLE
    assert result.values["V"].evaluate({"x": 1, "y": 0}) == Fraction(1, 3)
    assert max(digits(value) for value in result.values["V"].coefficients) <= 6, result.values["V"]


def test_cofactors_are_short():
    program = SosProgram("x y")
    x, y = program.indeterminates
    B = program.polynomial("B", 1)
    program.nonnegative(B - 1, on=SemialgebraicSet.ball(["x", "y"], 1, {"x": 3}), name="unsafe")
    program.nonnegative(-B, on=SemialgebraicSet(equalities=[x**2 + y**2 - 1]), order=1, name="initial")
    result = program.solve()
    assert result.status is ProgramStatus.FEASIBLE
    ((_, _), (_, cofactor)) = result.multipliers["initial"]
    assert max(map(digits, (*result.values["B"].coefficients, *cofactor.coefficients))) <= 4


def test_an_objective_is_not_given_away():
    """In the cone of diagonally dominant matrices the optimum has a margin, which is no licence to round it off."""
    for numerator in range(12345, 12645, 37):
        program = SosProgram("x", cone="dd")
        (x,), g = program.indeterminates, program.scalar("g")
        constant = Fraction(numerator, 4567)
        program.sos(2 * x**2 + x + constant - g)
        program.maximize(g)
        assert program.solve().lower > constant - Fraction(1, 2) - Fraction(1, 10**6)


def test_unknowns_that_take_part_in_all_equations():
    program = SosProgram("x y")
    x, y = program.indeterminates
    program.sos(program.polynomial("V", 3) - x**3 - y**2)
    assert program.solve().status is ProgramStatus.FEASIBLE
