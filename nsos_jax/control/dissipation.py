"""Dissipation: a storage function V with dV/dt <= w(x, u), and gains that follow from it.

V and w - grad V . f (w + V - V(f(x)) for discrete time) are sums of squares, and V is 0 at the equilibrium. For the L2
gain w = g |u|^2 - |y|^2, with g as small as possible: the program is linear in V and g.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any, TypeVar

from nsos_jax.certificates import DissipationCertificate
from nsos_jax.control.answers import ControlResult, ControlStatus
from nsos_jax.control.arguments import check_question, even_degree
from nsos_jax.control.deadlines import for_question, with_time
from nsos_jax.control.dynamics import System, expression
from nsos_jax.control.identities import Demand, Found, find, identity_back, moved_back, moved_set, surroundings
from nsos_jax.control.lyapunov import check_inside
from nsos_jax.control.lyapunov_search import candidate_monomials
from nsos_jax.control.margins import Affine
from nsos_jax.control.stated import NotPositive, check_uncertain, denominators, given_domain, over_states, stated_system
from nsos_jax.polynomials import Polynomial, Rounding, decimal_text, root_above
from nsos_jax.programs import SemialgebraicSet, SolveOptions, SosProgram

Answer = TypeVar("Answer", bound=ControlResult)


@dataclass(frozen=True, repr=False)
class DissipationResult(ControlResult):
    """What was proven about a storage function."""


@dataclass(frozen=True, repr=False)
class GainResult(ControlResult):
    """What was proven about a gain.

    Attributes:
      gain_squared: an upper bound of its square, exact.
    """

    gain_squared: Fraction | None = None

    @property
    def gain(self) -> float | None:
        """The square root in float64, for reading."""
        return None if self.gain_squared is None else float(self.gain_squared) ** 0.5

    def facts(self) -> list[str]:
        if self.gain_squared is None:
            return []
        return [f"the gain is at most {decimal_text(root_above(self.gain_squared, 9), 9, Rounding.UP)}"]


def dissipation(
    system: System,
    supply: Any,
    degree: int = 2,
    *,
    on: SemialgebraicSet | None = None,
    equilibrium: Mapping[str, Any] | None = None,
    order: int | None = None,
    options: SolveOptions | None = None,
) -> DissipationResult:
    """Looks for a storage function for a supply rate, and proves what it shows.

    Args:
      system: the dynamics, with inputs.
      supply: w, a polynomial of states, inputs and parameters, as such, as text or as a function of all of them.
      degree: of V in the states, even.
      on: where the state is looked at, as long as it stays there; the whole space by default.
      equilibrium: {state: number} at rest with the inputs 0, the origin by default; V is 0 there.
      order: of the multipliers of sets, as in `SosProgram.nonnegative`.
      options: of the solver; the time limit is that of the whole question.

    Raises:
      ValueError: the point does not rest without input; the degree is odd; the supply rate has other variables.

    >>> integrator = System(lambda x, u: (-x**3 + u,), states="x", inputs="u")
    >>> result = dissipation(integrator, lambda x, u: u * x)
    >>> print(result.status, result.function)
    PROVEN 1/2*x^2
    """
    start, options = time.monotonic(), for_question(options)
    check_question(system, order)
    rate = expression(supply, system.variables, "supply")
    search = _Search(system, degree, on, equilibrium, order, options)
    moved = moved_back(rate, {name: -value for name, value in search.point.items()})
    found = search.solve(lambda _: moved)
    result = DissipationResult(ControlStatus.UNDECIDED, error=with_time(NONE_FOUND.format(degree), options))
    if found is not None:
        result = search.certified(result, found, supply=rate)
    return replace(result, seconds=time.monotonic() - start)


def l2_gain(
    system: System,
    output: Any,
    degree: int = 2,
    *,
    on: SemialgebraicSet | None = None,
    equilibrium: Mapping[str, Any] | None = None,
    order: int | None = None,
    options: SolveOptions | None = None,
) -> GainResult:
    """The smallest bound on the L2 gain from the inputs to outputs that a storage function of a degree proves.

    Args:
      system: the dynamics, with inputs.
      output: y, one polynomial or a list, each as such, as text or as a function of states, inputs and parameters.
      degree, on, equilibrium, order, options: as in `dissipation`.

    Raises:
      ValueError: there is no input; else as in `dissipation`.

    >>> oscillator = System(lambda x, v, u: (v, -x - v + u), states="x v", inputs="u")
    >>> l2_gain(oscillator, "x").conclusion.split(", ")[0]
    'the L2 gain from u to the outputs is at most sqrt(4/3) from rest at the origin'
    """
    start, options = time.monotonic(), for_question(options)
    check_question(system, order)
    if not system.inputs:
        raise ValueError("system: got no inputs, wanted some: a gain is from inputs to outputs")
    listed = list(output) if isinstance(output, Sequence) and not isinstance(output, str) else [output]
    outputs = [expression(one, system.variables, f"output[{k}]") for k, one in enumerate(listed)]
    search = _Search(system, degree, on, equilibrium, order, options)
    moved = [moved_back(one, {name: -value for name, value in search.point.items()}) for one in outputs]
    fed = Polynomial.sum([Polynomial.parse(name) ** 2 for name in system.inputs])
    spent = Polynomial.sum([one**2 for one in moved])

    def supply(program: SosProgram) -> Affine:
        gain = program.scalar("gain_squared", lower=0)
        program.minimize(gain)
        return gain * fed - spent

    found = search.solve(supply)
    result = GainResult(ControlStatus.UNDECIDED, error=with_time(NONE_FOUND.format(degree), options))
    if found is not None:
        gain = found.number("gain_squared")
        result = search.certified(result, found, outputs=outputs, gain_squared=gain)
    return replace(result, seconds=time.monotonic() - start)


NONE_FOUND = "no storage function of degree {} was found: try a higher degree or order, or a smaller set"


class _Search:
    """The program of storage functions, in coordinates around the equilibrium."""

    def __init__(
        self,
        system: System,
        degree: int,
        on: SemialgebraicSet | None,
        equilibrium: Mapping[str, Any] | None,
        order: int | None,
        options: SolveOptions | None,
    ) -> None:
        even_degree(degree, why="an odd V is not nonnegative")
        self.given, self.degree, self.on, self.order, self.options = system, degree, on, order, options
        self.point = system.point(equilibrium)
        system.without_inputs().check_equilibrium(self.point)
        check_inside(on, self.point)
        check_uncertain(system, options)
        self.system = system.shift(self.point)
        self.around = surroundings(self.system, moved_set(on or SemialgebraicSet(), self.point))

    def solve(self, supply: Callable[[SosProgram], Affine]) -> Found | None:
        """V and perhaps a gain, with the identities."""

        def build(program: SosProgram) -> dict[str, Demand]:
            V = program.polynomial("V", monomials=candidate_monomials(self.system, self.degree))
            rate = supply(program)
            demands = {"positive": Demand(V + Polynomial.constant(0), self.around)}
            for index, mode in enumerate(self.system.modes):
                fed = self.system.decrease(V, index) + rate * mode.denominator
                demands[f"dissipation {index}"] = Demand(fed, self.around)
            return demands

        return find(self.system.variables, build, self.order, self.options)

    def certified(
        self,
        result: Answer,
        found: Found,
        supply: Polynomial | None = None,
        outputs: Iterable[Polynomial] = (),
        gain_squared: Fraction | None = None,
    ) -> Answer:
        """With the certificate of a storage function, of a gain where one is given."""
        function = over_states(moved_back(found.polynomial("V"), self.point), self.given)
        if function.is_zero:
            return replace(result, error="V = 0 is all that was found: the supply rate is nonnegative by itself")
        try:
            bottoms = denominators(self.system, self.around, self.order, self.options)
        except NotPositive as error:
            return replace(result, error=str(error))
        identities = {
            name: [identity_back(one, self.given.variables, self.point) for one in found.numbered(name)]
            for name in ("positive", "dissipation")
        }
        create = partial(
            DissipationCertificate.create,
            stated_system(self.given),
            self.given.inputs,
            self.point.values(),
            function,
            supply,
            outputs,
            gain_squared,
            given_domain(self.on),
            identities={**identities, "denominators": bottoms.back(self.system, self.point)},
            denominator_bounds=bottoms.bounds,
        )
        known = {} if gain_squared is None else {"gain_squared": gain_squared}
        return result.proven_by(create, function=function, **known)
