"""What `lyapunov` and `region_of_attraction` have in common: a function V that is positive definite and decreases."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import fmpq

from nsos_jax.certificates import reader
from nsos_jax.certificates.data import (
    InvalidCertificate,
    PolynomialLike,
    Rational,
    Terms,
    aligned_terms,
    as_fraction,
    as_rational,
    number_text,
)
from nsos_jax.certificates.expansion import Work, combine, multiply
from nsos_jax.certificates.kinds.control.claims import AboutSystem, Claim, Identities
from nsos_jax.certificates.kinds.control.definite import EvenPowers
from nsos_jax.certificates.kinds.control.derived import composed, scaled
from nsos_jax.certificates.kinds.control.sets import expect_over, read_point
from nsos_jax.certificates.kinds.control.system import StatedSystem
from nsos_jax.certificates.statements import StatedSet

Powers = Iterable[tuple[Rational, str, int]]
"""Triples of a coefficient, a state and an even exponent."""


@dataclass(frozen=True, eq=False, repr=False)
class StabilityCertificate(AboutSystem):
    """V - phi1 and the decrease of V less phi2 are nonnegative.

    Attributes:
        V: over the states, and other variables, which are constant in time then.
        positive: phi1, of all states.
        decrease: phi2.
    """

    _equilibrium: tuple[fmpq, ...]
    V: Terms
    positive: EvenPowers
    decrease: EvenPowers
    _rate: fmpq | None

    @classmethod
    def _stability_parts(
        cls,
        system: StatedSystem,
        equilibrium: Iterable[Rational],
        V: PolynomialLike,
        positive: Powers,
        decrease: Powers,
        identities: Identities,
        rate: Rational | None,
        denominator_bounds: Iterable[Rational],
    ) -> dict[str, Any]:
        return {
            **cls._parts(system, identities, denominator_bounds),
            "_equilibrium": tuple(map(as_rational, equilibrium)),
            "V": aligned_terms(V, system.variables),
            "positive": EvenPowers.create(system.states, positive),
            "decrease": EvenPowers.create(system.states, decrease),
            "_rate": None if rate is None else as_rational(rate),
        }

    @classmethod
    def _read_stability(cls, variables: tuple[str, ...], record: dict[str, Any]) -> dict[str, Any]:
        parts = cls._read_parts(variables, record)
        point = read_point(record["equilibrium"], len(parts["system"].states), "equilibrium")
        if point is None:
            raise InvalidCertificate("equilibrium: expected one number for each state, got None")
        return {
            **parts,
            "_equilibrium": point,
            "V": reader.read_polynomial(record["V"], len(variables), "V"),
            "positive": EvenPowers.read(record["positive"], "positive"),
            "decrease": EvenPowers.read(record["decrease"], "decrease"),
            "_rate": None if record["rate"] is None else reader.read_number(record["rate"], "rate"),
        }

    def _stability_values(self) -> dict[str, Any]:
        return {
            "equilibrium": [str(value) for value in self._equilibrium],
            "V": self.V.to_list(),
            "positive": self.positive.to_list(),
            "decrease": self.decrease.to_list(),
            "rate": None if self._rate is None else str(self._rate),
        }

    @property
    def equilibrium(self) -> tuple[Fraction, ...]:
        """x*, one number for each state."""
        return tuple(map(as_fraction, self._equilibrium))

    @property
    def rate(self) -> Fraction | None:
        """V decreases by rate * V besides phi2, or None."""
        return None if self._rate is None else as_fraction(self._rate)

    @property
    def _function(self) -> Terms:
        return self.V

    @property
    def is_asymptotic(self) -> bool:
        """Whether V falls strictly everywhere but at the equilibrium."""
        return self._rate is not None or self.decrease.is_definite(len(self.system.states))

    def _check_stability(self, work: Work) -> None:
        """Check the system, the equilibrium, V there, and the shape of phi1, phi2 and the rate."""
        self._check_system(work)
        system, states = self.system, len(self.system.states)
        system.check_equilibrium(self._equilibrium, set(), work)
        expect_over(self.V, None, self.variables, "V", "")
        if not self.V.num_terms:
            raise InvalidCertificate("V: expected a polynomial that is not zero")
        if composed(self.V, system.at(self._equilibrium), "V", work).num_terms:
            raise InvalidCertificate("V: expected the value 0 at the equilibrium, for all values of other variables")
        self.positive.check(states, "positive", all_states=True)
        self.decrease.check(states, "decrease")
        if self._rate is not None and (self._rate <= 0 or (self._rate > 1 and not system.is_continuous)):
            wanted = "a positive number" + ("" if system.is_continuous else " up to 1")
            raise InvalidCertificate(f"rate: expected {wanted}, got {number_text(self._rate)}")

    def _positive_claim(self, on: StatedSet, work: Work) -> Claim:
        """V - phi1."""
        variables = len(self.variables)
        phi = self.positive.terms(self._equilibrium, variables, "positive", work)
        target = combine([(1, self.V), (-1, phi)], variables, "V - positive", work)
        return Claim("positive", "V - positive", target, on)

    def _decrease_claims(self, on: StatedSet, work: Work, factor: Terms | None = None) -> Iterable[Claim]:
        """-grad V . numerators - rate * denominator * V - phi2, or (1 - rate) V - V(f) - phi2, for each mode.

        The factor is one of phi2: level - V.
        """
        variables = len(self.variables)
        phi = self.decrease.terms(self._equilibrium, variables, "decrease", work)
        if factor is not None:
            phi = multiply(factor, phi, "decrease", work)
        text = self._decrease_text("" if factor is None else "(level - V) * ")
        for m, mode in enumerate(self.system.modes):
            place = self._of_mode("decrease of V", m)
            parts = [(1, self.system.decrease(self.V, mode, place, work)), (-1, phi)]
            if self._rate is not None:
                slower = scaled(multiply(mode.denominator, self.V, place, work), self._rate, place, work)
                parts.append((-1, slower))
            yield Claim("decrease", self._of_mode(text, m), combine(parts, variables, place, work), on)

    def _decrease_text(self, factor: str) -> str:
        """The polynomial of the claim for people, with a factor of phi2."""
        fall = "-grad V . f" if self.system.is_continuous else "V - V(f)"
        if any(mode.constant_denominator != 1 for mode in self.system.modes):
            fall = "-grad V . numerators"
        rate = " - rate * V" if self._rate is not None else ""
        if rate and fall.endswith("numerators"):
            rate = " - rate * denominator * V"
        return f"{fall}{rate} - {factor}decrease" if self.decrease.states else f"{fall}{rate}"

    def _held(self) -> set[int]:
        """The variables that V and denominators depend on: constant in time."""
        return self.system.held_by(self.V, *(mode.denominator for mode in self.system.modes))

    def _rate_text(self) -> str:
        """What the rate says."""
        if self._rate is None:
            return ""
        if not self.system.is_continuous:
            return f", and V falls to at most {number_text(1 - self._rate)} V in each step"
        return f", and V(x(t)) <= exp(-{number_text(self._rate)} t) V(x(0))"
