"""Which numbers are taken, everywhere, and what they count as.

Integers, fractions, floats, decimals, the scalars of NumPy and JAX (arrays without axes too) and SymPy's rational and
floating-point numbers. Each counts as the rational number that it is: a float as its exact binary value, so 0.1 is
3602879701896397/36028797018963968, not 1/10. NaN, infinity, complex and irrational numbers are refused.
"""

import numbers
from fractions import Fraction
from typing import Any


def is_number(value: object) -> bool:
    """Whether `rational` takes the value or says why not; what is no number may itself know what to do."""
    return isinstance(value, numbers.Number) or getattr(value, "shape", None) == () or _is_sympy(value)


def rational(value: Any, where: str) -> Fraction:
    """A number as an exact fraction; ValueError names `where`.

    >>> rational(0.5, "weight"), rational(3, "weight")
    (Fraction(1, 2), Fraction(3, 1))
    >>> rational(float("nan"), "weight")
    Traceback (most recent call last):
        ...
    ValueError: weight: got nan, wanted a finite number
    """
    number = value
    if getattr(value, "shape", None) == ():
        number = value.item()  # Python's
    elif _is_sympy(value) and value.is_Float:
        import sympy  # loaded already

        number = sympy.Rational(value)
    if isinstance(number, numbers.Rational):
        return Fraction(int(number.numerator), int(number.denominator))
    try:
        return Fraction(*map(int, number.as_integer_ratio()))
    except (OverflowError, ValueError):
        raise ValueError(f"{where}: got {value}, wanted a finite number") from None
    except AttributeError:
        wanted = "an integer, a fraction or a finite float"
        raise ValueError(f"{where}: got {str(value)!a:.40} of type {type(value).__name__}, wanted {wanted}") from None


def nonnegative_integer(value: Any, where: str) -> int:
    """A number that counts something, such as 2 or 2.0; ValueError names `where`."""
    number = rational(value, where)
    if number.denominator != 1 or number < 0:
        raise ValueError(f"{where}: got {value}, wanted a nonnegative integer")
    return number.numerator


def _is_sympy(value: Any) -> bool:
    """Whether it is a number of SymPy, which is not imported for that."""
    return type(value).__module__.startswith("sympy.") and getattr(value, "is_number", False) is True
