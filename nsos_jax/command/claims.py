"""What records of programs and questions claim, read without trust, and in the form of certificates."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from nsos_jax.certificates import InvalidCertificate
from nsos_jax.polynomials import Polynomial

CERTIFICATE_KEYS = ("certificate", "bound_certificate")
"""Of a record."""
_FRACTION = re.compile("-?[0-9]+(/[0-9]+)?")


def claimed_number(text: object, place: str) -> Fraction | None:
    """A fraction as text, or None for null."""
    if text is None:
        return None
    if not isinstance(text, str) or not _FRACTION.fullmatch(text):
        raise InvalidCertificate(f"{place}: expected a fraction as text or null, got {text!r:.40}")
    try:
        return Polynomial.parse(text, ()).coefficient(())
    except ValueError as error:
        raise InvalidCertificate(f"{place}: {error}") from None


def claimed_object(value: object, place: str) -> dict[str, Any]:
    """An object, empty for null."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidCertificate(f"{place}: expected an object")
    return value


def claimed_polynomials(value: object, place: str) -> dict[str, Polynomial]:
    """Polynomials as text, by name."""
    given = claimed_object(value, place)
    return {name: claimed_polynomial(text, f"{place}.{name}") for name, text in given.items()}


def claimed_polynomial(text: object, place: str) -> Polynomial:
    """A polynomial as text."""
    if not isinstance(text, str):
        raise InvalidCertificate(f"{place}: expected text in quotes")
    try:
        return Polynomial.parse(text)
    except ValueError as error:
        raise InvalidCertificate(f"{place}: {error}") from None


def terms_over(polynomial: Polynomial, variables: Sequence[str]) -> list[list[Any]]:
    """As in a certificate over these variables, sorted."""
    places = [variables.index(name) if name in variables else None for name in polynomial.variables]
    terms = []
    for exponents, number in polynomial.to_dict().items():
        row = [0] * len(variables)
        for place, power in zip(places, exponents, strict=True):
            if power and place is None:
                raise InvalidCertificate("variables: not those of the statement of the record")
            if place is not None:
                row[place] = power
        terms.append([str(number), row])
    return sorted(terms, key=str)
