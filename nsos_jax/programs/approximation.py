"""What a solver finds for a program in floating point, without a proof: to steer a search that proves its end."""

import time
from dataclasses import dataclass, field

from flint import fmpq

from nsos_jax.bases import DeadlineExceeded, TooLarge
from nsos_jax.certificates import as_fraction
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.backends import PointStatus, check_backend, solve_form
from nsos_jax.programs.equations import ConicForm, Contradiction, ProgramSystem, presolve
from nsos_jax.programs.limits import Limits
from nsos_jax.programs.modelling import SosProgram
from nsos_jax.programs.options import SolveOptions

TOLERANCE = 1e-8
"""Of the solver."""
INSIDE = -1e-7
"""Margins above it pass for a solution."""


@dataclass(frozen=True)
class Approximation:
    """A floating point solution; nothing about it is proven.

    Attributes:
      solved: whether a solver believes in it; not where a program is too large for the options.
      values: the unknowns, by name, with the binary values of their floats.
      margin: the largest t <= 1 with all Gram matrices - t I positive semidefinite; 0 for a program with an objective.
    """

    solved: bool
    values: dict[str, Polynomial] = field(default_factory=dict)
    margin: float = 0.0


def approximate(program: SosProgram, options: SolveOptions | None = None) -> Approximation:
    """Solves a program for its objective, or for its margin where it has none.

    >>> program = SosProgram("x")
    >>> a, (x,) = program.scalar("a"), program.indeterminates
    >>> program.sos(x**2 + 2 * a * x + 4)
    >>> program.maximize(a)
    >>> round(float(approximate(program).values["a"].evaluate({"x": 0})), 5)
    2.0
    """
    options = options or SolveOptions()
    check_backend(options.backend)
    limits = Limits(options.memory_limit, time.monotonic() + options.time_limit, options.time_limit)
    try:
        system = ProgramSystem.of(program, limits)
        presolved = presolve(system)
        form = ConicForm.of(presolved)
        aim = None if presolved.system.cost else 1.0
        seconds = options.time_limit
        point = solve_form(
            form, options.backend, margin_limit=aim, time_limit=seconds, tolerance=TOLERANCE, limits=limits
        )
    except (Contradiction, TooLarge, DeadlineExceeded):
        return Approximation(False)
    if point.status is not PointStatus.SOLVED or point.margin < INSIDE:
        return Approximation(False, margin=point.margin)
    floats = form.unscaled_free(point.free).tolist()
    free = {unknown: fmpq(*value.as_integer_ratio()) for unknown, value in zip(presolved.free, floats, strict=True)}
    every = presolved.elimination.values(free, system.unknowns)
    values = {
        declared.name: Polynomial.from_arrays(
            declared.monomials, [as_fraction(every[index]) for index in declared.indices], program.variables
        )
        for declared in program.declared.values()
    }
    return Approximation(True, values, point.margin)
