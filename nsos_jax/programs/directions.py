"""Directions in which programs go on for ever."""

from copy import copy
from dataclasses import replace

from nsos_jax.programs.modelling import Objective, SosProgram, unused_name


def improving(program: SosProgram) -> SosProgram:
    """Directions in which values of the unknowns may go on for ever while the objective grows by 1 each time: the same
    constraints without what is known in them, and the objective as it changes."""
    expression = program.objective.expression
    assert expression is not None
    change = 1 if program.objective.sense == "maximize" else -1
    homogeneous = copy(program)
    homogeneous.constraints = [
        replace(constraint, target=constraint.target - constraint.target.constant) for constraint in program.constraints
    ]
    homogeneous.objective = Objective()
    name = unused_name("the objective improves", [constraint.name for constraint in program.constraints])
    homogeneous.zero(expression - expression.constant - change, name=name)
    return homogeneous
