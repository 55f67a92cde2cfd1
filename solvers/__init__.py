"""A batched first-order solver for sum-of-squares programs, written in JAX: arrays in, certified brackets out.

In: maps from Gram entries to equations, right-hand sides, free variables. Out: bounds, statuses, points. May import
no other room: it knows no polynomials. `solvers.reference`, other people's solvers, loads CVXPY and is imported by its
file.
"""

from nsos_jax.solvers.batch import Solution, SolverOptions, SosSolver, solve_batch
from nsos_jax.solvers.compilation import Compilation, compiled_so_far
from nsos_jax.solvers.gradients import margin_function, value_function
from nsos_jax.solvers.problem import SosProblem, WarmStart, margin_problem
from nsos_jax.solvers.processes import solve_everywhere
from nsos_jax.solvers.programs import GramProgram, ProgramSolution, solve_programs
from nsos_jax.solvers.psd import project_psd
from nsos_jax.solvers.sdpa import Sdp, read_sdpa
from nsos_jax.solvers.status import SolverStatus

__all__ = [
    "Compilation",
    "GramProgram",
    "ProgramSolution",
    "Sdp",
    "Solution",
    "SolverOptions",
    "SolverStatus",
    "SosProblem",
    "SosSolver",
    "WarmStart",
    "compiled_so_far",
    "margin_function",
    "margin_problem",
    "project_psd",
    "read_sdpa",
    "solve_batch",
    "solve_everywhere",
    "solve_programs",
    "value_function",
]
