"""The certificate kind `lyapunov`: an equilibrium is stable, asymptotically, globally, as a function V shows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from nsos_jax.certificates.data import InvalidCertificate, PolynomialLike, Rational
from nsos_jax.certificates.expansion import Work
from nsos_jax.certificates.kinds.control.claims import Claim, Identities
from nsos_jax.certificates.kinds.control.sets import (
    GivenSet,
    check_member,
    check_set,
    make_set,
    read_optional_set,
    set_values,
)
from nsos_jax.certificates.kinds.control.stability import Powers, StabilityCertificate
from nsos_jax.certificates.kinds.control.system import StatedSystem
from nsos_jax.certificates.statements import StatedSet


@dataclass(frozen=True, eq=False, repr=False)
class LyapunovCertificate(StabilityCertificate):
    """V - phi1 and the decrease of V less phi2 are nonnegative, everywhere or on a neighbourhood of the equilibrium."""

    kind = "lyapunov"
    stackable = True
    evidence_keys = ("equilibrium", "V", "positive", "decrease", "rate", "domain")
    identity_keys = ("positive", "decrease", "denominators")
    domain: StatedSet | None

    @classmethod
    def create(
        cls,
        system: StatedSystem,
        equilibrium: Iterable[Rational],
        V: PolynomialLike,
        positive: Powers,
        decrease: Powers = (),
        domain: GivenSet | None = None,
        *,
        identities: Identities,
        rate: Rational | None = None,
        denominator_bounds: Iterable[Rational] = (),
    ) -> Self:
        """The certificate from its parts.

        Args:
            system: the dynamics.
            equilibrium: x*, one number for each state.
            V: over the states, perhaps also over parameters that are constant in time.
            positive: phi1 = sum c (x_i - x*_i)^e as triples (c, name of x_i, e), of all states.
            decrease: phi2 in the same way, of all states for asymptotic stability, or of some or none.
            domain: (inequalities, products, equalities) in the states, x* strictly inside; None for the whole space.
            identities: "positive": V - phi1 on (domain, uncertain set); "decrease", one for each mode:
                -grad V . numerators - rate * denominator * V - phi2, or (1 - rate) V - V(f) - phi2, on the same;
                "denominators", for each denominator that is no number: denominator - its bound, on the same. Multiplier
                k of a block is the k-th of the products of these sets, one set after the other; cofactors are those of
                the ideal, then of the equalities of these sets.
            rate: of the decrease, for bounds in time.
            denominator_bounds: positive lower bounds of the denominators that are no numbers.
        """
        parts = cls._stability_parts(system, equilibrium, V, positive, decrease, identities, rate, denominator_bounds)
        return cls(**parts, domain=make_set(system.variables, domain))

    @classmethod
    def _from_record(cls, variables: tuple[str, ...], record: dict[str, Any]) -> Self:
        domain = read_optional_set(record["domain"], len(variables), "domain")
        return cls(**cls._read_stability(variables, record), domain=domain)

    def _evidence(self) -> dict[str, Any]:
        return {**self._stability_values(), "domain": set_values(self.domain)}

    def _check_statement(self, work: Work) -> None:
        self._check_stability(work)
        if self.domain is not None:
            states = len(self.system.states)
            check_set(self.domain, set(range(states)), self.variables, "domain", "states")
            if self.domain.equalities:
                raise InvalidCertificate("domain: expected a neighbourhood of the equilibrium, without equalities")
            point = (*self._equilibrium, *(len(self.variables) - states) * (0 * self._equilibrium[0],))
            check_member(self.domain, point, "domain: at the equilibrium", work, strict=True)

    def stays(self, work: Work) -> tuple[StatedSet | None, ...]:
        """The domain: a neighbourhood of the equilibrium within it."""
        return (self.domain,)

    @property
    def stays_text(self) -> str:
        """That it is the domain."""
        return "" if self.domain is None else " on the domain"

    def claims(self, work: Work | None = None) -> Iterator[Claim]:
        """V - phi1, the decrease in each mode, and the denominators."""
        work = work or Work()
        on = self.system.on(self.domain)
        yield self._positive_claim(on, work)
        yield from self._decrease_claims(on, work)
        yield from self._denominator_claims(on, work)

    @property
    def conclusion(self) -> str:
        """The theorem."""
        where, held = self.system.point_text(self._equilibrium), self._held()
        quantifiers = self.system.quantifiers(held)
        if self.domain is not None:
            word = "locally asymptotically stable" if self.is_asymptotic else "stable"
            rate = f"{self._rate_text()} while x stays in the domain" if self._rate is not None else ""
            return f"{where} is {word}{quantifiers}{rate}; it is not claimed that the domain is attracted"
        if self.is_asymptotic:
            return f"{where} is globally asymptotically stable{quantifiers}{self._rate_text()}"
        text = f"{where} is stable and all trajectories are bounded{quantifiers}"
        if self.decrease.states and len(self.system.modes) == 1 and self.system.outside() <= held:
            text += "; they approach the largest invariant set in {decrease = 0}"
        return text
