"""Expressions and monomials that people hand to `SosProgram`, checked, over its unknowns and variables."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.modelling.expressions import AffinePolynomial, Unknowns


def taken(expression: Any, unknowns: Unknowns, variables: Sequence[str], name: str) -> AffinePolynomial:
    """The expression as one over these unknowns.

    Raises:
      TypeError: it is none, and why.
      ValueError: it has unknowns of another program, or other variables.
    """
    if not isinstance(expression, AffinePolynomial):
        if isinstance(expression, bool):
            raise TypeError(f"{name}: got {expression}, as comparisons give: for p = q, and p >= q, give p - q")
        if not isinstance(expression, Polynomial):
            try:
                expression = Polynomial.constant(expression)
            except (ValueError, TypeError):
                raise TypeError(f"{name}: {_unusable(expression)}") from None
        expression = AffinePolynomial(unknowns, expression, {})
    if expression.unknowns is not unknowns:
        raise ValueError(f"{name}: its unknowns belong to another program")
    for part in (expression.constant, *expression.parts.values()):
        check_variables(part, unknowns, variables, name)
    return expression


def check_variables(polynomial: Polynomial, unknowns: Unknowns, variables: Sequence[str], where: str) -> None:
    """Refuses a polynomial in other variables than those of the program, or parameters of a family.

    Raises:
      ValueError: names the variable.
    """
    used = np.flatnonzero(polynomial.exponents.any(axis=0)).tolist()
    for name in (polynomial.variables[column] for column in used):
        if name not in variables and name not in unknowns.parameters:
            raise ValueError(f"{where}: got the variable {name!r}, the program has {', '.join(variables)}")


def exponents_of(monomial: Any, unknowns: Unknowns, variables: Sequence[str], where: str) -> list[int]:
    """Of a monomial over the variables.

    Raises:
      ValueError: it is no monomial, or has other variables.
    """
    if isinstance(monomial, str):
        raise TypeError(f"{where}: {_unusable(monomial)}")
    if not isinstance(monomial, Polynomial):
        monomial = Polynomial.constant(monomial)
    if monomial.num_terms != 1 or monomial.coefficients != (1,):
        raise ValueError(f"{where}: got {monomial}, wanted monomials such as x^2*y")
    check_variables(monomial, unknowns, variables, where)
    powers = dict(zip(monomial.variables, monomial.exponents[0].tolist(), strict=True))
    return [powers.get(name, 0) for name in variables]


def _unusable(expression: Any) -> str:
    """Why this is no expression, and what to do."""
    what = type(expression).__name__
    if isinstance(expression, str):
        return f"got text, {expression!r:.60}: read it with Polynomial.parse"
    if hasattr(expression, "free_symbols"):
        return f"got SymPy's {what}: take program.expression(...) of it"
    return f"got {what}, wanted a polynomial or an expression with unknowns"
