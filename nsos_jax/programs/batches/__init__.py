"""Many programs at once: those of one structure share their equations, presolve, maps and plans for rounding.

In: programs, or a function of parameters that makes them. Out: a `ProgramResult` for each, proven like that of a single
program. May import the files beside it in `programs`, and the rooms `polynomials`, `certificates` and `solvers`.
"""

from nsos_jax.programs.batches.family import FamilyResult, ProgramFamily
from nsos_jax.programs.batches.group import Rounded
from nsos_jax.programs.batches.parametric import ParametricNumbers, coefficients_in
from nsos_jax.programs.batches.solve import solve_programs

__all__ = [
    "FamilyResult",
    "ParametricNumbers",
    "ProgramFamily",
    "Rounded",
    "coefficients_in",
    "solve_programs",
]
