"""What people write down: unknowns, constraints, mistakes."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

import nsos_jax as nsos
from nsos_jax import SemialgebraicSet, SosProgram
from nsos_jax.certificates import Certificate

X, Y = nsos.variables("x y")
DISC = SemialgebraicSet([1 - X**2 - Y**2])


def test_variables_are_given_as_text_or_lists():
    for given in ("x y", "x, y", ["x", "y"], [X, Y]):
        assert SosProgram(given).variables == ("x", "y")
    for bad in ("x x", "2x", [""]):
        with pytest.raises(ValueError, match="variables"):
            SosProgram(bad)


def test_unknown_polynomials_have_the_monomials_asked_for():
    program = SosProgram("x y")
    assert program.polynomial("V", (2, 2)).degree == 2
    assert len(program.declared["V"].indices) == 3
    program.polynomial("W", monomials=[X**4, 1])
    assert program.declared["W"].monomials.tolist() == [[4, 0], [0, 0]]
    program.polynomial("U", 3, variables="y")
    assert program.declared["U"].monomials.tolist() == [[0, 3], [0, 2], [0, 1], [0, 0]]


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        (lambda p: p.polynomial("V"), "give either degree"),
        (lambda p: p.polynomial("V", 2, monomials=[X]), "give either degree"),
        (lambda p: p.polynomial("V", (3, 2)), "degree"),
        (lambda p: p.polynomial("V", -1), "degree"),
        (lambda p: p.polynomial("V", 2.0), "got the degree 2.0"),
        (lambda p: p.scalar("a", lower=float("-inf")), "a: lower: got -inf"),
        (lambda p: p.polynomial("V", monomials=[X, X]), "twice"),
        (lambda p: p.polynomial("V", monomials=[X + Y]), "monomials such as"),
        (lambda p: p.polynomial("V", monomials=[nsos.Polynomial.parse("z")]), "variable 'z'"),
        (lambda p: p.polynomial("V", 2, variables="z"), "variable 'z'"),
        (lambda p: p.polynomial("x", 2), "taken"),
        (lambda p: p.polynomial("not a name", 2), "no name"),
        (lambda p: (p.scalar("g"), p.scalar("g")), "taken"),
        (lambda p: p.sos_polynomial("s", 3), "even"),
        (lambda p: p.polynomial("V", 1000), "more than"),
    ],
)
def test_bad_declarations(declare, said):
    with pytest.raises(ValueError, match=said):
        declare(SosProgram("x y"))


@pytest.mark.parametrize(
    ("constrain", "error", "said"),
    [
        (lambda p: p.sos("x"), TypeError, "got text, 'x': read it with Polynomial.parse"),
        (
            lambda p: p.sos(X**2, sparsity="chordal"),
            ValueError,
            "sparsity: got 'chordal', wanted one of none, constant, cross, term",
        ),
        (lambda p: p.solve("scs"), TypeError, "options: got 'scs', wanted SolveOptions"),
        (lambda p: p.sos([X]), TypeError, "got list, wanted a polynomial"),
        (lambda p: p.sos(sympy.Symbol("x") ** 2), TypeError, "take program.expression"),
        (lambda p: p.zero(p.scalar("g") == 1), TypeError, "got False, as comparisons give"),
        (lambda p: p.sos(X >= 0), TypeError, "not compared"),
        (lambda p: (p.sos(X**2, name="own"), p.sos(X**2, name="own")), ValueError, "called 'own' already"),
        (lambda p: p.sos(float("nan")), TypeError, "wanted a polynomial"),
        (lambda p: p.sos(nsos.Polynomial.parse("z^2"), name="positive"), ValueError, "positive: got the variable 'z'"),
        (
            lambda p: p.nonnegative(X**4, on=DISC, order=1, name="bound"),
            ValueError,
            "bound: order=1 is too small.*order=2",
        ),
        (lambda p: p.nonnegative(X**4, on=DISC, degree=2), ValueError, "degree=4"),
        (lambda p: p.nonnegative(X, on=DISC, order=1, degree=2), ValueError, "not both"),
        (lambda p: p.sos_matrix([[X, Y], [X, Y]]), ValueError, "symmetric"),
        (lambda p: p.sos_matrix([[X, Y]]), ValueError, "square"),
        (lambda p: p.minimize(p.scalar("g") * X), ValueError, "without x, y"),
        (lambda p: (p.minimize(1), p.maximize(1)), ValueError, "already"),
        (lambda p: p.sos(SosProgram("x").scalar("g")), ValueError, "another program"),
    ],
)
def test_bad_constraints(constrain, error, said):
    with pytest.raises(error, match=said):
        constrain(SosProgram("x y"))


def test_bad_sets():
    with pytest.raises(TypeError, match=r"got list, wanted \{'x': "):
        SemialgebraicSet.box([(0, 1)])
    with pytest.raises(ValueError, match="center: got the variable 'z'"):
        SemialgebraicSet.ball("x y", 1, {"z": 1})


def test_sets():
    assert SemialgebraicSet.ball("x y", 2).contains({"x": 1, "y": 1})
    box = SemialgebraicSet.box({"x": (0, 1), "y": (-1, 1)})
    assert box.contains({"x": 1, "y": -1})
    assert not box.contains({"x": 2, "y": 0})
    line = SemialgebraicSet(equalities=[X - Y])
    assert (box & line).contains({"x": 1, "y": 1})
    assert not (box & line).contains({"x": 1, "y": 0})
    assert SemialgebraicSet.sublevel(X**2, 4).inequalities == (4 - X**2,)
    with pytest.raises(TypeError, match="brackets"):
        SemialgebraicSet(X)
    with pytest.raises(TypeError, match="inequalities\\[0\\]"):
        SemialgebraicSet([SosProgram("x").scalar("g")])


def test_products_of_inequalities_up_to_the_degree():
    program = SosProgram("x y")
    program.nonnegative(X, on=SemialgebraicSet([X, Y, 1 - X - Y]), order=1, products=True)
    assert program.constraints[0].products == ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2))
    factors = program.constraints[0].factors
    assert factors[4] == X * Y
    assert len(factors) == 7


def test_a_matrix_gets_indeterminates_of_its_own():
    program = SosProgram("x y")
    program.sos_matrix([[1, X], [X, 1 + X**2]], name="M")
    assert program.variables == ("x", "y")
    assert program.all_variables == ("x", "y", "M_y1", "M_y2")
    result = program.solve()
    assert result.status == "FEASIBLE"
    assert result.certificate.verify()


def test_values_come_back_by_name():
    program = SosProgram("x y")
    v, g = program.polynomial("V", (2, 2)), program.scalar("g", lower=1, upper=2)
    program.zero(v - g * (X**2 + Y**2))
    program.sos(v)
    result = program.solve()
    assert result.values["V"] == result.values["g"] * (X**2 + Y**2)
    assert 1 <= result.values["g"] <= 2
    assert np.isfinite(result.seconds)


def test_what_is_hardly_meant_is_noticed():
    program = SosProgram("x y")
    v = program.polynomial("V", (2, 2))
    program.sos(v)
    program.sos(-v)
    assert any("all unknowns are 0" in note for note in program.solve().notes)
    program = SosProgram("x y")
    program.nonnegative(1 + X, on=SemialgebraicSet([-((X - Y) ** 2)]), order=1, name="line")
    assert any(note.startswith("line: inequality 1") and "no interior" in note for note in program.solve().notes)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (lambda p: p.sos(X**2, name="first"), "'first' already"),
        (lambda p: p.sos(X**2, name="a" * 101), "100 printable characters"),
        (lambda p: p.sos(X**2, name="two\nlines"), "100 printable characters"),
        (lambda p: p.scalar("a" * 101), "is no name"),
        (lambda p: p.sos_polynomial("s", (2, 4)), "even"),
        (lambda p: p.polynomial("V", 2.0), "degree 2.0"),
        (lambda p: p.nonnegative(X, on=DISC, order=1.5), "order=1.5"),
        (lambda p: p.nonnegative(X, on=DISC, degree="2"), "degree='2'"),
        (lambda p: p.nonnegative(X, on=DISC, sparsity="cliques"), "sparsity: got 'cliques'"),
    ],
)
def test_what_no_certificate_can_hold_is_refused(state, said):
    program = SosProgram("x y")
    program.sos(Y**2, name="first")
    with pytest.raises(ValueError, match=said):
        state(program)
    assert [constraint.name for constraint in program.constraints] == ["first"]


def test_bounds_of_many_digits_have_short_names():
    program = SosProgram("x")
    g = program.scalar("g", lower=Fraction(10**130 + 1, 10**130))
    program.minimize(g)
    result = program.solve()
    assert result.values["g"] > 1
    assert Certificate.from_json(result.certificate.to_json()).verify()


def test_products_of_many_inequalities():
    """Those within the degree are counted, not all subsets; zero polynomials have no multiplier."""
    program = SosProgram("x y")
    program.nonnegative(X + 5, on=SemialgebraicSet([1 - X**2] * 40 + [0 * X]), products=True)
    assert program.constraints[0].products == tuple((index,) for index in range(40))
    with pytest.raises(ValueError, match="more than 10000 products"):
        program.nonnegative(X + 5, on=SemialgebraicSet([1 - X] * 40), degree=20, products=True)
