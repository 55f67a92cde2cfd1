"""Regions of attraction: sublevel sets {V <= rho} on which V falls strictly, so that they are invariant and attracted.

V - phi1 is a sum of squares, and the decrease of V less phi2 one on {rho - V >= 0} with a multiplier; phi1 and phi2 are
small sums of even powers. V is given, or comes from the Lyapunov equation of the linearisation and is improved by
alternation. A level that is too large is met with a point at which V does not fall; just below it the open set
{V < rho} may be a region, where the decrease less (rho - V) phi2 is a sum of squares in this way.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from nsos_jax.control.answers import ControlStatus
from nsos_jax.control.arguments import check_question, even_degree
from nsos_jax.control.deadlines import for_question, with_time
from nsos_jax.control.dynamics import Stability, System, expression, lyapunov_equation
from nsos_jax.control.escapes import uncertain_points
from nsos_jax.control.lyapunov import refuted
from nsos_jax.control.lyapunov_search import LyapunovSearch
from nsos_jax.control.regions.alternation import Alternation
from nsos_jax.control.regions.sublevels import RegionResult, Sublevels
from nsos_jax.control.stated import NotPositive, check_uncertain
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import SemialgebraicSet, SolveOptions, whole_number

START_RADII = (Fraction(1), Fraction(1, 4), Fraction(1, 16))
"""Of the neighbourhoods on which a first V is sought where the linearisation gives none."""

SHARE = 0.5
"""Of the time of the question, what the alternation may take before its V are proven."""


def region_of_attraction(
    system: System,
    degree: int = 2,
    *,
    V: Any = None,
    shape: Any = None,
    equilibrium: Mapping[str, Any] | None = None,
    iterations: int = 20,
    order: int | None = None,
    options: SolveOptions | None = None,
) -> RegionResult:
    """Looks for a large region of attraction, and proves it.

    Args:
      system: the dynamics; V is common to all its modes, inputs and parameters.
      degree: of V in the states, even.
      V: this function instead, with the value 0 at the equilibrium; only its level is sought then.
      shape: a polynomial p of the states; the largest {p <= beta} in the region is sought, and V chosen for it.
      equilibrium: {state: number}, the origin by default.
      iterations: of the alternation between multipliers and V at most; 0 for V of the Lyapunov equation.
      order: of the multiplier of {V <= rho}, as in `SosProgram.nonnegative`; one above the least by default.
      options: of the solver; the time limit is that of the whole question.

    Raises:
      ValueError: the point is no equilibrium; V does not vanish there; the degree is odd; the set of inputs and
        parameters is empty.

    >>> system = System(lambda x: (-x + x**3,), states="x")
    >>> region_of_attraction(system, V="x^2").conclusion
    '{V < 1} is bounded, invariant and attracted to the origin'
    """
    start, options = time.monotonic(), for_question(options)
    check_question(system, order)
    degree = even_degree(degree)
    whole_number(iterations, "iterations")
    point = system.point(equilibrium)
    system.check_equilibrium(point)
    allowed, stability = check_uncertain(system, options), system.stability(point)
    result = RegionResult(ControlStatus.UNDECIDED, stability=stability)
    if stability is Stability.UNSTABLE:
        status, error = refuted(system, allowed)
        result = replace(result, status=status, error=error)
    else:
        wanted = None if shape is None else expression(shape, system.states, "shape")
        given = None if V is None else expression(V, system.states, "V")
        sublevels = Sublevels(system, point, wanted, order, options)
        candidates = _improved(sublevels, degree, iterations) if given is None else [_checked(given, sublevels)]
        result = replace(_first_proven(sublevels, candidates), stability=stability)
        if result.status is ControlStatus.UNDECIDED:
            result = replace(result, error=with_time(result.error or "", options))
    return replace(result, seconds=time.monotonic() - start)


def _first_proven(sublevels: Sublevels, candidates: Iterable[Polynomial]) -> RegionResult:
    """What the first of several V proves that proves anything."""
    result = RegionResult(ControlStatus.UNDECIDED, error="no function V to start from was found: give one as V")
    for function in candidates:
        try:
            result = sublevels.proven(function)
        except NotPositive as error:
            result = replace(result, error=str(error))
        if result.status is ControlStatus.PROVEN:
            break
    return result


def _checked(V: Polynomial, sublevels: Sublevels) -> Polynomial:
    """V of the user, in coordinates around the equilibrium."""
    value = V.evaluate({name: sublevels.point[name] for name in V.variables})
    if value != 0 or V.is_zero:
        raise ValueError(f"V: is {value} at the equilibrium, wanted a polynomial that is 0 there alone")
    return sublevels.moved(V)


def _improved(sublevels: Sublevels, degree: int, iterations: int) -> Iterator[Polynomial]:
    """V of the alternation, the last first, and the one it starts from."""
    first = first_function(sublevels.system, degree, sublevels.options)
    if first is None:
        return
    escape = sublevels.escape(first)
    decrease = sublevels.decrease(first, None if escape is None else escape[1])
    if decrease is not None:
        shape = None if sublevels.shape is None else sublevels.moved(sublevels.shape)
        search = Alternation(
            _sampled(sublevels.system), degree, decrease[0], shape, for_question(sublevels.options, SHARE)
        )
        yield from reversed(list(search.run(first, iterations)))
    yield first


def _sampled(system: System) -> System:
    """The system at some values of inputs and parameters, each a mode, which the alternation looks at."""
    return system.at_each(uncertain_points(system)) if system.inputs or system.parameters else system


def first_function(system: System, degree: int, options: SolveOptions | None) -> Polynomial | None:
    """V of the Lyapunov equation of the linearisation, or one that was found on a small ball."""
    if len(system.modes) == 1 and not system.ideal:
        try:
            matrix = system.linearize(system.centre)
        except ValueError:  # it depends on inputs
            matrix = None
        solution = None if matrix is None else lyapunov_equation(matrix, system.time == "discrete")
        if solution is not None:
            x = [Polynomial.parse(name) for name in system.states]
            return Polynomial.sum([solution[i][j] * x[i] * x[j] for i in range(len(x)) for j in range(len(x))])
    for radius in START_RADII:
        ball = SemialgebraicSet.ball(system.states, radius)
        for chosen in sorted({2, degree}):
            for _, _, found in LyapunovSearch(system, chosen, ball, 0, None, None, options).run():
                return found.polynomial("V")
    return None
