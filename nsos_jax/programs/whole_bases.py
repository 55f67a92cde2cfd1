"""The complete bases of a program's multipliers, as certificates hold them."""

import numpy as np

from nsos_jax.certificates import Bases, ProgramStatement
from nsos_jax.polynomials import distinct_rows
from nsos_jax.programs.equations import ProgramSystem
from nsos_jax.programs.modelling import SosProgram, statement_of


def complete_bases(program: SosProgram) -> list[Bases | None]:
    """For each constraint the monomials of all multipliers; None for one that its target is zero."""
    return bases_of_system(statement_of(program), ProgramSystem.of(program))


def bases_of_system(statement: ProgramStatement, system: ProgramSystem) -> list[Bases | None]:
    """The same of a program whose statement and equations are known; the union of cliques where there are such."""
    none = np.zeros((0, len(system.names)), np.int32)
    parts: dict[tuple[int, int], list[np.ndarray]] = {}
    for block in system.blocks:
        parts.setdefault((block.constraint, block.multiplier), []).append(block.basis)
    squares = [[none] * (1 + len(constraint.products)) for constraint in statement.constraints]
    for (constraint, multiplier), own in parts.items():
        squares[constraint][1 + multiplier] = own[0] if len(own) == 1 else distinct_rows(np.concatenate(own))
    cofactors = [[none] * len(constraint.equalities) for constraint in statement.constraints]
    for cofactor in system.cofactors:
        cofactors[cofactor.constraint][cofactor.equality] = cofactor.monomials
    return [
        Bases.create(*pair) if constraint.kind == "sos" else None
        for constraint, *pair in zip(statement.constraints, squares, cofactors, strict=True)
    ]
