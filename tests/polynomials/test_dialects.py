"""Polynomials in the text of other systems: as these print them, there and back, and what has two readings."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsos_jax import ParseError, Polynomial
from nsos_jax.polynomials import NOTATIONS

NAMES = ("x", "y", "x1", "x2", "x10", "theta")
POLYNOMIALS = st.dictionaries(
    st.tuples(*[st.integers(0, 3)] * len(NAMES)), st.fractions(max_denominator=10**20), max_size=6
).map(lambda terms: Polynomial.from_dict(terms, NAMES))


@pytest.mark.parametrize("notation", NOTATIONS)
@given(polynomial=POLYNOMIALS)
@settings(max_examples=40, deadline=None)
def test_there_and_back(notation, polynomial):
    text = polynomial.to_text(notation)
    assert Polynomial.parse(text, NAMES, notation) == polynomial
    if notation not in ("julia", "singular"):
        assert Polynomial.parse(text, notation=notation) == polynomial


@pytest.mark.parametrize(
    ("notation", "text", "wanted"),
    [
        ("julia", "10x₉¹⁰ + 9x₈⁹ - 3.0x₁ + x₀", "10*x9^10 + 9*x8^9 - 3*x1 + x0"),
        ("julia", "3//2x₁²x₂ - 1//2", "3/2*x1^2*x2 - 1/2"),
        ("julia", "2*x[1]^2 + 3*x[3] + x[4] + 1", "2*x1^2 + 3*x3 + x4 + 1"),
        ("julia", "x₁₋₂² + y[1, 3] + α₁", "x1_2^2 + y1_3 + α1"),
        ("julia", "2.5e-3x² - (1//3)y + 2(y - 1)", "0.0025*x^2 - 1/3*y + 2*y - 2"),
        ("matlab", "x1^2 - (3*x1*x2)/2 + ...\n x(3).^2.*2 - 4;", "x1^2 - 3/2*x1*x2 + 2*x3^2 - 4"),
        ("macaulay2", "x_1^2*x_2-2/3*x_(1,2)+y", "x_1^2*x_2 - 2/3*x_1_2 + y"),
        ("singular", "x(1)^2*x(2)+1/2*x(3)-y", "x1^2*x2 + 1/2*x3 - y"),
        ("singular", "2/3*x^2*yz", "2/3*x^2*yz"),
        ("sage", "x0^2 - 2/3*x1**3 + 1.50000000000000", "x0^2 - 2/3*x1^3 + 3/2"),
        ("mathematica", "x^2 y - 2/3 x[1] + Subscript[z, 2]^2 + 1.5*^-3", "x^2*y - 2/3*x1 + z2^2 + 0.0015"),
        ("mathematica", "x (y + 1)(y - 1) - 2x\n  y", "x*(y^2 - 1) - 2*x*y"),
        ("nsos", "x^2 - 1", "x^2 - 1"),
    ],
)
def test_what_other_systems_print(notation, text, wanted):
    assert Polynomial.parse(text, notation=notation) == Polynomial.parse(wanted)


@pytest.mark.parametrize(
    ("notation", "text", "variables", "wanted"),
    [
        ("julia", "xy² + xz₁y - theta", ["x", "y", "z1", "theta"], "x*y^2 + x*z1*y - theta"),
        ("singular", "x2y3+3xy-1/2z", ["x", "y", "z"], "x^2*y^3 + 3*x*y - 1/2*z"),
        ("singular", "x1+x2", ["x1", "x2"], "x1 + x2"),
    ],
)
def test_short_forms_need_the_variables(notation, text, variables, wanted):
    assert Polynomial.parse(text, variables, notation) == Polynomial.parse(wanted)
    with pytest.raises(ParseError, match="may be a product or one variable: say which variables there are"):
        Polynomial.parse(text, notation=notation)


@pytest.mark.parametrize(
    ("notation", "text", "variables", "message"),
    [
        ("julia", "ab", ["a", "b", "ab"], "ab is a product of them in several ways"),
        ("julia", "ab", ["a"], "ab is no product of the given variables"),
        ("julia", "a" * 90, ["a", "aa"], "in several ways"),
        ("julia", "(1.0 + 3.1*im)*x", None, "im is no variable in Julia"),
        ("julia", "2*x[1]+x1", None, "x[1] and x1 would both be the variable x1"),
        ("julia", "2*x1[2]", None, "an index behind a digit"),
        ("julia", "2*x(3)", None, "a product needs '*' here in Julia"),
        ("julia", "x² 3", None, "a product needs '*' here"),
        ("matlab", "2x", None, "a product needs '*' here in MATLAB"),
        ("matlab", "x y", None, "a product needs '*' here in MATLAB"),
        ("matlab", "x >= 0", None, "unexpected character '>' for MATLAB"),
        ("macaulay2", "x_1 x_2", None, "a product needs '*'"),
        ("singular", "x0y", ["x", "y"], "no product of the given variables"),
        ("singular", "x(1)(2)*y", None, "a product needs '*'"),
        ("sage", "2x", None, "a product needs '*'"),
        ("mathematica", "Sin[1]", None, "Sin[1] is a function in Mathematica"),
        ("mathematica", "Sin[x]", None, "unexpected character '['"),
        ("mathematica", "2 Pi x", None, "Pi is no variable in Mathematica"),
        ("mathematica", "x_1", None, "unexpected character '_'"),
        ("mathematica", "1.5`20 x", None, "unexpected character '`'"),
        ("mathematica", "x/y", None, "division by a variable"),
        ("julia", "x^2^3", None, "two readings"),
        ("sage", "", None, "expected a number, a variable"),
        ("sage", "y", ["x"], "unknown variable 'y'"),
    ],
)
def test_what_has_no_single_reading(notation, text, variables, message):
    with pytest.raises(ParseError) as error:
        Polynomial.parse(text, variables, notation)
    assert message in str(error.value)


def test_the_name_of_a_notation_may_be_written_in_capitals():
    assert Polynomial.parse("x₁", notation="Julia") == Polynomial.parse("x1")
    assert Polynomial.parse("x1").to_text("Julia") == "x1"
    with pytest.raises(ValueError, match="notation: got 'Maple', wanted one of nsos, julia"):
        Polynomial.parse("x", notation="Maple")


def test_errors_point_into_the_text_that_was_given():
    with pytest.raises(ParseError) as error:
        Polynomial.parse("x₁ + 2x₂ +", notation="julia")
    assert error.value.position == 10
    with pytest.raises(ParseError) as error:
        Polynomial.parse("x [1] + y y", notation="mathematica")
    assert error.value.position == 2


@pytest.mark.parametrize(
    ("notation", "name"),
    [("mathematica", "x_1"), ("mathematica", "E"), ("macaulay2", "a_b"), ("sage", "α"), ("julia", "im")],
)
def test_names_that_another_system_does_not_take(notation, name):
    with pytest.raises(ValueError, match="rename it first"):
        Polynomial.parse(name, [name]).to_text(notation)


def test_unknown_notations():
    with pytest.raises(ValueError, match="notation: got 'maple', wanted one of nsos, julia"):
        Polynomial.parse("x", notation="maple")
    with pytest.raises(TypeError, match="wanted str"):
        Polynomial.parse(1, notation="julia")
    assert Polynomial.parse("3/2*x1^2 - 1").to_text("julia") == "3//2*x1^2 - 1"
    assert Polynomial.constant(0).to_text("sage") == "0"


@given(st.text("xyz12₁²_[](),.;*^/+-e \n", max_size=30), st.sampled_from(list(NOTATIONS)))
@settings(max_examples=400, deadline=None)
def test_nothing_but_a_parse_error(text, notation):
    for variables in (None, ["x", "y"]):
        try:
            polynomial = Polynomial.parse(text, variables, notation)
        except ParseError:
            continue
        assert polynomial.degree <= 10_000
