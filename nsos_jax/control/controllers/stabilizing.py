"""Stabilising controllers: a polynomial u = k(x) and a control Lyapunov function V, found together.

The search alternates between both, starting from the linear-quadratic regulator of the exact linearisation; what it
ends with is proven as the region of attraction of the closed loop, on which the inputs keep their bounds.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any

from nsos_jax.certificates import RegionOfAttractionCertificate
from nsos_jax.control.answers import ControlStatus
from nsos_jax.control.arguments import check_question, even_degree
from nsos_jax.control.controllers.alternation import ControllerAlternation
from nsos_jax.control.controllers.plants import (
    ControllerResult,
    Laws,
    Plant,
    feedback_certificate,
    largest_gain,
    within_bounds,
)
from nsos_jax.control.controllers.regulator import regulator
from nsos_jax.control.deadlines import for_question
from nsos_jax.control.dynamics import Stability, System
from nsos_jax.control.identities import Found, find, moved_back
from nsos_jax.control.margins import power_sum
from nsos_jax.control.regions.region import first_function
from nsos_jax.control.regions.sublevels import Margin, Sublevels
from nsos_jax.control.stated import NotPositive, check_uncertain
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import SemialgebraicSet, SolveOptions, whole_number


def stabilizing_controller(
    system: System,
    degree: int = 2,
    controller_degree: int = 1,
    *,
    bounds: Mapping[str, tuple[Any, Any]] | None = None,
    controller: Mapping[str, Any] | None = None,
    equilibrium: Mapping[str, Any] | None = None,
    iterations: int = 8,
    order: int | None = None,
    options: SolveOptions | None = None,
) -> ControllerResult:
    """Looks for a controller u = k(x) with a large region of attraction, and proves the region.

    Args:
      system: the plant in continuous time, affine in its inputs, at rest at the equilibrium with the inputs 0; inputs
        that have a set `uncertain` are disturbances.
      degree: of V in the states, even.
      controller_degree: of k in the states.
      bounds: {input: (lower, upper)} with 0 between them; k(x) keeps them in the whole region. None for any values.
      controller: {input: polynomial} to start from, by default the linear-quadratic regulator of the linearisation.
      equilibrium: {state: number}, the origin by default.
      iterations: of the alternation between controller and V at most; 0 proves the controller it starts from.
      order: of the multipliers, as in `region_of_attraction`.
      options: of the solver.

    Raises:
      ValueError: there is no input to choose; the dynamics are not affine in one; the point does not rest; the degree
        is odd; a bound does not fit; time is discrete.

    >>> plant = System(lambda x, u: (x - x**3 / 4 + u,), states="x", inputs="u")
    >>> result = stabilizing_controller(plant, bounds={"u": (-1, 1)})
    >>> print(result.status, result.level > 0)
    PROVEN True
    """
    start, options = time.monotonic(), for_question(options)
    check_question(system, order)
    check_uncertain(system, options)
    even_degree(degree)
    whole_number(controller_degree, "controller_degree", 1)
    whole_number(iterations, "iterations")
    if system.time == "discrete":
        raise ValueError("time: got a system in discrete time: choose a controller and ask for the region of its loop")
    plant = Plant.create(system, bounds)
    point = system.point(equilibrium)
    zeros = {name: Polynomial.constant(0) for name in plant.inputs}
    plant.closed(zeros).check_equilibrium(point)
    given = plant.given(controller)
    moved = replace(plant, system=system.shift(point))
    first = regulator(moved) if given is None else {name: moved_back(law, _minus(point)) for name, law in given.items()}
    result = ControllerResult(ControlStatus.UNDECIDED, error=NOT_STABILIZED)
    if first is not None:
        search = _Search(plant, moved, point, degree, controller_degree, order, options)
        result = search.run(first, iterations)
    return replace(result, seconds=time.monotonic() - start)


NOT_STABILIZED = (
    "the linearisation was not stabilised with these inputs: they may not reach what grows in it, or a disturbance "
    "enters it; give a `controller` to start from"
)


def _minus(point: Mapping[str, Fraction]) -> dict[str, Fraction]:
    return {name: -value for name, value in point.items()}


@dataclass(frozen=True, kw_only=True)
class BoundedSublevels(Sublevels):
    """The sublevel sets of V on which a controller keeps its bounds; the level 1 is tried first."""

    plant: Plant
    laws: Laws

    def is_defined(self, function: Polynomial, level: Fraction) -> bool:
        """Whether the denominators are shown to be positive, and the controller to be within its bounds, up there."""
        below = [SemialgebraicSet.sublevel(function, level)]
        bounded = within_bounds(self.plant, self.laws, below, self.order, self.options) is not None
        return bounded and super().is_defined(function, level)

    def largest(self, function: Polynomial, phi2: Margin, limit: Fraction | None) -> tuple[Fraction, Found] | None:
        """The level 1, that of the search, or else the largest that is proven."""
        one = Fraction(1)
        if limit is None or limit > one:
            phi = power_sum(*phi2)
            demands = partial(self.posed, function, phi, one)
            found = find(self.system.variables, demands, self.order_of(function, phi), self.options)
            if found is not None and self.is_defined(function, one):
                return one, found
        return super().largest(function, phi2, limit)


@dataclass(frozen=True)
class _Search:
    plant: Plant
    moved: Plant
    point: dict[str, Fraction]
    degree: int
    controller_degree: int
    order: int | None
    options: SolveOptions | None

    def run(self, first: Laws, iterations: int) -> ControllerResult:
        """What the last of the controllers found proves that proves anything."""
        closed = self.moved.closed(first)
        zero = dict.fromkeys(closed.states, Fraction(0))
        if closed.stability(zero) is Stability.UNSTABLE:
            return ControllerResult(ControlStatus.UNDECIDED, error=NOT_STABILIZED, controller=self.back(first))
        result = ControllerResult(ControlStatus.UNDECIDED, error="no V to start from was found: give a `controller`")
        function = first_function(closed, self.degree, self.options)
        for candidate, laws in [] if function is None else self.candidates(function, first, iterations):
            try:
                result = self.proven(candidate, laws)
            except NotPositive as error:
                result = replace(result, error=str(error))
            if result.status is ControlStatus.PROVEN:
                break
        return result

    def candidates(self, function: Polynomial, first: Laws, iterations: int) -> Iterator[tuple[Polynomial, Laws]]:
        """V and controllers of the alternation, the last first, and those it starts from."""
        decrease = Sublevels(self.moved.closed(first), self.zero, options=self.options).decrease(function, None)
        if decrease is not None and iterations:
            search = ControllerAlternation(
                self.moved,
                self.point,
                self.degree,
                self.controller_degree,
                decrease[0],
                largest_gain(first),
                self.options,
            )
            yield from reversed(list(search.run(function, iterations)))
        yield function, first

    @property
    def zero(self) -> dict[str, Fraction]:
        return dict.fromkeys(self.point, Fraction(0))

    def back(self, laws: Laws) -> Laws:
        """A controller in the coordinates of the user."""
        return {name: moved_back(law, self.point) for name, law in laws.items()}

    def proven(self, function: Polynomial, laws: Laws) -> ControllerResult:
        """With the certificate of a controller, for the largest level that is proven with V."""
        own = self.back(laws)
        closed = self.plant.closed(own)
        sublevels = BoundedSublevels(
            closed, self.point, order=self.order, options=self.options, plant=self.moved, laws=laws
        )
        region = sublevels.proven(function)
        result = ControllerResult(region.status, function=region.function, controller=own, closed_loop=closed)
        if region.level is None or not isinstance(region.certificate, RegionOfAttractionCertificate):
            return replace(result, status=ControlStatus.UNDECIDED, error=region.error)
        below = [SemialgebraicSet.sublevel(region.certificate.function, region.level)]
        identities = within_bounds(self.plant, own, below, self.order, self.options)
        if identities is None:
            return replace(
                result, status=ControlStatus.UNDECIDED, error="the bounds of inputs were not shown to be kept"
            )
        create = partial(feedback_certificate, self.plant, own, region.certificate, identities)
        return result.proven_by(create, level=region.level)
