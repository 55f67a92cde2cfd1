"""Dynamical systems as certificates state them: right-hand sides, where inputs and parameters range, and an ideal."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

from flint import fmpq

from nsos_jax.certificates import reader
from nsos_jax.certificates.data import (
    BeyondLimits,
    InvalidCertificate,
    PolynomialLike,
    Rational,
    Terms,
    aligned_terms,
    as_fraction,
    as_rational,
    describe,
    number_text,
)
from nsos_jax.certificates.expansion import Work, combine, multiply
from nsos_jax.certificates.kinds.control.derived import composed, constant, depends_on, lie_derivative
from nsos_jax.certificates.kinds.control.sets import (
    GivenSet,
    check_member,
    check_set,
    expect_over,
    make_set,
    read_point,
    together,
)
from nsos_jax.certificates.statements import StatedSet
from nsos_jax.certificates.statements.sets import SET_KEYS, read_set_parts

MAX_STATES, MAX_MODES, MAX_IDEAL = 200, 1000, 1000

Member = tuple[fmpq, ...] | None
"""A point of the states, or none."""
SYSTEM_KEYS = ("time", "states", "modes", "denominators", "uncertain", "ideal", "tangency")


@dataclass(frozen=True, eq=False, repr=False)
class StatedMode:
    """x' = numerators / denominator, or x+ for discrete time."""

    numerators: tuple[Terms, ...]
    denominator: Terms

    @property
    def constant_denominator(self) -> Fraction | None:
        """The number that the denominator is, or None."""
        values = self.denominator.values  # which a stack of different ones refuses
        return None if self.denominator.exponents.any() else sum(values, Fraction(0))


@dataclass(frozen=True, eq=False, repr=False)
class StatedSystem:
    """x' = f(x, w) or x+ = f(x, w), with one f or, if it may switch at any time, several.

    Attributes:
        variables: the states, then all others: inputs, disturbances and parameters w.
        states: the first variables.
        time: "continuous" or "discrete".
        modes: the right-hand sides.
        uncertain: where w ranges.
        ideal: polynomials h in the states; the system lives where they vanish.
        tangency: for each mode and h the polynomial mu with grad h . numerators = mu h, or h(f) = mu h.
    """

    variables: tuple[str, ...]
    states: tuple[str, ...]
    time: str
    modes: tuple[StatedMode, ...]
    uncertain: StatedSet
    _member: tuple[fmpq, ...] | None
    ideal: tuple[Terms, ...]
    tangency: tuple[tuple[Terms, ...], ...]

    @classmethod
    def create(
        cls,
        variables: Iterable[str],
        states: Iterable[str],
        time: str,
        modes: Iterable[tuple[Iterable[PolynomialLike], PolynomialLike]],
        uncertain: GivenSet | None = None,
        ideal: Iterable[PolynomialLike] = (),
        tangency: Iterable[Iterable[PolynomialLike]] | None = None,
        member: Iterable[Rational] | None = None,
    ) -> Self:
        """The statement from polynomials.

        Args:
            variables: the states, then inputs, disturbances and parameters.
            states: the first of them.
            time: "continuous" or "discrete".
            modes: for each right-hand side the numerators, one for each state, and their common denominator.
            uncertain: (inequalities, products, equalities) in the variables that are no states; products may be None:
                each inequality has one multiplier (Putinar).
            ideal: polynomials in the states that stay zero.
            tangency: for each mode one polynomial for each of the ideal; all zero by default.
            member: a point of the uncertain set, one number for each variable that is no state.
        """
        names = tuple(variables)
        stated = tuple(
            StatedMode(tuple(aligned_terms(part, names) for part in numerators), aligned_terms(denominator, names))
            for numerators, denominator in modes
        )
        zeros = tuple(aligned_terms(polynomial, names) for polynomial in ideal)
        if tangency is None:
            factors = len(stated) * (len(zeros) * (constant(0, len(names)),),)
        else:
            factors = tuple(tuple(aligned_terms(factor, names) for factor in row) for row in tangency)
        point = None if member is None else tuple(map(as_rational, member))
        around = make_set(names, uncertain) or StatedSet()
        return cls(names, tuple(states), time, stated, around, point, zeros, factors)

    @classmethod
    def read(cls, value: object, variables: tuple[str, ...]) -> Self:
        """From a file."""
        record, count = reader.read_object(value, SYSTEM_KEYS, "system"), len(variables)
        time = record["time"]
        reader.expect(time in ("continuous", "discrete"), "system.time", "continuous or discrete", time)
        states = reader.read_list(record["states"], "system.states", MAX_STATES)
        for i, name in enumerate(states):
            reader.read_name(name, f"system.states[{i}]")
        rows = reader.read_list(record["modes"], "system.modes", MAX_MODES)
        numerators = [_read_row(row, count, f"system.modes[{m}]", len(states)) for m, row in enumerate(rows)]
        bottoms = _read_row(record["denominators"], count, "system.denominators", len(rows))
        modes = tuple(StatedMode(top, bottom) for top, bottom in zip(numerators, bottoms, strict=True))
        ideal = _read_row(record["ideal"], count, "system.ideal")
        listed = reader.read_list(record["tangency"], "system.tangency", length=len(rows))
        tangency = tuple(_read_row(row, count, f"system.tangency[{m}]", len(ideal)) for m, row in enumerate(listed))
        around = reader.read_object(record["uncertain"], (*SET_KEYS, "member"), "system.uncertain")
        uncertain = StatedSet(**read_set_parts(around, count, "system.uncertain."))
        member = read_point(around["member"], count - len(states), "system.uncertain.member")
        return cls(variables, tuple(states), time, modes, uncertain, member, ideal, tangency)

    def to_dict(self) -> dict[str, Any]:
        """As in the file."""
        member = None if self._member is None else [str(value) for value in self._member]
        return {
            "time": self.time,
            "states": list(self.states),
            "modes": [[terms.to_list() for terms in mode.numerators] for mode in self.modes],
            "denominators": [mode.denominator.to_list() for mode in self.modes],
            "uncertain": {**self.uncertain.set_values(), "member": member},
            "ideal": [terms.to_list() for terms in self.ideal],
            "tangency": [[terms.to_list() for terms in row] for row in self.tangency],
        }

    @property
    def is_continuous(self) -> bool:
        """Whether time is continuous."""
        return self.time == "continuous"

    @property
    def others(self) -> tuple[str, ...]:
        """The variables that are no states."""
        return self.variables[len(self.states) :]

    @property
    def member(self) -> tuple[Fraction, ...] | None:
        """A point of the uncertain set, one number for each variable that is no state, or None."""
        return None if self._member is None else tuple(map(as_fraction, self._member))

    def outside(self) -> set[int]:
        """The indices of the variables that are no states."""
        return set(range(len(self.states), len(self.variables)))

    def check(self, work: Work) -> None:
        """Refuse a system that is none, whose ideal is not invariant, or whose member is not in the uncertain set."""
        count = len(self.states)
        if not count or self.states != self.variables[:count]:
            raise InvalidCertificate("system.states: expected one or more, the first of the variables in their order")
        if count > MAX_STATES:
            raise BeyondLimits(f"system.states: expected at most {MAX_STATES}, got {count}")
        reader.expect(self.time in ("continuous", "discrete"), "system.time", "continuous or discrete", self.time)
        if not self.modes:
            raise InvalidCertificate("system.modes: expected one or more right-hand sides, got none")
        for m, mode in enumerate(self.modes):
            self._check_mode(mode, m)
        check_set(self.uncertain, self.outside(), self.variables, "system.uncertain", "variables that are no states")
        if self._member is not None:
            if len(self._member) != len(self.others):
                wanted = f"{len(self.others)} numbers, one for each variable that is no state"
                raise InvalidCertificate(f"system.uncertain.member: expected {wanted}, got {len(self._member)}")
            point = (*count * (fmpq(0),), *self._member)
            check_member(self.uncertain, point, "system.uncertain.member", work)
        self._check_ideal(work)

    def _check_mode(self, mode: StatedMode, m: int) -> None:
        count, place = len(self.states), f"system.modes[{m}]"
        if len(mode.numerators) != count:
            raise InvalidCertificate(f"{place}: expected {count} polynomials, one a state, got {len(mode.numerators)}")
        for i, terms in enumerate(mode.numerators):
            expect_over(terms, None, self.variables, f"{place}[{i}]", "")
        place, bottom = f"system.denominators[{m}]", mode.constant_denominator
        expect_over(mode.denominator, None, self.variables, place, "")
        if not self.is_continuous and bottom != 1:
            raise InvalidCertificate(f"{place}: expected 1, for time is discrete")
        if bottom is not None and bottom <= 0:
            raise InvalidCertificate(f"{place}: expected a positive number, got {number_text(as_rational(bottom))}")

    def _check_ideal(self, work: Work) -> None:
        """Check that the zeros of the ideal are invariant in each mode."""
        if len(self.tangency) != len(self.modes):
            raise InvalidCertificate(f"system.tangency: expected {len(self.modes)} lists, got {len(self.tangency)}")
        for j, terms in enumerate(self.ideal):
            expect_over(terms, set(range(len(self.states))), self.variables, f"system.ideal[{j}]", "states only")
        for m, (mode, factors) in enumerate(zip(self.modes, self.tangency, strict=True)):
            if len(factors) != len(self.ideal):
                raise InvalidCertificate(
                    f"system.tangency[{m}]: expected {len(self.ideal)} polynomials, got {len(factors)}"
                )
            for j, (h, factor) in enumerate(zip(self.ideal, factors, strict=True)):
                place = f"system.tangency[{m}][{j}]"
                expect_over(factor, None, self.variables, place, "")
                moved = self.derivative(h, mode, place, work)
                rest = combine([(1, moved), (-1, multiply(factor, h, place, work))], len(self.variables), place, work)
                if rest.num_terms:
                    what = "grad h . numerators" if self.is_continuous else "h(f)"
                    raise InvalidCertificate(f"{place}: expected mu with {what} = mu h for the polynomial ideal[{j}]")

    def derivative(self, terms: Terms, mode: StatedMode, place: str, work: Work) -> Terms:
        """grad p . numerators, or p(f(x)) for discrete time."""
        if self.is_continuous:
            return lie_derivative(terms, mode.numerators, place, work)
        return composed(terms, dict(enumerate(mode.numerators)), place, work)

    def decrease(self, terms: Terms, mode: StatedMode, place: str, work: Work) -> Terms:
        """-grad p . numerators, or p - p(f(x)) for discrete time."""
        moved = (-1, self.derivative(terms, mode, place, work))
        return combine([moved] if self.is_continuous else [(1, terms), moved], len(self.variables), place, work)

    def on(self, *sets: StatedSet | None) -> StatedSet:
        """The zeros of the ideal, these sets and the uncertain set together, in this order."""
        return together(self.ideal, [*(one for one in sets if one is not None), self.uncertain])

    def denominators(self) -> Iterator[tuple[int, Terms]]:
        """The modes whose denominator is no number, and that denominator."""
        for m, mode in enumerate(self.modes):
            if mode.constant_denominator is None:
                yield m, mode.denominator

    def check_equilibrium(self, point: Sequence[fmpq], zeros: set[int], work: Work) -> None:
        """Refuse a point that does not rest, with the variables `zeros` 0 and any values of the others."""
        count, place = len(self.variables), "equilibrium"
        if len(point) != len(self.states):
            raise InvalidCertificate(f"{place}: expected {len(self.states)} numbers, one a state, got {len(point)}")
        values = self.at(point) | {index: constant(0, count) for index in zeros}
        for j, terms in enumerate(self.ideal):
            if composed(terms, values, place, work).num_terms:
                raise InvalidCertificate(f"{place}: expected system.ideal[{j}] = 0 there")
        for m, mode in enumerate(self.modes):
            for i, numerator in enumerate(mode.numerators):
                moved = composed(numerator, values, place, work)
                if not self.is_continuous:
                    moved = combine([(1, moved), (-1, values[i])], count, place, work)
                if moved.num_terms:
                    wanted = "0" if self.is_continuous else "the state itself"
                    at_rest = f"expected system.modes[{m}][{i}] to be {wanted} there"
                    raise InvalidCertificate(f"{place}: {at_rest}, for all values of the other variables")

    def check_members(
        self, points: Sequence[Member], named: Sequence[tuple[str, StatedSet]], domain: StatedSet | None, work: Work
    ) -> None:
        """Refuse points of the initial set and then of unsafe sets that are not there, or not in the domain.

        Of discrete time those of unsafe sets may be anywhere, for the last step may leave the domain.
        """
        if len(points) != len(named):
            raise InvalidCertificate(f"members: expected {len(named)}, one or null for each set, got {len(points)}")
        for i, ((name, stated), point) in enumerate(zip(named, points, strict=True)):
            if point is None:
                continue
            place = f"members[{i}], of {name}"
            if len(point) != len(self.states):
                raise InvalidCertificate(f"{place}: expected {len(self.states)} numbers, got {len(point)}")
            full = (*point, *len(self.others) * (fmpq(0),))
            check_member(stated, full, place, work)
            for j, terms in enumerate(self.ideal):
                if composed(terms, self.at(point), place, work).num_terms:
                    raise InvalidCertificate(f"{place}: expected system.ideal[{j}] = 0 there")
            if domain is not None and (i == 0 or self.is_continuous):
                check_member(domain, full, f"{place}: in the domain", work)

    def members_text(self, domain: StatedSet | None) -> str:
        """What points of all sets show."""
        if domain is None:
            return "none of these sets is empty"
        if self.is_continuous:
            return "the domain meets all these sets"
        return "none of these sets is empty, and the domain meets the initial set"

    def at(self, point: Sequence[fmpq]) -> dict[int, Terms]:
        """The states at a point, for `composed`."""
        return {i: constant(value, len(self.variables)) for i, value in enumerate(point)}

    def point_text(self, point: Sequence[fmpq]) -> str:
        """A point of the states for messages."""
        if not any(point):
            return "the origin"
        names, values = ", ".join(map(quoted, self.states)), ", ".join(map(number_text, point))
        return f"{names} = {values}" if len(self.states) == 1 else f"({names}) = ({values})"

    def quantifiers(self, held: set[int]) -> str:
        """For which states, switching and other variables something holds; those `held` are constant in time."""
        others = [(index, quoted(self.variables[index])) for index in sorted(self.outside())]
        kept = [name for index, name in others if index in held]
        moving = [name for index, name in others if index not in held]
        parts = [f"constant {', '.join(kept)}"] if kept else []
        parts += [f"signals {', '.join(moving)}"] if moving else []
        text = f", for all {' and '.join(parts)}" if parts else ""
        if self.uncertain.inequalities or self.uncertain.equalities:
            text += " in the uncertain set" + (" (not shown to be nonempty)" if self._member is None else "")
        if len(self.modes) > 1:
            text += f", under arbitrary switching between {len(self.modes)} modes"
        return text + (self.ideal_text() if self.ideal else "")

    def ideal_text(self) -> str:
        """Of which states something is said: those with s^2 + c^2 = 1, or those where the ideal vanishes."""
        circles = [circle_text(terms, self.variables) for terms in self.ideal]
        known = [circle for circle in circles if circle is not None]
        if len(known) < len(circles):
            return ", for states where the ideal vanishes"
        return f", for states with {' and '.join(known)}"

    def held_by(self, *polynomials: Terms) -> set[int]:
        """The variables other than states on which these polynomials depend."""
        return self.outside() & set().union(*map(depends_on, polynomials))


def circle_text(terms: Terms, variables: Sequence[str]) -> str | None:
    """s^2 + c^2 = 1 where a polynomial is s^2 + c^2 - 1 for two variables, else None."""
    pairs = zip(terms.exponents.tolist(), terms.rationals(), strict=True)
    found = {tuple(row): value for row, value in pairs if value != 0}
    squares = [index for row in found if sum(row) == 2 for index, power in enumerate(row) if power == 2]
    constant = found.get((0,) * len(variables))
    if len(found) != 3 or len(squares) != 2 or constant != -1 or sum(found.values()) != 1:
        return None
    if any(value != 1 for row, value in found.items() if any(row)):
        return None
    return " + ".join(f"{quoted(variables[index])}^2" for index in sorted(squares)) + " = 1"


def quoted(name: str) -> str:
    """A name; one that is no word could pass for a polynomial."""
    return name if name.isidentifier() else describe(name)


def _read_row(value: object, variables: int, place: str, length: int | None = None) -> tuple[Terms, ...]:
    listed = reader.read_list(value, place, MAX_IDEAL, length)
    return tuple(reader.read_polynomial(terms, variables, f"{place}[{i}]") for i, terms in enumerate(listed))
