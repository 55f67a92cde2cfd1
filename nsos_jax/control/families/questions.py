"""The programs of a family, in coordinates around the equilibrium and with symbols for its parameters."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from nsos_jax.control.dynamics import System
from nsos_jax.control.identities import ORDERS, Demand
from nsos_jax.control.lyapunov_search import LyapunovSearch
from nsos_jax.control.margins import Halves, power_sum
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import AffinePolynomial, SemialgebraicSet, SosProgram

Margins = tuple[Halves, Halves]
"""Half the powers of the states in phi1 and phi2."""


class Questions:
    """What is asked about each member.

    Attributes:
      positive, decrease: half the powers of the states in phi1 and phi2.
      extras: beyond the least order of multipliers, those that are tried.
    """

    def __init__(
        self,
        system: System,
        parameters: Sequence[str],
        domain: SemialgebraicSet,
        rate: Fraction | None,
        order: int | None,
        margins: Margins | None = None,
    ) -> None:
        self.system, self.parameters, self.domain = system, parameters, domain
        self.rate, self.order = rate, order
        squares = dict.fromkeys(system.states, 1)
        self.positive, self.decrease = margins or (squares, squares if rate is None else {})
        generic = [Fraction(2 * k + 3, 3 * k + 7) for k in range(len(parameters))]
        self._generic = self._member(generic)
        on_set = any(demand.is_on_set for demand in self._generic_demands(2).values())
        self.extras = range(ORDERS if on_set and order is None else 1)

    @property
    def margins(self) -> tuple[tuple[tuple[str, int], ...], ...]:
        """phi1 and phi2, as a key."""
        return tuple(tuple(sorted(halves.items())) for halves in (self.positive, self.decrease))

    def weaker(self, system: System, degree: int) -> Iterator["Questions"]:
        """The same questions with the powers that fit one of the members in phi1 and phi2, and with phi2 = 0."""
        found = LyapunovSearch(system, degree, self.domain, 0, self.rate, self.order, None).powers()
        if found is None:
            return
        positive, decrease = found
        for fall in [decrease, {}] if decrease else [{}]:
            yield Questions(self.system, self.parameters, self.domain, self.rate, self.order, (positive, fall))

    def search(self, theta: Any, degree: int, extra: int) -> SosProgram:
        """V of a degree with V - phi1 and its decrease less phi2 nonnegative; nothing is maximised."""
        system = self._member(theta)
        program = SosProgram(system.variables)
        phis = power_sum(self.positive), power_sum(self.decrease)
        _, demands = self._demands(program, system, degree, *phis)
        self._add(program, demands, degree, extra)
        return program

    def margin(self, theta: Any, degree: int) -> SosProgram:
        """The largest t in the place of the factor 1 of phi1 and phi2, with V of a certain size."""
        system = self._member(theta)
        program = SosProgram(system.variables)
        t = program.scalar("t")
        phi = t * power_sum(self.positive)
        function, demands = self._demands(program, system, degree, phi, phi)
        squares = [Polynomial.parse(f"{name}^2") for name in system.states]
        program.zero(sum(function.coefficient(square) for square in squares) - len(squares), name="size")
        self._add(program, demands, degree, 0)
        program.maximize(t)
        return program

    def _member(self, theta: Any) -> System:
        return self.system.with_parameters(dict(zip(self.parameters, theta, strict=True)))

    def _demands(
        self, program: SosProgram, system: System, degree: int, positive: Any, decrease: Any
    ) -> tuple[AffinePolynomial, dict[str, Demand]]:
        """V, and what it has to satisfy."""
        search = LyapunovSearch(system, degree, self.domain, 0, self.rate, self.order, None)
        function = program.polynomial("V", monomials=search.monomials)
        return function, search.demands(function, positive, decrease)

    def _generic_demands(self, degree: int) -> dict[str, Demand]:
        """Those of a member in which nothing vanishes by accident."""
        phi = power_sum(self.positive)
        return self._demands(SosProgram(self._generic.variables), self._generic, degree, phi, phi)[1]

    def _add(self, program: SosProgram, demands: dict[str, Demand], degree: int, extra: int) -> None:
        """With the orders of the generic member: degrees in the parameters do not count."""
        shown = self._generic_demands(degree)
        for name, demand in demands.items():
            least = shown[name].least_order()
            demand.add_to(program, name, least + extra if self.order is None else max(self.order, least), 0)
