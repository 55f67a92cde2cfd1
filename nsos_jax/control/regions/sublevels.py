"""What can be proven about the sublevel sets of one V: that they are invariant and attracted, up to which level."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, partial

from nsos_jax.certificates import Identity, RegionOfAttractionCertificate
from nsos_jax.control.answers import ControlResult, ControlStatus
from nsos_jax.control.dynamics import Stability, System
from nsos_jax.control.escapes import escape_point, value
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
from nsos_jax.control.margins import Affine, Halves, Weighted, power_sum
from nsos_jax.control.points import Point
from nsos_jax.control.regions.levels import largest_level, rounded_down
from nsos_jax.control.stated import Denominators, NotPositive, denominators, over_states, powers, stated_system
from nsos_jax.polynomials import Polynomial, Rounding, decimal_text
from nsos_jax.programs import SemialgebraicSet, SolveOptions, SosProgram

SHARE = Fraction(1, 10**6)
"""Of the decrease that is possible at a small level, what phi2 keeps of it."""
LEAST = Fraction(1, 10**6)
"""Factors below it are not taken for positive."""
SMALLER = 4
"""How often a smaller level is tried for phi2."""
SMALL_LEVEL = Fraction(1, 8)
"""Of V where nothing is known, or relative to a level at which V does not fall."""
FEW_DIGITS = (1, 10, 100, 1000)
"""Denominators of exact levels."""
UNLIKELY = Fraction(1, 1000)
"""A fraction with denominator q that is found within e of a number is convincing if q^2 e is below this times it."""
Margin = tuple[Halves, Fraction]
"""A sum of even powers by their halves, and its factor."""


@dataclass(frozen=True, repr=False)
class RegionResult(ControlResult):
    """What was proven about a region of attraction.

    Attributes:
      level: rho of {V <= rho}, exact.
      is_open: the region is {V < rho}: that is tried for a rho of few digits where V just does not fall any more.
      shape_level: beta, where {shape <= beta} was shown to lie in the region.
      escape: a point of states, inputs and parameters, exact, at which V does not fall; None where none was found.
      escape_level: V there: no {V <= rho} from it on can be shown with this V, and no {V < rho} beyond.
      stability: of the linearisation.
    """

    level: Fraction | None = None
    is_open: bool = False
    shape_level: Fraction | None = None
    escape: Point | None = None
    escape_level: Fraction | None = None
    stability: Stability | None = None

    def facts(self) -> list[str]:
        if self.escape is None or self.escape_level is None:
            return []
        at = ", ".join(f"{name} = {value}" for name, value in self.escape.items())
        level = decimal_text(self.escape_level, 9, Rounding.UP)
        return [f"at {at} V is {level} and does not fall: no larger level can be shown with it"]


@dataclass(frozen=True)
class Sublevels:
    """The sublevel sets of polynomials V.

    Attributes:
      given: the system.
      point: its equilibrium.
      shape: p, if the largest {p <= beta} in the region is wanted too; in the coordinates of the user.
      order, options: of the programs.
    """

    given: System
    point: Mapping[str, Fraction]
    shape: Polynomial | None = None
    order: int | None = None
    options: SolveOptions | None = None

    @cached_property
    def system(self) -> System:
        """In coordinates around the equilibrium, as all V here."""
        return self.given.shift(self.point)

    def moved(self, polynomial: Polynomial) -> Polynomial:
        """A polynomial of the user in the coordinates around the equilibrium."""
        return moved_back(polynomial, {name: -value for name, value in self.point.items()})

    def escape(self, function: Polynomial) -> tuple[Point, Fraction] | None:
        """A point at which V does not fall, and V there."""
        point = escape_point(self.system, function)
        return None if point is None else (point, value(function, point))

    def powers_of(self, demand: Callable[[Affine], dict[str, Demand]]) -> Margin | None:
        """The lowest even powers, and a factor, that may be subtracted somewhere, as a solver finds them.

        The largest that are tried are those that the targets have.
        """
        degrees = [one.target.degree for one in demand(Polynomial.constant(0)).values()]
        for most in range(1, max(2, max(degrees) // 2 + 1)):
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

    def decrease(self, function: Polynomial, escape: Fraction | None) -> Margin | None:
        """phi2, all of it that a small level allows.

        Args:
          function: V.
          escape: a value of V where it does not fall, if there is one.
        """
        level = SMALL_LEVEL * (1 if escape is None else escape)
        for _ in range(SMALLER):

            def falls(phi: Affine, level: Fraction = level) -> dict[str, Demand]:
                return self.falls(function, phi, level)

            found = self.powers_of(falls)
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
        shown = over_states(moved_back(function, self.point), self.given)
        result = RegionResult(ControlStatus.UNDECIDED, function=shown)
        variables, everywhere = self.system.variables, surroundings(self.system)
        positive = self.powers_of(lambda phi: {"positive": Demand(function - phi, everywhere)})
        if positive is None:
            return replace(result, error="V is not a sum of squares and a small sum of even powers")
        phi1 = positive[0], rounded_down(positive[1] / 2, 1)
        identity = find_identity(variables, Demand(function - power_sum(*phi1), everywhere), self.order, self.options)
        escape = self.escape(function)
        if escape is not None:
            at = {name: number + self.point.get(name, 0) for name, number in escape[0].items()}
            result = replace(result, escape=at, escape_level=escape[1])
        limit = None if escape is None else escape[1]
        decrease = self.decrease(function, limit)
        if decrease is None or identity is None:
            return replace(result, error="V was not shown to fall at any level: try another V or a higher order")
        phi2 = decrease[0], rounded_down(decrease[1] * SHARE, 1)
        best = self.largest(function, phi2, limit)
        if best is None:
            return replace(
                result, error="no level was proven, where denominators are positive too: try another V or order"
            )
        exact = None if limit is None or self.shape is not None else self.exact(function, phi2, best[0], limit)
        certified = partial(self.certified, result, function, (phi1, phi2), identity)
        return certified(*best) if exact is None else certified(*exact, is_open=True)

    def posed(self, function: Polynomial, phi: Polynomial, level: Fraction, _: SosProgram) -> dict[str, Demand]:
        """The demands of a program without unknowns of its own."""
        return self.falls(function, phi, level)

    def order_of(self, function: Polynomial, phi: Polynomial) -> int:
        """Of the multipliers if none is given: one above the least, or the least with inputs and parameters, whose
        powers have no interior at the equilibrium."""
        if self.order is not None:
            return self.order
        certain = len(self.system.variables) == len(self.system.states)
        return certain + max(demand.least_order() for demand in self.falls(function, phi, Fraction(1)).values())

    def exact(
        self, function: Polynomial, phi2: Margin, low: Fraction, limit: Fraction
    ) -> tuple[Fraction, Found] | None:
        """A number of few digits, just below a level at which V does not fall, for which {V < level} is a region."""
        for denominator in FEW_DIGITS:
            level = limit.limit_denominator(denominator)
            if low < level <= limit and level.denominator**2 * (limit - level) <= UNLIKELY * level:
                phi = (level - function) * power_sum(*phi2)
                order = self.order_of(function, phi)
                found = find(self.system.variables, partial(self.posed, function, phi, level), order, self.options)
                if found is not None and self.is_defined(function, level):
                    return level, found
        return None

    def largest(self, function: Polynomial, phi2: Margin, limit: Fraction | None) -> tuple[Fraction, Found] | None:
        """The largest level at which V is shown to fall, below a limit if there is one."""
        phi = power_sum(*phi2)
        order = self.order_of(function, phi)

        def attempt(level: Fraction) -> Found | None:
            found = find(self.system.variables, partial(self.posed, function, phi, level), order, self.options)
            return found if found is not None and self.is_defined(function, level) else None

        return largest_level(attempt, limit)

    def is_defined(self, function: Polynomial, level: Fraction) -> bool:
        """Whether the denominators are shown to be positive where V is at most the level."""
        try:
            self.bottoms(function, level)
        except NotPositive:
            return False
        return True

    def bottoms(self, function: Polynomial, level: Fraction) -> Denominators:
        """That the denominators are positive there."""
        below = surroundings(self.system, SemialgebraicSet.sublevel(function, level))
        return denominators(self.system, below, self.order, self.options)

    def certified(
        self,
        result: RegionResult,
        function: Polynomial,
        margins: tuple[Margin, Margin],
        identity: Identity,
        level: Fraction,
        found: Found,
        is_open: bool = False,
    ) -> RegionResult:
        """With the certificate of a level."""
        bottoms = self.bottoms(function, level)
        inclusion = None if self.shape is None else self.inclusion(function, level)
        known = {} if inclusion is None else {"inclusion": [inclusion[1]]}
        inside = {"positive": [identity], "decrease": found.numbered("decrease"), **known}
        identities = {
            name: [identity_back(one, self.system.variables, self.point) for one in row] for name, row in inside.items()
        }
        create = partial(
            RegionOfAttractionCertificate.create,
            stated_system(self.given),
            self.point.values(),
            moved_back(function, self.point),
            powers(*margins[0]),
            powers(*margins[1]),
            level,
            None if inclusion is None else self.shape,
            None if inclusion is None else inclusion[0],
            identities={**identities, "denominators": bottoms.back(self.system, self.point)},
            is_open=is_open,
            denominator_bounds=bottoms.bounds,
        )
        beta = None if inclusion is None else inclusion[0]
        return result.proven_by(create, level=level, is_open=is_open, shape_level=beta)

    def inclusion(self, function: Polynomial, level: Fraction) -> tuple[Fraction, Identity] | None:
        """The largest {shape <= beta} that is shown to lie in {V <= level}."""
        shape = self.moved(self.shape or Polynomial.constant(0))

        def attempt(beta: Fraction) -> Identity | None:
            around = surroundings(self.system, SemialgebraicSet.sublevel(shape, beta))
            return find_identity(self.system.variables, Demand(level - function, around), self.order, self.options)

        return largest_level(attempt)
