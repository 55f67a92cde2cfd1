"""Programs as statements that read back to the same equations."""

import re
from fractions import Fraction
from typing import Any

import numpy as np

from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.modelling import AffinePolynomial, Constraint, Declared, SosProgram


def write_statement(program: SosProgram) -> dict[str, Any]:
    """The program in the format of `problem`: all unknowns as `polynomials`, all targets in expanded form.

    >>> program = SosProgram("x y")
    >>> x, y = program.indeterminates
    >>> a = program.scalar("a")
    >>> program.sos(x**2 + a * x * y + y**2, name="form")
    >>> program.maximize(a)
    >>> write_statement(program)["constraints"]
    [{'name': 'form', 'sos': 'x^2 + y^2 + a*(x*y)'}]
    """
    names = _coefficient_texts(program)
    statement: dict[str, Any] = {
        "variables": list(program.variables),
        "polynomials": {
            declared.name: {"monomials": [str(unit) for unit in _monomials(declared.monomials, program.variables)]}
            for declared in program.declared.values()
        },
        "constraints": [_constraint(constraint, program, names) for constraint in program.constraints],
    }
    if program.objective.expression is not None:
        statement[program.objective.sense] = _text(program.objective.expression, names)
    return statement


def _constraint(constraint: Constraint, program: SosProgram, names: list[str]) -> dict[str, Any]:
    head: dict[str, Any] = {"name": constraint.name}
    if constraint.kind == "zero":
        return head | {"zero": _text(constraint.target, names)}
    for key, default in (("cone", "psd"), ("sparsity", "auto")):
        if getattr(constraint, key) != default:
            head[key] = getattr(constraint, key)
    units = _matrix_variables(constraint, program)
    if units:
        rows = [[_text(_entry(constraint.target, units, i, j), names) for j in units] for i in units]
        return head | {"sos_matrix": rows}
    if constraint.degree is not None:
        return head | {
            "psatz": _text(constraint.target, names),
            "inequalities": list(map(str, constraint.on.inequalities)),
            "equalities": list(map(str, constraint.on.equalities)),
            "degree": constraint.degree,
            "products": any(len(indices) > 1 for indices in constraint.products),
        }
    written = head | {"sos": _text(constraint.target, names)}
    if constraint.basis is not None:
        written["gram_basis"] = [str(unit) for unit in _monomials(constraint.basis, program.variables)]
    return written


def _coefficient_texts(program: SosProgram) -> list[str]:
    """How each unknown number is written: `gamma`, or `coeff(V, x^2*y)`."""
    texts = []
    for declared in program.declared.values():
        units = _monomials(declared.monomials, program.variables)
        texts += [declared.name] if _is_scalar(declared) else [f"coeff({declared.name}, {unit})" for unit in units]
    return texts


def _is_scalar(declared: Declared) -> bool:
    return len(declared.monomials) == 1 and not declared.monomials.any()


def _monomials(rows: np.ndarray, variables: tuple[str, ...]) -> list[Polynomial]:
    return [Polynomial.from_arrays(row[None], [1], variables) for row in rows]


def _text(expression: AffinePolynomial, names: list[str]) -> str:
    pieces = [] if expression.constant.is_zero and expression.parts else [str(expression.constant)]
    for index, part in expression.parts.items():
        pieces.append(names[index] if part == 1 else f"{names[index]}*({part})")
    return " + ".join(pieces)


def _matrix_variables(constraint: Constraint, program: SosProgram) -> list[str]:
    """The indeterminates that `sos_matrix` introduced for a constraint, in order."""
    own = program.all_variables[len(program.variables) :]
    parts = (constraint.target.constant, *constraint.target.parts.values())
    used = {name for part in parts for name in part.variables if name in own}
    bases = {re.sub(r"\d+$", "", name) for name in used}
    return [name for name in own if re.sub(r"\d+$", "", name) in bases]


def _entry(target: AffinePolynomial, units: list[str], row: str, column: str) -> AffinePolynomial:
    """M[row, column] of y'My."""
    powers = [0] * len(units)
    powers[units.index(row)] += 1
    powers[units.index(column)] += 1
    weight = Fraction(1) if row == column else Fraction(1, 2)

    def coefficient(part: Polynomial) -> Polynomial:
        others = [name for name in part.variables if name not in units]
        placed = [part.variables.index(name) if name in part.variables else None for name in units]
        keep = [
            all((exponents[at] if at is not None else 0) == power for at, power in zip(placed, powers, strict=True))
            for exponents in part.exponents.tolist()
        ]
        columns = [part.variables.index(name) for name in others]
        rows = part.exponents[keep][:, columns]
        values = [weight * value for value, kept in zip(part.coefficients, keep, strict=True) if kept]
        return Polynomial.from_arrays(rows, values, others)

    parts = {index: coefficient(part) for index, part in target.parts.items()}
    return AffinePolynomial(target.unknowns, coefficient(target.constant), parts)
