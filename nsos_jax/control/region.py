"""Regions of attraction: sublevel sets {V <= rho} on which V falls strictly, so that they are invariant and attracted.

V - phi1 is a sum of squares, and the decrease of V less phi2 one on {rho - V >= 0} with a multiplier; phi1 and phi2 are
small sums of even powers. V is given, or comes from the Lyapunov equation of the linearisation and is improved by
alternation. A level that is too large is met with a point at which V does not fall.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from nsos_jax.certificates import Identity, InvalidCertificate, RegionOfAttractionCertificate
from nsos_jax.control.alternation import Alternation
from nsos_jax.control.answers import ControlResult, ControlStatus
from nsos_jax.control.dynamics import Stability, System, expression, lyapunov_equation
from nsos_jax.control.identities import (
    Demand,
    Found,
    approximated,
    find,
    find_identity,
    identity_back,
    moved_back,
    surroundings,
)
from nsos_jax.control.levels import largest_level, rounded_down
from nsos_jax.control.lyapunov import UNSTABLE, LyapunovSearch
from nsos_jax.control.margins import Affine, Halves, Weighted, power_sum
from nsos_jax.control.points import Point, escape_point
from nsos_jax.control.stated import NotPositive, denominators, powers, stated_system
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import SemialgebraicSet, SolveOptions, SosProgram

MOST_HALF = 3
SHARE = Fraction(1, 10**6)
"""Of the decrease that is possible at a small level, what phi2 keeps of it."""
LEAST = Fraction(1, 10**6)
"""Factors below it are not taken for positive."""
SMALLER = 4
"""How often a smaller level is tried for phi2."""
START_RADII = (Fraction(1), Fraction(1, 4), Fraction(1, 16))
"""Of the neighbourhoods on which a first V is sought where the linearisation gives none."""


@dataclass(frozen=True)
class RegionResult(ControlResult):
    """What was proven about a region of attraction.

    Attributes:
      level: rho of {V <= rho}, exact.
      shape_level: beta, where {shape <= beta} was shown to lie in the region.
      escape: a point of the states, exact, at which V does not fall; None where none was found.
      escape_level: V there: no level from it on can be shown with this V.
      stability: of the linearisation.
    """

    level: Fraction | None = None
    shape_level: Fraction | None = None
    escape: Point | None = None
    escape_level: Fraction | None = None
    stability: Stability | None = None

    def facts(self) -> list[str]:
        if self.escape is None:
            return []
        at = ", ".join(f"{name} = {value}" for name, value in self.escape.items())
        return [
            f"at {at} V is {float(self.escape_level or 0):.9g} and does not fall: no such level can be shown with it"
        ]


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
      options: of the solver.

    Raises:
      ValueError: the point is no equilibrium; V does not vanish there; the degree is odd.

    >>> system = System(lambda x: (-x + x**3,), states="x")
    >>> region_of_attraction(system, V="x^2").conclusion[:17]
    '{V <= 0.99999999}'
    """
    start = time.monotonic()
    if degree < 2 or degree % 2:
        raise ValueError(f"degree: got {degree}, wanted an even number from 2: an odd V is not positive definite")
    point = system.point(equilibrium)
    system.check_equilibrium(point)
    stability = system.stability(point)
    result = RegionResult(ControlStatus.UNDECIDED, stability=stability)
    if stability is Stability.UNSTABLE:
        result = replace(result, status=ControlStatus.REFUTED, error=UNSTABLE)
    else:
        wanted = None if shape is None else expression(shape, system.states, "shape")
        given = None if V is None else expression(V, system.states, "V")
        search = _Search(system, point, degree, given, wanted, iterations, order, options)
        try:
            result = replace(search.run(), stability=stability)
        except NotPositive as error:
            result = replace(result, error=str(error))
    return replace(result, seconds=time.monotonic() - start)


@dataclass
class _Search:
    """The search for one system; everything in coordinates around the equilibrium but what is the user's."""

    given: System
    point: dict[str, Fraction]
    degree: int
    V: Polynomial | None
    shape: Polynomial | None
    iterations: int
    order: int | None
    options: SolveOptions | None

    def __post_init__(self) -> None:
        self.system = self.given.shift(self.point)

    def run(self) -> RegionResult:
        result = RegionResult(ControlStatus.UNDECIDED, error="no function V to start from was found: give one as V")
        for function in self.functions():
            found = self.proven(function)
            if found.status is ControlStatus.PROVEN:
                return found
            result = found
        return result

    def moved(self, polynomial: Polynomial) -> Polynomial:
        """A polynomial of the user in the coordinates around the equilibrium."""
        return moved_back(polynomial, {name: -value for name, value in self.point.items()})

    def functions(self) -> list[Polynomial]:
        """What may be V, the best first."""
        if self.V is not None:
            value = self.V.evaluate({name: self.point[name] for name in self.V.variables})
            if value != 0 or self.V.is_zero:
                raise ValueError(f"V: is {value} at the equilibrium, wanted a polynomial that is 0 there alone")
            return [self.moved(self.V)]
        first = self.first()
        if first is None:
            return []
        shape = None if self.shape is None else self.moved(self.shape)
        decrease = self.powers_below(first, self.small_level(first))
        if decrease is None or not self.iterations:
            return [first]
        search = Alternation(self.system, self.degree, decrease[0], shape, self.options)
        return [*reversed(list(search.run(first, self.iterations))), first]

    def first(self) -> Polynomial | None:
        """V of the Lyapunov equation of the linearisation, or one that was found on a small ball."""
        if len(self.system.modes) == 1 and not self.system.ideal and self.system.is_polynomial:
            try:
                matrix = self.system.linearize(self.system.centre)
            except ValueError:
                matrix = None
            solution = None if matrix is None else lyapunov_equation(matrix, self.system.time == "discrete")
            if solution is not None:
                x = [Polynomial.parse(name) for name in self.system.states]
                return Polynomial.sum([solution[i][j] * x[i] * x[j] for i in range(len(x)) for j in range(len(x))])
        for radius in START_RADII:
            ball = SemialgebraicSet.ball(self.system.states, radius)
            for degree in sorted({2, self.degree}):
                search = LyapunovSearch(self.system, degree, ball, 0, None, self.options)
                for _, _, found in search.run():
                    return found.polynomial("V")
        return None

    def small_level(self, function: Polynomial) -> Fraction:
        """One below the values of V where it does not fall."""
        escape = self.escape(function)
        return Fraction(1, 8) if escape is None else escape[1] / 8

    def escape(self, function: Polynomial) -> tuple[Point, Fraction] | None:
        """A point at which V does not fall, and V there."""
        if self.system.ideal or len(self.system.variables) > len(self.system.states):
            return None
        point = escape_point(self.system, function)
        if point is None:
            return None
        return point, function.evaluate({name: point[name] for name in function.variables})

    def powers_of(self, demand: Callable[[Affine], dict[str, Demand]]) -> tuple[Halves, Fraction] | None:
        """The lowest even powers, and a factor, that may be subtracted somewhere, as a solver finds them."""
        for most in range(1, MOST_HALF + 1):
            kept: list[Weighted] = []

            def build(program: SosProgram, most: int = most, kept: list[Weighted] = kept) -> dict[str, Demand]:
                total = program.scalar("total", upper=1)
                kept.append(Weighted.declare(program, "phi", self.system.states, most))
                for state, sum_of_weights in kept[-1].totals.items():
                    program.zero(sum_of_weights - total, name=f"phi: {state}")
                program.maximize(total)
                return demand(kept[-1].phi)

            values = approximated(self.system.variables, build, self.order, self.options)
            total = Fraction(0) if values is None else values["total"].coefficient([0] * len(self.system.variables))
            if values is not None and total > LEAST:
                return kept[-1].halves(values, least=0), rounded_down(total, 2)
        return None

    def powers_below(self, function: Polynomial, level: Fraction) -> tuple[Halves, Fraction] | None:
        """phi2, all of it that a small level allows."""
        for _ in range(SMALLER):
            found = self.powers_of(lambda phi, level=level: self.falls(function, phi, level))
            if found is not None:
                return found
            level /= 16
        return None

    def falls(self, function: Polynomial, phi: Affine, level: Fraction) -> dict[str, Demand]:
        """That V falls by phi where it is at most the level, in all modes."""
        below = surroundings(self.system, SemialgebraicSet.sublevel(function, level))
        modes = range(len(self.system.modes))
        return {f"decrease {mode}": Demand(self.system.decrease(function, mode) - phi, below) for mode in modes}

    def proven(self, function: Polynomial) -> RegionResult:
        """What can be proven with a V."""
        result = RegionResult(ControlStatus.UNDECIDED, function=moved_back(function, self.point))
        variables, everywhere = self.system.variables, surroundings(self.system)
        positive = self.powers_of(lambda phi: {"positive": Demand(function - phi, everywhere)})
        if positive is None:
            return replace(
                result, error="V minus a small sum of even powers is no sum of squares: V must grow everywhere"
            )
        phi1 = positive[0], rounded_down(positive[1] / 2, 1)
        identity = find_identity(variables, Demand(function - power_sum(*phi1), everywhere), self.order, self.options)
        escape = self.escape(function)
        if escape is not None:
            at = {name: value + self.point[name] for name, value in escape[0].items()}
            result = replace(result, escape=at, escape_level=escape[1])
        decrease = self.powers_below(function, Fraction(1, 8) if escape is None else escape[1] / 8)
        if decrease is None or identity is None:
            return replace(result, error="V was not shown to fall at any level: try another V or a higher order")
        phi2 = decrease[0], rounded_down(decrease[1] * SHARE, 1)
        least = max(demand.least_order() for demand in self.falls(function, power_sum(*phi2), Fraction(1)).values())
        order = least + 1 if self.order is None else self.order

        def attempt(level: Fraction) -> Found | None:
            return find(variables, lambda _: self.falls(function, power_sum(*phi2), level), order, self.options)

        best = largest_level(attempt, None if escape is None else escape[1])
        if best is None:
            return replace(result, error="no level was proven: try another V or a higher order")
        return self.certified(result, function, phi1, phi2, identity, *best)

    def certified(
        self,
        result: RegionResult,
        function: Polynomial,
        phi1: tuple[Halves, Fraction],
        phi2: tuple[Halves, Fraction],
        identity: Identity,
        level: Fraction,
        found: Found,
    ) -> RegionResult:
        below = surroundings(self.system, SemialgebraicSet.sublevel(function, level))
        bottoms = denominators(self.system, below, self.order, self.options)
        inclusion = None if self.shape is None else self.inclusion(function, level)
        known = {} if inclusion is None else {"inclusion": [inclusion[1]]}
        inside = {"positive": [identity], "decrease": found.numbered("decrease"), **known}
        identities = {
            name: [identity_back(one, self.system.variables, self.point) for one in row] for name, row in inside.items()
        }
        try:
            certificate = RegionOfAttractionCertificate.create(
                stated_system(self.given),
                self.point.values(),
                moved_back(function, self.point),
                powers(*phi1),
                powers(*phi2),
                level,
                None if inclusion is None else self.shape,
                None if inclusion is None else inclusion[0],
                identities={**identities, "denominators": bottoms.back(self.system, self.point)},
                denominator_bounds=bottoms.bounds,
            )
            certificate.verify()
        except InvalidCertificate as error:
            return replace(result, error=f"the checker refused the proof: {error}")
        return replace(
            result,
            status=ControlStatus.PROVEN,
            conclusion=certificate.conclusion,
            certificate=certificate,
            level=level,
            shape_level=None if inclusion is None else inclusion[0],
        )

    def inclusion(self, function: Polynomial, level: Fraction) -> tuple[Fraction, Identity] | None:
        """The largest {shape <= beta} that is shown to lie in {V <= level}."""
        shape = self.moved(self.shape or Polynomial.constant(0))

        def attempt(beta: Fraction) -> Identity | None:
            around = surroundings(self.system, SemialgebraicSet.sublevel(shape, beta))
            return find_identity(self.system.variables, Demand(level - function, around), self.order, self.options)

        return largest_level(attempt)
