"""Numbers as decimals of a few digits, rounded in a chosen direction: a bound that is shown shortened still holds."""

import math
from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from enum import Enum
from fractions import Fraction


class Rounding(Enum):
    """Where to."""

    NEAREST = ROUND_HALF_EVEN
    DOWN = ROUND_FLOOR
    """For lower bounds."""
    UP = ROUND_CEILING
    """For upper bounds."""


def decimal_text(number: Fraction | float, digits: int, rounding: Rounding = Rounding.NEAREST) -> str:
    """At most so many significant digits, as `%g` writes them; of any size, rounded once from the exact number.

    >>> third = Fraction(1, 3)
    >>> decimal_text(third, 3), decimal_text(third, 3, Rounding.UP), decimal_text(-third, 3, Rounding.DOWN)
    ('0.333', '0.334', '-0.334')
    >>> decimal_text(Fraction(10**400, 7), 3), decimal_text(float("inf"), 3), decimal_text(2.0**-1074, 3, Rounding.UP)
    ('1.43e+399', 'inf', '4.95e-324')
    """
    context = Context(digits, rounding.value, MIN_EMIN, MAX_EMAX)
    if isinstance(number, float):
        rounded = context.create_decimal_from_float(number)
    else:
        rounded = context.divide(Decimal(number.numerator), Decimal(number.denominator))
    if not rounded.is_finite():
        return str(float(rounded))
    rounded = rounded.normalize(context)
    exponent = rounded.adjusted()
    if -5 < exponent < digits:
        return f"{rounded:f}"
    sign, figures, _ = rounded.as_tuple()
    first, *rest = map(str, figures)
    return f"{'-' * sign}{first}{'.' * bool(rest)}{''.join(rest)}e{exponent:+03d}"


def bracket_text(lower: Fraction | float, upper: Fraction | float, digits: int) -> str:
    """Both ends of a bracket, rounded outwards.

    >>> bracket_text(-1.23456, 0.5, 3)
    'from -1.24 to 0.5'
    """
    return f"from {decimal_text(lower, digits, Rounding.DOWN)} to {decimal_text(upper, digits, Rounding.UP)}"


def root_above(square: Fraction, digits: int) -> Fraction:
    """A decimal of at least so many significant digits that is not below the square root, and equal to it if it can be.

    >>> root_above(Fraction(9, 4), 3), float(root_above(Fraction(2), 3))
    (Fraction(3, 2), 1.415)
    """
    bits = square.numerator.bit_length() - square.denominator.bit_length()
    scale = Fraction(10) ** (digits - math.floor(bits * math.log10(2) / 2))
    scaled = square * scale**2
    root = math.isqrt(math.floor(scaled))
    return (root + (root**2 < scaled)) / scale
