"""Lyapunov functions: is an equilibrium stable, asymptotically, globally?

V - phi1 and -grad V . f - phi2 (V - V(f(x)) - phi2 for discrete time) are sums of squares, on a set with multipliers,
where phi1 is a sum of even powers of all states, and phi2 too (asymptotic stability), or of some or none. As V may be
scaled, the powers have the factor 1. V = 0 is no solution.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from nsos_jax.certificates import InvalidCertificate, LyapunovCertificate
from nsos_jax.control.answers import ControlResult, ControlStatus
from nsos_jax.control.dynamics import Stability, System, cosine_name
from nsos_jax.control.identities import (
    Demand,
    Found,
    approximated,
    find,
    identity_back,
    moved_back,
    moved_set,
    surroundings,
)
from nsos_jax.control.margins import Halves, Weighted, power_sum
from nsos_jax.control.stated import NotPositive, denominators, given_domain, powers, stated_system
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import AffinePolynomial, SemialgebraicSet, SolveOptions, SosProgram

MOST_HALF = 3
"""Half of the largest power in phi1 and phi2."""


@dataclass(frozen=True)
class LyapunovResult(ControlResult):
    """What was proven about an equilibrium.

    Attributes:
      positive, decrease: phi1 and phi2.
      stability: of the linearisation, exactly; None where it depends on inputs or parameters.
    """

    positive: Polynomial | None = None
    decrease: Polynomial | None = None
    stability: Stability | None = None

    def facts(self) -> list[str]:
        lines = [] if self.stability is None else [f"the linearisation is {self.stability.value}"]
        if self.positive is not None:
            lines += [f"V - ({self.positive}) is a sum of squares there", f"V falls at least by {self.decrease}"]
        return lines


def lyapunov(
    system: System,
    degree: int = 2,
    *,
    on: SemialgebraicSet | None = None,
    equilibrium: Mapping[str, Any] | None = None,
    parametric: int = 0,
    order: int | None = None,
    options: SolveOptions | None = None,
) -> LyapunovResult:
    """Looks for a Lyapunov function of a degree, and proves what it shows.

    Args:
      system: the dynamics; V is common to all its modes.
      degree: of V in the states, even.
      on: a neighbourhood of the equilibrium on which V has to decrease; the whole space by default.
      equilibrium: {state: number}, the origin by default (for an angle the angle 0).
      parametric: the degree of V in the parameters, which are constant then; 0 for one V for all of them.
      order: of the multipliers of sets, as in `SosProgram.nonnegative`; the least and the next one by default.
      options: of the solver.

    Raises:
      ValueError: the point is no equilibrium, or not inside of the set; the degree is odd.

    >>> lyapunov(System(lambda x, y: (-x + y, -x - y**3), states="x y")).conclusion
    'the origin is globally asymptotically stable'
    """
    start = time.monotonic()
    if degree < 2 or degree % 2:
        raise ValueError(f"degree: got {degree}, wanted an even number from 2: an odd V is not positive definite")
    point = system.point(equilibrium)
    system.check_equilibrium(point)
    check_inside(on, point)
    stability = system.stability(point)
    if stability is Stability.UNSTABLE:
        return LyapunovResult(
            ControlStatus.REFUTED, error=UNSTABLE, stability=stability, seconds=time.monotonic() - start
        )
    search = LyapunovSearch(
        system.shift(point), degree, moved_set(on or SemialgebraicSet(), point), parametric, order, options
    )
    result = LyapunovResult(ControlStatus.UNDECIDED, error=NONE_FOUND.format(degree), stability=stability)
    try:
        result = _first_proven(search, system, point, on, result)
    except NotPositive as error:
        result = replace(result, error=str(error))
    return replace(result, seconds=time.monotonic() - start)


NONE_FOUND = "no Lyapunov function of degree {} was found: try a higher degree or order, or a smaller set"
UNSTABLE = "an eigenvalue of the linearisation grows: the equilibrium is unstable, and no Lyapunov function exists"


def _first_proven(
    search: "LyapunovSearch",
    system: System,
    point: Mapping[str, Fraction],
    on: SemialgebraicSet | None,
    result: LyapunovResult,
) -> LyapunovResult:
    """The first of the functions found that the checker accepts, else the result that was given."""
    bottoms = denominators(search.system, search.around, search.order, search.options)
    stated = stated_system(system)
    for positive, decrease, found in search.run():
        function = moved_back(found.polynomial("V"), point)
        identities = {
            name: [identity_back(one, system.variables, point) for one in found.numbered(name)]
            for name in ("positive", "decrease")
        }
        try:
            certificate = LyapunovCertificate.create(
                stated,
                point.values(),
                function,
                powers(positive),
                powers(decrease),
                given_domain(on),
                identities={**identities, "denominators": bottoms.back(system, point)},
                denominator_bounds=bottoms.bounds,
            )
            certificate.verify()
        except InvalidCertificate:
            continue
        return replace(
            result,
            status=ControlStatus.PROVEN,
            conclusion=certificate.conclusion,
            function=function,
            certificate=certificate,
            error=None,
            positive=moved_back(power_sum(positive), point),
            decrease=moved_back(power_sum(decrease), point),
        )
    return result


def check_inside(on: SemialgebraicSet | None, point: Mapping[str, Fraction]) -> None:
    """Refuses a set that has the equilibrium not in its interior.

    Raises:
      ValueError: names the inequality.
    """
    if on is None:
        return
    if on.equalities:
        raise ValueError("on: got equalities, wanted a neighbourhood of the equilibrium, by inequalities alone")
    for index, inequality in enumerate(on.inequalities):
        if not set(inequality.variables) <= set(point):
            raise ValueError(f"on.inequalities[{index}]: got {inequality}, wanted a polynomial in the states")
        if (value := inequality.evaluate({name: point[name] for name in inequality.variables})) <= 0:
            raise ValueError(f"on.inequalities[{index}]: is {value} at the equilibrium, wanted a positive value")


def candidate_monomials(system: System, degree: int, parametric: int = 0) -> list[Polynomial]:
    """What V is made of: degrees from 2; modulo the ideal of angles also 1, and cosines only to the first power."""
    cosines = [cosine_name(angle) for angle in system.angles]
    lowest = 1 if system.ideal else 2
    rows = [
        row
        for row in product(range(degree + 1), repeat=len(system.states))
        if lowest <= sum(row) <= degree
        and all(power <= 1 for name, power in zip(system.states, row, strict=True) if name in cosines)
    ]
    of = [Polynomial.from_arrays(np.array([row], np.int32), [1], system.states) for row in rows]
    held = [
        Polynomial.from_arrays(np.array([row], np.int32), [1], system.parameters)
        for row in product(range(parametric + 1), repeat=len(system.parameters))
        if sum(row) <= parametric
    ]
    return [left * right for left in of for right in held]


@dataclass
class LyapunovSearch:
    """Programs for one system, in the coordinates around the equilibrium."""

    system: System
    degree: int
    domain: SemialgebraicSet
    parametric: int
    order: int | None
    options: SolveOptions | None
    monomials: list[Polynomial] = field(init=False)

    def __post_init__(self) -> None:
        self.monomials = candidate_monomials(self.system, self.degree, self.parametric)

    @property
    def around(self) -> SemialgebraicSet:
        """Where V has to decrease, and be positive."""
        return surroundings(self.system, self.domain)

    @property
    def most_positive(self) -> int:
        return min(self.degree // 2, MOST_HALF)

    @property
    def most_decrease(self) -> int:
        degrees = [numerator.degree for mode in self.system.modes for numerator in mode.numerators]
        whole = self.degree * max(degrees) if self.system.time == "discrete" else self.degree - 1 + max(degrees)
        return max(1, min(whole // 2, MOST_HALF))

    def run(self) -> Iterator[tuple[Halves, Halves, Found]]:
        """Pairs of phi1 and phi2 with a solved program, the strongest conclusion first."""
        states = self.system.states
        ones = dict.fromkeys(states, 1)
        definite = self.proven(ones, ones)
        if definite is not None:
            yield ones, ones, definite
        powers = self.powers()
        if powers is None:
            return
        positive, decrease = powers
        fewer = [{name: half for name, half in decrease.items() if name != left} for left in decrease]
        for phi2 in (decrease, *fewer, {}):
            found = self.proven(positive, phi2)
            if found is not None:
                yield positive, phi2, found

    def proven(self, positive: Halves, decrease: Halves) -> Found | None:
        def build(program: SosProgram) -> dict[str, Demand]:
            function = program.polynomial("V", monomials=self.monomials)
            return self.demands(function, power_sum(positive), power_sum(decrease))

        return find(self.system.variables, build, self.order, self.options)

    def powers(self) -> tuple[Halves, Halves] | None:
        """The powers that fit, for phi1 in all states and for phi2 in as many as possible, as a solver finds them.

        As V may be scaled and sums of such V are such V, the states that may occur in phi2 may do so together.
        """
        kept: list[Weighted] = []

        def build(program: SosProgram) -> dict[str, Demand]:
            function = program.polynomial("V", monomials=self.monomials)
            phi1 = Weighted.declare(program, "phi1", self.system.states, self.most_positive)
            phi2 = Weighted.declare(program, "phi2", self.system.states, self.most_decrease)
            for state, total in phi1.totals.items():
                program.zero(total - 1, name=f"phi1: {state}")
            for state, total in phi2.totals.items():
                program.sos(1 - total, name=f"phi2: {state}")
            program.maximize(sum(phi2.totals.values()))
            kept[:] = [phi1, phi2]
            return self.demands(function, phi1.phi, phi2.phi)

        values = approximated(self.system.variables, build, self.order, self.options)
        return None if values is None else (kept[0].halves(values), kept[1].halves(values))

    def demands(self, function: AffinePolynomial, phi1: Any, phi2: Any) -> dict[str, Demand]:
        """What a Lyapunov function has to satisfy."""
        demands = {"positive": Demand(function - phi1, self.around)}
        for mode in range(len(self.system.modes)):
            demands[f"decrease {mode}"] = Demand(self.system.decrease(function, mode) - phi2, self.around)
        return demands
