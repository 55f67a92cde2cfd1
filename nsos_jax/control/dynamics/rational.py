"""Rational functions of the variables of a system: what the user's function computes with while it is traced.

Python's arithmetic, NumPy object arrays, `@`, loops and integer powers work and are exact. Everything that is no
rational function says so at the line where it stands.
"""

from fractions import Fraction
from typing import Any

from nsos_jax.polynomials import Polynomial


class NotPolynomial(TypeError):
    """The dynamics do something that no rational function does."""


class RationalFunction:
    """numerator / denominator, not reduced; immutable."""

    __slots__ = ("denominator", "numerator")
    __array_ufunc__ = None

    def __init__(self, numerator: Polynomial, denominator: Polynomial | None = None) -> None:
        self.numerator = numerator
        self.denominator = Polynomial.constant(1) if denominator is None else denominator

    @staticmethod
    def of(value: Any) -> "RationalFunction | None":
        """A value of the user's function as a rational function; None for what is none."""
        if isinstance(value, RationalFunction):
            return value
        if isinstance(value, Polynomial):
            return RationalFunction(value)
        try:
            return RationalFunction(Polynomial.constant(value))
        except (TypeError, ValueError, AttributeError):
            return None

    @property
    def constant(self) -> Fraction | None:
        """The value where both parts are constant."""
        if self.numerator.degree > 0 or self.denominator.degree > 0:
            return None
        top, bottom = (sum(part.coefficients, Fraction(0)) for part in (self.numerator, self.denominator))
        return top / bottom

    def __add__(self, other: Any) -> "RationalFunction":
        right = RationalFunction.of(other)
        if right is None:
            return NotImplemented
        if self.denominator == right.denominator:
            return RationalFunction(self.numerator + right.numerator, self.denominator)
        top = self.numerator * right.denominator + right.numerator * self.denominator
        return RationalFunction(top, self.denominator * right.denominator)

    __radd__ = __add__

    def __neg__(self) -> "RationalFunction":
        return RationalFunction(-self.numerator, self.denominator)

    def __pos__(self) -> "RationalFunction":
        return self

    def __sub__(self, other: Any) -> "RationalFunction":
        right = RationalFunction.of(other)
        return NotImplemented if right is None else self + -right

    def __rsub__(self, other: Any) -> "RationalFunction":
        return -self + other

    def __mul__(self, other: Any) -> "RationalFunction":
        right = RationalFunction.of(other)
        if right is None:
            return NotImplemented
        return RationalFunction(self.numerator * right.numerator, self.denominator * right.denominator)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "RationalFunction":
        right = RationalFunction.of(other)
        if right is None:
            return NotImplemented
        if right.numerator.is_zero:
            raise ZeroDivisionError("the dynamics divide by zero")
        if right.constant is not None:
            return RationalFunction(self.numerator / right.constant, self.denominator)
        return RationalFunction(self.numerator * right.denominator, self.denominator * right.numerator)

    def __rtruediv__(self, other: Any) -> "RationalFunction":
        left = RationalFunction.of(other)
        return NotImplemented if left is None else left / self

    def __pow__(self, exponent: Any) -> "RationalFunction":
        power = RationalFunction.of(exponent)
        number = None if power is None else power.constant
        if number is None or number.denominator != 1:
            raise NotPolynomial(f"a power is {exponent!r}: the dynamics must have integer powers")
        count = int(number)
        if count < 0:
            return 1 / self**-count
        return RationalFunction(self.numerator**count, self.denominator**count)

    def __rpow__(self, base: Any) -> "RationalFunction":
        raise NotPolynomial("a variable stands in an exponent: exponentials are no rational functions")

    def _refused(self, *_: Any) -> Any:
        raise NotPolynomial(
            "the dynamics compare, round or branch on a variable (abs, max, if, <, ==): write each case as its own mode"
        )

    def _no_number(self) -> Any:
        raise NotPolynomial(
            "the dynamics turn a variable into a number (float, int, math.sin): write polynomials, or control.sin and"
            " control.cos of states named in angles="
        )

    __float__ = __int__ = _no_number
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __abs__ = __bool__ = __floordiv__ = __mod__ = _refused
    __round__ = __floor__ = __ceil__ = _refused

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return str(self.numerator) if self.denominator == 1 else f"({self.numerator}) / ({self.denominator})"

    def __repr__(self) -> str:
        return f"<RationalFunction: {self}>"
