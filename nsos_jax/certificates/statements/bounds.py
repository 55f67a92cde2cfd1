"""What lower bounds of a polynomial have in common: the bound, and a point that bounds the minimum from above."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from flint import fmpq

from nsos_jax.certificates import reader
from nsos_jax.certificates.certificate import PolynomialCertificate
from nsos_jax.certificates.checks import evaluate
from nsos_jax.certificates.data import InvalidCertificate, Rational, Terms, as_fraction, as_rational, number_text
from nsos_jax.certificates.expansion import Work, combine


@dataclass(frozen=True, eq=False, repr=False)
class BoundCertificate(PolynomialCertificate):
    """p >= gamma, and, with a point, the minimum is at most the value there."""

    status = "BOUNDED"
    _bound: fmpq
    _point: tuple[fmpq, ...] | None

    @cached_property
    def bound(self) -> Fraction:
        """gamma."""
        return as_fraction(self._bound)

    @cached_property
    def point(self) -> tuple[Fraction, ...] | None:
        """One coordinate per variable, or None."""
        return None if self._point is None else tuple(map(as_fraction, self._point))

    @cached_property
    def point_value(self) -> Fraction | None:
        """p at the point."""
        return None if self._point is None else as_fraction(self._value(self._point))

    def _value(self, point: tuple[fmpq, ...]) -> fmpq:
        if len(point) != len(self.variables):
            raise InvalidCertificate(f"point: expected {len(self.variables)} coordinates, got {len(point)}")
        return evaluate(self.polynomial, point)

    def remainder(self, work: Work | None = None) -> Terms:
        """p - gamma."""
        gamma = Terms(np.zeros((1, len(self.variables)), np.int32), (self._bound,))
        return combine([(1, self.polynomial), (-1, gamma)], len(self.variables), "polynomial - bound", work or Work())

    def bound_text(self) -> str:
        """gamma for messages."""
        return f"({number_text(self._bound)})" if self._bound < 0 else number_text(self._bound)

    def upper_text(self) -> str:
        """The value at the point for messages; `InvalidCertificate` where it is no point."""
        return "" if self._point is None else f", at a point {number_text(self._value(self._point))}"

    def _bound_values(self) -> dict[str, Any]:
        point = None if self._point is None else [str(value) for value in self._point]
        return {"bound": str(self._bound), "point": point}


def as_point(point: Iterable[Rational] | None) -> tuple[fmpq, ...] | None:
    """The same point for the checker."""
    return None if point is None else tuple(map(as_rational, point))


def read_point(value: object, variables: int) -> tuple[fmpq, ...] | None:
    """One number per variable, or null."""
    if value is None:
        return None
    coordinates = reader.read_list(value, "point", length=variables)
    return tuple(reader.read_number(number, f"point[{i}]") for i, number in enumerate(coordinates))
