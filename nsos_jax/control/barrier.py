"""Barriers: no trajectory goes from an initial set to unsafe sets.

-B on the initial set, B - 1 on each unsafe set and the decrease of B (plus lambda B) on the domain are nonnegative by
identities; B may be scaled, so that 1 stands for any positive number. Sets that meet are found first, exactly.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any

from nsos_jax.certificates import BarrierCertificate
from nsos_jax.control.answers import ControlResult, ControlStatus
from nsos_jax.control.arguments import check_over_states, check_question, listed_sets
from nsos_jax.control.deadlines import for_question, with_time
from nsos_jax.control.dynamics import System, expression
from nsos_jax.control.identities import Demand, Found, find, surroundings
from nsos_jax.control.points import Point, member
from nsos_jax.control.stated import (
    Denominators,
    NotPositive,
    check_uncertain,
    denominators,
    given_domain,
    given_set,
    is_empty,
    over_states,
    stated_system,
)
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import SemialgebraicSet, SolveOptions, SosProgram, whole_number

RATES = (0, -1)
"""That are tried where none is given."""


@dataclass(frozen=True, repr=False)
class BarrierResult(ControlResult):
    """What was proven about a barrier.

    Attributes:
      members: a point of the initial set and one of each unsafe set, in the domain (of unsafe sets in discrete time
        anywhere, as the last step may leave it), exact; None for each where none was found.
      empty: for each of these sets without such a point, whether it was proven that there is none.
      meeting: a point of the initial set in an unsafe set, and in the domain likewise, exact, which refutes safety.
    """

    members: tuple[Point | None, ...] = ()
    empty: tuple[bool, ...] = ()
    meeting: Point | None = None

    @property
    def name(self) -> str:
        return "B"

    def facts(self) -> list[str]:
        lines = []
        for index, (point, empty) in enumerate(zip(self.members, self.empty, strict=True)):
            name = "the initial set" if index == 0 else "the unsafe set" if len(self.members) == 2 else None
            name = f"unsafe[{index - 1}]" if name is None else name
            if empty:
                lines.append(f"no point of {name} is in the domain, as was proven: of it the statement says nothing")
            elif point is None:
                lines.append(f"no point of {name} was found in the domain: if there is none, it says nothing of it")
        return lines


def barrier(
    system: System,
    initial: SemialgebraicSet,
    unsafe: SemialgebraicSet | Iterable[SemialgebraicSet],
    domain: SemialgebraicSet | None = None,
    degree: int = 4,
    *,
    rate: Any = None,
    order: int | None = None,
    options: SolveOptions | None = None,
) -> BarrierResult:
    """Looks for a barrier between sets, and proves what it shows.

    Args:
      system: the dynamics.
      initial: where trajectories start.
      unsafe: one set or several that they must not reach.
      domain: where they are looked at, as long as they stay in it; the whole space by default.
      degree: of B in the states.
      rate: lambda in dB/dt <= lambda B, a number or a polynomial in the states; for continuous time. By default 0, and
        -1 where that gives no barrier.
      order: of the multipliers, as in `SosProgram.nonnegative`; the least and the next one by default.
      options: of the solver; the time limit is that of the whole question.

    Raises:
      ValueError: a set is in other variables than the states, or there is no unsafe set; the set of inputs and
        parameters is empty.

    >>> x = Polynomial.parse("x")
    >>> start, end = SemialgebraicSet([1 - x**2]), SemialgebraicSet([x - 2])
    >>> barrier(System(lambda x: (-x,), states="x"), start, end, degree=2).conclusion
    'no trajectory from the initial set reaches the unsafe set; none of these sets is empty'
    """
    start, options = time.monotonic(), for_question(options)
    check_question(system, order)
    avoided = listed_sets(unsafe, "unsafe")
    if not avoided:
        raise ValueError("unsafe: got no set, wanted one or more")
    check_over_states(
        system, {"initial": initial, "domain": domain, **{f"unsafe[{i}]": u for i, u in enumerate(avoided)}}
    )
    whole_number(degree, "degree", 1)
    given = () if rate is None else (expression(rate, system.states, "rate"),)
    if system.time == "discrete" and any(not one.is_zero for one in given):
        raise ValueError("rate: got one, wanted none for discrete time")
    rates = given or tuple(map(Polynomial.constant, RATES if system.time == "continuous" else (0,)))
    search = _Search(system, initial, avoided, domain, degree, rates, order, options)
    result = search.run()
    return replace(result, seconds=time.monotonic() - start)


@dataclass
class _Search:
    system: System
    initial: SemialgebraicSet
    unsafe: list[SemialgebraicSet]
    domain: SemialgebraicSet | None
    degree: int
    rates: tuple[Polynomial, ...]
    order: int | None
    options: SolveOptions | None

    @property
    def around(self) -> SemialgebraicSet:
        return surroundings(self.system, *([] if self.domain is None else [self.domain]))

    def run(self) -> BarrierResult:
        states, allowed = self.system.states, check_uncertain(self.system, self.options)
        anywhere = SemialgebraicSet(equalities=self.system.ideal)
        within = anywhere if self.domain is None else anywhere & self.domain
        reachable = within if self.system.time == "continuous" else anywhere  # the last step may leave the domain
        for index, chosen in enumerate(self.unsafe):
            meeting = member(reachable & self.initial & chosen, states)
            if meeting is not None:
                error = f"{self._meet(index, meeting)}: trajectories start there"
                if allowed is None:
                    error = f"{error}, if there are inputs and parameters in their set, of which none were found"
                    return BarrierResult(ControlStatus.UNDECIDED, error=error)
                return BarrierResult(ControlStatus.REFUTED, error=error, meeting=meeting)
            if reachable is not anywhere and (outside := member(anywhere & self.initial & chosen, states)) is not None:
                error = f"{self._meet(index, outside)}, outside of the domain: no B separates them, take them apart"
                return BarrierResult(ControlStatus.UNDECIDED, error=error)
        parts = [within & self.initial, *(reachable & one for one in self.unsafe)]
        members = tuple(member(part, states) for part in parts)
        empty = tuple(
            point is None and is_empty(part, states, self.options) for part, point in zip(parts, members, strict=True)
        )
        result = BarrierResult(ControlStatus.UNDECIDED, members=members, empty=empty)
        try:
            bottoms = denominators(self.system, self.around, self.order, self.options)
        except NotPositive as error:
            return replace(result, error=str(error))
        for rate in self.rates:
            demands = partial(self.demands, rate=rate)
            found = find(self.system.variables, demands, self.order, self.options)
            if found is not None:
                return self.certified(result, found, bottoms, rate)
        what = f"no barrier of degree {self.degree} was found"
        return replace(result, error=with_time(f"{what}: try a higher degree or order, or a rate", self.options))

    def _meet(self, index: int, point: Point) -> str:
        at = ", ".join(f"{name} = {value}" for name, value in point.items())
        which = "the unsafe set" if len(self.unsafe) == 1 else f"unsafe[{index}]"
        return f"the initial set meets {which} at {at}"

    def demands(self, program: SosProgram, rate: Polynomial) -> dict[str, Demand]:
        """What a barrier has to satisfy."""
        B = program.polynomial("B", degree=self.degree, variables=self.system.states)
        demands = {"initial": Demand(-B, surroundings(self.system, self.initial))}
        for index, chosen in enumerate(self.unsafe):
            demands[f"unsafe {index}"] = Demand(B - 1, surroundings(self.system, chosen))
        for mode in range(len(self.system.modes)):
            demands[f"decrease {mode}"] = Demand(self.system.decrease(B, mode) + B * rate, self.around)
        return demands

    def certified(self, result: BarrierResult, found: Found, bottoms: Denominators, rate: Polynomial) -> BarrierResult:
        function = over_states(found.polynomial("B"), self.system)
        create = partial(
            BarrierCertificate.create,
            stated_system(self.system),
            function,
            given_set(self.initial),
            [given_set(chosen) for chosen in self.unsafe],
            Fraction(1),
            given_domain(self.domain),
            identities={
                "initial": found.numbered("initial"),
                "unsafe": found.numbered("unsafe"),
                "decrease": found.numbered("decrease"),
                "denominators": bottoms.identities,
            },
            rate=rate,
            members=[None if point is None else point.values() for point in result.members],
            denominator_bounds=bottoms.bounds,
        )
        return result.proven_by(create, function=function)
