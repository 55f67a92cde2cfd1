"""Reach-avoid problems: trajectories from an initial set reach a target, and meet no unsafe set before.

V is negative on the initial set and positive on unsafe sets and at the edge of the domain; where it is negative it
falls at a speed, until the target is reached: at the latest when V would be below its lower bound. As in Prajna and
Rantzer, Convex programs for temporal verification of nonlinear dynamical systems (SIAM J. Control Optim. 46, 2007),
with a bound of the time, and the decrease on {V <= 0} alone.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any

from nsos_jax.certificates import ReachAvoidCertificate
from nsos_jax.control.answers import ControlResult, ControlStatus
from nsos_jax.control.arguments import check_over_states, check_question, listed_sets
from nsos_jax.control.deadlines import for_question
from nsos_jax.control.dynamics import System
from nsos_jax.control.identities import Demand
from nsos_jax.control.points import NOT_FOUND, Point, member
from nsos_jax.control.reach_search import EDGE, ReachSearch
from nsos_jax.control.stated import (
    NotPositive,
    check_uncertain,
    denominators,
    given_domain,
    given_set,
    stated_system,
)
from nsos_jax.polynomials import Polynomial, Rounding, decimal_text
from nsos_jax.programs import SemialgebraicSet, SolveOptions, exact_number, whole_number

RATES = (Fraction(0), Fraction(1, 4), Fraction(1))
"""That are tried where none is given."""
FASTER = 4
"""How much larger the proven speed may be than that with which V was found."""


@dataclass(frozen=True, repr=False)
class ReachAvoidResult(ControlResult):
    """What was proven about a reach-avoid problem.

    Attributes:
      duration: the time, or number of steps, within which the target is reached, exact.
      members: a point of the initial set and one of each unsafe set, in the domain (of unsafe sets in discrete time
        anywhere, as the last step may leave it), exact; None for each where none was found.
      meeting: a point of the initial set in an unsafe set, exact, which refutes the claim.
    """

    duration: Fraction | None = None
    members: tuple[Point | None, ...] = ()
    meeting: Point | None = None

    def facts(self) -> list[str]:
        lines = []
        if self.duration is not None:
            lines.append(f"the target is reached by {decimal_text(self.duration, 4, Rounding.UP)}")
        return lines + ([NOT_FOUND] if any(point is None for point in self.members) else [])


def reach_avoid(
    system: System,
    initial: SemialgebraicSet,
    target: SemialgebraicSet,
    unsafe: SemialgebraicSet | Iterable[SemialgebraicSet] = (),
    domain: SemialgebraicSet | None = None,
    degree: int = 4,
    *,
    rate: Any = None,
    order: int | None = None,
    options: SolveOptions | None = None,
) -> ReachAvoidResult:
    """Looks for a function that shows that a target is reached, and no unsafe set before, and proves it.

    Args:
      system: the dynamics; the answer holds for all inputs and parameters in their sets, and all switching.
      initial: where trajectories start, a part of the domain.
      target: what they have to reach, by inequalities.
      unsafe: sets that they must not meet until then: one, several or none.
      domain: that they must not leave until then, by inequalities; bounded if time is continuous. The whole space by
        default, for discrete time.
      degree: of V in the states.
      rate: lambda >= 0 in dV/dt <= -speed + lambda V while V is found; 0, 1/4 and 1 by default. Equilibria outside of
        the target, where V is positive, need a positive one.
      order: of the multipliers, as in `SosProgram.nonnegative`; the least and the next one by default.
      options: of the solver.

    Raises:
      ValueError: a set is in other variables than the states; target or domain have equalities; no domain is given
        though time is continuous; the rate is negative.

    >>> x = Polynomial.parse("x")
    >>> sets = [SemialgebraicSet([part]) for part in ((x - 1) * (2 - x), -x)]
    >>> leftwards, domain = System(lambda x: (-1 + 0 * x,), states="x"), SemialgebraicSet.box({"x": (-1, 3)})
    >>> print(reach_avoid(leftwards, *sets, domain=domain, degree=1).duration <= 3)
    True
    """
    start, options = time.monotonic(), for_question(options)
    check_question(system, order)
    allowed, avoided = check_uncertain(system, options), listed_sets(unsafe, "unsafe")
    named = {"initial": initial, "target": target, "domain": domain}
    check_over_states(system, {**named, **{f"unsafe[{i}]": one for i, one in enumerate(avoided)}})
    for name, chosen in (("target", target), ("domain", domain)):
        if chosen is not None and chosen.equalities:
            raise ValueError(f"{name}: got equalities, wanted inequalities alone: give it an interior, as h^2 <= 1/100")
    if not target.inequalities:
        raise ValueError("target: got the whole space, wanted one inequality or more")
    if domain is None and system.time == "continuous" and not system.ideal:
        raise ValueError("domain: got none, wanted a bounded set, as trajectories may escape in finite time")
    whole_number(degree, "degree", 1)
    rates = RATES if rate is None else (exact_number(rate, "rate"),)
    if rates[0] < 0:
        raise ValueError(f"rate: got {rate}, wanted 0 or a positive number")
    search = ReachSearch(system, initial, target, avoided, domain or SemialgebraicSet(), order, options)
    result = _Attempt(search, domain, allowed is not None).run(degree, rates)
    return replace(result, seconds=time.monotonic() - start)


@dataclass(frozen=True)
class _Attempt:
    search: ReachSearch
    domain: SemialgebraicSet | None
    has_trajectories: bool
    """Whether inputs and parameters were found in their set."""

    def run(self, degree: int, rates: tuple[Fraction, ...]) -> ReachAvoidResult:
        result = self.looked_at()
        if result.error is not None:
            return result
        result = replace(result, error=self.nothing_found(degree))
        for rate in rates:
            found = self.search.function(degree, rate)
            if found is None:
                continue
            result = self.proven(result, *found)
            if result.status is ControlStatus.PROVEN:
                break
        return result

    def looked_at(self) -> ReachAvoidResult:
        """What points of the sets show before any program, with an error where that is enough."""
        search, states = self.search, self.search.system.states
        anywhere = SemialgebraicSet(equalities=search.system.ideal)
        within = anywhere & search.domain
        reachable = within if search.within else anywhere
        result = ReachAvoidResult(ControlStatus.UNDECIDED)
        for index, one in enumerate(search.unsafe):
            if (meeting := member(reachable & search.initial & one, states)) is not None:
                which = "the unsafe set" if len(search.unsafe) == 1 else f"unsafe[{index}]"
                error = f"the initial set meets {which} at {_text(meeting)}: trajectories start there"
                if not self.has_trajectories:
                    error = f"{error}, if there are inputs and parameters in their set, of which none were found"
                    return replace(result, error=error)
                return replace(result, status=ControlStatus.REFUTED, error=error, meeting=meeting)
        for g in search.domain.inequalities:
            point = member(anywhere & search.initial & SemialgebraicSet([-g]), states)
            if point is not None and g.evaluate({name: point[name] for name in g.variables}) < 0:
                error = f"the initial set is not in the domain: {_text(point)} is outside; take a larger domain"
                return replace(result, error=error)
        if search.within and member(within & search.target, states) is None:
            error = "no point of the target was found in the domain: it has to be reached there, take a larger one"
            return replace(result, error=error)
        members = (member(within & search.initial, states), *(member(reachable & one, states) for one in search.unsafe))
        return replace(result, members=members)

    def nothing_found(self, degree: int) -> str:
        """What to try, naming inputs and parameters that range over everything."""
        system = self.search.system
        free = [name for name in (*system.inputs, *system.parameters) if name not in system.uncertain.variables]
        if free:
            return f"{', '.join(free)}: no set is given, and no V was found for all values: give a box or `uncertain`"
        what = f"no V of degree {degree} was found"
        return f"{what}: try a higher degree or order, another rate, or a domain farther from where trajectories go"

    def proven(self, result: ReachAvoidResult, function: Polynomial, speed: Fraction) -> ReachAvoidResult:
        """With the certificate of a V, or an error that says what was not shown."""
        search, continuous = self.search, self.search.system.time == "continuous"
        result = replace(result, function=function)
        around = search.on((search.domain,))
        try:
            bottoms = denominators(search.system, around, search.order, search.options)
        except NotPositive as error:
            return replace(result, error=str(error))
        inside = [Demand(g, search.on((search.initial,))) for g in search.domain.inequalities]
        places = {name: [search.on(sets) for sets in row] for name, row in search.positive().items()}
        demands = {"inside": inside, "initial": [Demand(-function, search.on((search.initial,)))]}
        demands |= {name: [Demand(function - EDGE / 2, on) for on in row] for name, row in places.items()}
        identities: dict[str, Any] = {"denominators": bottoms.identities}
        numbers: dict[str, Any] = {}
        for name, row in demands.items():
            identities[name] = search.proven(row)
        for name, found in (
            ("decrease", search.speed(function, FASTER * speed)),
            ("lower", search.lower(function)),
            ("bounded", search.radius_squared() if continuous else (None, [])),
        ):
            numbers[name], identities[name] = (None, None) if found is None else found
        for name, what in NOT_SHOWN.items():
            if identities[name] is None:
                return replace(result, error=what)
        if numbers["decrease"] <= 0:
            return replace(result, error=NOT_SHOWN["decrease"])
        create = partial(
            ReachAvoidCertificate.create,
            stated_system(search.system),
            function,
            given_set(search.initial),
            given_set(search.target),
            [given_set(one) for one in search.unsafe],
            given_domain(self.domain),
            epsilon=EDGE / 2,
            speed=numbers["decrease"],
            lower=numbers["lower"],
            radius_squared=numbers["bounded"],
            identities=identities,
            members=[None if point is None else point.values() for point in result.members],
            denominator_bounds=bottoms.bounds,
        )
        proof = result.proven_by(create)
        certificate = proof.certificate
        return (
            replace(proof, duration=certificate.duration) if isinstance(certificate, ReachAvoidCertificate) else proof
        )


NOT_SHOWN = {
    "inside": "the initial set was not shown to lie in the domain: take a larger domain, or a higher order",
    "bounded": "the domain was not shown to be bounded: add an inequality such as r^2 - |x|^2 >= 0 to it",
    "initial": "V was not shown to be negative on the initial set: try a higher order",
    "unsafe": "V was not shown to be positive on an unsafe set: try a higher order",
    "edge": "V was not shown to be positive at the edge of the domain: try a higher order, or a larger domain",
    "decrease": "V was not shown to fall until the target is reached: try a higher degree or order, or another rate",
    "lower": "V was not shown to be bounded from below: try a higher order",
}
"""By identity what was not proven, in the order in which it is said."""


def _text(point: Point) -> str:
    return ", ".join(f"{name} = {value}" for name, value in point.items())
