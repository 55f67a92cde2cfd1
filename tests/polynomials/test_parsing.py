"""The parser: written forms, errors that point into the text, limits, and agreement with SymPy."""

import json
import pickle
import random
import re
from fractions import Fraction
from pathlib import Path

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from nsos_jax.polynomials import parsing, terms
from nsos_jax.polynomials.lexer import tokenize
from nsos_jax.polynomials.parsing import ParseError, parse_terms
from nsos_jax.polynomials.polynomial import Polynomial

DATA = Path(__file__).parents[3] / "shared" / "data"
X, Y = sympy.symbols("x y")


def as_sympy(text):
    return sympy.expand(Polynomial.parse(text).to_sympy())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x^2", X**2),
        ("x**2", X**2),
        ("-x^2", -(X**2)),
        ("2*-x^2", -2 * X**2),
        ("--x", X),
        ("+x - -y", X + Y),
        ("x**(2)", X**2),
        ("x^2.0", X**2),
        ("(x+y)^2*(x-1)", (X + Y) ** 2 * (X - 1)),
        ("((x+1)^2)^2", (X + 1) ** 4),
        ("-(x - y)*3", 3 * Y - 3 * X),
        ("(x+1)^0 + 0^0", sympy.Integer(2)),
        ("1/3*x", X / 3),
        ("x^2/4", X**2 / 4),
        ("(1/2)", sympy.Rational(1, 2)),
        ("x/(1/2)/-(4)", -X / 2),
        ("0.1", sympy.Rational(1, 10)),
        ("1.0e+3*x + .5 + 2.", 1000 * X + sympy.Rational(5, 2)),
        ("2x", 2 * X),
        ("1/2x", X / 2),
        ("x^2y", X**2 * Y),
        ("3(x+1)", 3 * X + 3),
        ("2e3x", 2000 * X),
        ("2e", 2 * sympy.Symbol("e")),
        ("20x + 0 y + 0.0x", 20 * X),
        ("x² − 2·x × y", X**2 - 2 * X * Y),
        ("  x\n +\r\n y ; \n", X + Y),
        ("x - x", sympy.Integer(0)),
        ("0*x", sympy.Integer(0)),
        ("(x+y)*0 + 1", sympy.Integer(1)),
        ("(2*x)^3", 8 * X**3),
        ("x/1e2", X / 100),
    ],
)
def test_written_forms(text, expected):
    assert sympy.expand(as_sympy(text) - expected) == 0


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x10 + x2 + y", ("x2", "x10", "y")),
        ("x(1)^2 + x(12)", ("x1", "x12")),
        ("x_1 + x_{2} + x{3}", ("x3", "x_1", "x_2")),
        ("été + α2 + b", ("b", "été", "α2")),
        ("x - x", ("x",)),
        ("7", ()),
    ],
)
def test_variables(text, names):
    assert Polynomial.parse(text).variables == names


def test_given_variables():
    polynomial = Polynomial.parse("y", ["z", "y"])
    assert polynomial.variables == ("z", "y")
    assert polynomial.to_dict() == {(0, 1): 1}
    with pytest.raises(ParseError, match=r"unknown variable 'x'.*'z, y'"):
        Polynomial.parse("y + x", ["z", "y"])
    for names in (["x", "x"], ["1x"], ["nan"], "xy", ["x²"], [3]):
        with pytest.raises(ValueError, match="variables: got"):
            Polynomial.parse("1", names)


NESTED_TERMS = "+".join(f"x{i}" for i in range(1, 21))


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("", 0, "expected a number, a variable or '(' at the start, found end of text"),
        ("x + 3*", 6, "expected a number, a variable or '(' after '*', found end of text"),
        ("x + * y", 4, "after '+', found '*'"),
        ("()", 1, "after '(', found ')'"),
        ("(x + 1", 0, "this '(' is never closed"),
        ("x + 1)", 5, "this ')' was never opened"),
        ("x y", 2, "expected an operator after 'x', found 'y'"),
        ("2\nx", 2, "expected an operator after '2', found 'x'"),
        ("2\rx", 2, "expected an operator after '2', found 'x'"),
        ("2 \f x", 4, "expected an operator after '2', found 'x'"),
        ("2\u2028x", 2, "expected an operator after '2', found 'x'"),
        ("x^2^3", 3, "x^2^3 has two readings, write (x^2)^3 or x^8"),
        ("(x+1)**2**3", 8, "has two readings"),
        ("x²³^(2)", 3, "has two readings"),
        ("3 + 1_000*x^2", 4, "'1_000' is no number (decimal digits without '_' only), and a product needs '*' here"),
        ("0x10", 0, "'0x10' is no number"),
        ("x.^2", 1, "unexpected character '.', write ^, * and / without a dot"),
        ("x^{2}", 2, "unexpected character '{', an exponent is written x^2 or x^(2)"),
        ("x >= 1", 2, "unexpected character '>', expected a polynomial alone: for p = q or p >= q give p - q"),
        ("x ≥ 1", 2, "unexpected character '≥', expected a polynomial alone"),
        ("x # y", 2, "unexpected character '#', comments are not read"),
        ("x^2 \r\n (y)", 7, "expected an operator after '2', found '('"),
        ("(x 1)", 3, "expected an operator or ')' after 'x', found '1'"),
        ("x1(2)", 2, "expected an operator"),
        ("(x)(y)", 3, "expected an operator"),
        ("x; y", 3, "expected end of text after ';', found 'y'"),
        ("1/x", 2, "division by a variable"),
        ("1/(x)", 4, "division by a variable"),
        ("1/(x+1)", 6, "division by a polynomial"),
        ("x/0", 2, "division by zero"),
        ("x/(1-1)", 6, "division by zero"),
        ("x^-1", 2, "expected a nonnegative integer exponent after '^', found '-'"),
        ("x^0.5", 2, "expected a nonnegative integer exponent"),
        ("x^(1/2)", 4, "exponents are nonnegative integers"),
        ("x^y", 2, "expected a nonnegative integer exponent"),
        ("x^", 2, "expected a nonnegative integer exponent"),
        ("x + NaN", 4, "'NaN' is not a finite number"),
        ("inf", 0, "not a finite number"),
        ("-Infinity*x", 1, "not a finite number"),
        ("½*x", 0, "not the name of a variable"),
        ("x + \x00", 4, r"unexpected character '\x00'"),
        ("x\x1cy", 1, "unexpected character"),
        ("x = 1", 2, "unexpected character '='"),
        ("x + \udcff", 4, r"unexpected character '\udcff'"),
        ("1e4001", 0, "exponent beyond 4000"),
        ("1e-99999999999999999999", 0, "exponent beyond 4000"),
        ("1" * 10_001, 0, "more than 10000 digits"),
        ("x^10001", 2, "exponent is larger than 10000"),
        ("x^6000*x^6000", 9, "degree 12000"),
        ("x^6000*(y^6000)", 14, "degree 12000"),
        ("(10^5000)^5000", 10, "exceed 100000 bits"),
        ("10^10000*10^10000*10^10000*10^10000", 30, "exceed 100000 bits"),
        (f"({NESTED_TERMS})^50\n", len(NESTED_TERMS) + 3, "limit of 3000000 term products"),
        ("((((x+1)^99)^99)^99)", 13, "limit of 3000000 term products"),
        ("-".join(f"v{i}" for i in range(10_001)), 0, "got 10001 variables, wanted at most 10000"),
        ("+".join(f"v{i}" for i in range(8_000)), None, "more than 6250 terms"),
        ("(" * 201 + "x" + ")" * 201, 200, "nested deeper than 200"),
        ("(" * 100_000, 200, "nested deeper than 200"),
        ("-" * 100_000, 100_000, "found end of text"),
    ],
)
def test_errors(text, position, reason):
    with pytest.raises(ParseError) as caught:
        Polynomial.parse(text)
    assert reason in caught.value.reason
    if position is not None:
        assert caught.value.position == position
    assert all(len(line) <= 80 for line in str(caught.value).split("\n")[1:])


def test_error_shows_the_place():
    with pytest.raises(ParseError) as caught:
        Polynomial.parse("x +\n  3*^2")
    error = caught.value
    assert (error.line, error.column, error.position) == (2, 5, 8)
    assert str(error) == (
        "line 2, column 5: expected a number, a variable or '(' after '*', found '^'\n    3*^2\n      ^"
    )
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_text_must_be_text():
    with pytest.raises(TypeError, match="got bytes, wanted str"):
        Polynomial.parse(b"x")


def test_deep_and_long_text_is_read():
    assert Polynomial.parse("(" * 200 + "x" + ")" * 200) == Polynomial.parse("x")
    assert Polynomial.parse("-" * 100_000 + "x") == Polynomial.parse("x")
    assert Polynomial.parse("+".join(["x"] * 50_000)) == Polynomial.parse("50000*x")
    digits = "7" * 10_000
    assert str(Polynomial.parse(digits + "*x")) == digits + "*x"


def work_of(text):
    """What is spent of the budget."""
    tokens = tokenize(text)
    parser = parsing._Parser(tokens, tuple(sorted(tokens.names())))
    parser.parse()
    return terms.MAX_WORK - parser.budget.left


def test_work_counts_products_only():
    assert work_of("x + y - 3*x^2*y") == 0
    assert work_of("((x + y) + (x - y)) + 2") == 0
    assert work_of("(x + y)*(x - y + 1)") == 6
    assert work_of("(x + y)^3") == 2 * 2 + 3 * 2
    assert work_of("2*x*(x + y)") == 2


def test_work_of_a_long_sum_is_linear():
    def squares(count):
        return " + ".join(f"(x{i} - {i}*x{i % 7}^2 + 1)^2" for i in range(1, count + 1))

    spent = [work_of(squares(count)) for count in (10, 20, 100)]
    assert spent == [9 * 10, 9 * 20, 9 * 100]


def test_a_thousand_squares_in_a_thousand_variables_are_read():
    """50 kB that were refused while each `+` counted the terms that it added."""
    rng = random.Random(0)
    forms = [[(rng.randint(1, 9), rng.randint(1, 999), rng.randint(1, 99)) for _ in range(4)] for _ in range(1000)]
    text = " + ".join("(" + " - ".join(f"{a}*v{i}^3/{b}" for a, i, b in form) + ")^2" for form in forms)
    point = {f"v{i}": rng.randint(-3, 3) for i in range(1000)}
    signs = (1, -1, -1, -1)
    values = [
        sum(s * Fraction(a, b) * point[f"v{i}"] ** 3 for s, (a, i, b) in zip(signs, form, strict=True))
        for form in forms
    ]
    assert Polynomial.parse(text).evaluate(point) == sum(value**2 for value in values)


def nested(core, level):
    for _ in range(199):
        core = "(" + level.format(core) + ")"
    return core


MANY = "+".join(f"x^{i}*y^{j}" for i in range(1, 80) for j in range(1, 80))


@pytest.mark.parametrize(
    "text",
    [
        nested(MANY, "{} + x"),
        nested(MANY, "x - {}"),
        nested(MANY, "{} + x - x"),
        nested("x", "{} - (" + MANY[:2000].rpartition("+")[0] + ")"),
        "(x+y)^9-(x+y)^9+" * 2000 + "1",
        "-x+x" * 50_000,
    ],
    ids=["nested", "nested behind", "cancelling", "growing", "products", "flat"],
)
def test_sums_however_written_are_read(text):
    """A limit that counted the terms of a sum again for each parenthesis or `+` would refuse some of them."""
    assert Polynomial.parse(text).degree <= 158


HOSTILE = {
    "denominators": nested(MANY + "+x^99*(" + MANY + ")+y^99*(" + MANY + ")", "{}/2 + x/3"),
    "products": "(x+y+z+w)^20-" * 1000 + "1",
    "long common denominator": "+".join(f"x/2^{9000 + i}/3^{9900 - i}/5^{9500 + i % 7}" for i in range(900)),
    "common divisor": "(" + "+".join(f"(7^9000+{i})*x^{i}" for i in range(1, 900)) + ")*6^9999/6^9999/(11^8000+3)",
    "long coefficients": "(x+y+z+w)^40 + (2^9999)^9*x + y/(3^9999)^6",
    "many variables": "+".join(f"0*v{i}" for i in range(1, 9999)) + "-v1+v1" * 20_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_work_is_refused(text):
    with pytest.raises(ParseError, match="more than the limit of 3000000 term products"):
        Polynomial.parse(text)


def test_hostile_denominators_are_refused():
    text = "+".join(f"1/{10**3000 + i}*x" for i in range(60))
    with pytest.raises(ParseError, match="100000 bits"):
        Polynomial.parse(text)


EXPRESSIONS = st.recursive(
    st.one_of(
        st.integers(0, 30).map(str),
        st.sampled_from(["x", "y", "x1", "1.25", "3/7", "2e-1"]),
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", " - ", "*"]), inner).map(lambda t: f"({t[0]}){t[1]}({t[2]})"),
        st.tuples(inner, st.integers(0, 3)).map(lambda t: f"({t[0]})^{t[1]}"),
        inner.map(lambda t: f"-({t})"),
        inner.map(lambda t: f"({t})/4"),
    ),
    max_leaves=6,
)


@given(EXPRESSIONS)
@settings(max_examples=60, deadline=None)
def test_agrees_with_sympy(text):
    expected = sympy.parse_expr(text.replace("^", "**"), transformations=_exact_sympy())
    assert sympy.expand(Polynomial.parse(text).to_sympy() - expected) == 0


def _exact_sympy():
    from sympy.parsing.sympy_parser import rationalize, standard_transformations

    return (*standard_transformations, rationalize)


@given(st.text(st.sampled_from("xy12.e+-*/^() ;\n²"), max_size=30) | st.text(max_size=20))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_or_refused(text):
    try:
        polynomial = Polynomial.parse(text)
    except ParseError as error:
        position = error.position
    else:
        position = 0
        assert Polynomial.parse(str(polynomial)) == polynomial
    assert 0 <= position <= len(text)


def evaluate_flat(text, point):
    """The value of a flat sum of monomials, read by splitting the text."""
    total = Fraction(0)
    for piece in re.split(r"(?<![0-9]e)(?=[+-])", text.replace(" ", "").replace("+-", "-").removeprefix("+")):
        if not piece:
            continue
        value = Fraction(-1 if piece.startswith("-") else 1)
        for factor in piece.lstrip("+-").split("*"):
            base, _, exponent = factor.partition("^")
            known = point.get(base.replace("(", "").replace(")", ""))
            value *= Fraction(base) if known is None else known ** int(exponent or 1)
        total += value
    return total


def check_at_integer_points(text):
    polynomial = Polynomial.parse(text)
    rng = random.Random(0)
    point = {name: rng.choice([-3, -2, -1, 1, 2, 3]) for name in polynomial.variables}
    assert polynomial.evaluate(point) == evaluate_flat(text, point)
    return polynomial


def test_sparsesos_files():
    files = sorted((DATA / "sparsesos").glob("*.txt"))
    if not files:
        pytest.skip("shared/data/sparsesos is not here")
    sizes = {}
    for file in files:
        text = file.read_text().strip()
        polynomial = check_at_integer_points(text)
        assert polynomial.num_terms <= text.count("+") + text.count("-") + 1
        assert polynomial.denominator == 1
        sizes[file.stem] = polynomial.num_terms
    assert len(sizes) == 22
    assert sizes["J30"] == 10
    assert sizes["F17"] == 4959


def test_sos1k_rows():
    file = DATA / "sos1k_half.jsonl"
    if not file.exists():
        pytest.skip("shared/data/sos1k_half.jsonl is not here")
    rows = [json.loads(line)["polynomial"] for line in file.read_text().splitlines()]
    assert len(rows) == 167
    for text in rows:
        assert check_at_integer_points(text).num_terms > 0


def test_parse_terms_keeps_names_in_step():
    names, value = parse_terms("y^2 + 3*x")
    assert names == ("x", "y")
    assert terms.unpack(sorted(value.numerators, reverse=True), 2).tolist() == [[0, 2], [1, 0]]


@pytest.mark.parametrize("text", ["x^2 - 2*sqrt(2)*x + 2", "exp(1)*x", "Sin(3) + x^2"])
def test_function_calls_are_not_variables(text):
    with pytest.raises(ParseError, match="function call"):
        Polynomial.parse(text)
