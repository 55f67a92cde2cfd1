"""Expressions with unknowns, to SymPy and back.

A coefficient of an unknown polynomial is the symbol of its name, such as V[x^2*y]; an unknown number is one of its own
name. On the way back the symbol V stands for all of V too.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import sympy

from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.interop.given import over
from nsos_jax.programs.modelling import AffinePolynomial, BilinearError, SosProgram


def to_sympy(expression: AffinePolynomial | Polynomial | Fraction) -> sympy.Expr:
    """The SymPy expression of a polynomial, of one with unknowns, or of a number."""
    if isinstance(expression, Fraction):
        return sympy.Rational(expression.numerator, expression.denominator)
    if isinstance(expression, Polynomial):
        return expression.to_sympy()
    names = expression.unknowns.names
    summands = [sympy.Symbol(names[index]) * part.to_sympy() for index, part in expression.parts.items()]
    return sympy.Add(expression.constant.to_sympy(), *summands)


def from_sympy(program: SosProgram, expression: Any) -> AffinePolynomial:
    """A SymPy expression in the variables and unknowns of a program.

    Raises:
      ValueError: a symbol is neither a variable nor an unknown, or the expression is no polynomial.
      BilinearError: unknowns are multiplied with each other.
    """
    expanded = sympy.expand(sympy.sympify(expression, strict=True))
    unknowns = _unknowns(program)
    symbols = {symbol.name: symbol for symbol in expanded.free_symbols}
    for name in symbols:
        if name not in unknowns and name not in program.all_variables:
            raise ValueError(
                f"expression: {name} is neither a variable nor an unknown: declare it with program.scalar({name!r}), or"
                f" name it among the variables, {', '.join(program.variables)}"
            )
    chosen = [name for name in unknowns if name in symbols]
    total = AffinePolynomial(program.unknowns, Polynomial.constant(0), {})
    if not chosen:
        return total + Polynomial.from_sympy(expanded)
    try:
        poly = sympy.Poly(expanded, *(symbols[name] for name in chosen))
    except sympy.PolynomialError as error:
        raise ValueError(f"expression: it is no polynomial in the unknowns {', '.join(chosen)}: {error}") from None
    for powers, coefficient in poly.terms():
        involved = [name for name, power in zip(chosen, powers, strict=True) for _ in range(power)]
        if len(involved) > 1:
            raise BilinearError(
                f"expression: the product {' * '.join(involved)} of unknowns is not affine: fix one of them"
            )
        known = Polynomial.from_sympy(coefficient)
        total = total + (unknowns[involved[0]] * known if involved else known)
    return total


def program_to_sympy(program: SosProgram) -> dict[str, Any]:
    """The constraints and the objective as SymPy expressions.

    Returns:
      {"constraints": {name: {"kind", "expression", "inequalities", "equalities"}}, "objective": (sense, expression) or
      None}.
    """
    constraints = {
        constraint.name: {
            "kind": constraint.kind,
            "expression": to_sympy(constraint.target),
            "inequalities": [to_sympy(polynomial) for polynomial in constraint.on.inequalities],
            "equalities": [to_sympy(polynomial) for polynomial in constraint.on.equalities],
        }
        for constraint in program.constraints
    }
    aim = program.objective
    return {
        "constraints": constraints,
        "objective": None if aim.expression is None else (aim.sense, to_sympy(aim.expression)),
    }


def values_to_sympy(program: SosProgram, values: Mapping[str, Polynomial | Fraction]) -> dict[sympy.Symbol, sympy.Expr]:
    """Exact values as a dictionary for `subs`: each coefficient by its symbol."""
    result = {}
    for name, value in values.items():
        declared = program.declared[name]
        polynomial = value if isinstance(value, Polynomial) else Polynomial.constant(value)
        terms = over(polynomial, program.variables).to_dict()
        for index, row in zip(declared.indices, declared.monomials.tolist(), strict=True):
            number = terms.get(tuple(row), Fraction(0))
            result[sympy.Symbol(program.unknowns.names[index])] = to_sympy(number)
    return result


def _unknowns(program: SosProgram) -> dict[str, AffinePolynomial]:
    """By name: whole unknowns, and single coefficients."""
    zero, result = Polynomial.constant(0), {}
    for declared in program.declared.values():
        parts = {
            index: Polynomial.from_arrays(row[None], [1], program.variables)
            for index, row in zip(declared.indices, declared.monomials, strict=True)
        }
        for index in declared.indices:
            name = program.unknowns.names[index]
            result[name] = AffinePolynomial(program.unknowns, zero, {index: Polynomial.constant(1)})
        result[declared.name] = AffinePolynomial(program.unknowns, zero, parts)
    return result
