"""A batched first-order solver for sum-of-squares programs, written in JAX: arrays in, certified brackets out.

In: maps from Gram entries to equations, right-hand sides, free variables. Out: bounds, statuses, points. May import
no other room: it knows no polynomials. Other people's solvers (`reference`), which load CVXPY, are loaded on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nsos_jax.solvers.batch import SosSolver, solve_batch
from nsos_jax.solvers.blocks import WeightedBlock
from nsos_jax.solvers.central import central_points
from nsos_jax.solvers.gradients import margin_function, value_function
from nsos_jax.solvers.interior_point import CommonPoints, common_points
from nsos_jax.solvers.interpreted.compilation import Compilation, compiled_so_far
from nsos_jax.solvers.interpreted.host import one_blas_thread
from nsos_jax.solvers.iterations.psd import project_psd
from nsos_jax.solvers.options import Solution, SolverOptions
from nsos_jax.solvers.problem import SosProblem, WarmStart, least_eigenvalues, margin_problem
from nsos_jax.solvers.processes import solve_everywhere
from nsos_jax.solvers.programs import GramProgram, ProgramSolution, solve_programs
from nsos_jax.solvers.sdpa import Sdp, read_sdpa
from nsos_jax.solvers.status import SolverStatus

if TYPE_CHECKING:
    from nsos_jax.solvers.reference import (
        ReferenceSolution,
        available_solvers,
        mosek_license_available,
        solve_reference,
        write_task,
    )

_REFERENCE = ("ReferenceSolution", "available_solvers", "mosek_license_available", "solve_reference", "write_task")
__all__ = [
    "CommonPoints",
    "Compilation",
    "GramProgram",
    "ProgramSolution",
    "ReferenceSolution",
    "Sdp",
    "Solution",
    "SolverOptions",
    "SolverStatus",
    "SosProblem",
    "SosSolver",
    "WarmStart",
    "WeightedBlock",
    "available_solvers",
    "central_points",
    "common_points",
    "compiled_so_far",
    "least_eigenvalues",
    "margin_function",
    "margin_problem",
    "mosek_license_available",
    "one_blas_thread",
    "project_psd",
    "read_sdpa",
    "solve_batch",
    "solve_everywhere",
    "solve_programs",
    "solve_reference",
    "value_function",
    "write_task",
]


def __getattr__(name: str) -> Any:
    if name in _REFERENCE:
        return getattr(import_module(f"{__name__}.reference"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names and nothing else."""
    return sorted(__all__)
