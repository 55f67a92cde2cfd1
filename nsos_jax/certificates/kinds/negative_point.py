"""The certificate kind `negative_point`: p takes a negative value."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Self

from flint import fmpq

from nsos_jax.certificates import reader
from nsos_jax.certificates.certificate import PolynomialCertificate
from nsos_jax.certificates.checks import evaluate
from nsos_jax.certificates.data import (
    InvalidCertificate,
    PolynomialLike,
    Rational,
    Terms,
    as_fraction,
    as_rational,
    as_terms,
    count_text,
    number_text,
)


@dataclass(frozen=True, eq=False, repr=False)
class NegativePointCertificate(PolynomialCertificate):
    """p is negative at a rational point."""

    kind = "negative_point"
    status = "NEGATIVE"
    evidence_keys = ("point",)
    _point: tuple[fmpq, ...]

    @cached_property
    def point(self) -> tuple[Fraction, ...]:
        """One coordinate per variable."""
        return tuple(map(as_fraction, self._point))

    @classmethod
    def create(cls, polynomial: PolynomialLike, point: Iterable[Rational]) -> Self:
        """The certificate for p = `polynomial` from one coordinate per variable."""
        return cls(tuple(polynomial.variables), as_terms(polynomial), tuple(map(as_rational, point)))

    @classmethod
    def _read(cls, variables: tuple[str, ...], polynomial: Terms, record: dict[str, Any]) -> Self:
        coordinates = reader.read_list(record["point"], "point", length=len(variables))
        point = tuple(reader.read_number(value, f"point[{i}]") for i, value in enumerate(coordinates))
        return cls(variables, polynomial, point)

    def _evidence(self) -> dict[str, Any]:
        return {"point": [str(value) for value in self._point]}

    def verify(self) -> str:
        """Compute the value exactly and check its sign."""
        if len(self._point) != len(self.variables):
            raise InvalidCertificate(f"point: expected {len(self.variables)} coordinates, got {len(self._point)}")
        value = evaluate(self.polynomial, self._point)
        if not value < 0:
            raise InvalidCertificate(f"point: expected a negative value, the polynomial is {number_text(value)} there")
        terms = count_text(self.polynomial.num_terms, "term")
        return f"negative_point: the value of {terms} is {number_text(value)}"
