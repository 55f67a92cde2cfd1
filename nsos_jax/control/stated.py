"""Systems, sets and margins as certificates state them, and the evidence that all questions need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from nsos_jax.certificates import Identity, StatedSystem
from nsos_jax.control.dynamics import System, occurring
from nsos_jax.control.identities import Demand, find, find_identity, identity_back
from nsos_jax.control.margins import Halves
from nsos_jax.control.points import Point, member
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import SemialgebraicSet, SolveOptions, SosProgram

Given = tuple[tuple[Polynomial, ...], None, tuple[Polynomial, ...]]


def stated_system(system: System) -> StatedSystem:
    """The system of a certificate."""
    chosen = allowed_values(system)
    return StatedSystem.create(
        system.variables,
        system.states,
        system.time,
        [(mode.numerators, mode.denominator) for mode in system.modes],
        given_set(system.uncertain),
        system.ideal,
        member=list(chosen.values()) if chosen else None,
    )


def allowed_values(system: System) -> Point | None:
    """Inputs and parameters in their set, the centre of boxes and 0 if they are; None where none were found."""
    others = (*system.inputs, *system.parameters)
    centre = {name: system.centre.get(name, Fraction(0)) for name in others}
    return centre if system.uncertain.contains(centre) else member(system.uncertain, others)


def check_uncertain(system: System, options: SolveOptions | None = None) -> Point | None:
    """The same, which shows that a statement about all of them says something.

    Raises:
      ValueError: there are none, as was proven.
    """
    found = allowed_values(system)
    names = (*system.inputs, *system.parameters)
    if found is None and is_empty(system.uncertain, names, options):
        raise ValueError(f"uncertain: no values of {', '.join(names)} are in the set, as was proven: enlarge it")
    return found


def is_empty(chosen: SemialgebraicSet, names: Sequence[str], options: SolveOptions | None = None) -> bool:
    """Whether a set was proven to be empty: -1 is nonnegative on it, by an identity."""
    return find_identity(names, Demand(Polynomial.constant(-1), chosen), None, options) is not None


def over_states(polynomial: Polynomial, system: System) -> Polynomial:
    """A function over all states, and over those inputs and parameters that occur in it."""
    used = occurring(polynomial)
    names = [name for name in system.variables if name in system.states or name in used]
    rows = np.zeros((polynomial.num_terms, len(names)), np.int32)
    for column, name in enumerate(polynomial.variables):
        if name in names:
            rows[:, names.index(name)] = polynomial.exponents[:, column]
    return Polynomial.from_arrays(rows, polynomial.coefficients, names)


def given_set(chosen: SemialgebraicSet) -> Given:
    """A set whose inequalities have one multiplier each."""
    return chosen.inequalities, None, chosen.equalities


def given_domain(chosen: SemialgebraicSet | None) -> Given | None:
    """The same, or nothing for the whole space."""
    return None if chosen is None else given_set(chosen)


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
