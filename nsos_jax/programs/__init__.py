"""Sum-of-squares programs: unknown polynomials and numbers, constraints on sets, bounds, and proofs of what was found.

In: `SosProgram`, built from exact polynomials. Out: `ProgramResult` with exact values and certificates. May import the
rooms `polynomials`, `certificates`, `bases`, `proofs` and `membership`, and `solvers`.

The way of a program: `program` (what people write), `system` (exact equations), `presolve`, `conic` (floating point),
`backends` (solvers), `proving` (exact again), `solve` (all of it), `results`.
"""

from nsos_jax.programs.expressions import AffinePolynomial, BilinearError
from nsos_jax.programs.interop.prove import prove
from nsos_jax.programs.program import SosProgram, variables
from nsos_jax.programs.results import ProgramResult, ProgramStatus
from nsos_jax.programs.sets import SemialgebraicSet
from nsos_jax.programs.solve import SolveOptions, solve_program

__all__ = [
    "AffinePolynomial",
    "BilinearError",
    "ProgramResult",
    "ProgramStatus",
    "SemialgebraicSet",
    "SolveOptions",
    "SosProgram",
    "prove",
    "solve_program",
    "variables",
]
