"""Polynomials that are nonnegative, and positive definite where they have all states, by inspection: even powers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

from flint import fmpq

from nsos_jax.certificates import reader
from nsos_jax.certificates.data import (
    InvalidCertificate,
    Rational,
    Terms,
    as_fraction,
    as_rational,
    describe,
    number_text,
)
from nsos_jax.certificates.expansion import Work, combine
from nsos_jax.certificates.kinds.control.derived import composed, constant, scaled, variable

MAX_POWERS = 10_000


@dataclass(frozen=True, eq=False, repr=False)
class EvenPowers:
    """sum_k c_k (x_i - x*_i)^e with c_k > 0, i = states[k] and even e = exponents[k]."""

    _coefficients: tuple[fmpq, ...]
    states: tuple[int, ...]
    exponents: tuple[int, ...]

    @classmethod
    def create(cls, states: Sequence[str], powers: Iterable[tuple[Rational, str, int]]) -> Self:
        """From triples of a coefficient, a state and an exponent."""
        listed = list(powers)
        strangers = [name for _, name, _ in listed if name not in states]
        if strangers:
            raise InvalidCertificate(f"expected powers of {', '.join(states)}, got one of {strangers[0]}")
        numbers = tuple(as_rational(coefficient) for coefficient, _, _ in listed)
        return cls(numbers, tuple(states.index(name) for _, name, _ in listed), tuple(power for _, _, power in listed))

    @classmethod
    def read(cls, value: object, place: str) -> Self:
        """From [[coefficient, index of a state, exponent], ...]."""
        rows = [
            reader.read_list(row, f"{place}[{k}]", length=3)
            for k, row in enumerate(reader.read_list(value, place, MAX_POWERS))
        ]
        for k, (_, *integers) in enumerate(rows):
            for integer in integers:
                reader.expect(type(integer) is int, f"{place}[{k}]", "the index of a state and an exponent", integer)
        numbers = tuple(reader.read_number(row[0], f"{place}[{k}][0]") for k, row in enumerate(rows))
        return cls(numbers, tuple(row[1] for row in rows), tuple(row[2] for row in rows))

    @property
    def coefficients(self) -> tuple[Fraction, ...]:
        """The numbers c_k."""
        return tuple(map(as_fraction, self._coefficients))

    def to_list(self) -> list[list[Any]]:
        """As in the file."""
        triples = zip(self._coefficients, self.states, self.exponents, strict=True)
        return [[str(coefficient), state, exponent] for coefficient, state, exponent in triples]

    def check(self, states: int, place: str, all_states: bool = False) -> None:
        """Refuse what is not nonnegative by inspection and, with `all_states`, what is not positive definite."""
        triples = list(zip(self._coefficients, self.states, self.exponents, strict=True))
        for k, (coefficient, state, exponent) in enumerate(triples):
            where = f"{place}[{k}]"
            if coefficient <= 0:
                raise InvalidCertificate(f"{where}: expected a positive coefficient, got {number_text(coefficient)}")
            reader.expect(0 <= state < states, where, f"a state from 0 to {states - 1}", state)
            even = 2 <= exponent <= reader.MAX_EXPONENT and exponent % 2 == 0
            reader.expect(even, where, "an even exponent of at least 2", exponent)
        if len({(state, exponent) for _, state, exponent in triples}) < len(triples):
            raise InvalidCertificate(f"{place}: expected distinct powers, one appears twice")
        missing = sorted(set(range(states)) - set(self.states))
        if all_states and missing:
            raise InvalidCertificate(
                f"{place}: expected a power of every state, that of {describe(missing[0])} is missing"
            )

    def is_definite(self, states: int) -> bool:
        """Whether every state occurs."""
        return set(range(states)) <= set(self.states)

    def terms(self, point: Sequence[fmpq], variables: int, place: str, work: Work) -> Terms:
        """The polynomial, expanded."""
        parts = []
        for coefficient, state, exponent in zip(self._coefficients, self.states, self.exponents, strict=True):
            own = variable(state, variables)
            power = Terms(exponent * own.exponents, own.rationals())
            if point[state] == 0:
                parts.append((1, Terms(power.exponents, (coefficient,))))
                continue
            shifted = combine([(1, own), (-1, constant(point[state], variables))], variables, place, work)
            parts.append((1, scaled(composed(power, {state: shifted}, place, work), coefficient, place, work)))
        return combine(parts, variables, place, work)
