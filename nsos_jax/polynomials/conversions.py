"""Exponent arrays, exact coefficients and SymPy expressions: what `Polynomial` is made from and turned into."""

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpz
from jaxtyping import Int

from nsos_jax.polynomials import terms
from nsos_jax.polynomials.scalars import rational


def check_exponents(exponents: Any, names: tuple[str, ...] | None) -> Int[np.ndarray, "terms variables"]:
    """The exponents as a valid int32 array; ValueError says what was got and wanted. `names` may be unknown."""
    array = np.asarray(exponents)
    if array.size == 0 and array.ndim < 2:
        array = np.zeros((len(array), len(names or ())), np.int32)
    wanted = "variables" if names is None else len(names)
    if array.ndim != 2 or (names is not None and array.shape[1] != len(names)):
        raise ValueError(f"exponents: got shape {array.shape}, wanted (terms, {wanted})")
    if array.shape[1] > terms.MAX_VARIABLES:
        raise ValueError(f"exponents: got {array.shape[1]} variables, wanted at most {terms.MAX_VARIABLES}")
    terms.check_term_count(len(array), array.shape[1])
    if array.dtype.kind not in "iuf" or (array.dtype.kind == "f" and not (array == np.floor(array)).all()):
        raise ValueError(f"exponents: got {array.dtype} values that are not all integers, wanted nonnegative integers")
    if array.size:
        low, high = array.min(), array.max()
        degree = high if high > terms.MAX_EXPONENT else array.sum(axis=1, dtype=np.int64).max()
        if low < 0:
            row = int(np.argwhere(array < 0)[0][0])
            raise ValueError(f"exponents[{row}]: got {array[row].tolist()}, wanted nonnegative integers")
        if degree > terms.MAX_EXPONENT:
            raise ValueError(f"exponents: got degree {degree}, wanted at most {terms.MAX_EXPONENT}")
    return array.astype(np.int32)


def exact_coefficients(coefficients: Sequence[Any] | np.ndarray, count: int) -> tuple[list[int], int]:
    """Integer numerators over one denominator, equal to `count` given numbers; floats count as their binary value."""
    if np.ndim(coefficients) != 1 or len(coefficients) != count:
        raise ValueError(f"coefficients: got shape {np.shape(coefficients)}, wanted ({count},)")
    values = coefficients.tolist() if isinstance(coefficients, np.ndarray) else coefficients
    if all(type(value) is int for value in values):
        return list(values), 1
    return terms.common_denominator([rational(value, f"coefficients[{i}]") for i, value in enumerate(values)])


def nearest_float(numerator: int, denominator: int) -> float:
    """numerator / denominator correctly rounded; infinite beyond the range of float64."""
    try:
        return numerator / denominator
    except OverflowError:
        return math.inf if numerator > 0 else -math.inf


def write_terms(
    variables: Sequence[str], exponents: np.ndarray, numerators: Sequence[int], denominator: int, slash: str = "/"
) -> str:
    """The terms as text that the parser reads, such as `1/2*x1^2 - 3*x1*x2`."""
    if not numerators:
        return "0"
    pieces = []
    for row, numerator in zip(exponents, numerators, strict=True):
        divisor = math.gcd(numerator, denominator)
        # flint prints integers of any length; str() stops at 4,300 digits
        number = fmpz(abs(numerator) // divisor).str()
        if denominator != divisor:
            number += slash + fmpz(denominator // divisor).str()
        powers = [f"{variables[i]}^{row[i]}" if row[i] > 1 else variables[i] for i in np.flatnonzero(row).tolist()]
        pieces.append(" - " if numerator < 0 else " + ")
        pieces.append("*".join(powers if powers and number == "1" else [number, *powers]))
    return ("-" if numerators[0] < 0 else "") + "".join(pieces[1:])


def sympy_arrays(
    expression: Any, variables: Iterable[str] | None
) -> tuple[tuple[str, ...], Int[np.ndarray, "terms variables"], list[Fraction]]:
    """Names, exponents and coefficients of a SymPy expression or Poly; ValueError when it is not a polynomial."""
    import sympy  # slow to import, and only needed here

    if isinstance(expression, str):
        raise ValueError(f"expression: got the text {expression!a:.40}, wanted SymPy (Polynomial.parse reads text)")
    if isinstance(expression, sympy.Poly):
        symbols, expression = list(expression.gens), expression.as_expr()
    else:
        try:
            expression = sympy.sympify(expression, strict=True)
        except sympy.SympifyError:
            raise ValueError(f"expression: got {type(expression).__name__}, wanted a SymPy expression") from None
        symbols = sorted(expression.free_symbols, key=lambda symbol: terms.natural_order(symbol.name))
    names = terms.check_variables([str(symbol) for symbol in symbols] if variables is None else variables)
    known = {str(symbol): symbol for symbol in symbols}
    generators = [known.get(name, sympy.Symbol(name)) for name in names]
    exact = expression.xreplace({value: sympy.Rational(value) for value in expression.atoms(sympy.Float)})
    try:
        # A dummy generator more, because Poly wants at least one.
        poly = sympy.Poly(exact, *generators, sympy.Dummy(), domain="QQ")
    except (sympy.PolynomialError, sympy.CoercionFailed) as error:
        raise ValueError(f"expression: not a polynomial with rational coefficients in {names}: {error}") from None
    rows = [(row[:-1], Fraction(int(value.p), int(value.q))) for row, value in poly.terms() if value]
    exponents = np.array([row for row, _ in rows], dtype=np.int64).reshape(len(rows), len(names))
    return names, exponents, [value for _, value in rows]


def to_sympy(variables: Sequence[str], exponents: np.ndarray, coefficients: Sequence[Fraction]) -> Any:
    """The SymPy expression of given terms."""
    import sympy

    symbols = [*map(sympy.Symbol, variables), sympy.Dummy()]
    rationals = [sympy.Rational(value.numerator, value.denominator) for value in coefficients]
    rows = {(*row, 0): value for row, value in zip(exponents.tolist(), rationals, strict=True)}
    return sympy.Poly(rows, *symbols).as_expr()
