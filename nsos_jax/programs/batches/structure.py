"""What programs can have in common, and the numbers in which they then differ."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.modelling import SosProgram

Place = tuple[str, int, int]
"""("target", constraint, unknown or -1), ("factor", constraint, product), ("equality", constraint, its number) or
("objective", 0, unknown or -1): a known polynomial of a program."""


def pieces(program: SosProgram) -> Iterator[tuple[Place, Polynomial]]:
    """All known polynomials of a program, in an order that programs of one structure share."""
    for index, constraint in enumerate(program.constraints):
        target = constraint.target
        yield ("target", index, -1), target.constant
        for unknown in sorted(target.parts):
            yield ("target", index, unknown), target.parts[unknown]
        if constraint.kind == "sos":
            for k, factor in enumerate(constraint.factors[1:]):
                yield ("factor", index, k), factor
            for j, equality in enumerate(constraint.on.equalities):
                yield ("equality", index, j), equality
    expression = program.objective.expression
    if expression is not None:
        yield ("objective", 0, -1), expression.constant
        for unknown in sorted(expression.parts):
            yield ("objective", 0, unknown), expression.parts[unknown]


@dataclass(frozen=True)
class ProgramStructure:
    """Everything about a program but its numbers; hashable.

    Attributes:
      frame: variables, unknowns, and how constraints are stated.
      supports: by place the variables and the monomials of the polynomial there.
    """

    frame: tuple
    supports: tuple

    @staticmethod
    def of(program: SosProgram) -> "ProgramStructure":
        """The structure of a program.

        >>> one, other = SosProgram("x"), SosProgram("x")
        >>> for program, number in ((one, 2), (other, 3)):
        ...     (x,), g = program.indeterminates, program.scalar("g")
        ...     program.sos(number * x**2 - g)
        >>> ProgramStructure.of(one) == ProgramStructure.of(other)
        True
        """
        constraints = tuple(
            (c.name, c.kind, c.degree, c.products, c.sparsity, c.cone, None if c.basis is None else c.basis.tobytes())
            for c in program.constraints
        )
        declared = tuple((one.name, one.monomials.tobytes()) for one in program.declared.values())
        supports = tuple(
            (place, polynomial.variables, polynomial.exponents.tobytes()) for place, polynomial in pieces(program)
        )
        return ProgramStructure((program.all_variables, declared, constraints, program.objective.sense), supports)


@dataclass(frozen=True, eq=False)
class Slots:
    """Where the numbers of programs stand.

    Attributes:
      places: of each number.
      exponents: int32 [D, n], the monomial that it is the coefficient of, over all variables of the program.
    """

    places: list[Place]
    exponents: Int[np.ndarray, "D n"]

    @staticmethod
    def of(program: SosProgram) -> "Slots":
        """In the order of `pieces`, and of the terms of each."""
        places, rows = [], []
        for place, polynomial in pieces(program):
            places += [place] * polynomial.num_terms
            rows.append(spread(polynomial.exponents, polynomial.variables, program.all_variables))
        return Slots(places, np.concatenate(rows))


def spread(exponents: np.ndarray, own: Sequence[str], names: Sequence[str]) -> Int[np.ndarray, "terms n"]:
    """Exponents over more variables; those of a polynomial that are not among `names` do not occur in it."""
    wide = np.zeros((len(exponents), len(names)), np.int32)
    for column, name in enumerate(own):
        if name in names:
            wide[:, names.index(name)] = exponents[:, column]
    return wide


@dataclass(frozen=True, eq=False)
class Numbers:
    """The numbers of B programs of one structure, numerators / denominators.

    Attributes:
      numerators: integers [B, D], object array.
      denominators: positive integers [B], object array.
    """

    numerators: np.ndarray
    denominators: np.ndarray

    @staticmethod
    def of(programs: Sequence[SosProgram]) -> "Numbers":
        """In the order of `Slots.of`."""
        rows, denominators = [], np.empty(len(programs), dtype=object)
        for index, program in enumerate(programs):
            polynomials = [polynomial for _, polynomial in pieces(program)]
            common = math.lcm(*(polynomial.denominator for polynomial in polynomials))
            row: list[int] = []
            for polynomial in polynomials:
                factor = common // polynomial.denominator
                row += polynomial.numerators if factor == 1 else [factor * value for value in polynomial.numerators]
            rows.append(row)
            denominators[index] = common
        numerators = np.empty((len(rows), len(rows[0])), dtype=object)
        numerators[:] = rows
        return Numbers(numerators, denominators)

    def take(self, members: np.ndarray) -> "Numbers":
        """Those of some programs."""
        return Numbers(self.numerators[members], self.denominators[members])

    def agreeing(self, slots: np.ndarray) -> np.ndarray:
        """Which programs have the same numbers as the first one in these slots, bool [B]."""
        own = self.numerators[:, slots] * self.denominators[0]
        return np.asarray((own == self.numerators[:1, slots] * self.denominators[:, None]).all(axis=1))
