"""Systems, sets and margins as certificates state them, and the evidence that all questions need."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from nsos_jax.certificates import Identity, StatedSystem
from nsos_jax.control.dynamics import System
from nsos_jax.control.identities import Demand, find, find_identity, identity_back
from nsos_jax.control.margins import Halves
from nsos_jax.control.points import member
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import SemialgebraicSet, SolveOptions, SosProgram

Given = tuple[tuple[Polynomial, ...], None, tuple[Polynomial, ...]]


def stated_system(system: System) -> StatedSystem:
    """The system of a certificate."""
    others = (*system.inputs, *system.parameters)
    centre = {name: system.centre.get(name, Fraction(0)) for name in others}
    chosen = centre if system.uncertain.contains(centre) else member(system.uncertain, others)
    return StatedSystem.create(
        system.variables,
        system.states,
        system.time,
        [(mode.numerators, mode.denominator) for mode in system.modes],
        given_set(system.uncertain),
        system.ideal,
        member=list(chosen.values()) if chosen else None,
    )


def given_set(chosen: SemialgebraicSet) -> Given:
    """A set whose inequalities have one multiplier each."""
    return chosen.inequalities, None, chosen.equalities


def given_domain(chosen: SemialgebraicSet | None) -> Given | None:
    """The same, or nothing for the whole space."""
    return None if chosen is None else given_set(chosen)


def check_over_states(system: System, sets: Mapping[str, SemialgebraicSet | None]) -> None:
    """Refuses sets, given by the names of arguments, in other variables than the states.

    Raises:
      ValueError: names the argument and the variable.
    """
    for name, chosen in sets.items():
        for variable in () if chosen is None else chosen.variables:
            if variable not in system.states:
                raise ValueError(f"{name}: got the variable {variable!r}, the states are {', '.join(system.states)}")


def powers(halves: Halves, factor: Fraction | int = 1) -> list[tuple[Fraction, str, int]]:
    """The sum of even powers `power_sum(halves, factor)` about the equilibrium."""
    return [(Fraction(factor), state, 2 * half) for state, half in halves.items()]


@dataclass(frozen=True)
class Denominators:
    """That the denominators of a system are positive on a set.

    Attributes:
      bounds: positive numbers that they are at least.
      identities: in the coordinates of the system.
    """

    bounds: list[Fraction]
    identities: list[Identity]

    def back(self, system: System, point: Mapping[str, Fraction]) -> list[Identity]:
        """The identities in the coordinates before the shift by a point."""
        return [identity_back(identity, system.variables, point) for identity in self.identities]


class NotPositive(ValueError):
    """A denominator of the dynamics was not shown to be positive where it is needed."""


def denominators(
    system: System, on: SemialgebraicSet, order: int | None = None, options: SolveOptions | None = None
) -> Denominators:
    """Proves that the denominators that are no numbers are positive on a set.

    Raises:
      NotPositive: no proof was found; names the denominator.
    """
    found = Denominators([], [])
    for mode in system.modes:
        bottom = mode.denominator
        if bottom.degree <= 0:
            continue

        def build(program: SosProgram, bottom: Polynomial = bottom) -> dict[str, Demand]:
            bound = program.scalar("bound")
            program.maximize(bound)
            return {"denominator": Demand(bottom - bound, on)}

        best = find(system.variables, build, order, options)
        value = None if best is None else best.result.lower
        if value is not None and value > 0:
            bound = (value / 2).limit_denominator(1000) or value
            identity = find_identity(system.variables, Demand(bottom - bound, on), order, options)
            if identity is not None:
                found.bounds.append(bound)
                found.identities.append(identity)
                continue
        raise NotPositive(f"the denominator {bottom} was not shown to be positive there: look at a smaller set")
    return found
