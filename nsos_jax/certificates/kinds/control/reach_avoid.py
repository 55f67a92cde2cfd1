"""The certificate kind `reach_avoid`: trajectories from an initial set reach a target and meet no unsafe set before.

Where V <= 0 in the domain and outside of the target, V falls at least at a given speed and is at least `lower`; it is
positive on unsafe sets and at the edge of the domain. So a trajectory from the initial set, where V <= 0, has
nowhere to go but into the target, within the time -lower / speed.
"""

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
    count_text,
    number_text,
)
from nsos_jax.certificates.expansion import Work, combine, multiply
from nsos_jax.certificates.kinds.control.claims import AboutSystem, Claim, Identities
from nsos_jax.certificates.kinds.control.derived import constant, scaled, variable
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
class ReachAvoidCertificate(AboutSystem):
    """V <= 0 on the initial set, V > 0 on unsafe sets and at the edge, and V falls where it is <= 0 until the target.

    Attributes:
        V: over the states, and other variables, which are constant in time then.
        initial: where trajectories start, a part of the domain.
        target: what they reach, by inequalities.
        unsafe: sets that they do not meet before, perhaps none.
        domain: where they stay until then, by inequalities, or None for the whole space.
    """

    kind = "reach_avoid"
    evidence_keys = (
        *("V", "initial", "target", "unsafe", "domain"),
        *("epsilon", "speed", "lower", "radius_squared", "members"),
    )
    identity_keys = ("inside", "initial", "unsafe", "edge", "decrease", "lower", "bounded", "denominators")
    V: Terms
    initial: StatedSet
    target: StatedSet
    unsafe: tuple[StatedSet, ...]
    domain: StatedSet | None
    _epsilon: fmpq
    _speed: fmpq
    _lower: fmpq
    _radius_squared: fmpq | None
    _members: tuple[Member, ...]

    @classmethod
    def create(
        cls,
        system: StatedSystem,
        V: PolynomialLike,
        initial: GivenSet,
        target: GivenSet,
        unsafe: Sequence[GivenSet],
        domain: GivenSet | None,
        *,
        epsilon: Rational,
        speed: Rational,
        lower: Rational,
        radius_squared: Rational | None,
        identities: Identities,
        members: Iterable[Iterable[Rational] | None] | None = None,
        denominator_bounds: Iterable[Rational] = (),
    ) -> Self:
        """The certificate from its parts; sets are (inequalities, products, equalities) in the states.

        Args:
            system: the dynamics.
            V: over the states, perhaps also over parameters that are constant in time.
            initial: where trajectories start.
            target: {t >= 0 for all t}, without equalities.
            unsafe: sets to avoid, perhaps none.
            domain: {g >= 0 for all g}, without equalities; None for the whole space.
            epsilon: V is at least this positive number on unsafe sets and at the edge of the domain.
            speed: V falls at least by this positive number in each unit of time, or step.
            lower: V is at least this number, 0 or less, while it falls.
            radius_squared: of a ball around 0 in which the domain lies; None for discrete time.
            identities: "inside", for each g: g on (initial, U), U the uncertain set; "initial": -V on the same;
                "unsafe", for each set: V - epsilon on (it, domain, U), of discrete time on (it, U); "edge", for each g
                and then t: V - epsilon on (domain, {g = 0}, {-t >= 0}, U), of discrete time on ({-g >= 0},
                {-t >= 0}, U); "decrease", for each mode and then t: -grad V . numerators - speed * denominator, or V -
                V(f) - speed, and "lower", for each t: V - lower, on (domain, {-V >= 0}, {-t >= 0}, U); "bounded", of
                continuous time: radius_squared - |x|^2, and "denominators", on (domain, U).
            members: a point of the initial set and one of each unsafe set in the domain, as for barriers.
            denominator_bounds: positive lower bounds of the denominators that are no numbers.
        """
        names = system.variables
        avoided = tuple(create_set(names, *one) for one in unsafe)
        points = (1 + len(avoided)) * (None,) if members is None else members
        return cls(
            **cls._parts(system, identities, denominator_bounds),
            V=aligned_terms(V, names),
            initial=create_set(names, *initial),
            target=create_set(names, *target),
            unsafe=avoided,
            domain=make_set(names, domain),
            _epsilon=as_rational(epsilon),
            _speed=as_rational(speed),
            _lower=as_rational(lower),
            _radius_squared=None if radius_squared is None else as_rational(radius_squared),
            _members=tuple(None if point is None else tuple(map(as_rational, point)) for point in points),
        )

    @classmethod
    def _from_record(cls, variables: tuple[str, ...], record: dict[str, Any]) -> Self:
        count, parts = len(variables), cls._read_parts(variables, record)
        listed = reader.read_list(record["unsafe"], "unsafe", MAX_MODES)
        points = reader.read_list(record["members"], "members", length=1 + len(listed))
        states, radius = len(parts["system"].states), record["radius_squared"]
        return cls(
            **parts,
            V=reader.read_polynomial(record["V"], count, "V"),
            initial=read_set(record["initial"], count, "initial"),
            target=read_set(record["target"], count, "target"),
            unsafe=tuple(read_set(value, count, f"unsafe[{i}]") for i, value in enumerate(listed)),
            domain=read_optional_set(record["domain"], count, "domain"),
            _epsilon=reader.read_number(record["epsilon"], "epsilon"),
            _speed=reader.read_number(record["speed"], "speed"),
            _lower=reader.read_number(record["lower"], "lower"),
            _radius_squared=None if radius is None else reader.read_number(radius, "radius_squared"),
            _members=tuple(read_point(value, states, f"members[{i}]") for i, value in enumerate(points)),
        )

    def _evidence(self) -> dict[str, Any]:
        return {
            "V": self.V.to_list(),
            "initial": self.initial.set_values(),
            "target": self.target.set_values(),
            "unsafe": [one.set_values() for one in self.unsafe],
            "domain": set_values(self.domain),
            "epsilon": str(self._epsilon),
            "speed": str(self._speed),
            "lower": str(self._lower),
            "radius_squared": None if self._radius_squared is None else str(self._radius_squared),
            "members": [None if point is None else [str(value) for value in point] for point in self._members],
        }

    @property
    def epsilon(self) -> Fraction:
        """The least value of V that is shown on unsafe sets and at the edge of the domain."""
        return as_fraction(self._epsilon)

    @property
    def speed(self) -> Fraction:
        """By how much V falls at least in a unit of time, or a step."""
        return as_fraction(self._speed)

    @property
    def lower(self) -> Fraction:
        """A lower bound of V where it is at most 0 and outside of the target."""
        return as_fraction(self._lower)

    @property
    def radius_squared(self) -> Fraction | None:
        """|x|^2 is at most this in the domain; None for discrete time."""
        return None if self._radius_squared is None else as_fraction(self._radius_squared)

    @property
    def members(self) -> tuple[tuple[Fraction, ...] | None, ...]:
        """A point of the initial set and one of each unsafe set, or None for each that is not given."""
        return tuple(None if point is None else tuple(map(as_fraction, point)) for point in self._members)

    @property
    def duration(self) -> Fraction:
        """The time, or the number of steps, within which the target is reached."""
        time = -self.lower / self.speed
        return time if self.system.is_continuous else Fraction(time // 1 + 1)

    @property
    def _function(self) -> Terms:
        return self.V

    def _check_statement(self, work: Work) -> None:
        self._check_system(work)
        system = self.system
        expect_over(self.V, None, self.variables, "V", "")
        for name, value in (("epsilon", self._epsilon), ("speed", self._speed)):
            if value <= 0:
                raise InvalidCertificate(f"{name}: expected a positive number, got {number_text(value)}")
        if self._lower > 0:
            raise InvalidCertificate(f"lower: expected a number of at most 0, got {number_text(self._lower)}")
        if (self._radius_squared is None) == system.is_continuous:
            wanted = "a number, for time is continuous" if system.is_continuous else "null, for time is discrete"
            raise InvalidCertificate(f"radius_squared: expected {wanted}")
        self._check_sets()
        named = [("initial", self.initial), *((f"unsafe[{i}]", one) for i, one in enumerate(self.unsafe))]
        system.check_members(self._members, named, self.domain, work)

    def _check_sets(self) -> None:
        states = set(range(len(self.system.states)))
        named = [("initial", self.initial), *((f"unsafe[{i}]", one) for i, one in enumerate(self.unsafe))]
        closed = [("target", self.target)] + ([("domain", self.domain)] if self.domain is not None else [])
        for place, stated in named + closed:
            check_set(stated, states, self.variables, place, "states")
        for place, stated in closed:
            if stated.equalities:
                raise InvalidCertificate(f"{place}.equalities: expected none, got {len(stated.equalities)}")
        if not self.target.inequalities:
            raise InvalidCertificate("target.inequalities: expected one or more, got none")

    def stays(self, work: Work) -> tuple[StatedSet | None, ...]:
        """Where V <= 0 in the domain."""
        return self.domain, self._nonnegative(self.V, -1, "V", work)

    @property
    def stays_text(self) -> str:
        """That it is along the trajectories in question."""
        return " until the target is reached"

    def claims(self, work: Work | None = None) -> Iterator[Claim]:
        """What has to be nonnegative, in the order of `identity_keys`."""
        work, count, system = work or Work(), len(self.variables), self.system
        sides = () if self.domain is None else self.domain.inequalities
        for g in sides:
            yield Claim("inside", "g", g, system.on(self.initial))
        yield Claim("initial", "-V", combine([(-1, self.V)], count, "-V", work), system.on(self.initial))
        above = combine([(1, self.V), (-1, constant(self._epsilon, count))], count, "V - epsilon", work)
        within = self.domain if system.is_continuous else None
        for one in self.unsafe:
            yield Claim("unsafe", "V - epsilon", above, system.on(one, within))
        outside = [self._nonnegative(t, -1, "target", work) for t in self.target.inequalities]
        for g in sides:
            for around in outside:
                yield Claim("edge", "V - epsilon", above, system.on(within, self._edge(g, work), around))
        falling = [system.on(*self.stays(work), around) for around in outside]
        yield from self._decrease_claims(falling, work)
        bounded = combine([(1, self.V), (-1, constant(self._lower, count))], count, "V - lower", work)
        for on in falling:
            yield Claim("lower", "V - lower", bounded, on)
        if self._radius_squared is not None:
            room = self._room(self._radius_squared, work)
            yield Claim("bounded", "radius_squared - |x|^2", room, system.on(self.domain))
        yield from self._denominator_claims(system.on(self.domain), work)

    def _decrease_claims(self, falling: Sequence[StatedSet], work: Work) -> Iterator[Claim]:
        """That V falls at the speed in each mode and outside of each side of the target."""
        count, system = len(self.variables), self.system
        divided = any(mode.constant_denominator != 1 for mode in system.modes)
        text = "V - V(f) - speed" if not system.is_continuous else "-grad V . f - speed"
        text = "-grad V . numerators - speed * d" if divided else text
        for m, mode in enumerate(system.modes):
            place = self._of_mode("decrease of V", m)
            slowest = scaled(mode.denominator, self._speed, place, work)
            fall = combine([(1, system.decrease(self.V, mode, place, work)), (-1, slowest)], count, place, work)
            for on in falling:
                yield Claim("decrease", self._of_mode(text, m), fall, on)

    def _edge(self, g: Terms, work: Work) -> StatedSet:
        """Where a trajectory that leaves {g >= 0} first is: at g = 0, or beyond it if time is discrete."""
        if self.system.is_continuous:
            return StatedSet(equalities=(g,))
        return self._nonnegative(g, -1, "domain", work)

    def _room(self, radius_squared: fmpq, work: Work) -> Terms:
        """radius_squared - |x|^2."""
        count, place = len(self.variables), "radius_squared"
        states = [variable(i, count) for i in range(len(self.system.states))]
        squares = [(-1, multiply(x, x, place, work)) for x in states]
        return combine([(1, constant(radius_squared, count)), *squares], count, place, work)

    @property
    def conclusion(self) -> str:
        """The theorem."""
        time = f"time {number_text(as_rational(self.duration))}"
        if not self.system.is_continuous:
            steps = int(self.duration)
            time = count_text(steps, "step") if steps.bit_length() <= 128 else f"{number_text(steps)} steps"
        until = ["meets no unsafe set"] if self.unsafe else []
        until += [] if self.domain is None else ["stays in the domain"]
        avoided = f", and {' and '.join(until)} until then" if until else ""
        text = f"every trajectory from the initial set reaches the target within {time}{avoided}"
        shown = self.system.members_text(self.domain) if self.unsafe else "the initial set is not empty"
        known = f"; {shown}" if all(self._members) else ""
        return f"{text}{self.system.quantifiers(self.system.held_by(self.V))}{known}"
