"""The answer to a stated problem, whatever it is: a program, a bound, or the search for an extreme parameter."""

import math
from dataclasses import dataclass, field
from fractions import Fraction

from nsos_jax.certificates import Certificate
from nsos_jax.polynomials import Polynomial, nearest_float
from nsos_jax.programs.bounds import lower_bound
from nsos_jax.programs.extremes import solve_extreme
from nsos_jax.programs.options import SolveOptions
from nsos_jax.programs.reading import StatedBound, StatedProblem
from nsos_jax.programs.results import ProgramResult
from nsos_jax.programs.solve import solve_program


@dataclass(frozen=True)
class Answer:
    """What `ProgramResult` and `BoundResult` have in common.

    Attributes:
      status: a `ProgramStatus`, or a `BoundStatus` of a bound.
      value: of the objective, of the parameter, or the lower bound; floating point.
      lower, upper: proven bounds, exact.
      values: exact, by name: the unknowns, or of a bound the coordinates of the point where `upper` is reached.
      certificate, bound_certificate: as in `ProgramResult`.
      seconds: in all.
      error: why something is not proven.
      reason: why there is no solution, in words.
    """

    status: str
    value: float | None = None
    lower: Fraction | None = None
    upper: Fraction | None = None
    values: dict[str, Polynomial | Fraction] = field(default_factory=dict)
    certificate: Certificate | None = None
    bound_certificate: Certificate | None = None
    seconds: float = 0.0
    error: str | None = None
    reason: str | None = None


def answer_problem(problem: StatedProblem, options: SolveOptions | None = None) -> Answer:
    """What is known about a stated problem."""
    if problem.bound is not None:
        return answer_bound(problem.bound, options)
    if problem.parameter is not None:
        return _of_program(solve_extreme(problem, options))
    return _of_program(solve_program(problem.program(), options))


def answer_bound(bound: StatedBound, options: SolveOptions | None = None) -> Answer:
    """A lower bound of a polynomial, on a set if there is one."""
    on = bound.on if bound.on.inequalities or bound.on.equalities else None
    order = None if on is None else bound.order
    result = lower_bound(bound.polynomial, on, order, options, products=bound.products, sparsity=bound.sparsity)
    return Answer(
        status=str(result.status),
        value=_finite(result.lower),
        lower=result.lower,
        upper=result.upper,
        values={} if result.point is None else dict(result.point),
        certificate=result.certificate,
        seconds=result.seconds,
        error=result.error,
    )


def _finite(bound: Fraction | None) -> float | None:
    """In floating point, None beyond its range."""
    value = math.inf if bound is None else nearest_float(bound.numerator, bound.denominator)
    return value if math.isfinite(value) else None


def _of_program(result: ProgramResult) -> Answer:
    return Answer(
        status=str(result.status),
        value=result.value,
        lower=result.lower,
        upper=result.upper,
        values=dict(result.values),
        certificate=result.certificate,
        bound_certificate=result.bound_certificate,
        seconds=result.seconds,
        error=result.error,
        reason=result.reason,
    )
