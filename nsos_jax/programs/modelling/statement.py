"""The statement of a program, as certificates hold it."""

from nsos_jax.certificates import AffineTerms, ProgramStatement, StatedConstraint, StatedObjective, StatedUnknown
from nsos_jax.programs.modelling.program import SosProgram


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
