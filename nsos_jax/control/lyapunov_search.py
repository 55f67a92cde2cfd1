"""The programs of Lyapunov functions, in coordinates around the equilibrium."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from nsos_jax.certificates import Certificate
from nsos_jax.control.deadlines import for_program, time_is_over
from nsos_jax.control.dynamics import System, cosine_name
from nsos_jax.control.identities import Demand, Found, approximated, find, surroundings
from nsos_jax.control.margins import Halves, Weighted, power_sum
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import AffinePolynomial, ProgramStatus, SemialgebraicSet, SolveOptions, SosProgram


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
    rate: Fraction | None
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
        """Half of the largest power in phi1: that of V."""
        return self.degree // 2

    @property
    def most_decrease(self) -> int:
        """Half of the largest even power that the decrease of V can have."""
        degrees = [numerator.degree for mode in self.system.modes for numerator in mode.numerators]
        whole = self.degree * max(degrees) if self.system.time == "discrete" else self.degree - 1 + max(degrees)
        return max(1, whole // 2)

    def run(self) -> Iterator[tuple[Halves, Halves, Found]]:
        """Pairs of phi1 and phi2 with a solved program, the strongest conclusion first."""
        ones = dict.fromkeys(self.system.states, 1)
        fall = ones if self.rate is None else {}
        definite = self.proven(ones, fall)
        if definite is not None:
            yield ones, fall, definite
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
            fall = self.system.decrease(function, mode) - phi2
            if self.rate is not None:
                fall = fall - function * (self.rate * self.system.modes[mode].denominator)
            demands[f"decrease {mode}"] = Demand(fall, self.around)
        return demands

    def refutation(self) -> Certificate | None:
        """That no V of the monomials fits, with any weights of the powers in phi1 and phi2 = 0."""
        if time_is_over(self.options):
            return None
        program = SosProgram(self.system.variables)
        function = program.polynomial("V", monomials=self.monomials)
        phi1 = Weighted.declare(program, "phi1", self.system.states, self.most_positive)
        for state, total in phi1.totals.items():
            program.zero(total - 1, name=f"phi1: {state}")
        for name, demand in self.demands(function, phi1.phi, 0).items():
            demand.add_to(program, name, self.order, 0)
        result = program.solve(for_program(self.options))
        return result.certificate if result.status is ProgramStatus.INFEASIBLE else None
