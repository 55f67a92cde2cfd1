"""Values of unknowns as people and solvers give them."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.modelling import Declared, SosProgram

Number: TypeAlias = Fraction | float
"""Exact, or to be rounded."""


def given_numbers(program: SosProgram, values: Any) -> dict[int, Number]:
    """Numbers by unknown, of those that were given: a float may be rounded, a Fraction is exact.

    Args:
      program: whose unknowns they are.
      values: by name a number, a polynomial, a SymPy expression, or the coefficients in the order of the monomials; or
        a CVXPY problem or a MOSEK task made by the program, solved.

    Raises:
      ValueError: a name is unknown, a monomial does not belong to it, or a number is not finite.
    """
    result: dict[int, Number] = {}
    for name, value in _by_name(program, values).items():
        if name not in program.declared:
            known = ", ".join(program.declared) or "none"
            raise ValueError(f"values: got {name!r}, the unknowns of the program are {known}")
        declared = program.declared[name]
        result.update(zip(declared.indices, _coefficients(program, declared, value), strict=True))
    return result


def _by_name(program: SosProgram, values: Any) -> Mapping[str, Any]:
    if isinstance(values, Mapping):
        return values
    if hasattr(values, "var_dict"):  # of CVXPY
        found = {name: values.var_dict[name].value for name in program.declared if name in values.var_dict}
    elif hasattr(values, "getxx"):  # of MOSEK
        import mosek

        numbers = np.array(values.getxx(mosek.soltype.itr))
        found = {name: numbers[list(declared.indices)] for name, declared in program.declared.items()}
    else:
        what = type(values).__name__
        raise TypeError(f"values: got {what}, wanted values by name, or a solved CVXPY problem or MOSEK task")
    if any(value is None for value in found.values()):
        raise ValueError("values: the problem holds none: solve it first")
    return found


def _coefficients(program: SosProgram, declared: Declared, value: Any) -> list[Number]:
    where, count = f"values[{declared.name!r}]", len(declared.indices)
    if hasattr(value, "free_symbols"):  # of SymPy
        value = Polynomial.from_sympy(value)
    if isinstance(value, Polynomial):
        return list(_of_polynomial(program, declared, value, where))
    listed = value.ravel().tolist() if isinstance(value, np.ndarray | np.generic) else value
    if not isinstance(listed, list | tuple):
        listed = [listed]
    if len(listed) != count:
        wanted = "a number" if count == 1 else f"{count} coefficients, one for each of its monomials, or a polynomial"
        raise ValueError(f"{where}: got {len(listed)} numbers, wanted {wanted}")
    return [_number(number, where) for number in listed]


def _number(value: Any, where: str) -> Number:
    if isinstance(value, int | Fraction):
        return Fraction(value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{where}: got {type(value).__name__}, wanted numbers or a polynomial") from None
    if not math.isfinite(number):
        raise ValueError(f"{where}: got {number}, wanted finite numbers")
    return number


def _of_polynomial(program: SosProgram, declared: Declared, value: Polynomial, where: str) -> list[Fraction]:
    exponents = {tuple(row): at for at, row in enumerate(declared.monomials.tolist())}
    result = [Fraction(0)] * len(declared.indices)
    for powers, coefficient in value.to_dict().items():
        named = dict(zip(value.variables, powers, strict=True))
        row = tuple(named.pop(name, 0) for name in program.variables)
        if row not in exponents or any(named.values()):
            monomial = Polynomial.from_arrays([powers], [1], value.variables)
            raise ValueError(f"{where}: got the monomial {monomial}, which {declared.name} does not have")
        result[exponents[row]] = coefficient
    return result


def over(polynomial: Polynomial, variables: tuple[str, ...]) -> Polynomial:
    """The same polynomial with these variables, which include its own, in this order."""
    return Polynomial.from_arrays([[0] * len(variables)], [0], variables) + polynomial
