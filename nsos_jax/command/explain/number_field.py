"""Numbers of a field Q(theta), for people."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from nsos_jax.certificates import RealField, Terms, as_rational
from nsos_jax.command.explain.layout import DEFAULT, Room, labelled, short_number, terms_text
from nsos_jax.polynomials import Rounding


def element_text(coefficients: Sequence[int | Fraction], room: Room = DEFAULT) -> str:
    """A polynomial in theta, its coefficients given with the constant first.

    >>> element_text([Fraction(1, 2), 0, -1])
    '-theta^2 + 1/2'
    """
    powers = [power for power in reversed(range(len(coefficients))) if coefficients[power]]
    exponents = np.array(powers, np.int32).reshape(-1, 1)
    return terms_text(("theta",), Terms(exponents, tuple(as_rational(coefficients[power]) for power in powers)), room)


def field_line(field: RealField, room: Room) -> str:
    """Which root theta is."""
    sides = zip(field.interval, (Rounding.DOWN, Rounding.UP), strict=True)
    lower, upper = (short_number(end, room.bits, side) for end, side in sides)
    root = f"the root of {element_text(field.minimal_polynomial, room.less(40))} from {lower} to {upper}"
    return labelled("theta", f"{root}, about {field.approximate():.6g}")
