"""What differs between the members of a family of systems: their right-hand sides and linearisations, exactly.

Letters: N members, K parameters, n states.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
from flint import fmpz
from jaxtyping import Bool, Float

from nsos_jax.certificates import Quotients, StatedMode, StatedSystem, Terms
from nsos_jax.control.dynamics import Stability, System, derivative, linear_stability, restricted, substituted
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import ParametricNumbers, coefficients_in

NEAR = 1e-6
"""Of the size of the linearisation: eigenvalues up to which floating point does not tell whether they are stable."""


class Fields:
    """The right-hand sides of the members as certificates state them."""

    def __init__(self, system: System, parameters: Sequence[str], stated: StatedSystem) -> None:
        self.stated, self.modes = stated, []
        for mode in system.modes:
            split = [coefficients_in(numerator, stated.variables, parameters) for numerator in mode.numerators]
            exponents = [np.array(list(one), np.int32).reshape(len(one), len(stated.variables)) for one in split]
            numbers = ParametricNumbers([number for one in split for number in one.values()], len(parameters))
            self.modes.append((exponents, numbers))

    def systems(self, thetas: Float[np.ndarray, "N K"]) -> list[StatedSystem]:
        """The system of each member, at the binary values of its parameters."""
        chosen: list[list[StatedMode]] = [[] for _ in thetas]
        for stated, (exponents, parametric) in zip(self.stated.modes, self.modes, strict=True):
            values = parametric.at(thetas)
            ends = np.cumsum([0, *map(len, exponents)]).tolist()
            for modes, row, below in zip(chosen, values.numerators, values.denominators, strict=True):
                parts = [row[start:end] for start, end in pairwise(ends)]
                terms = (_terms(*part, fmpz(below)) for part in zip(exponents, parts, strict=True))
                modes.append(StatedMode(tuple(terms), stated.denominator))
        whole = self.stated
        others = whole.uncertain, whole._member, whole.ideal, whole.tangency
        return [StatedSystem(whole.variables, whole.states, whole.time, tuple(modes), *others) for modes in chosen]


def _terms(exponents: np.ndarray, numerators: np.ndarray, denominator: fmpz) -> Terms:
    kept = numerators.astype(bool)
    if not kept.all():
        exponents, numerators = exponents[kept], numerators[kept]
    return Terms(exponents, Quotients(tuple(numerators.tolist()), denominator))


class Linearizations:
    """The stability of the linearisation of each member at a point, as `System.stability` has it."""

    def __init__(self, system: System, parameters: Sequence[str], point: Mapping[str, Fraction]) -> None:
        self.discrete = system.time == "discrete"
        self.size = len(system.states)
        self.normals = [
            [_number(substituted(derivative(part, name), point)) for name in system.states] for part in system.ideal
        ]
        values = {**dict.fromkeys(system.inputs, Fraction(0)), **point, **system.centre}
        known = {**dict.fromkeys(system.variables, Fraction(0)), **system.centre}
        self.modes: list[ParametricNumbers] | None = []
        for mode in system.modes:
            entries = [substituted(derivative(part, name), point) for part in mode.numerators for name in system.states]
            if any(set(_occurring(entry)) - set(parameters) for entry in entries):
                if not system.uncertain.contains(known):
                    self.modes = None
                    return
                entries = [substituted(entry, values) for entry in entries]
            split = [coefficients_in(entry, (), parameters).get((), {}) for entry in entries]
            self.modes.append(ParametricNumbers(split, len(parameters)))

    @property
    def are_known(self) -> bool:
        """Whether they depend on the parameters of the family alone."""
        return self.modes is not None

    def suspects(self, thetas: Float[np.ndarray, "N K"]) -> Bool[np.ndarray, " N"]:
        """Which members may be unstable, as far as floating point tells."""
        result = np.zeros(len(thetas), bool)
        for numbers in self.modes or ():
            powers = np.prod(thetas[:, None, :] ** numbers.monomials, axis=2)
            matrices = (powers @ numbers.coefficients.T).reshape(-1, self.size, self.size)
            finite = np.isfinite(matrices).all(axis=(1, 2))
            values = np.linalg.eigvals(np.where(finite[:, None, None], matrices, 0.0))
            size = NEAR * (1.0 + np.abs(matrices).max(axis=(1, 2)))
            beyond = np.abs(values).max(axis=1) - 1.0 if self.discrete else values.real.max(axis=1)
            result |= ~finite | ~(beyond < -size)
        return result

    def of(self, thetas: Float[np.ndarray, "N K"]) -> list[Stability | None]:
        """Exactly, the worst of the modes; None where it depends on other variables."""
        if self.modes is None:
            return [None] * len(thetas)
        found: list[set[Stability]] = [set() for _ in thetas]
        for numbers in self.modes:
            values = numbers.at(thetas)
            for kinds, row, below in zip(found, values.numerators.tolist(), values.denominators.tolist(), strict=True):
                flat = [Fraction(value, below) for value in row]
                matrix = [flat[start : start + self.size] for start in range(0, len(flat), self.size)]
                kinds.add(linear_stability(restricted(matrix, self.normals), self.discrete))
        order = (Stability.UNSTABLE, Stability.CRITICAL, Stability.STABLE)
        return [next(kind for kind in order if kind in kinds) for kinds in found]


def _occurring(polynomial: Polynomial) -> list[str]:
    degrees = polynomial.exponents.max(axis=0, initial=0).tolist()
    return [name for name, degree in zip(polynomial.variables, degrees, strict=True) if degree]


def _number(polynomial: Polynomial) -> Fraction:
    return sum(polynomial.coefficients, Fraction(0))
