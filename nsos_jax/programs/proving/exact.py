"""What the provers hand over: exact values of the unknowns and exact Gram matrices."""

from dataclasses import dataclass

import numpy as np
from flint import fmpq

from nsos_jax.certificates import Identity, as_fraction
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.equations import Presolved, ProgramSystem
from nsos_jax.programs.modelling import SosProgram


@dataclass(frozen=True, eq=False)
class ExactGram:
    """Q = core / denominator, or V core V' / denominator with V = `range`.

    Attributes:
      core: integers [k, k] or [rank, rank], object array.
      denominator: positive.
      range: integers [k, rank], object array, or None.
    """

    core: np.ndarray
    denominator: int
    range: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class ExactPoint:
    """A point that satisfies all equations of a presolved program; whether its Gram matrices are positive semidefinite
    is for the checker to say.

    Attributes:
      values: of all unknowns of the system, those of cofactors included.
      grams: one per block of the presolved system.
    """

    values: list[fmpq]
    grams: list[ExactGram]


def identities_of(
    program: SosProgram, system: ProgramSystem, presolved: Presolved, exact: ExactPoint
) -> list[Identity]:
    """One identity for each constraint, from an exact point of what presolve left of the system of a program."""
    variables = program.all_variables
    blocks: list[list] = [[] for _ in program.constraints]
    for block, gram in zip(presolved.system.blocks, exact.grams, strict=True):
        if len(gram.core):
            whole = (block.basis, gram.core, gram.denominator)
            given = whole if gram.range is None else (*whole, gram.range)
            blocks[block.constraint].append((block.multiplier, given))
    cofactors: list[list[Polynomial]] = [[] for _ in program.constraints]
    for cofactor in system.cofactors:
        numbers = [as_fraction(exact.values[index]) for index in cofactor.indices]
        cofactors[cofactor.constraint].append(Polynomial.from_arrays(cofactor.monomials, numbers, variables))
    return [Identity.create(variables, *pair) for pair in zip(blocks, cofactors, strict=True)]
