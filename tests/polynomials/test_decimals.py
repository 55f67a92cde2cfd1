"""Decimals: at the nearest those of Python's own `%g`; directed ones enclose the number as closely as can be."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from nsos_jax.polynomials import Rounding, bracket_text, decimal_text, root_above

DIGITS = st.integers(1, 17)
NUMBERS = st.fractions() | st.floats(allow_nan=False, allow_infinity=False).map(Fraction)


@given(st.floats(), DIGITS)
def test_floats_are_written_as_python_does(number, digits):
    assert decimal_text(number, digits) == f"{number:.{digits}g}"


@given(NUMBERS, DIGITS)
def test_directed_decimals_enclose_the_number(number, digits):
    below, above = (Fraction(decimal_text(number, digits, side)) for side in (Rounding.DOWN, Rounding.UP))
    assert below <= number <= above
    largest = max(abs(below), abs(above))
    assert (above - below) * 10 ** (digits - 1) <= largest
    assert Fraction(decimal_text(number, digits)) in (below, above)


def test_what_has_few_digits_stays_as_it_is():
    for side in Rounding:
        assert decimal_text(Fraction(-5, 4), 3, side) == "-1.25"
    assert bracket_text(Fraction(2), 2.5, 6) == "from 2 to 2.5"
    assert bracket_text(float("-inf"), float("inf"), 6) == "from -inf to inf"


def test_sizes_beyond_floats():
    huge = Fraction(2 * 10**5000, 3)
    assert [decimal_text(huge, 3, side) for side in Rounding] == ["6.67e+4999", "6.66e+4999", "6.67e+4999"]
    assert decimal_text(-1 / huge, 3, Rounding.DOWN) == "-1.5e-5000"


@given(st.fractions(min_value=0) | st.integers(1, 10**9).map(lambda k: Fraction(1, k**40)), DIGITS)
def test_roots_are_bounds_close_by(square, digits):
    root = root_above(square, digits)
    assert root**2 >= square
    assert root == 0 or (root * (1 - Fraction(2, 10**digits))) ** 2 < square
    assert root_above(square**2, 40) >= square
