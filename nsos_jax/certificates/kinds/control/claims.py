"""What certificates of control have in common: claims, polynomials nonnegative on sets, and their identities."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from flint import fmpq

from nsos_jax.certificates import reader
from nsos_jax.certificates.certificate import Certificate
from nsos_jax.certificates.checks import check_ranges
from nsos_jax.certificates.data import InvalidCertificate, Rational, Terms, as_fraction, as_rational, number_text
from nsos_jax.certificates.exact_work import Effort
from nsos_jax.certificates.expansion import Work, combine
from nsos_jax.certificates.kinds.control.derived import constant
from nsos_jax.certificates.kinds.control.system import StatedSystem
from nsos_jax.certificates.statements import Identity, StatedSet
from nsos_jax.certificates.statements.identity import Names
from nsos_jax.polynomials import Polynomial

MAX_IDENTITIES = 10_000

Identities = Mapping[str, "Identity | Iterable[Identity]"]
"""By the name of the claims: one identity or, where there may be several, as many as there are claims."""


@dataclass(frozen=True, eq=False, repr=False)
class Claim:
    """A polynomial that is nonnegative on a set, as its identity shows.

    Attributes:
        key: what it is called in the file.
        text: the polynomial for people.
        target: the polynomial, built from the statement.
        on: the set.
    """

    key: str
    text: str
    target: Terms
    on: StatedSet


@dataclass(frozen=True, eq=False, repr=False)
class ByClaims(Certificate):
    """A theorem that follows from claims; each has one identity."""

    status = "FEASIBLE"
    identity_keys: ClassVar[tuple[str, ...]]
    """The keys of `identities` in the file."""
    identities: Mapping[str, tuple[Identity, ...]]

    @property
    @abstractmethod
    def conclusion(self) -> str:
        """The theorem that holds if `verify` passes, as a sentence."""

    @abstractmethod
    def claims(self, work: Work | None = None) -> Iterator[Claim]:
        """The claims in the order of `identity_keys`, their polynomials expanded from the statement."""

    @abstractmethod
    def _check_statement(self, work: Work) -> None:
        """Refuse a statement from which the claims would not imply the conclusion."""

    @property
    @abstractmethod
    def _function(self) -> Terms:
        """V or B."""

    @property
    def function(self) -> Polynomial:
        """The function of the states that the proof is about, V or B."""
        return Polynomial.from_arrays(self._function.exponents, self._function.values, self.variables)

    def verify(self) -> str:
        """Check the statement, and for each claim its identity and matrices, all exactly."""
        effort, work = Effort(), Work()
        self._check_statement(work)
        check_ranges([block for row in self.identities.values() for one in row for block in one.blocks])
        counts = dict.fromkeys(self.identity_keys, 0)
        for claim in self.claims(work):
            index, have = counts[claim.key], self.identities.get(claim.key, ())
            place = f"identities.{claim.key}[{index}]"
            if index >= len(have):
                raise InvalidCertificate(f"{place}: expected an identity of {claim.text}, got none")
            names = Names(place, f"{claim.text} of {place}", f"{place} ")
            have[index].check(claim.target, claim.on, self.variables, names, effort, work)
            counts[claim.key] += 1
        for key, have in self.identities.items():
            if len(have) != counts.get(key, 0):
                raise InvalidCertificate(f"identities.{key}: expected {counts.get(key, 0)}, got {len(have)}")
        return f"{self.kind}: {self.conclusion}"

    @classmethod
    def _read_identities(cls, value: object, variables: int) -> dict[str, tuple[Identity, ...]]:
        record = reader.read_object(value, cls.identity_keys, "identities")
        left, found = reader.MAX_GRAM_ENTRIES, {}
        for key in cls.identity_keys:
            row = []
            for i, item in enumerate(reader.read_list(record[key], f"identities.{key}", MAX_IDENTITIES)):
                row.append(Identity.read(item, variables, f"identities.{key}[{i}]", left))
                left -= row[-1].gram_entries
            found[key] = tuple(row)
        return found

    @classmethod
    def _as_identities(cls, identities: Identities) -> dict[str, tuple[Identity, ...]]:
        """From one or several for each key; a key without any may be left out."""
        strangers = sorted(set(identities) - set(cls.identity_keys))
        if strangers:
            raise InvalidCertificate(f"identities: expected {', '.join(cls.identity_keys)}, got {strangers[0]!r}")
        rows = {key: identities.get(key, ()) for key in cls.identity_keys}
        return {key: (row,) if isinstance(row, Identity) else tuple(row) for key, row in rows.items()}

    def _identity_values(self) -> dict[str, Any]:
        return {key: [one.to_dict() for one in self.identities[key]] for key in self.identity_keys}


@dataclass(frozen=True, eq=False, repr=False)
class AboutSystem(ByClaims):
    """A certificate about a system.

    Attributes:
        system: whose solutions it is about.
    """

    system: StatedSystem
    _denominator_bounds: tuple[fmpq, ...]

    @classmethod
    def _keys(cls) -> tuple[str, ...]:
        return (*super()._keys(), "system", "denominator_bounds", "identities")

    @classmethod
    def _parts(
        cls, system: StatedSystem, identities: Identities, denominator_bounds: Iterable[Rational]
    ) -> dict[str, Any]:
        """The attributes that all have, for `create`."""
        bounds = tuple(map(as_rational, denominator_bounds))
        found = cls._as_identities(identities)
        return {"variables": system.variables, "identities": found, "system": system, "_denominator_bounds": bounds}

    @classmethod
    def _read_parts(cls, variables: tuple[str, ...], record: dict[str, Any]) -> dict[str, Any]:
        """The attributes that all have, from a file."""
        listed = reader.read_list(record["denominator_bounds"], "denominator_bounds", MAX_IDENTITIES)
        bounds = tuple(reader.read_number(value, f"denominator_bounds[{i}]") for i, value in enumerate(listed))
        return {
            "variables": variables,
            "identities": cls._read_identities(record["identities"], len(variables)),
            "system": StatedSystem.read(record["system"], variables),
            "_denominator_bounds": bounds,
        }

    def _head(self) -> dict[str, Any]:
        return {**super()._head(), "system": self.system.to_dict()}

    def to_dict(self) -> dict[str, Any]:
        """The certificate as JSON values, in the order in which they are written."""
        bounds = [str(value) for value in self._denominator_bounds]
        return {**super().to_dict(), "denominator_bounds": bounds, "identities": self._identity_values()}

    @property
    def denominator_bounds(self) -> tuple[Fraction, ...]:
        """A positive number that the denominator is at least, for each one that is no number."""
        return tuple(map(as_fraction, self._denominator_bounds))

    @abstractmethod
    def stays(self, work: Work) -> tuple[StatedSet | None, ...]:
        """Sets in all of which the trajectories stay that the theorem is about, while it is about them."""

    @property
    def stays_text(self) -> str:
        """Where that is, for a sentence; nothing if the theorem says it."""
        return ""

    def _nonnegative(self, terms: Terms, factor: int, place: str, work: Work) -> StatedSet:
        """{factor * terms >= 0}."""
        moved = combine([(factor, terms)], len(self.variables), place, work)
        return StatedSet(inequalities=(moved,), products=((0,),))

    def _check_system(self, work: Work) -> None:
        self.system.check(work)
        count = len(list(self.system.denominators()))
        if len(self._denominator_bounds) != count:
            wanted = f"{count} numbers, one for each denominator that is none"
            raise InvalidCertificate(f"denominator_bounds: expected {wanted}, got {len(self._denominator_bounds)}")
        for i, bound in enumerate(self._denominator_bounds):
            if bound <= 0:
                raise InvalidCertificate(
                    f"denominator_bounds[{i}]: expected a positive number, got {number_text(bound)}"
                )

    def _denominator_claims(self, on: StatedSet, work: Work) -> Iterator[Claim]:
        """That each denominator is at least its bound."""
        variables = len(self.variables)
        for (m, denominator), bound in zip(self.system.denominators(), self._denominator_bounds, strict=True):
            parts = [(1, denominator), (-1, constant(bound, variables))]
            target = combine(parts, variables, f"system.denominators[{m}]", work)
            yield Claim("denominators", self._of_mode("denominator - bound", m), target, on)

    def _of_mode(self, text: str, m: int) -> str:
        """A polynomial for people, with the mode if there are several."""
        return text if len(self.system.modes) == 1 else f"{text} of mode {m + 1}"
