"""Sum-of-squares programs: unknown polynomials and numbers, bounds, sets, and proofs of what was found.

In: programs, or their JSON. Out: a `ProgramResult` for each, whose certificates the checker has accepted. May import
the rooms `polynomials`, `certificates`, `bases`, `solvers`, `proofs` and `membership`. What loads JAX or a solver is
loaded on first use.
"""

from typing import TYPE_CHECKING

from nsos_jax.late import late_names
from nsos_jax.programs.modelling import (
    AffinePolynomial,
    BilinearError,
    SemialgebraicSet,
    SosProgram,
    exact_number,
    expect_set,
    interval,
    statement_of,
    variable_names,
    variables,
    whole_number,
)
from nsos_jax.programs.options import BACKENDS, SolveOptions
from nsos_jax.programs.reading import (
    Parameter,
    StatedBound,
    StatedProblem,
    StatementError,
    fields,
    split_arguments,
)
from nsos_jax.programs.results import ProgramResult, ProgramStatus

if TYPE_CHECKING:
    from nsos_jax.programs.answering import Answer, answer_problem
    from nsos_jax.programs.approximation import Approximation, approximate
    from nsos_jax.programs.backends import UnfitBackend, check_backend
    from nsos_jax.programs.batches import (
        FamilyResult,
        ParametricNumbers,
        ProgramFamily,
        Rounded,
        coefficients_in,
        solve_programs,
    )
    from nsos_jax.programs.bounds import BoundResult, BoundStatus, lower_bound
    from nsos_jax.programs.extremes import solve_extreme
    from nsos_jax.programs.interop.prove import prove
    from nsos_jax.programs.solve import solve_program
    from nsos_jax.programs.whole_bases import complete_bases

_LOADED_LATE = {
    "Answer": "answering",
    "BoundResult": "bounds",
    "BoundStatus": "bounds",
    "FamilyResult": "batches",
    "ParametricNumbers": "batches",
    "ProgramFamily": "batches",
    "Rounded": "batches",
    "UnfitBackend": "backends",
    "coefficients_in": "batches",
    "answer_problem": "answering",
    "lower_bound": "bounds",
    "Approximation": "approximation",
    "approximate": "approximation",
    "check_backend": "backends",
    "prove": "interop.prove",
    "complete_bases": "whole_bases",
    "solve_extreme": "extremes",
    "solve_program": "solve",
    "solve_programs": "batches",
}
__all__ = [
    "BACKENDS",
    "AffinePolynomial",
    "Answer",
    "Approximation",
    "BilinearError",
    "BoundResult",
    "BoundStatus",
    "FamilyResult",
    "Parameter",
    "ParametricNumbers",
    "ProgramFamily",
    "ProgramResult",
    "ProgramStatus",
    "Rounded",
    "SemialgebraicSet",
    "SolveOptions",
    "SosProgram",
    "StatedBound",
    "StatedProblem",
    "StatementError",
    "UnfitBackend",
    "answer_problem",
    "approximate",
    "check_backend",
    "coefficients_in",
    "complete_bases",
    "exact_number",
    "expect_set",
    "fields",
    "interval",
    "lower_bound",
    "prove",
    "solve_extreme",
    "solve_program",
    "solve_programs",
    "split_arguments",
    "statement_of",
    "variable_names",
    "variables",
    "whole_number",
]

__getattr__ = late_names(__name__, _LOADED_LATE)
