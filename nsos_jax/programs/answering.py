"""The answer to a stated problem, whatever it is: a program, a bound, or the search for an extreme parameter."""

from nsos_jax.programs.extremes import solve_extreme
from nsos_jax.programs.options import SolveOptions
from nsos_jax.programs.reading import StatedBound, StatedProblem
from nsos_jax.programs.results import ProgramResult
from nsos_jax.programs.solve import solve_program


def answer_problem(problem: StatedProblem, options: SolveOptions | None = None) -> ProgramResult:
    """What is known about a stated problem."""
    if problem.parameter is not None:
        return solve_extreme(problem, options)
    if problem.bound is not None:
        return answer_bound(problem.bound, options)
    return solve_program(problem.program(), options)


def answer_bound(bound: StatedBound, options: SolveOptions | None = None) -> ProgramResult:
    """A lower bound of a polynomial, on a set if there is one."""
    return solve_program(bound.program(), options)
