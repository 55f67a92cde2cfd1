"""The programs of reach-avoid problems: V as a solver finds it, and the proof of each thing that V has to satisfy.

The decrease of V is wanted where V <= 0 alone, with a multiplier of V; that program is not linear in both. So V is
found with the multiplier fixed to a number, the rate, and then all multipliers anew for this V, each in a program of
its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from nsos_jax.certificates import Identity
from nsos_jax.control.dynamics import System
from nsos_jax.control.identities import Demand, approximated, find, find_identity, surroundings
from nsos_jax.control.regions.alternation import shortened
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import SemialgebraicSet, SolveOptions, SosProgram

EDGE = Fraction(1, 20)
"""Of V on unsafe sets and at the edge of the domain, while V is found; elsewhere it is at least -1."""
KEPT = Fraction(4, 5)
"""Of the largest speed, so that there are V around the one that is found."""
LEAST, MOST = 1e-7, 10**4
"""Speeds below the one are not taken for positive, and none is wanted beyond the other."""
SLACKS = (Fraction(1, 100), Fraction(1, 20), Fraction(1, 5))
"""What is given up of a largest number, relative to it, for one of few digits with a proof."""
Sets = tuple[SemialgebraicSet, ...]


@dataclass(frozen=True)
class ReachSearch:
    """A reach-avoid problem; the domain is the whole space where it has no polynomials."""

    system: System
    initial: SemialgebraicSet
    target: SemialgebraicSet
    unsafe: Sequence[SemialgebraicSet]
    domain: SemialgebraicSet
    order: int | None = None
    options: SolveOptions | None = None

    @property
    def within(self) -> Sets:
        """Where V is positive on unsafe sets: of discrete time everywhere, for the last step may leave the domain."""
        return (self.domain,) if self.system.time == "continuous" else ()

    @property
    def outside(self) -> list[SemialgebraicSet]:
        """The sets that cover what is not in the target."""
        return [SemialgebraicSet([-t]) for t in self.target.inequalities]

    @property
    def edges(self) -> list[SemialgebraicSet]:
        """Where trajectories that leave the domain come by: a side of it, of discrete time what is beyond."""
        sides = self.domain.inequalities
        if self.system.time == "continuous":
            return [SemialgebraicSet(equalities=[g]) for g in sides]
        return [SemialgebraicSet([-g]) for g in sides]

    def positive(self) -> dict[str, list[Sets]]:
        """By name where V has to be positive."""
        avoided = [(one, *self.within) for one in self.unsafe]
        edges = [(*self.within, edge, around) for edge in self.edges for around in self.outside]
        return {"unsafe": avoided, "edge": edges}

    def on(self, sets: Sets) -> SemialgebraicSet:
        return surroundings(self.system, *sets)

    def fall(self, function: Any, mode: int) -> Any:
        """By what V decreases, times the denominator."""
        return self.system.decrease(function, mode)

    def function(self, degree: int, rate: Fraction) -> tuple[Polynomial, Fraction] | None:
        """V and its speed, large but not the largest, as a solver finds them with a rate; None if it finds none."""

        def build(program: SosProgram, speed: Any = None) -> dict[str, Demand]:
            V = program.polynomial("V", degree=degree, variables=self.system.states)
            if speed is None:
                speed = program.scalar("speed", lower=0, upper=MOST)
                program.maximize(speed)
            return self._demands(V, speed, rate)

        variables = self.system.variables
        fastest = approximated(variables, build, self.order, self.options)
        speed = 0 if fastest is None else fastest["speed"].coefficient([0] * len(variables))
        if speed < LEAST:
            return None
        kept = Fraction(f"{float(KEPT * speed):.2g}")
        values = approximated(variables, lambda program: build(program, kept), self.order, self.options)
        return None if values is None else (shortened(values["V"]), kept)

    def _demands(self, V: Any, speed: Any, rate: Fraction) -> dict[str, Demand]:
        demands = {"initial": Demand(-V, self.on((self.initial,)))}
        for name, places in self.positive().items():
            demands |= {f"{name} {i}": Demand(V - EDGE, self.on(sets)) for i, sets in enumerate(places)}
        for k, around in enumerate(self.outside):
            on = self.on((self.domain, around))
            demands[f"lower {k}"] = Demand(V + 1, on)
            for mode, chosen in enumerate(self.system.modes):
                slowest = (speed - rate * V) * chosen.denominator
                demands[f"decrease {mode} {k}"] = Demand(self.fall(V, mode) - slowest, on)
        return demands

    def falling(self, function: Polynomial) -> list[SemialgebraicSet]:
        """Where V has to fall and to be bounded, for each side of the target."""
        below = SemialgebraicSet.sublevel(function, 0)
        return [self.on((self.domain, below, around)) for around in self.outside]

    def speed(self, function: Polynomial, most: Fraction) -> tuple[Fraction, list[Identity]] | None:
        """The largest speed up to one that is proven for all modes and sides of the target, with the identities."""
        parts = [
            (self.fall(function, mode), chosen.denominator, on)
            for mode, chosen in enumerate(self.system.modes)
            for on in self.falling(function)
        ]
        return self.common(parts, most)

    def lower(self, function: Polynomial) -> tuple[Fraction, list[Identity]] | None:
        """The largest lower bound of V that is proven where V has to fall."""
        one = Polynomial.constant(1)
        return self.common([(function, one, on) for on in self.falling(function)], most=Fraction(0))

    def radius_squared(self) -> tuple[Fraction, list[Identity]] | None:
        """The smallest bound of |x|^2 in the domain that is proven."""
        room = -Polynomial.sum([Polynomial.parse(name) ** 2 for name in self.system.states])
        found = self.common([(room, Polynomial.constant(1), self.on((self.domain,)))])
        return None if found is None else (-found[0], found[1])

    def common(
        self, parts: Sequence[tuple[Polynomial, Polynomial, SemialgebraicSet]], most: Fraction | None = None
    ) -> tuple[Fraction, list[Identity]] | None:
        """A number c of few digits, about the largest one, with a proof of target - c * weight on each set.

        Args:
          parts: target, weight and set.
          most: that c must not be larger than.
        """
        best = most
        for target, weight, on in parts:

            def build(
                program: SosProgram, part: Any = (target, weight), on: SemialgebraicSet = on
            ) -> dict[str, Demand]:
                c = program.scalar("c", upper=most)
                program.maximize(c)
                return {"part": Demand(part[0] - c * part[1], on)}

            found = find(self.system.variables, build, self.order, self.options)
            if found is None or found.result.lower is None:
                return None
            best = found.result.lower if best is None else min(best, found.result.lower)
        assert best is not None
        for c in _below(best):
            proofs = self.proven([Demand(target - c * weight, on) for target, weight, on in parts])
            if proofs is not None:
                return c, proofs
        return None

    def proven(self, demands: Sequence[Demand]) -> list[Identity] | None:
        """The identities of known polynomials, None where one is missing."""
        found = []
        for demand in demands:
            identity = find_identity(self.system.variables, demand, self.order, self.options)
            if identity is None:
                return None
            found.append(identity)
        return found


def _below(value: Fraction) -> Iterator[Fraction]:
    """Zero itself, and numbers of ever fewer digits that are ever farther below."""
    if value == 0:
        yield value
    for slack in SLACKS:
        room = max(abs(value), slack) * slack
        digits = 0
        while Fraction(1, 10**digits) > room / 2:
            digits += 1
        yield Fraction((value - room / 2) * 10**digits // 1, 10**digits)
