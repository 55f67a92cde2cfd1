"""The statement of a program and the identities of an exact point, as certificates hold them."""

from nsos_jax.certificates import (
    AffineTerms,
    Identity,
    ProgramStatement,
    StatedConstraint,
    StatedObjective,
    StatedUnknown,
    as_fraction,
)
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.presolve import Presolved
from nsos_jax.programs.program import SosProgram
from nsos_jax.programs.proving import ExactPoint
from nsos_jax.programs.system import ProgramSystem


def statement_of(program: SosProgram) -> ProgramStatement:
    """Unknowns, constraints and objective of a program in exact numbers."""
    variables = program.all_variables
    place = {
        index: (number, at)
        for number, declared in enumerate(program.declared.values())
        for at, index in enumerate(declared.indices)
    }
    unknowns = [
        StatedUnknown.create(declared.name, program.widened(declared.monomials))
        for declared in program.declared.values()
    ]
    constraints = []
    for constraint in program.constraints:
        target = constraint.target
        linear = {place[index]: part for index, part in target.parts.items()}
        affine = AffineTerms.create(variables, None if target.constant.is_zero else target.constant, linear)
        given = constraint.on
        constraints.append(
            StatedConstraint.create(
                variables,
                constraint.name,
                constraint.kind,
                affine,
                given.inequalities,
                constraint.products,
                given.equalities,
            )
        )
    objective = None
    if program.objective.expression is not None:
        expression = program.objective.expression
        weights = {place[index]: part.coefficients[0] for index, part in expression.parts.items()}
        constant = expression.constant.coefficients[0] if expression.constant.num_terms else 0
        objective = StatedObjective.create(program.objective.sense, weights, constant)
    return ProgramStatement.create(variables, unknowns, constraints, objective)


def identities_of(
    program: SosProgram, system: ProgramSystem, presolved: Presolved, exact: ExactPoint
) -> list[Identity]:
    """One identity for each constraint, from an exact point of what presolve left of the system of a program."""
    variables = program.all_variables
    blocks: list[list] = [[] for _ in program.constraints]
    for block, gram in zip(presolved.system.blocks, exact.grams, strict=True):
        if block.constraint >= 0 and len(gram.core):
            whole = (block.basis, gram.core, gram.denominator)
            given = whole if gram.range is None else (*whole, gram.range)
            blocks[block.constraint].append((block.multiplier, given))
    cofactors: list[list[Polynomial]] = [[] for _ in program.constraints]
    for cofactor in system.cofactors:
        numbers = [as_fraction(exact.values[index]) for index in cofactor.indices]
        cofactors[cofactor.constraint].append(Polynomial.from_arrays(cofactor.monomials, numbers, variables))
    return [Identity.create(variables, *pair) for pair in zip(blocks, cofactors, strict=True)]
