"""Values of somebody else's solver become a proof, or what fails is named."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

import nsos_jax as nsos
from nsos_jax import ProgramStatus, SemialgebraicSet, SosProgram

X, Y = nsos.variables("x y")
DISC = SemialgebraicSet([1 - X**2 - Y**2], [X - Y])


def quartic():
    """The minimum of x^4 - 3 x^2 + 1 is -5/4."""
    program = SosProgram("x")
    g = program.scalar("g")
    program.sos(X**4 - 3 * X**2 + 1 - g, name="bound")
    program.maximize(g)
    return program


def lyapunov():
    """V of x' = -x + y, y' = -x - y, with its value at (1, 0) fixed by an equation."""
    program = SosProgram("x y")
    v = program.polynomial("V", (2, 2))
    f = {"x": -X + Y, "y": -X - Y}
    program.sos(v - (X**2 + Y**2) / 100, name="positive")
    program.sos(-v.derivative("x") * f["x"] - v.derivative("y") * f["y"], name="decrease")
    program.zero(v.substitute({"x": 1, "y": 0}) - 1, name="normal")
    return program


def on_disc():
    """The minimum of x^4 + y on the diagonal of the disc, near x = y = -0.63."""
    program = SosProgram("x y")
    g = program.scalar("g", lower=-10)
    program.nonnegative(X**4 + Y - g, on=DISC, order=2, name="bound")
    program.maximize(g)
    return program


def test_simple_fractions_come_first():
    result = quartic().prove({"g": -1.2600000004})
    assert result.status is ProgramStatus.FEASIBLE
    assert (result.values["g"], result.lower) == (Fraction(-63, 50), Fraction(-63, 50))
    assert result.certificate.verify()


@pytest.mark.parametrize("given", [-1.25, -1.2499999996, -1.2500000004, Fraction(-5, 4)])
def test_an_optimum_on_the_boundary(given):
    result = quartic().prove({"g": given})
    assert result.status is ProgramStatus.FEASIBLE
    assert result.values["g"] == Fraction(-5, 4)


def test_values_a_little_outside_are_moved_inside():
    """The minimum of x^4 + x is -3/4 4^(-1/3), no fraction; the given value is above it by 1e-8."""
    program = SosProgram("x")
    g = program.scalar("g")
    program.sos(X**4 + X - g)
    program.maximize(g)
    minimum = -0.75 * 4 ** (-1 / 3)
    result = program.prove({"g": minimum + 1e-8}, tolerance=1e-6)
    assert result.status is ProgramStatus.FEASIBLE
    assert minimum - 2e-6 < result.lower <= minimum
    assert nsos.prove(program, {"g": minimum + 1e-8}, tolerance=1e-10).status is not ProgramStatus.FEASIBLE


def test_equations_are_kept_exactly():
    """V = x^2 + y^2/3 + x y/7 to a few digits; the coefficient of x^2 is 1."""
    result = lyapunov().prove({"V": [1.0000000001, 0.1428571429, 0.3333333333]})
    assert result.status is ProgramStatus.FEASIBLE
    v = result.values["V"]
    assert v.evaluate({"x": 1, "y": 0}) == 1
    assert (v.coefficient([1, 1]), v.coefficient([0, 2])) == (Fraction(1, 7), Fraction(1, 3))


@pytest.mark.parametrize(
    "given", [X**2 + Y**2, sympy.sympify("x**2 + y**2"), [1, 0, 1], np.array([1.0, 0.0, 1.0]), (1, 0, Fraction(1))]
)
def test_values_in_all_forms(given):
    assert lyapunov().prove({"V": given}).values["V"] == X**2 + Y**2


@pytest.mark.parametrize(
    ("program", "values", "said"),
    [
        (quartic, {"g": -1}, "^bound: at these values it is NEGATIVE, the largest margin of Gram matrices is -0.0"),
        (quartic, {"g": -1.0}, "^bound: at these values it is NEGATIVE"),
        (lyapunov, {"V": X**2 - Y**2}, "^positive: at these values it is NEGATIVE"),
        (
            lyapunov,
            {"V": X**2 + 8 * Y**2},
            "^decrease: at these values it is NEGATIVE, the largest margin of Gram matrices is -",
        ),
        (lyapunov, {"V": [2.0, 0, 2]}, r"ask for V\[x\^2\] = 1, the given value 2 is off by 1"),
        (lyapunov, {"V": 2 * X**2 + Y**2}, r"ask for V\[x\^2\] = 1, the given value 2 is off by 1"),
        (on_disc, {"g": 0.0}, "^bound: no proof on its set was found at these values: the coefficient of x"),
        (on_disc, {"g": -0.1}, "^bound: no proof on its set.*largest margin of Gram matrices is -"),
        (on_disc, {"g": -11.0}, "^g >= -10: at these values it is NEGATIVE"),
    ],
)
def test_what_fails_is_named(program, values, said):
    result = program().prove(values)
    assert result.status is ProgramStatus.UNDECIDED
    assert result.certificate is None
    with pytest.raises(ValueError, match=said):
        raise ValueError(result.error)


def test_a_violation_within_the_tolerance_is_near_feasible():
    program = SosProgram("x y")
    g = program.scalar("g")
    program.sos(X**2 + Y**2 - g * X**2 - 1, name="never")  # -1 at the origin, whatever g is
    assert program.prove({"g": 0.5}).status is ProgramStatus.UNDECIDED
    # [1, 1; 1, 1 - 1e-7] has the eigenvalue -5e-8
    exact = SosProgram("x y")
    h = exact.scalar("h")
    exact.sos(X**2 + 2 * X * Y + h * Y**2, name="form")
    result = exact.prove({"h": Fraction(1) - Fraction(1, 10**7)})
    assert result.status is ProgramStatus.NEAR_FEASIBLE
    assert result.error.startswith("form: ")


def test_constraints_on_sets():
    program = on_disc()
    best = program.solve()
    result = program.prove({"g": float(best.lower) - 1e-3})
    assert result.status is ProgramStatus.FEASIBLE
    assert result.certificate.verify()
    assert best.lower - Fraction(2, 1000) < result.lower < best.lower


def test_unknowns_that_are_left_out_are_looked_for():
    """A multiplier was not written down."""
    program = SosProgram("x")
    g, s = program.scalar("g"), program.sos_polynomial("s", 2)
    program.sos(X**3 - g - s * (X + 2), name="bound")  # x^3 >= -8 on x >= -2
    result = program.prove({"g": -8.5})
    assert result.status is ProgramStatus.FEASIBLE
    assert abs(result.values["g"] + Fraction(17, 2)) < Fraction(1, 10**5)
    assert result.values["s"].degree == 2


@pytest.mark.parametrize(
    ("values", "error", "said"),
    [
        ({"W": 1}, ValueError, "got 'W', the unknowns of the program are V"),
        ({"V": 1}, ValueError, r"values\['V'\]: got 1 numbers, wanted 3 coefficients"),
        ({"V": X**3}, ValueError, r"values\['V'\]: got the monomial x\^3"),
        ({"V": nsos.Polynomial.parse("z^2")}, ValueError, r"got the monomial z\^2"),
        ({"V": [1, float("nan"), 1]}, ValueError, "got nan, wanted finite"),
        ({"V": [1, "a", 1]}, TypeError, "got str"),
        ([1, 2, 3], TypeError, "got list, wanted values by name"),
    ],
)
def test_bad_values(values, error, said):
    with pytest.raises(error, match=said):
        lyapunov().prove(values)
    with pytest.raises(ValueError, match="tolerance: got -1"):
        lyapunov().prove({"V": X**2}, tolerance=-1)


def test_matrices_and_multipliers():
    """Indeterminates of a matrix, products of inequalities, an equality without a name in the values."""
    program = SosProgram("x y")
    a = program.polynomial("a", monomials=[X])
    program.sos_matrix([[X**2 + 1, a], [a, Y**2 + 1]], name="m")
    box = SemialgebraicSet([1 - X, 1 + X, Y], [X - Y])
    program.nonnegative(3 - X * Y - a, on=box, order=1, products=True, name="box")
    problem = program.to_cvxpy()
    problem.solve("CLARABEL")
    assert program.prove(problem).certificate.verify()
    result = program.prove({"a": X / 3})
    assert result.certificate.verify()
    assert result.values["a"] == X / 3
    failed = program.prove({"a": 5 * X})
    assert failed.status is ProgramStatus.UNDECIDED
    assert failed.error.startswith(("m: ", "box: "))
