"""Programs whose numbers are polynomials in parameters: traced once with symbols, evaluated exactly at numbers.

Letters: N values of the parameters, K parameters, D numbers of a program.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from jaxtyping import Float

from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.batches.parametric import ParametricNumbers, coefficients_in
from nsos_jax.programs.batches.structure import Numbers, Place, Slots, pieces
from nsos_jax.programs.modelling import AffinePolynomial, Objective, SemialgebraicSet, SosProgram, Unknowns, parameters


class TracedProgram:
    """A program with symbols for parameters.

    Attributes:
      program: with the parameters among the variables of its polynomials.
      names: of the parameters, [K].
      slots: where its numbers stand; parametric: these numbers.
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
        rows: list[tuple[int, ...]] = []
        numbers: list[Mapping[tuple[int, ...], Fraction]] = []
        for place, polynomial in pieces(self.program):
            found = coefficients_in(polynomial, names, self.names)
            places += [place] * len(found)
            rows += found
            numbers += found.values()
        self.slots = Slots(places, np.array(rows, np.int32).reshape(len(rows), len(names)))
        self.parametric = ParametricNumbers(numbers, len(self.names))
        self.steady = self.parametric.steady

    def numbers(self, thetas: Float[np.ndarray, "N K"]) -> Numbers:
        """The numbers of all programs, exactly at the binary values of the parameters."""
        return self.parametric.at(thetas)

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
