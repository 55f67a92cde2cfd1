"""Safe controllers: a polynomial u = k(x) and a control barrier function B, found together.

B <= 0 on the initial set, B >= 1 on unsafe sets, and dB/dt <= lambda B on the domain, with a slack that the search
drives below 0: with the controller fixed it is linear in B, with B fixed in the controller. The end is proven as a
barrier of the closed loop, along which the inputs keep their bounds.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any

from nsos_jax.certificates import BarrierCertificate
from nsos_jax.control.answers import ControlStatus
from nsos_jax.control.arguments import check_over_states, check_question, listed_sets
from nsos_jax.control.barrier import barrier
from nsos_jax.control.controllers.plants import (
    ControllerResult,
    Laws,
    Plant,
    UnknownLaws,
    feedback_certificate,
    largest_gain,
    within_bounds,
)
from nsos_jax.control.deadlines import for_question
from nsos_jax.control.dynamics import System
from nsos_jax.control.identities import Demand, approximated, surroundings
from nsos_jax.control.points import Point
from nsos_jax.control.regions.alternation import shortened
from nsos_jax.control.stated import check_uncertain
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import SemialgebraicSet, SolveOptions, SosProgram, exact_number, whole_number

SLACK = Fraction(-1, 10)
"""The least slack that is asked for: below 0, that what is found has room."""
RATES = (Fraction(0), Fraction(-1))
"""That are tried where none is given."""


@dataclass(frozen=True, repr=False)
class SafeControllerResult(ControllerResult):
    """What was proven about a safe controller; its function is the barrier B.

    Attributes:
      meeting: a point of the initial set in an unsafe set, exact, with which no controller is safe.
    """

    meeting: Point | None = None

    @property
    def name(self) -> str:
        return "B"


def safe_controller(
    system: System,
    initial: SemialgebraicSet,
    unsafe: SemialgebraicSet | Iterable[SemialgebraicSet],
    domain: SemialgebraicSet | None = None,
    degree: int = 4,
    controller_degree: int = 1,
    *,
    bounds: Mapping[str, tuple[Any, Any]] | None = None,
    controller: Mapping[str, Any] | None = None,
    rate: Any = None,
    iterations: int = 6,
    order: int | None = None,
    options: SolveOptions | None = None,
) -> SafeControllerResult:
    """Looks for a controller u = k(x) with which no trajectory from a set reaches others, and proves it.

    Args:
      system: the plant in continuous time, affine in its inputs; inputs with a set `uncertain` are disturbances.
      initial, unsafe, domain: as of `barrier`.
      degree: of B in the states.
      controller_degree: of k in the states, 0 for a constant input.
      bounds: {input: (lower, upper)} with 0 between them, which k(x) keeps along the trajectories in question.
      controller: {input: polynomial} to start from, by default 0.
      rate: lambda in dB/dt <= lambda B, a number, 0 and then -1 by default: with -1 a negative B may rise towards 0.
      iterations: of the alternation between B and controller at most.
      order: of the multipliers, as in `barrier`.
      options: of the solver.

    Raises:
      ValueError: what `barrier` or `stabilizing_controller` refuses.

    >>> x = Polynomial.parse("x")
    >>> plant = System(lambda x, u: (x + u,), states="x", inputs="u")
    >>> sets = [SemialgebraicSet([part]) for part in (1 - x**2, x - 2, 9 - x**2)]
    >>> safe_controller(plant, *sets, degree=2).status
    <ControlStatus.PROVEN: 'PROVEN'>
    """
    start, options = time.monotonic(), for_question(options)
    check_question(system, order)
    check_uncertain(system, options)
    if system.time == "discrete":
        raise ValueError("time: got a system in discrete time: choose a controller and ask for a barrier of its loop")
    for name, number in (("degree", degree), ("controller_degree", controller_degree), ("iterations", iterations)):
        whole_number(number, name, 1 if name == "degree" else 0)
    plant = Plant.create(system, bounds)
    avoided = listed_sets(unsafe, "unsafe")
    named = {"initial": initial, "domain": domain, **{f"unsafe[{i}]": one for i, one in enumerate(avoided)}}
    check_over_states(system, named)
    laws = plant.given(controller) or {name: Polynomial.constant(0) for name in plant.inputs}
    most = largest_gain(laws)
    result = SafeControllerResult(ControlStatus.UNDECIDED)
    for chosen in RATES if rate is None else (exact_number(rate, "rate"),):
        search = _Search(plant, initial, avoided, domain, degree, controller_degree, chosen, most, order, options)
        result = search.run(laws, iterations)
        if result.status is not ControlStatus.UNDECIDED:
            break
    return replace(result, seconds=time.monotonic() - start)


@dataclass(frozen=True)
class _Search:
    plant: Plant
    initial: SemialgebraicSet
    unsafe: list[SemialgebraicSet]
    domain: SemialgebraicSet | None
    degree: int
    controller_degree: int
    rate: Fraction
    largest_gain: Fraction
    order: int | None
    options: SolveOptions | None

    def run(self, laws: Laws, iterations: int) -> SafeControllerResult:
        result = self.proven(laws)
        for _ in range(iterations):
            if result.status is not ControlStatus.UNDECIDED:
                break
            function = self.barrier(laws)
            better = None if function is None else self.controller(function)
            if better is None or better == laws:
                break
            laws = better
            result = self.proven(laws)
        return result

    @property
    def within(self) -> list[SemialgebraicSet]:
        return [] if self.domain is None else [self.domain]

    def barrier(self, laws: Laws) -> Polynomial | None:
        """B for a controller, with the smallest slack that a solver finds."""
        closed = self.plant.closed(laws)

        def build(program: SosProgram) -> dict[str, Demand]:
            slack = program.scalar("slack", lower=SLACK)
            program.minimize(slack)
            B = program.polynomial("B", degree=self.degree, variables=closed.states)
            demands = {"initial": Demand(-B, surroundings(closed, self.initial))}
            for index, chosen in enumerate(self.unsafe):
                demands[f"unsafe {index}"] = Demand(B - 1, surroundings(closed, chosen))
            for index, mode in enumerate(closed.modes):
                fall = closed.decrease(B, index) + (B * self.rate + slack) * mode.denominator
                demands[f"decrease {index}"] = Demand(fall, surroundings(closed, *self.within))
            return demands

        values = approximated(closed.variables, build, self.order, self.options)
        return None if values is None else shortened(values["B"])

    def controller(self, function: Polynomial) -> Laws | None:
        """The controller for a B, with the smallest slack; its bounds hold on the domain, or else where B <= 0."""
        found = self.steered(function, self.within) if self.domain is not None else None
        return found or self.steered(function, [*self.within, SemialgebraicSet.sublevel(function, 0)])

    def steered(self, function: Polynomial, allowed: list[SemialgebraicSet]) -> Laws | None:
        plant, unknown = self.plant, list[UnknownLaws]()
        system = plant.closed({name: Polynomial.constant(0) for name in plant.inputs})

        def build(program: SosProgram) -> dict[str, Demand]:
            slack = program.scalar("slack", lower=SLACK)
            program.minimize(slack)
            unknown.append(plant.unknown(program, self.controller_degree, 0, self.largest_gain))
            laws = unknown[-1].laws
            demands = {}
            for mode, chosen in enumerate(plant.system.modes):
                fall = plant.fall(function, mode, laws) + (function * self.rate + slack) * chosen.denominator
                demands[f"decrease {mode}"] = Demand(fall, surroundings(system, *self.within))
            for side, target in enumerate(plant.room(laws)):
                demands[f"room {side}"] = Demand(target, surroundings(system, *allowed))
            return demands

        values = approximated(system.variables, build, self.order, self.options)
        return None if values is None else unknown[-1].known(values)

    def proven(self, laws: Laws) -> SafeControllerResult:
        """With the certificate of a controller."""
        plant, closed = self.plant, self.plant.closed(laws)
        found = barrier(
            closed,
            self.initial,
            self.unsafe,
            self.domain,
            self.degree,
            rate=self.rate,
            order=self.order,
            options=self.options,
        )
        result = SafeControllerResult(
            found.status,
            function=found.function,
            error=found.error,
            controller=laws,
            closed_loop=closed,
            meeting=found.meeting,
        )
        if found.function is None or not isinstance(found.certificate, BarrierCertificate):
            return result
        below = [*self.within, SemialgebraicSet.sublevel(found.function, 0)]
        identities = within_bounds(plant, laws, below, self.order, self.options)
        if identities is None:
            missing = "the bounds of inputs were not shown to be kept: try a higher degree, or wider bounds"
            return replace(result, status=ControlStatus.UNDECIDED, error=missing)
        return result.proven_by(partial(feedback_certificate, plant, laws, found.certificate, identities))
