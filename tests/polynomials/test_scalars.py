"""One rule for numbers: what an operation takes, what it counts as, and what is refused."""

import math
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

import jax.numpy as jnp
import numpy as np
import pytest
import sympy

from nsos_jax.polynomials import Polynomial
from nsos_jax.polynomials.scalars import is_number, nonnegative_integer, rational

p = Polynomial.parse("x")
TENTH = Fraction(0.1)
NUMBERS = [
    (3, 3),
    (True, 1),
    (Fraction(1, 3), Fraction(1, 3)),
    (0.1, TENTH),
    (5e-324, Fraction(1, 2**1074)),
    (Decimal("0.1"), Fraction(1, 10)),
    (np.int8(-128), -128),
    (np.uint64(2**64 - 1), 2**64 - 1),
    (np.float16(0.1), Fraction(0.0999755859375)),
    (np.float32(0.1), Fraction(0.10000000149011612)),
    (np.float64(0.1), TENTH),
    (np.longdouble(0.5), Fraction(1, 2)),
    (np.array(2.5), Fraction(5, 2)),
    (np.array(Fraction(1, 3), object), Fraction(1, 3)),
    (jnp.float32(0.25), Fraction(1, 4)),
    (sympy.Integer(3), 3),
    (sympy.Rational(1, 3), Fraction(1, 3)),
    (sympy.Float(0.1), TENTH),
    (sympy.Float("0.1", 40), Fraction(str(sympy.Rational(sympy.Float("0.1", 40))))),
]
REFUSED = [
    math.nan,
    math.inf,
    -math.inf,
    np.float64("nan"),
    np.float32("-inf"),
    Decimal("NaN"),
    Decimal("Infinity"),
    1j,
    np.complex64(1),
    sympy.pi,
    sympy.sqrt(2),
    sympy.nan,
    sympy.oo,
    sympy.I,
]
each_number = pytest.mark.parametrize(("number", "exact"), NUMBERS, ids=[repr(number) for number, _ in NUMBERS])
each_refused = pytest.mark.parametrize("number", REFUSED, ids=map(repr, REFUSED))


@each_number
def test_all_operations_take_numbers(number, exact):
    constant = Polynomial.constant(exact)
    assert rational(number, "x") == exact
    assert p + number == number + p == p + constant
    assert p - number == p + Polynomial.constant(-exact)
    assert number - p == constant - p
    assert p * number == number * p == p * constant
    assert p / number * number == p
    assert constant == number
    assert number == constant
    assert p != number
    assert number != p
    assert hash(constant) == hash(exact)
    assert p.evaluate([number]) == p.evaluate({"x": number}) == exact
    assert p.substitute({"x": number}) == exact
    assert Polynomial.from_dict({(0,): number}) == exact
    assert Polynomial.from_arrays([[1], [0]], [1, number], ["x"]) == p + exact
    assert Polynomial.sum([p, number]) == p + exact


@pytest.mark.parametrize("exponent", [2, 2.0, Fraction(4, 2), np.int64(2), np.float32(2), sympy.Integer(2)])
def test_whole_numbers_are_exponents(exponent):
    assert p**exponent == p * p
    assert nonnegative_integer(exponent, "count") == 2


@each_refused
def test_what_is_no_finite_rational_is_refused_by_name(number):
    operations = {
        "operand": [
            lambda: p + number,
            lambda: number + p,
            lambda: p - number,
            lambda: number - p,
            lambda: p * number,
            lambda: number * p,
        ],
        "divisor": [lambda: p / number],
        "exponent": [lambda: p**number],
        "point": [lambda: p.evaluate([number]), lambda: p.evaluate({"x": number})],
        "coefficients": [
            lambda: Polynomial.from_dict({(1,): number}),
            lambda: Polynomial.from_arrays([[1]], [number]),
        ],
        "value": [lambda: Polynomial.constant(number)],
        "values": [lambda: p.substitute({"x": number})],
    }
    for place, tries in operations.items():
        for operation in tries:
            with pytest.raises(ValueError, match=rf"^{place}(\[(0|'x')\])?: got .*, wanted .*finite"):
                operation()
    assert p != number
    assert number != p


@pytest.mark.parametrize("value", ["1", None, [1], np.array([1.0, 2.0]), sympy.Symbol("x"), object()])
def test_other_things_are_no_numbers(value):
    assert not is_number(value)
    for operation in (lambda: p + value, lambda: value + p, lambda: p * value, lambda: value - p):
        with pytest.raises(TypeError):
            operation()
    assert p != value


def test_sympy_stays_unloaded():
    code = "import sys; from nsos_jax import Polynomial; Polynomial.parse('x') * 0.5 + 1; print('sympy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
