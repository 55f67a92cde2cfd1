"""Programs whose numbers are polynomials in parameters: traced once with symbols, evaluated exactly at numbers.

Letters: N values of the parameters, K parameters, D numbers of a program, M monomials in the parameters.
"""

import math
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.batches.structure import Numbers, Place, Slots, pieces, spread
from nsos_jax.programs.expressions import AffinePolynomial, Unknowns, parameters
from nsos_jax.programs.program import Objective, SosProgram
from nsos_jax.programs.sets import SemialgebraicSet


class TracedProgram:
    """A program with symbols for parameters.

    Attributes:
      program: with the parameters among the variables of its polynomials.
      names: of the parameters, [K].
      slots: where its numbers stand.
      steady: the slots whose number depends on no parameter, bool [D].

    Raises:
      TypeError, ValueError: build does with theta what polynomials do not allow, or makes no program.
    """

    def __init__(self, build: Callable[[Any], SosProgram], shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.names = tuple(f"parameter_{index}" for index in range(math.prod(shape)))
        symbols = np.empty(len(self.names), dtype=object)
        symbols[:] = [Polynomial.parse(name) for name in self.names]
        self.program = self._called(build, symbols.reshape(shape) if shape else symbols[0])
        self._split()

    def _called(self, build: Callable[[Any], SosProgram], theta: Any) -> SosProgram:
        with parameters(self.names):
            try:
                program = build(theta)
            except (TypeError, ValueError) as error:
                raise type(error)(
                    f"build: it was called with symbols for theta, which take part in +, -, * and integer powers only: "
                    f"{error}"
                ) from error
        if not isinstance(program, SosProgram):
            raise TypeError(f"build: it returned {type(program).__name__}, wanted an SosProgram")
        if program.unknowns.parameters != self.names:
            raise ValueError("build: it returned a program that was made before, wanted one made within build")
        return program

    def _split(self) -> None:
        """The coefficients of all pieces as polynomials in the parameters."""
        names = self.program.all_variables
        places: list[Place] = []
        rows: list[np.ndarray] = []
        numbers: list[dict[tuple[int, ...], Fraction]] = []
        for place, polynomial in pieces(self.program):
            own = spread(polynomial.exponents, polynomial.variables, names)
            powers = spread(polynomial.exponents, polynomial.variables, self.names).tolist()
            found: dict[tuple[int, ...], dict[tuple[int, ...], Fraction]] = {}
            for row, power, value in zip(own.tolist(), powers, polynomial.coefficients, strict=True):
                found.setdefault(tuple(row), {})[tuple(power)] = value
            for row in sorted(found, key=lambda row: (sum(row), row), reverse=True):
                places.append(place)
                rows.append(np.array(row, np.int32))
                numbers.append(found[row])
        self.slots = Slots(places, np.array(rows, np.int32).reshape(len(rows), len(names)))
        monomials = sorted({power for number in numbers for power in number}) or [(0,) * len(self.names)]
        self.monomials: Int[np.ndarray, "M K"] = np.array(monomials, np.int64).reshape(len(monomials), len(self.names))
        column = {power: index for index, power in enumerate(monomials)}
        triples = [(slot, column[power], value) for slot, own in enumerate(numbers) for power, value in own.items()]
        self._common = math.lcm(1, *(value.denominator for _, _, value in triples))
        self._rows = np.array([slot for slot, _, _ in triples], np.int64)
        self._columns = np.array([at for _, at, _ in triples], np.int64)
        self._factors = np.array([int(value * self._common) for _, _, value in triples], dtype=object)
        self._starts = np.flatnonzero(np.diff(self._rows, prepend=-1))
        self.coefficients: Float[np.ndarray, "D M"] = np.zeros((len(numbers), len(monomials)))
        self.coefficients[self._rows, self._columns] = [float(value) for _, _, value in triples]
        varying = self.coefficients[:, self.monomials.any(axis=1)]
        self.steady: Bool[np.ndarray, " D"] = np.asarray(~varying.any(axis=1))

    def numbers(self, thetas: Float[np.ndarray, "N K"]) -> Numbers:
        """The numbers of all programs, exactly at the binary values of the parameters."""
        most = int(self.monomials.sum(axis=1).max())
        numerators = np.empty(thetas.shape, dtype=object)
        scales = np.empty(len(thetas), dtype=object)
        for index, row in enumerate(thetas.tolist()):
            fractions = [value.as_integer_ratio() for value in row]
            common = max((denominator for _, denominator in fractions), default=1)
            numerators[index] = [numerator * (common // denominator) for numerator, denominator in fractions]
            scales[index] = common
        values = np.empty((len(thetas), len(self.monomials)), dtype=object)
        for column, powers in enumerate(self.monomials.tolist()):
            value = scales ** (most - sum(powers))
            for k, power in enumerate(powers):
                if power:
                    value = value * numerators[:, k] ** power
            values[:, column] = value
        result = np.zeros((len(thetas), len(self.slots.places)), dtype=object)
        if len(self._rows):
            sums = np.add.reduceat(values[:, self._columns] * self._factors, self._starts, axis=1)
            result[:, self._rows[self._starts]] = sums
        return Numbers(result, self._common * scales**most)

    def pulled_back(
        self, thetas: Float[np.ndarray, "N K"], gradients: Float[np.ndarray, "N D"]
    ) -> Float[np.ndarray, "N K"]:
        """Derivatives by the parameters from those by the numbers."""
        by_monomial = gradients @ self.coefficients
        result = np.zeros(thetas.shape)
        for k in range(thetas.shape[1]):
            lowered = self.monomials.copy()
            lowered[:, k] = np.maximum(lowered[:, k] - 1, 0)
            slopes = self.monomials[:, k] * np.prod(thetas[:, None, :] ** lowered, axis=2)
            result[:, k] = (by_monomial * slopes).sum(axis=1)
        return result

    def at(self, theta: Sequence[float | Fraction]) -> SosProgram:
        """The program with numbers for the parameters."""
        values = {name: Fraction(value) for name, value in zip(self.names, theta, strict=True)}
        traced = self.program
        program = copy(traced)
        program.unknowns = Unknowns(traced.variables)
        program.unknowns.add(traced.unknowns.names)

        def known(polynomial: Polynomial) -> Polynomial:
            return polynomial.substitute({name: values[name] for name in polynomial.variables if name in values})

        def affine(target: AffinePolynomial) -> AffinePolynomial:
            parts = {index: known(part) for index, part in target.parts.items()}
            return AffinePolynomial(program.unknowns, known(target.constant), parts)

        program.constraints = [
            replace(
                constraint,
                target=affine(constraint.target),
                on=SemialgebraicSet(map(known, constraint.on.inequalities), map(known, constraint.on.equalities)),
            )
            for constraint in traced.constraints
        ]
        if traced.objective.expression is not None:
            program.objective = Objective(traced.objective.sense, affine(traced.objective.expression))
        return program
