"""From the user's function to one right-hand side in exact polynomials."""

import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from nsos_jax.control.dynamics.calculus import occurring
from nsos_jax.control.dynamics.jax_functions import REMEDY, traced_by_jax
from nsos_jax.control.dynamics.rational import NotPolynomial, RationalFunction
from nsos_jax.control.dynamics.trigonometry import cosine_name, sine_name
from nsos_jax.polynomials import Polynomial

Function = Callable[..., Any]


@dataclass(frozen=True)
class Mode:
    """One right-hand side: x' = numerators / denominator, or x+ for discrete time.

    Attributes:
      numerators: one polynomial per state.
      denominator: common to all, positive where the system is looked at; 1 for polynomial dynamics.
    """

    numerators: tuple[Polynomial, ...]
    denominator: Polynomial


def names_of(given: Any, where: str) -> tuple[str, ...]:
    if isinstance(given, Polynomial) or not isinstance(given, Iterable):
        raise TypeError(f"{where}: got {given!r:.60}, wanted names such as 'x1 x2'")
    names = tuple(given.replace(",", " ").split() if isinstance(given, str) else map(str, given))
    for name in names:
        if not name.isidentifier():
            raise ValueError(f"{where}: got {name!r}, wanted names such as 'x1 x2'")
    return names


def traced(function: Function, arguments: Sequence[Any], count: int, index: int) -> list[RationalFunction]:
    """What the function returns for exact variables."""
    where = f"f[{index}]"
    if not callable(function):
        remedy = "System.from_text reads texts, System.from_sympy SymPy expressions"
        wanted = f"wanted a function of {len(arguments)} numbers"
        raise TypeError(f"{where}: got {type(function).__name__}, {wanted}: {remedy}")
    _check_arity(function, len(arguments), where)
    try:
        returned = function(*arguments)
    except NotPolynomial:
        raise
    except TypeError as error:  # perhaps of JAX, which takes numbers and arrays only
        returned = traced_by_jax(function, arguments) if "jax" in sys.modules else None
        if returned is None:
            raise NotPolynomial(f"{where}: {error}; {REMEDY}") from error
    if isinstance(returned, RationalFunction | Polynomial) or np.ndim(returned) == 0:
        returned = [returned]
    values = [RationalFunction.of(value) for value in returned]
    if len(values) != count:
        raise ValueError(f"{where}: returned {len(values)} values, wanted one for each of the {count} states")
    for value, given in zip(values, returned, strict=True):
        if value is None:
            raise NotPolynomial(f"{where}: returned {type(given).__name__}, wanted rational functions")
    return values  # type: ignore[return-value]


def _check_arity(function: Function, count: int, where: str) -> None:
    """Refuses a function that cannot be called with so many arguments, before its own errors are taken for others."""
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):  # of a built-in function
        return
    try:
        signature.bind(*[None] * count)
    except TypeError:
        wanted = "one for each state, input and parameter, each a number, in this order and without the time"
        raise ValueError(f"{where}: takes the arguments {signature}, is called with {count}: {wanted}") from None


def mode_of(values: Sequence[RationalFunction], names: Sequence[str], angles: Sequence[str]) -> Mode:
    """Over a common denominator, with the derivatives of sines and cosines in the place of those of angles."""
    final: list[RationalFunction] = []
    for name, value in zip(names, values, strict=True):
        if name in angles:
            s, c = Polynomial.parse(sine_name(name)), Polynomial.parse(cosine_name(name))
            final += [value * c, value * -s]
        else:
            final.append(value)
    bottoms: list[Polynomial] = []
    for value in final:
        if value.denominator not in bottoms and value.denominator != 1:
            bottoms.append(value.denominator)
    common = Polynomial.constant(1)
    for bottom in bottoms:
        common = common * bottom
    numerators = []
    for value in final:
        rest = Polynomial.constant(1)
        for bottom in bottoms:
            if bottom != value.denominator:
                rest = rest * bottom
        numerators.append(value.numerator * rest)
    if common.evaluate(dict.fromkeys(common.variables, 0)) < 0:  # denominators have to be positive
        return Mode(tuple(-numerator for numerator in numerators), -common)
    return Mode(tuple(numerators), common)


def expression(value: Any, names: Sequence[str], where: str) -> Polynomial:
    """A polynomial of some variables: given as such, as text or a number, or as a function of all of them.

    Raises:
      ValueError: it has other variables, or a denominator.
    """
    if callable(value):
        value = value(*[RationalFunction(Polynomial.parse(name)) for name in names])
    found = RationalFunction.of(Polynomial.parse(value) if isinstance(value, str) else value)
    if found is None or found.denominator.degree > 0:
        raise ValueError(f"{where}: got {value!r:.60}, wanted a polynomial in {', '.join(names)}")
    polynomial = found.numerator / sum(found.denominator.coefficients, Fraction(0))
    for name in occurring(polynomial):
        if name not in names:
            raise ValueError(f"{where}: got the variable {name!r}, wanted {', '.join(names)}")
    return polynomial
