"""The certificate kind `barrier`: no trajectory goes from an initial set to unsafe sets."""

from collections.abc import Iterable, Iterator, Sequence
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
from nsos_jax.certificates.expansion import Work, combine, multiply
from nsos_jax.certificates.kinds.control.claims import AboutSystem, Claim, Identities
from nsos_jax.certificates.kinds.control.derived import constant
from nsos_jax.certificates.kinds.control.sets import (
    GivenSet,
    check_set,
    expect_over,
    make_set,
    read_optional_set,
    read_point,
    read_set,
    set_values,
)
from nsos_jax.certificates.kinds.control.system import MAX_MODES, Member, StatedSystem
from nsos_jax.certificates.statements import StatedSet
from nsos_jax.certificates.statements.sets import create_set


@dataclass(frozen=True, eq=False, repr=False)
class BarrierCertificate(AboutSystem):
    """B <= 0 on the initial set, B >= epsilon on each unsafe set, and B cannot rise above 0 on the domain.

    Attributes:
        B: over the states, and other variables, which are constant in time then.
        initial: where trajectories start.
        unsafe: one or more sets.
        domain: where the dynamics are looked at, or None for the whole space.
        rate: lambda, for continuous time.
    """

    kind = "barrier"
    evidence_keys = ("B", "initial", "unsafe", "domain", "epsilon", "rate", "members")
    identity_keys = ("initial", "unsafe", "decrease", "denominators")
    B: Terms
    initial: StatedSet
    unsafe: tuple[StatedSet, ...]
    domain: StatedSet | None
    _epsilon: fmpq
    rate: Terms
    _members: tuple[Member, ...]

    @classmethod
    def create(
        cls,
        system: StatedSystem,
        B: PolynomialLike,
        initial: GivenSet,
        unsafe: Sequence[GivenSet],
        epsilon: Rational,
        domain: GivenSet | None = None,
        *,
        identities: Identities,
        rate: PolynomialLike | None = None,
        members: Iterable[Iterable[Rational] | None] | None = None,
        denominator_bounds: Iterable[Rational] = (),
    ) -> Self:
        """The certificate from its parts; sets are (inequalities, products, equalities) in the states.

        Args:
            system: the dynamics.
            B: over the states, perhaps also over parameters that are constant in time.
            initial: where trajectories start.
            unsafe: one or more sets that they do not reach.
            epsilon: B is at least this positive number there.
            domain: where they stay; None for the whole space.
            identities: "initial": -B on (initial, uncertain set); "unsafe", one for each set: B - epsilon on (it,
                uncertain set); "decrease", one for each mode: -grad B . numerators + rate * B, or B - B(f), on (domain,
                uncertain set); "denominators" on the same. `LyapunovCertificate.create` says what multipliers are.
            rate: lambda, any polynomial, 0 by default; for discrete time 0.
            members: a point of the initial set and one of each unsafe set, one number for each state, or None; in the
                domain, but for unsafe sets in discrete time, where the last step may leave it.
            denominator_bounds: positive lower bounds of the denominators that are no numbers.
        """
        names = system.variables
        start = create_set(names, *initial)
        avoided = tuple(create_set(names, *one) for one in unsafe)
        points = (1 + len(avoided)) * (None,) if members is None else members
        return cls(
            **cls._parts(system, identities, denominator_bounds),
            B=aligned_terms(B, names),
            initial=start,
            unsafe=avoided,
            domain=make_set(names, domain),
            _epsilon=as_rational(epsilon),
            rate=constant(0, len(names)) if rate is None else aligned_terms(rate, names),
            _members=tuple(None if point is None else tuple(map(as_rational, point)) for point in points),
        )

    @classmethod
    def _from_record(cls, variables: tuple[str, ...], record: dict[str, Any]) -> Self:
        count, parts = len(variables), cls._read_parts(variables, record)
        listed = reader.read_list(record["unsafe"], "unsafe", MAX_MODES)
        points = reader.read_list(record["members"], "members", length=1 + len(listed))
        states = len(parts["system"].states)
        return cls(
            **parts,
            B=reader.read_polynomial(record["B"], count, "B"),
            initial=read_set(record["initial"], count, "initial"),
            unsafe=tuple(read_set(value, count, f"unsafe[{i}]") for i, value in enumerate(listed)),
            domain=read_optional_set(record["domain"], count, "domain"),
            _epsilon=reader.read_number(record["epsilon"], "epsilon"),
            rate=reader.read_polynomial(record["rate"], count, "rate"),
            _members=tuple(read_point(value, states, f"members[{i}]") for i, value in enumerate(points)),
        )

    def _evidence(self) -> dict[str, Any]:
        members = [None if point is None else [str(value) for value in point] for point in self._members]
        return {
            "B": self.B.to_list(),
            "initial": self.initial.set_values(),
            "unsafe": [one.set_values() for one in self.unsafe],
            "domain": set_values(self.domain),
            "epsilon": str(self._epsilon),
            "rate": self.rate.to_list(),
            "members": members,
        }

    @property
    def epsilon(self) -> Fraction:
        """The least value of B that is shown on unsafe sets."""
        return as_fraction(self._epsilon)

    @property
    def members(self) -> tuple[tuple[Fraction, ...] | None, ...]:
        """A point of the initial set and one of each unsafe set, or None for each that is not given."""
        return tuple(None if point is None else tuple(map(as_fraction, point)) for point in self._members)

    @property
    def _function(self) -> Terms:
        return self.B

    def _check_statement(self, work: Work) -> None:
        self._check_system(work)
        system, states = self.system, set(range(len(self.system.states)))
        expect_over(self.B, None, self.variables, "B", "")
        expect_over(self.rate, None, self.variables, "rate", "")
        if self.rate.num_terms and not system.is_continuous:
            raise InvalidCertificate("rate: expected the zero polynomial, for time is discrete")
        if self._epsilon <= 0:
            raise InvalidCertificate(f"epsilon: expected a positive number, got {number_text(self._epsilon)}")
        if not self.unsafe:
            raise InvalidCertificate("unsafe: expected one or more sets, got none")
        named = [("initial", self.initial), *((f"unsafe[{i}]", one) for i, one in enumerate(self.unsafe))]
        for place, stated in named + ([("domain", self.domain)] if self.domain is not None else []):
            check_set(stated, states, self.variables, place, "states")
        system.check_members(self._members, named, self.domain, work)

    def stays(self, work: Work) -> tuple[StatedSet | None, ...]:
        """Where B <= 0 in the domain."""
        return self.domain, self._nonnegative(self.B, -1, "B", work)

    @property
    def stays_text(self) -> str:
        """That it is along the trajectories in question."""
        return " along trajectories from the initial set" + ("" if self.domain is None else " in the domain")

    def claims(self, work: Work | None = None) -> Iterator[Claim]:
        """-B on the initial set, B - epsilon on each unsafe set, the decrease in each mode, and the denominators."""
        work, count, system = work or Work(), len(self.variables), self.system
        yield Claim("initial", "-B", combine([(-1, self.B)], count, "-B", work), system.on(self.initial))
        above = combine([(1, self.B), (-1, constant(self._epsilon, count))], count, "B - epsilon", work)
        for one in self.unsafe:
            yield Claim("unsafe", "B - epsilon", above, system.on(one))
        on, text = system.on(self.domain), self._decrease_text()
        for m, mode in enumerate(system.modes):
            place = self._of_mode("decrease of B", m)
            parts = [(1, system.decrease(self.B, mode, place, work)), (1, multiply(self.rate, self.B, place, work))]
            yield Claim("decrease", self._of_mode(text, m), combine(parts, count, place, work), on)
        yield from self._denominator_claims(on, work)

    def _decrease_text(self) -> str:
        if not self.system.is_continuous:
            return "B - B(f)"
        divided = any(mode.constant_denominator != 1 for mode in self.system.modes)
        fall = f"-grad B . {'numerators' if divided else 'f'}"
        return f"{fall} + rate * B" if self.rate.num_terms else fall

    @property
    def conclusion(self) -> str:
        """The theorem."""
        staying = "" if self.domain is None else " that stays in the domain"
        goal = "the unsafe set" if len(self.unsafe) == 1 else "an unsafe set"
        text = f"no trajectory from the initial set{staying} reaches {goal}"
        known = (
            f"; {self.system.members_text(self.domain)}" if all(point is not None for point in self._members) else ""
        )
        return f"{text}{self.system.quantifiers(self.system.held_by(self.B))}{known}"
