"""Programs as exact linear equations between unknowns and Gram matrices, and what is done to these before a solver.

In: a `SosProgram`. Out: `ProgramSystem` on complete or sparse bases, `Presolved`, and the scaled `ConicForm` that
solvers are given; back from it, moments. May import `modelling`.
"""

from nsos_jax.programs.equations.conic import ConicForm, as_double
from nsos_jax.programs.equations.moments import Moments, completed, constraint_moments
from nsos_jax.programs.equations.presolve import Contradiction, Elimination, Presolved, presolve
from nsos_jax.programs.equations.sparsity import DENSE
from nsos_jax.programs.equations.system import GramBlock, ProgramSystem, Row
from nsos_jax.programs.equations.vanishing import Step

__all__ = [
    "DENSE",
    "ConicForm",
    "Contradiction",
    "Elimination",
    "GramBlock",
    "Moments",
    "Presolved",
    "ProgramSystem",
    "Row",
    "Step",
    "as_double",
    "completed",
    "constraint_moments",
    "presolve",
]
