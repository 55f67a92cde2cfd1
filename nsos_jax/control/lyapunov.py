"""Lyapunov functions: is an equilibrium stable, asymptotically, globally?

V - phi1 and -grad V . f - phi2 (V - V(f(x)) - phi2 for discrete time) are sums of squares, on a set with multipliers,
where phi1 is a sum of even powers of all states, and phi2 too (asymptotic stability), or of some or none. As V may be
scaled, the powers have the factor 1. V = 0 is no solution.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from nsos_jax.certificates import Certificate, InvalidCertificate, LyapunovCertificate
from nsos_jax.control.answers import ControlResult, ControlStatus
from nsos_jax.control.arguments import check_question, even_degree
from nsos_jax.control.deadlines import for_question, with_time
from nsos_jax.control.dynamics import Stability, System
from nsos_jax.control.identities import identity_back, moved_back, moved_set, surroundings
from nsos_jax.control.lyapunov_search import LyapunovSearch
from nsos_jax.control.margins import power_sum
from nsos_jax.control.stated import (
    Denominators,
    NotPositive,
    check_uncertain,
    denominators,
    given_domain,
    over_states,
    powers,
    stated_system,
)
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import SemialgebraicSet, SolveOptions, exact_number, expect_set, whole_number


@dataclass(frozen=True, repr=False)
class LyapunovResult(ControlResult):
    """What was proven about an equilibrium.

    Attributes:
      positive, decrease: phi1 and phi2.
      is_asymptotic: whether asymptotic stability was proven.
      stability: of the linearisation, exactly; None where it depends on inputs or parameters.
      refutation: that no V of the degree does, of the kind `infeasible_program`, where nothing else was proven.
    """

    positive: Polynomial | None = None
    decrease: Polynomial | None = None
    is_asymptotic: bool = False
    stability: Stability | None = None
    refutation: Certificate | None = None

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
    rate: Any = None,
    order: int | None = None,
    options: SolveOptions | None = None,
) -> LyapunovResult:
    """Looks for a Lyapunov function of a degree, and proves what it shows.

    Args:
      system: the dynamics; V is common to all its modes.
      degree: of V in the states, even; lower degrees are tried first.
      on: a neighbourhood of the equilibrium on which V has to decrease; the whole space by default.
      equilibrium: {state: number}, the origin by default (for an angle the angle 0).
      parametric: the degree of V in the parameters, which are constant then; 0 for one V for all of them.
      rate: a > 0 with dV/dt <= -a V, or V(f(x)) <= (1 - a) V, for exponential stability where V is quadratic.
      order: of the multipliers of sets, as in `SosProgram.nonnegative`; the least and the next one by default.
      options: of the solver; the time limit is that of the whole question.

    Raises:
      ValueError: the point is no equilibrium, or not inside of the set; the degree is odd, the rate not positive;
        the set of inputs and parameters is empty.

    >>> lyapunov(System(lambda x, y: (-x + y, -x - y**3), states="x y")).conclusion
    'the origin is globally asymptotically stable'
    """
    start, options = time.monotonic(), for_question(options)
    check_question(system, order)
    degree = even_degree(degree)
    whole_number(parametric, "parametric")
    point = system.point(equilibrium)
    system.check_equilibrium(point)
    check_inside(on, point)
    allowed, stability = check_uncertain(system, options), system.stability(point)
    if stability is Stability.UNSTABLE:
        status, error = refuted(system, allowed)
        return LyapunovResult(status, error=error, stability=stability, seconds=time.monotonic() - start)
    decay = None if rate is None else checked_rate(system, rate)
    moved, domain = system.shift(point), moved_set(on or SemialgebraicSet(), point)
    result = LyapunovResult(ControlStatus.UNDECIDED, stability=stability)
    try:
        bottoms = denominators(moved, surroundings(moved, domain), order, options)
        for chosen in range(2, degree + 1, 2):
            search = LyapunovSearch(moved, chosen, domain, parametric, decay, order, options)
            found = _first_proven(search, _Statement(system, point, on, bottoms), result)
            if found.is_asymptotic or result.status is ControlStatus.UNDECIDED:
                result = found
            if result.is_asymptotic:
                break
        if result.status is ControlStatus.UNDECIDED and (refutation := search.refutation()) is not None:
            result = replace(result, refutation=refutation, error=NONE_EXISTS.format(degree))
        elif result.status is ControlStatus.UNDECIDED:
            result = replace(result, error=with_time(NONE_FOUND.format(degree), options))
    except NotPositive as error:
        result = replace(result, error=str(error))
    return replace(result, seconds=time.monotonic() - start)


def checked_rate(system: System, rate: Any) -> Fraction:
    """The rate, exactly.

    Raises:
      ValueError: it is not positive, or beyond 1 for discrete time.
    """
    decay = exact_number(rate, "rate")
    if decay <= 0 or (system.time == "discrete" and decay > 1):
        wanted = "a positive number" + (" up to 1" if system.time == "discrete" else "")
        raise ValueError(f"rate: got {rate}, wanted {wanted}")
    return decay


NONE_FOUND = "no Lyapunov function of degree {} was found: try a higher degree or order, or a smaller set"
NONE_EXISTS = (
    "no V of degree {} makes its decrease and V less even powers of all states sums of squares, as was proven; the"
    " equilibrium may be stable all the same: try a higher degree or order, or a smaller set"
)


def unstable(system: System) -> str:
    """What an unstable linearisation says."""
    where = ", with the parameters at the centre of their boxes" if system.centre else ""
    return f"an eigenvalue of the linearisation grows: the equilibrium is unstable{where}, and no V shows the opposite"


def refuted(system: System, allowed: Mapping[str, Fraction] | None) -> tuple[ControlStatus, str]:
    """The same, where there are values of inputs and parameters for which it is meant."""
    if allowed is None:
        return ControlStatus.UNDECIDED, f"{unstable(system)}; but no inputs and parameters in their set were found"
    return ControlStatus.REFUTED, unstable(system)


@dataclass(frozen=True)
class _Statement:
    """What a certificate says besides V and the margins."""

    system: System
    point: dict[str, Fraction]
    on: SemialgebraicSet | None
    bottoms: Denominators


def _first_proven(search: LyapunovSearch, about: _Statement, result: LyapunovResult) -> LyapunovResult:
    """The first of the functions found that the checker accepts, else the result that was given."""
    system, point = about.system, about.point
    for positive, decrease, found in search.run():
        function = over_states(moved_back(found.polynomial("V"), point), system)
        identities = {
            name: [identity_back(one, system.variables, point) for one in found.numbered(name)]
            for name in ("positive", "decrease")
        }
        try:
            certificate = LyapunovCertificate.create(
                stated_system(system),
                point.values(),
                function,
                powers(positive),
                powers(decrease),
                given_domain(about.on),
                identities={**identities, "denominators": about.bottoms.back(system, point)},
                rate=search.rate,
                denominator_bounds=about.bottoms.bounds,
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
            is_asymptotic=certificate.is_asymptotic,
        )
    return result


def check_inside(on: SemialgebraicSet | None, point: Mapping[str, Fraction]) -> None:
    """Refuses a set that has the equilibrium not in its interior.

    Raises:
      ValueError: names the inequality; TypeError: it is no set.
    """
    if on is None:
        return
    if expect_set(on, "on").equalities:
        raise ValueError("on: got equalities, wanted a neighbourhood of the equilibrium, by inequalities alone")
    for index, inequality in enumerate(on.inequalities):
        if not set(inequality.variables) <= set(point):
            raise ValueError(f"on.inequalities[{index}]: got {inequality}, wanted a polynomial in the states")
        if (value := inequality.evaluate({name: point[name] for name in inequality.variables})) <= 0:
            raise ValueError(f"on.inequalities[{index}]: is {value} at the equilibrium, wanted a positive value")
