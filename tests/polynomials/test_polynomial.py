"""Exact polynomials: constructors, arithmetic against SymPy, calculus, evaluation, limits."""

import copy
import math
import pickle
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from nsos_jax.polynomials import evaluation
from nsos_jax.polynomials.polynomial import Polynomial
from nsos_jax.polynomials.terms import MAX_EXPONENT

X, Y = sympy.symbols("x y")
RATIONALS = st.fractions(min_value=-20, max_value=20, max_denominator=12)


@st.composite
def polynomials(draw, names=("x", "y", "z"), degree=4):
    used = draw(st.permutations(names)) if draw(st.booleans()) else list(names)
    used = used[: draw(st.integers(0, len(used)))]
    exponents = st.tuples(*[st.integers(0, degree)] * len(used))
    rows = draw(st.dictionaries(exponents, RATIONALS, max_size=6))
    return Polynomial.from_dict(rows, used)


def parse(text, variables=None):
    return Polynomial.parse(text, variables)


def assert_canonical(p):
    assert p.exponents.dtype == np.int32
    assert not p.exponents.flags.writeable
    order = [(sum(row), row) for row in p.exponents.tolist()]
    assert order == sorted(order, reverse=True)
    assert len(set(map(tuple, p.exponents.tolist()))) == p.num_terms
    assert all(p.numerators)
    assert p.denominator > 0
    assert math.gcd(p.denominator, *p.numerators) == 1


@given(polynomials(), polynomials(), polynomials())
@settings(max_examples=30, deadline=None)
def test_ring_laws(p, q, r):
    for value in (p, p + q, p * q, p - q, -p):
        assert_canonical(value)
    assert p + q == q + p
    assert p * q == q * p
    assert (p + q) + r == p + (q + r)
    assert (p * q) * r == p * (q * r)
    assert p * (q + r) == p * q + p * r
    assert (p - p).is_zero
    assert p + 0 == p
    assert p * 1 == p
    assert (p * 0).is_zero
    assert p**3 == p * p * p
    assert p**0 == Polynomial.constant(1)
    assert hash(p + q) == hash(q + p)


@given(polynomials(), polynomials())
@settings(max_examples=25, deadline=None)
def test_arithmetic_agrees_with_sympy(p, q):
    left, right = p.to_sympy(), q.to_sympy()
    for ours, theirs in [(p + q, left + right), (p * q, left * right), (p - q, left - right), (p**2, left**2)]:
        assert sympy.expand(ours.to_sympy() - theirs) == 0
        assert Polynomial.from_sympy(theirs) == ours


@given(polynomials())
@settings(max_examples=50, deadline=None)
def test_round_trips(p):
    assert parse(str(p)) == p
    assert Polynomial.from_dict(p.to_dict(), p.variables) == p
    assert Polynomial.from_arrays(p.exponents, p.coefficients, p.variables) == p
    again = parse(str(p), p.variables)
    assert again.variables == p.variables
    assert np.array_equal(again.exponents, p.exponents)


@given(polynomials(), RATIONALS, RATIONALS, RATIONALS)
@settings(max_examples=30, deadline=None)
def test_evaluate_and_derivative_agree_with_sympy(p, a, b, c):
    point = {"x": a, "y": b, "z": c}
    exact = {sympy.Symbol(name): sympy.Rational(v.numerator, v.denominator) for name, v in point.items()}
    value = p.evaluate(point)
    assert sympy.Rational(value.numerator, value.denominator) == p.to_sympy().subs(exact)
    assert p.substitute({name: point[name] for name in p.variables}) == Polynomial.constant(value)
    for name in p.variables:
        derivative = p.derivative(name)
        assert_canonical(derivative)
        assert sympy.expand(derivative.to_sympy() - sympy.diff(p.to_sympy(), sympy.Symbol(name))) == 0


@given(polynomials(), polynomials(degree=2), RATIONALS, RATIONALS, RATIONALS)
@settings(max_examples=25, deadline=None)
def test_substitution_is_composition(p, image, a, b, c):
    point = {"x": a, "y": b, "z": c, "w": Fraction(3)}
    if "x" not in p.variables:
        with pytest.raises(ValueError, match="variable: got 'x'"):
            p.substitute({"x": image})
        return
    composed = p.substitute({"x": image})
    assert_canonical(composed)
    assert composed.evaluate(point) == p.evaluate({**point, "x": image.evaluate(point)})


def test_substitution_is_simultaneous_and_orders_variables():
    p = parse("x^2*y + z")
    assert p.substitute({"x": parse("y"), "y": parse("x + t")}).variables == ("x", "y", "z", "t")
    assert p.substitute({"x": parse("y"), "y": parse("x")}) == parse("y^2*x + z")
    assert p.substitute({"x": Fraction(1, 2)}).variables == ("y", "z")


@given(polynomials(), st.lists(st.integers(-4, 4), min_size=3, max_size=3))
@settings(max_examples=25, deadline=None)
def test_scale_variables(p, shifts):
    shifts = shifts[: p.num_variables]
    scaled = p.scale_variables(shifts)
    assert_canonical(scaled)
    images = {
        name: Polynomial.from_dict({(1,): Fraction(2) ** shift}, [name])
        for name, shift in zip(p.variables, shifts, strict=True)
    }
    assert scaled == p.substitute(images)
    assert scaled.scale_variables([-shift for shift in shifts]) == p


def test_scale_variables_wants_one_integer_each():
    for shifts in ([1], [1, 2, 3], [10**9, 0]):
        with pytest.raises(ValueError, match="shifts: got"):
            parse("x*y").scale_variables(shifts)


def test_order_and_text():
    p = parse("1 + 9*x2^4 + 12*x1^2*x2^2 + 4*x1^4 + x1/3 - x2")
    assert p.exponents.tolist() == [[4, 0], [2, 2], [0, 4], [1, 0], [0, 1], [0, 0]]
    assert str(p) == "4*x1^4 + 12*x1^2*x2^2 + 9*x2^4 + 1/3*x1 - x2 + 1"
    assert p.denominator == 3
    assert p.coefficients == (4, 12, 9, Fraction(1, 3), -1, 1)
    assert eval_repr(p) == p
    assert len(repr((p + parse("x3")) ** 5)) < 100
    assert len(repr(Polynomial.constant(10**5000))) < 100


def eval_repr(p):
    """What `repr` shows, read back without evaluating it as code."""
    text, _, names = repr(p).removeprefix("Polynomial.parse('").partition("', ")
    assert names == f"{p.variables!r})"
    return parse(text)


def test_zero_and_constants():
    zero = parse("x - x")
    assert zero.is_zero
    assert (zero.degree, zero.num_terms, zero.num_variables, str(zero)) == (-1, 0, 1, "0")
    assert zero == Polynomial.constant(0) == Polynomial.from_dict({}) == Polynomial.from_dict({}, ["a"])
    assert hash(zero) == hash(Polynomial.constant(0))
    assert zero.evaluate([5]) == 0
    assert zero.evaluate_float(np.zeros((4, 1))).tolist() == [0] * 4
    assert zero.derivative("x").is_zero
    assert zero.to_sympy() == 0
    assert (zero * parse("y")).is_zero
    assert (zero**2).is_zero
    assert zero**0 == Polynomial.constant(1)
    seven = parse("7")
    assert (seven.degree, seven.exponents.shape, seven.evaluate([])) == (0, (1, 0), 7)
    assert seven.evaluate_float(np.zeros((2, 0))).tolist() == [7, 7]
    assert seven.gradient_float(np.zeros((2, 0))).shape == (2, 0)
    assert Polynomial.from_sympy(sympy.Integer(7)) == seven


def test_equality_is_by_name():
    assert parse("x + 2*y", ["y", "x"]) == parse("x + 2*y", ["x", "z", "y"])
    assert hash(parse("x", ["y", "x"])) == hash(parse("x"))
    assert parse("x") != parse("y")
    assert parse("x") != "x"
    assert len({parse("x+x"), parse("2*x"), parse("2*x", ["a", "x"])}) == 1


def test_variables_are_united_in_order():
    assert (parse("b + a", ["b", "a"]) + parse("c*a")).variables == ("b", "a", "c")
    assert (parse("a") * parse("b")).variables == ("a", "b")


def test_mixed_arithmetic():
    x = parse("x")
    assert 2 * x + 1 == parse("2*x+1")
    assert 1 - x == parse("1-x")
    assert Fraction(1, 2) * x == x / 2 == parse("x/2")
    assert np.int64(3) * x == parse("3*x")
    for operation in (lambda: x + "y", lambda: x - None, lambda: x / x, lambda: x**x, lambda: 2 / x, lambda: x < 1):
        with pytest.raises(TypeError):
            operation()
    with pytest.raises(ZeroDivisionError, match="division of a polynomial by zero"):
        x / 0
    for exponent in (-1, 0.5, Fraction(1, 2)):
        with pytest.raises(ValueError, match=r"exponent: got .*, wanted a nonnegative integer"):
            x**exponent


def test_from_arrays_merges_and_takes_floats_exactly():
    p = Polynomial.from_arrays([[1, 0], [0, 2], [1, 0], [0, 0]], [0.1, 2, -1, 0])
    assert p.to_dict() == {(0, 2): 2, (1, 0): Fraction(0.1) - 1}
    assert p.variables == ("x1", "x2")
    assert Polynomial.from_arrays([[2]], np.array([1.5], np.float32)).coefficients == (Fraction(3, 2),)
    assert Polynomial.from_arrays(np.array([[2.0]]), np.array([10**30], object)).coefficients == (10**30,)
    assert Polynomial.from_dict({(1,): "1/3", (0,): 5e-324}).coefficients == (Fraction(1, 3), Fraction(5e-324))
    assert Polynomial.from_arrays([], []).is_zero


@pytest.mark.parametrize(
    ("exponents", "coefficients", "names", "message"),
    [
        ([[1], [2]], [1.0, math.nan], None, r"coefficients\[1\]: got nan"),
        ([[1]], np.array([np.inf]), None, r"coefficients\[0\]: got inf"),
        ([[1]], ["a"], None, r"coefficients\[0\]: got 'a'"),
        ([[1]], [1, 2], None, r"coefficients: got shape \(2,\), wanted \(1,\)"),
        ([[1], [-1]], [1, 1], None, r"exponents\[1\]: got \[-1\]"),
        ([[0.5]], [1], None, "not all integers"),
        ([[math.nan]], [1], None, "not all integers"),
        ([["a"]], [1], None, "not all integers"),
        ([1, 2], [1, 1], None, r"exponents: got shape \(2,\)"),
        ([[1, 2]], [1], ["x"], r"exponents: got shape \(1, 2\), wanted \(terms, 1\)"),
        ([[MAX_EXPONENT + 1]], [1], None, "exponents: got degree 10001"),
        ([[MAX_EXPONENT, 1]], [1], None, "exponents: got degree 10001"),
        (np.array([[2**64 - 1]], np.uint64), [1], None, "exponents: got degree"),
        (np.zeros((1, 10_001), int), [1], None, "got 10001 variables"),
        (np.zeros((1_000_001, 1), np.int8), np.zeros(1_000_001), None, "more than 1000000 terms"),
        ([[1]], [1], ["nan"], "variables: got 'nan'"),
        ([[1, 1]], [1], ["x", "x"], "repeated names"),
    ],
)
def test_from_arrays_refuses(exponents, coefficients, names, message):
    with pytest.raises(ValueError, match=message):
        Polynomial.from_arrays(exponents, coefficients, names)


def test_from_dict_refuses():
    with pytest.raises(ValueError, match="exponents of lengths"):
        Polynomial.from_dict({(1,): 1, (1, 2): 1})
    with pytest.raises(ValueError, match="unknown variable 'x'"):
        Polynomial.from_dict({(1,): "x"})
    with pytest.raises(ValueError, match=r"got the key 2, wanted a tuple of exponents"):
        Polynomial.from_dict({2: 1})
    with pytest.raises(ValueError, match=r"got list, wanted {exponents: number}"):
        Polynomial.from_dict([(1, 2)])


def test_what_is_called_wrongly_is_told_what_to_call():
    p = parse("x")
    for arguments in (("x^2",), (("x",), np.zeros((1, 1), np.int32), (1,), 1)[:2]):
        with pytest.raises(TypeError, match=r"use Polynomial\.parse\(text\)"):
            Polynomial(*arguments)
    with pytest.raises(ValueError, match=r"point: got the number 3, wanted a sequence such as \[3\]"):
        p.evaluate(3)
    with pytest.raises(ValueError, match=r"values\['x'\]: got 'y' of type str"):
        p.substitute({"x": "y"})
    with pytest.raises(ValueError, match="values: got list"):
        p.substitute([1])
    with pytest.raises(ValueError, match="expression: got Polynomial, wanted a SymPy expression"):
        Polynomial.from_sympy(p)
    assert +p == p


def test_products_respect_the_limits():
    x = parse("x")
    assert (x**MAX_EXPONENT).degree == MAX_EXPONENT
    for operation in (lambda: x ** (MAX_EXPONENT + 1), lambda: x**MAX_EXPONENT * x):
        with pytest.raises(ValueError, match="wanted at most 10000"):
            operation()


def test_from_sympy():
    assert Polynomial.from_sympy((X + Y) ** 2 / 3) == parse("(x+y)^2/3")
    assert Polynomial.from_sympy(sympy.Poly(X**2, Y, X)).variables == ("y", "x")
    assert Polynomial.from_sympy(X, ["y", "x"]).variables == ("y", "x")
    assert Polynomial.from_sympy(0.1 * X).coefficients == (Fraction(0.1),)
    long_float = sympy.Float("0.1", 50)
    assert Polynomial.from_sympy(long_float * X).coefficients == (Fraction(str(sympy.Rational(long_float))),)
    real = sympy.Symbol("x", real=True)
    assert Polynomial.from_sympy(real**2 + 1) == parse("x^2 + 1")
    bad = [1 / X, sympy.sqrt(X), sympy.pi * X, sympy.oo * X, sympy.I * X, sympy.sin(X), sympy.nan, X**Y]
    for expression in [*bad, sympy.Function("f")(1) + X]:
        with pytest.raises(ValueError, match="expression: not a polynomial"):
            Polynomial.from_sympy(expression)
    with pytest.raises(ValueError, match="expression: not a polynomial"):
        Polynomial.from_sympy(X + Y, ["x"])
    with pytest.raises(ValueError, match="variables: got"):
        Polynomial.from_sympy(sympy.Symbol("x+y"))
    with pytest.raises(ValueError, match=r"got the text 'x\^2', wanted SymPy \(Polynomial.parse reads text\)"):
        Polynomial.from_sympy("x^2")


def test_coefficient():
    p = parse("3*x^2*y - 1/2", ["x", "y"])
    assert p.coefficient((2, 1)) == 3
    assert p.coefficient((0, 0)) == Fraction(-1, 2)
    assert p.coefficient((1, 1)) == 0
    assert p.coefficient((10**6, 1)) == 0
    for exponents in ((1,), (-1, 0)):
        with pytest.raises(ValueError, match="exponents: got"):
            p.coefficient(exponents)


def test_evaluate_checks_the_point():
    p = parse("x + y")
    with pytest.raises(ValueError, match="got 1 coordinates, wanted 2"):
        p.evaluate([1])
    with pytest.raises(ValueError, match=r"no value for \['y'\]"):
        p.evaluate({"x": 1})
    with pytest.raises(ValueError, match=r"point\[1\]: got nan"):
        p.evaluate([1, math.nan])
    assert p.evaluate([0.1, 0]) == Fraction(0.1)


def test_float_coefficients_are_correctly_rounded():
    p = Polynomial.from_dict({(2,): 10**400, (1,): Fraction(10**400 + 1, 3 * 10**400), (0,): -Fraction(1, 10**400)})
    assert p.float_coefficients.tolist() == [math.inf, 1 / 3, -0.0]
    assert not p.float_coefficients.flags.writeable
    assert Polynomial.constant(-(10**400)).float_coefficients.tolist() == [-math.inf]
    assert Polynomial.constant(2**53 + 1).float_coefficients.tolist() == [2.0**53]


@given(polynomials(degree=6))
@settings(max_examples=25, deadline=None)
def test_float_values_and_gradients_match_exact_ones(p):
    points = np.random.default_rng(0).integers(-8, 9, (7, p.num_variables)) / 4
    exact = np.array([float(p.evaluate(list(map(Fraction, point)))) for point in points])
    scale = float(sum(abs(c) for c in p.coefficients)) * 2.0**18
    np.testing.assert_allclose(p.evaluate_float(points), exact, rtol=0, atol=1e-14 * scale + 1e-300)
    gradients = p.gradient_float(points)
    assert gradients.shape == points.shape
    for i, name in enumerate(p.variables):
        expected = p.derivative(name).evaluate_float(points)
        np.testing.assert_allclose(gradients[:, i], expected, rtol=0, atol=1e-13 * scale + 1e-300)


def test_float_evaluation_in_slices(monkeypatch):
    p = parse("(x + 2*y - 1)^5")
    points = np.random.default_rng(1).normal(size=(50, 2))
    whole = p.evaluate_float(points)
    monkeypatch.setattr(evaluation, "SLICE_ENTRIES", 100)
    np.testing.assert_allclose(p.evaluate_float(points), whole, atol=1e-11)
    np.testing.assert_allclose(whole, (points[:, 0] + 2 * points[:, 1] - 1) ** 5, atol=1e-11)
    with pytest.raises(ValueError, match=r"points: got shape \(2,\), wanted \(points, 2\)"):
        p.evaluate_float(points[0])


def test_instances_do_not_change():
    p = parse("x + 1")
    with pytest.raises(AttributeError):
        p.denominator = 2
    with pytest.raises(AttributeError):
        p.numerators = (2,)
    with pytest.raises(ValueError, match="read-only"):
        p.exponents[0, 0] = 3


def test_instances_can_be_copied():
    p = parse("x^2/3 - y", ["y", "x"])
    for again in (pickle.loads(pickle.dumps(p)), copy.deepcopy(p)):
        assert again == p
        assert again.variables == p.variables
        assert again.exponents.tolist() == p.exponents.tolist()


@given(st.lists(polynomials(), max_size=6))
@settings(max_examples=30, deadline=None)
def test_sums(parts):
    expected = Polynomial.constant(0)
    before = [(p.variables, p.to_dict()) for p in parts]
    for part in parts:
        expected = expected + part
    for total in (Polynomial.sum(parts), sum(parts, Polynomial.constant(0))):
        assert_canonical(total)
        assert total == expected
        assert total.variables == expected.variables
    assert [(p.variables, p.to_dict()) for p in parts] == before


def test_sums_take_numbers():
    assert Polynomial.sum([]).is_zero
    assert Polynomial.sum([parse("x"), 1, 0.5]) == parse("x + 3/2")
    assert sum([parse("x"), parse("x")]) == parse("2*x")


def test_sums_sort_nothing(monkeypatch):
    """Adding is linear in the terms because arrays are made when they are asked for."""
    monkeypatch.setattr(Polynomial, "_keys", property(lambda self: pytest.fail("the terms were sorted")))
    p = parse("x^2 + y")
    for _ in range(3):
        p = p + p - 1
    assert p.num_terms == 3
    assert p.degree == 2


def test_many_variables():
    names = [f"v{i}" for i in range(1000)]
    p = Polynomial.from_arrays(np.eye(1000, dtype=int) * 2, [1] * 1000, names)
    assert parse(str(p)) == p
    assert p.evaluate([2] * 1000) == 4000
    assert p.evaluate_float(np.ones((3, 1000))).tolist() == [1000] * 3
