"""A system whose inputs are to be chosen: the plant, bounds on its inputs, the closed loop, and its certificate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from nsos_jax.certificates import AboutSystem, Identity, StateFeedbackCertificate
from nsos_jax.control.answers import ControlResult
from nsos_jax.control.dynamics import System, expression
from nsos_jax.control.identities import Demand, find_identity, surroundings
from nsos_jax.control.regions.alternation import shortened
from nsos_jax.control.stated import given_set
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import AffinePolynomial, SemialgebraicSet, SolveOptions, SosProgram, interval

Laws = dict[str, Polynomial]
"""A controller: by input a polynomial in the states."""
DIGITS = 4
"""Of the coefficients of controllers."""
NEGLIGIBLE = Fraction(1, 10**4)
"""Coefficients below it, relative to the largest, are taken for the rounding of zeros."""
MOST_GAIN = 10
"""How much larger than those that a search starts from coefficients may become."""


@dataclass(frozen=True, repr=False)
class ControllerResult(ControlResult):
    """What was proven about a controller that was found.

    Attributes:
      controller: by input its polynomial in the states, exact; the last one that was tried where nothing is proven.
      closed_loop: the system with this controller.
      level: of a region of attraction {V <= level}.
    """

    controller: Laws = field(default_factory=dict)
    closed_loop: System | None = None
    level: Fraction | None = None

    def facts(self) -> list[str]:
        return [f"{name} = {law}" for name, law in self.controller.items()]


@dataclass(frozen=True)
class Plant:
    """A system and its inputs that a controller chooses.

    Attributes:
      system: affine in these inputs; its other inputs are disturbances in their set.
      inputs: their names.
      bounds: by input the smallest and the largest value, of those that have bounds.
    """

    system: System
    inputs: tuple[str, ...]
    bounds: dict[str, tuple[Fraction, Fraction]]

    @staticmethod
    def create(system: System, bounds: Mapping[str, tuple[Any, Any]] | None = None) -> "Plant":
        """The plant whose inputs are those of a system that no set is given for.

        Raises:
          ValueError: there are none; bounds are of something else, or have no 0 between them; the dynamics are not
            affine in an input.
        """
        inputs = tuple(name for name in system.inputs if name not in system.uncertain.variables)
        if not inputs:
            raise ValueError("inputs: the system has none to choose: those with a set `uncertain` are disturbances")
        known = {}
        if bounds is not None and not isinstance(bounds, Mapping):
            raise TypeError(f"bounds: got {bounds!r:.60}, wanted {{input: (lower, upper)}}")
        for name, ends in (bounds or {}).items():
            if name not in inputs:
                raise ValueError(f"bounds: got {name!r}, wanted some of the inputs {', '.join(inputs)}")
            known[name] = lower, upper = interval(ends, f"bounds[{name!r}]")
            if not lower < 0 < upper:
                raise ValueError(f"bounds: {name} is from {lower} to {upper}, wanted 0 between them: shift the input")
        for mode in system.modes:
            for part in (*mode.numerators, mode.denominator):
                powers = sum(part.exponents[:, i] for i, name in enumerate(part.variables) if name in inputs)
                most = 0 if part is mode.denominator else 1
                if np.any(np.asarray(powers) > most):
                    raise ValueError(f"inputs: the dynamics are not affine in them: got {part}; add a state for u")
        return Plant(system, inputs, known)

    @property
    def input_set(self) -> SemialgebraicSet | None:
        """u - lower >= 0 and upper - u >= 0 for all inputs with bounds; None without any."""
        sides = []
        for name, (lower, upper) in self.bounds.items():
            u = Polynomial.parse(name)
            sides += [u - lower, upper - u]
        return SemialgebraicSet(sides) if sides else None

    def room(self, laws: Mapping[str, Any]) -> list[Any]:
        """What has to be nonnegative for a controller, perhaps with unknowns, to be within the bounds."""
        found = []
        for name, (lower, upper) in self.bounds.items():
            found += [laws[name] - lower, upper - laws[name]]
        return found

    def closed(self, laws: Laws) -> System:
        """The closed loop."""
        return self.system.with_controller(laws)

    def fall(self, function: Polynomial, mode: int, laws: Mapping[str, Any]) -> Any:
        """By what a known function decreases, times the denominator, with a controller that may have unknowns."""
        open_loop = self.system.decrease(function, mode)
        total: Any = open_loop.substitute(dict.fromkeys(set(self.inputs) & set(open_loop.variables), 0))
        for name in self.inputs:
            if name in open_loop.variables:
                total = total + open_loop.derivative(name) * laws[name]
        return total

    def given(self, controller: Mapping[str, Any] | None) -> Laws | None:
        """A controller of the user.

        Raises:
          ValueError: an input is missing, or there is another one.
        """
        if controller is None:
            return None
        if not isinstance(controller, Mapping):
            raise TypeError(f"controller: got {controller!r:.60}, wanted {{input: polynomial}}")
        if set(controller) != set(self.inputs):
            given = ", ".join(map(str, controller)) or "nothing"
            raise ValueError(f"controller: got {given}, wanted one for each of {', '.join(self.inputs)}")
        return {name: expression(controller[name], self.system.states, f"controller[{name}]") for name in self.inputs}

    def unknown(self, program: SosProgram, degree: int, lowest: int, largest: Fraction) -> "UnknownLaws":
        """A controller with unknown coefficients up to a largest absolute value, from a lowest degree on."""
        basis = monomials(self.system.states, lowest, degree)
        laws: dict[str, Any] = {}
        for name in self.inputs:
            gains = [program.scalar(f"k_{name}_{i}", lower=-largest, upper=largest) for i in range(len(basis))]
            laws[name] = sum((gain * part for gain, part in zip(gains, basis, strict=True)), Polynomial.constant(0))
        return UnknownLaws(laws, basis)


@dataclass(frozen=True)
class UnknownLaws:
    """A controller whose coefficients are unknowns of a program.

    Attributes:
      laws: by input, affine in the unknowns.
      basis: the monomials.
    """

    laws: dict[str, AffinePolynomial]
    basis: list[Polynomial]

    def known(self, values: Mapping[str, Polynomial]) -> Laws:
        """The controller as a solver found it, with few digits."""
        found = {}
        for name in self.laws:
            gains = [sum(values[f"k_{name}_{i}"].coefficients, Fraction(0)) for i in range(len(self.basis))]
            least = NEGLIGIBLE * max(map(abs, gains), default=Fraction(0))
            parts = [gain * part for gain, part in zip(gains, self.basis, strict=True) if abs(gain) > least]
            found[name] = shortened(Polynomial.sum(parts), DIGITS) if parts else Polynomial.constant(0)
        return found


def largest_gain(laws: Laws) -> Fraction:
    """What coefficients may become in a search that starts from a controller: so many times its largest one, or 1."""
    values = [abs(value) for law in laws.values() for value in law.coefficients]
    return MOST_GAIN * max([Fraction(1), *values])


def monomials(states: Sequence[str], lowest: int, highest: int) -> list[Polynomial]:
    """All of such degrees."""
    rows = [row for row in product(range(highest + 1), repeat=len(states)) if lowest <= sum(row) <= highest]
    return [Polynomial.from_arrays(np.array([row], np.int32), [1], states) for row in rows]


def within_bounds(
    plant: Plant, laws: Laws, on: Sequence[SemialgebraicSet], order: int | None, options: SolveOptions | None
) -> list[Identity] | None:
    """That a controller is within its bounds where some sets meet, in the order of `Plant.input_set`; None unproven."""
    closed = plant.closed(laws)
    found = []
    for target in plant.room(laws):
        identity = find_identity(closed.variables, Demand(target, surroundings(closed, *on)), order, options)
        if identity is None:
            return None
        found.append(identity)
    return found


def feedback_certificate(
    plant: Plant, laws: Laws, closed_loop: AboutSystem, identities: Sequence[Identity]
) -> StateFeedbackCertificate:
    """The certificate of a controller.

    Raises:
      InvalidCertificate: its parts do not fit together.
    """
    return StateFeedbackCertificate.create(
        closed_loop,
        [(mode.numerators, mode.denominator) for mode in plant.system.modes],
        plant.inputs,
        [laws[name] for name in plant.inputs],
        None if plant.input_set is None else given_set(plant.input_set),
        identities={"inputs": list(identities)},
    )
