"""Derivatives and substitutions of polynomials that need not have all the variables."""

from collections.abc import Mapping
from typing import Any

from nsos_jax.polynomials import Polynomial


def occurring(polynomial: Polynomial) -> list[str]:
    """The variables that occur in it."""
    degrees = polynomial.exponents.max(axis=0, initial=0).tolist()
    return [name for name, degree in zip(polynomial.variables, degrees, strict=True) if degree]


def derivative(polynomial: Any, name: str) -> Any:
    """Of a polynomial, or of one with unknowns; zero by a variable that it does not have."""
    if isinstance(polynomial, Polynomial) and name not in polynomial.variables:
        return Polynomial.constant(0)
    return polynomial.derivative(name)


def substituted(polynomial: Any, values: Mapping[str, Any]) -> Any:
    """With values for those of the variables that it has."""
    return polynomial.substitute({name: value for name, value in values.items() if name in polynomial.variables})
