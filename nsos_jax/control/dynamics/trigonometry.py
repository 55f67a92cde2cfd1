"""Sines and cosines of declared angles: polynomials in s and c with s^2 + c^2 = 1."""

from typing import Any

import numpy as np

from nsos_jax.control.dynamics.rational import NotPolynomial, RationalFunction
from nsos_jax.polynomials import Polynomial

MOST_MULTIPLE = 50


def sine_name(angle: str) -> str:
    """The variable that stands for the sine of an angle."""
    return f"sin_{angle}"


def cosine_name(angle: str) -> str:
    """The variable that stands for the cosine of an angle."""
    return f"cos_{angle}"


class Angle(RationalFunction):
    """A variable that was declared as an angle, or an integer combination of such; only `sin` and `cos` take it.

    Attributes:
      multiples: {angle: integer}.
    """

    __slots__ = ("multiples",)

    def __init__(self, multiples: dict[str, int]) -> None:
        self.multiples = {name: count for name, count in multiples.items() if count}
        total = Polynomial.sum([count * Polynomial.parse(name) for name, count in self.multiples.items()])
        super().__init__(total)

    def __add__(self, other: Any) -> RationalFunction:
        if isinstance(other, Angle):
            names = self.multiples | other.multiples
            total = {name: self.multiples.get(name, 0) + other.multiples.get(name, 0) for name in names}
            return Angle(total)
        return super().__add__(other)

    __radd__ = __add__

    def __neg__(self) -> "Angle":
        return Angle({name: -count for name, count in self.multiples.items()})

    def __mul__(self, other: Any) -> RationalFunction:
        factor = RationalFunction.of(other)
        number = None if factor is None or isinstance(factor, Angle) else factor.constant
        if number is not None and number.denominator == 1:
            return Angle({name: count * int(number) for name, count in self.multiples.items()})
        return super().__mul__(other)

    __rmul__ = __mul__


def sin(angle: Any) -> Any:
    """The sine of a declared angle, or of a sum of integer multiples of some; of numbers and arrays the usual one."""
    if isinstance(angle, RationalFunction):
        return RationalFunction(_expanded(angle)[0])
    return _numerical("sin", angle)


def cos(angle: Any) -> Any:
    """The cosine; see `sin`."""
    if isinstance(angle, RationalFunction):
        return RationalFunction(_expanded(angle)[1])
    return _numerical("cos", angle)


def _numerical(name: str, value: Any) -> Any:
    if type(value).__module__.startswith("jax"):
        import jax.numpy as jnp  # loaded already

        return getattr(jnp, name)(value)
    return getattr(np, name)(value)


def _expanded(angle: RationalFunction) -> tuple[Polynomial, Polynomial]:
    """Sine and cosine by the addition theorem."""
    if not isinstance(angle, Angle):
        raise NotPolynomial(
            f"sin or cos of {angle}: only of angles, declared by System(..., angles='th'), and integer combinations"
        )
    sine, cosine = Polynomial.constant(0), Polynomial.constant(1)
    for name, count in angle.multiples.items():
        if abs(count) > MOST_MULTIPLE:
            raise NotPolynomial(f"sin or cos of {count} times {name}: the largest multiple is {MOST_MULTIPLE}")
        s, c = Polynomial.parse(sine_name(name)), Polynomial.parse(cosine_name(name))
        s = s if count > 0 else -s
        for _ in range(abs(count)):
            sine, cosine = sine * c + cosine * s, cosine * c - sine * s
    return sine, cosine
