"""The certificate kind `region_of_attraction`: a sublevel set of V is invariant and attracted to an equilibrium.

Of the open set {V < rho}, the decrease is only asked to be (rho - V) phi2: V may stand still where it is rho.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

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
from nsos_jax.certificates.expansion import Work, combine
from nsos_jax.certificates.kinds.control.claims import Claim, Identities
from nsos_jax.certificates.kinds.control.derived import constant
from nsos_jax.certificates.kinds.control.sets import expect_over
from nsos_jax.certificates.kinds.control.stability import Powers, StabilityCertificate
from nsos_jax.certificates.kinds.control.system import StatedSystem
from nsos_jax.certificates.statements import StatedSet


@dataclass(frozen=True, eq=False, repr=False)
class RegionOfAttractionCertificate(StabilityCertificate):
    """V - phi1 is nonnegative everywhere, and the decrease of V less phi2 where V <= level.

    Attributes:
        is_open: the region is {V < level}; phi2 has the factor level - V then.
        _shape: p and beta, where {p <= beta} is in the region, or None.
    """

    kind = "region_of_attraction"
    evidence_keys = ("equilibrium", "V", "positive", "decrease", "rate", "level", "open", "shape", "shape_level")
    identity_keys = ("positive", "decrease", "denominators", "inclusion")
    _level: fmpq
    is_open: bool
    _shape: tuple[Terms, fmpq] | None

    @classmethod
    def create(
        cls,
        system: StatedSystem,
        equilibrium: Iterable[Rational],
        V: PolynomialLike,
        positive: Powers,
        decrease: Powers,
        level: Rational,
        shape: PolynomialLike | None = None,
        shape_level: Rational | None = None,
        *,
        identities: Identities,
        rate: Rational | None = None,
        is_open: bool = False,
        denominator_bounds: Iterable[Rational] = (),
    ) -> Self:
        """The certificate from its parts; those that `LyapunovCertificate.create` has, too, are said there.

        Args:
            decrease: phi2, of all states unless there is a rate.
            level: rho > 0.
            shape: p in the states, or None.
            shape_level: beta, with p.
            identities: "positive": V - phi1 on the uncertain set; "decrease", for each mode, on ({rho - V >= 0},
                uncertain set); "denominators" on the same; "inclusion", with a shape: rho - V on ({beta - p >= 0},
                uncertain set). {rho - V >= 0} and {beta - p >= 0} have one product each, which is multiplier 0.
        """
        parts = cls._stability_parts(system, equilibrium, V, positive, decrease, identities, rate, denominator_bounds)
        if (shape is None) != (shape_level is None):
            raise InvalidCertificate("shape, shape_level: expected both or none")
        stated = None
        if shape is not None and shape_level is not None:
            stated = aligned_terms(shape, system.variables), as_rational(shape_level)
        return cls(**parts, _level=as_rational(level), is_open=is_open, _shape=stated)

    @classmethod
    def _from_record(cls, variables: tuple[str, ...], record: dict[str, Any]) -> Self:
        level, shape = reader.read_number(record["level"], "level"), None
        if record["shape"] is not None:
            terms = reader.read_polynomial(record["shape"], len(variables), "shape")
            shape = terms, reader.read_number(record["shape_level"], "shape_level")
        else:
            reader.expect(record["shape_level"] is None, "shape_level", "null, as shape is", record["shape_level"])
        is_open = record["open"]
        reader.expect(type(is_open) is bool, "open", "true or false", is_open)
        return cls(**cls._read_stability(variables, record), _level=level, is_open=is_open, _shape=shape)

    def _evidence(self) -> dict[str, Any]:
        shape = (None, None) if self._shape is None else (self._shape[0].to_list(), str(self._shape[1]))
        return {
            **self._stability_values(),
            "level": str(self._level),
            "open": self.is_open,
            "shape": shape[0],
            "shape_level": shape[1],
        }

    @property
    def level(self) -> Fraction:
        """rho."""
        return as_fraction(self._level)

    @property
    def shape(self) -> tuple[Terms, Fraction] | None:
        """p and beta."""
        return None if self._shape is None else (self._shape[0], as_fraction(self._shape[1]))

    def _check_statement(self, work: Work) -> None:
        self._check_stability(work)
        states = len(self.system.states)
        if self._rate is None:
            self.decrease.check(states, "decrease", all_states=True)
        if self._level <= 0:
            raise InvalidCertificate(f"level: expected a positive number, got {number_text(self._level)}")
        if self._shape is not None:
            if self.is_open:
                raise InvalidCertificate(
                    "shape: expected none of an open region, as the inclusion is that in a closed one"
                )
            expect_over(self._shape[0], set(range(states)), self.variables, "shape", "states")

    def _below(self, terms: Terms, level: fmpq, place: str, work: Work) -> Terms:
        """level - polynomial."""
        count = len(self.variables)
        return combine([(1, constant(level, count)), (-1, terms)], count, place, work)

    def stays(self, work: Work) -> tuple[StatedSet | None, ...]:
        """The region."""
        return (StatedSet(inequalities=(self._below(self.V, self._level, "level - V", work),), products=((0,),)),)

    def claims(self, work: Work | None = None) -> Iterator[Claim]:
        """V - phi1, the decrease in each mode and the denominators where V <= rho, and rho - V where p <= beta."""
        work = work or Work()
        room = self._below(self.V, self._level, "level - V", work)
        on = self.system.on(*self.stays(work))
        yield self._positive_claim(self.system.on(), work)
        yield from self._decrease_claims(on, work, room if self.is_open else None)
        yield from self._denominator_claims(on, work)
        if self._shape is not None:
            around = self._below(*self._shape, "shape_level - shape", work)
            on = self.system.on(StatedSet(inequalities=(around,), products=((0,),)))
            yield Claim("inclusion", "level - V", room, on)

    @property
    def conclusion(self) -> str:
        """The theorem."""
        where = self.system.point_text(self._equilibrium)
        sign, bounded = ("<", "bounded") if self.is_open else ("<=", "compact")
        region = f"{{V {sign} {number_text(self._level)}}} is {bounded}, invariant and attracted to {where}"
        contains = "" if self._shape is None else f"; it contains {{shape <= {number_text(self._shape[1])}}}"
        return f"{region}{self.system.quantifiers(self._held())}{self._rate_text()}{contains}"
