"""Expressions with unknowns: arithmetic agrees with that of polynomials at any values of the unknowns."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nsos_jax as nsos
from nsos_jax import BilinearError, Polynomial, SosProgram

X, Y = nsos.variables("x y")


@pytest.fixture
def program():
    return SosProgram("x y")


def at(expression, program):
    """At values that are different primes."""
    primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29][: len(program.unknowns.names)]
    return expression.value([Fraction(prime) for prime in primes])


def test_arithmetic_commutes_with_values(program):
    v, g = program.polynomial("V", (1, 2)), program.scalar("g")
    known = X**2 - Fraction(1, 3) * Y + 2
    first, second = at(v, program), at(g, program)
    pairs = [
        (v + g, first + second),
        (v - known, first - known),
        (known - v, known - first),
        (3 - v, 3 - first),
        (v * known, first * known),
        (known * v, known * first),
        (v / 7, first / 7),
        (-v + 0.5 * g, Fraction(1, 2) * second - first),
        (np.int64(2) * v, 2 * first),
        (v**1, first),
        (v**0, Polynomial.constant(1)),
        (v.derivative("x"), first.derivative("x")),
        (v.substitute({"x": Y + 1}), first.substitute({"x": Y + 1})),
        (v.compose([X * Y, X - Y]), first.substitute({"x": X * Y, "y": X - Y})),
        (v.integral({"x": (0, 2)}), first.integral({"x": (0, 2)})),
        (v.coefficient(X * Y), Polynomial.constant(first.coefficient((1, 1)))),
    ]
    for expression, wanted in pairs:
        assert at(expression, program) == wanted


def test_gradient_is_an_array_for_numpy(program):
    v = program.polynomial("V", (2, 2))
    f = [-X + Y, -Y]
    decrease = -v.gradient() @ f
    value = at(v, program)
    assert at(decrease, program) == -(value.derivative("x") * f[0] + value.derivative("y") * f[1])


@given(st.integers(-3, 3), st.integers(-3, 3), st.integers(0, 3))
def test_linear_in_the_unknowns(a, b, power):
    program = SosProgram("x y")
    v, w = program.polynomial("V", 2), program.polynomial("W", 1)
    combination = a * v * (X - Y) ** power + b * w
    assert at(combination, program) == a * at(v, program) * (X - Y) ** power + b * at(w, program)


def test_products_of_unknowns_are_refused_by_name(program):
    v, g = program.polynomial("V", 1), program.scalar("gamma")
    for product in (lambda: v * g, lambda: g**2, lambda: v.substitute({"x": g}), lambda: 1 / g, lambda: v / g):
        with pytest.raises(BilinearError, match="gamma"):
            product()
    constant = g - g + 2  # without unknowns, so this is no product of them
    assert at(v * constant, program) == 2 * at(v, program)
    assert at(constant * v, program) == 2 * at(v, program)


def test_misuse_says_what_to_do(program):
    v = program.polynomial("V", 1)
    with pytest.raises(TypeError, match=r"program\.sos"):
        v >= 0  # noqa: B015
    with pytest.raises(TypeError, match="bound it"):
        abs(v)
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(v)
    with pytest.raises(ValueError, match="two different programs"):
        v + SosProgram("x y").polynomial("V", 1)
    with pytest.raises(ValueError, match="wanted one of"):
        v.derivative("z")
    with pytest.raises(ValueError, match="wanted one for each"):
        v.compose([X])
    with pytest.raises(ValueError, match="product of variables"):
        v.coefficient(X + Y)


def test_text_names_the_unknowns(program):
    v = program.polynomial("V", monomials=[X**2, Y])
    assert str(v) == "V[x^2]*x^2 + V[y]*y"
    assert str(v - v) == "0"
    assert "AffinePolynomial" in repr(v)
