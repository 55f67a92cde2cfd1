"""Polynomials whose coefficients are affine in the unknowns of a program."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from flint import fmpq

from nsos_jax.certificates import reader
from nsos_jax.certificates.checks import common_denominator
from nsos_jax.certificates.data import (
    InvalidCertificate,
    PolynomialLike,
    Quotients,
    Rational,
    Terms,
    aligned_terms,
    as_monomials,
    as_rational,
    describe,
    integer_array,
)
from nsos_jax.certificates.expansion import Work, collected, longest, over_common, products


@dataclass(frozen=True, eq=False, repr=False)
class AffineTerms:
    """sum_t values[t] y_t x^exponents[t], y_t being the coefficient of an unknown, or 1.

    Attributes:
        exponents: int32 [terms, variables].
        places: int64 [terms, 2], the unknown and which of its coefficients y_t is; -1 and -1 where it is 1.
    """

    exponents: np.ndarray
    places: np.ndarray
    _values: Collection[fmpq]

    def __post_init__(self) -> None:
        if self.places.shape != (len(self._values), 2) or len(self.exponents) != len(self._values):
            raise InvalidCertificate("target: expected as many monomials and places of unknowns as numbers")

    @classmethod
    def create(
        cls,
        variables: Sequence[str],
        constant: PolynomialLike | None = None,
        linear: Mapping[tuple[int, int], PolynomialLike] | None = None,
    ) -> Self:
        """`constant` + the sum of y * polynomial over the coefficients y, by (unknown, coefficient), of the unknowns.

        >>> from nsos_jax.polynomials import Polynomial
        >>> AffineTerms.create(("x", "y"), Polynomial.parse("x^2 - 3"), {(0, 1): Polynomial.parse("y")}).to_list()
        [['1', [2, 0], None], ['-3', [0, 0], None], ['1', [0, 1], [0, 1]]]
        """
        parts = [] if constant is None else [((-1, -1), aligned_terms(constant, variables))]
        parts += [(place, aligned_terms(polynomial, variables)) for place, polynomial in (linear or {}).items()]
        return cls(
            np.concatenate([np.zeros((0, len(variables)), np.int32), *(terms.exponents for _, terms in parts)]),
            np.array([place for place, terms in parts for _ in range(terms.num_terms)], np.int64).reshape(-1, 2),
            tuple(value for _, terms in parts for value in terms.rationals()),
        )

    @classmethod
    def from_arrays(cls, exponents: np.ndarray, places: np.ndarray, values: Iterable[Rational]) -> Self:
        """From the attributes of this class and one number for each term."""
        numbers = tuple(map(as_rational, values))
        return cls(as_monomials(exponents), np.asarray(places, np.int64).reshape(len(numbers), 2), numbers)

    @classmethod
    def read(cls, value: object, variables: int, place: str) -> Self:
        """The terms [number, exponents, null or [unknown, coefficient]] of a file."""
        exponents: list[tuple[int, ...]] = []
        places: list[tuple[int, int]] = []
        numbers: list[fmpq] = []
        for i, term in enumerate(reader.read_list(value, place, reader.MAX_TERMS)):
            where = f"{place}[{i}]"
            number, powers, unknown = reader.read_list(term, where, length=3)
            numbers.append(reader.read_number(number, f"{where}[0]"))
            exponents.append(reader.read_powers(powers, variables, f"{where}[1]"))
            places.append((-1, -1) if unknown is None else read_place(unknown, f"{where}[2]"))
        rows = np.array(exponents, np.int32).reshape(len(exponents), variables)
        return cls(rows, np.array(places, np.int64).reshape(-1, 2), tuple(numbers))

    def check(self, sizes: Sequence[int], variables: int, place: str) -> None:
        """Refuse what is no polynomial in the unknowns, of which `sizes` says how many coefficients each has."""
        if self.exponents.ndim != 2 or self.exponents.shape[1] != variables:
            raise InvalidCertificate(f"{place}: expected {variables} exponents for each term")
        if self._is_plain(sizes):
            return
        seen: set[tuple[int, ...]] = set()
        triples = zip(self._values, self.exponents.tolist(), self.places.tolist(), strict=True)
        for i, (value, row, (unknown, coefficient)) in enumerate(triples):
            if value == 0:
                raise InvalidCertificate(f"{place}[{i}][0]: expected a coefficient that is not zero")
            if (unknown, coefficient) != (-1, -1):
                check_place(unknown, coefficient, sizes, f"{place}[{i}][2]")
            if (key := (*row, unknown, coefficient)) in seen:
                raise InvalidCertificate(f"{place}[{i}]: this monomial with this unknown appears twice")
            seen.add(key)

    def _is_plain(self, sizes: Sequence[int]) -> bool:
        """Whether nothing is to be refused; what is, and why, takes longer to say."""
        known = self.places[(self.places != -1).any(axis=1)]
        inside = ((known >= 0) & (known[:, :1] < len(sizes))).all()
        if not inside or (known[:, 1] >= np.array([*sizes, 0])[known[:, 0]]).any():
            return False
        rows = np.concatenate([self.exponents, self.places], axis=1).tolist()
        values = self._values.numerators if isinstance(self._values, Quotients) else self._values
        return len(set(map(tuple, rows))) == len(rows) and all(value != 0 for value in values)

    def terms(self) -> Terms:
        """The terms without their unknowns."""
        return Terms(self.exponents, self._values)

    def at(self, values: "UnknownValues", place: str, work: Work) -> Terms:
        """The polynomial at values of the unknowns, without zero terms."""
        numerators, denominator = over_common(self.terms(), place, work)
        factors = values.numerators_at(self.places)
        count, bits = len(numerators), longest(numerators) + longest(factors)
        work.spend(count, self.exponents.shape[1], bits, place)
        addends = products(numerators, factors, count)
        return collected(self.exponents, addends, denominator * values.denominator, place)

    def to_list(self) -> list[list[Any]]:
        """As in the file."""
        rows, places = self.exponents.tolist(), self.places.tolist()
        triples = zip(self._values, rows, places, strict=True)
        return [[str(value), row, None if place[0] < 0 else place] for value, row, place in triples]


class UnknownValues:
    """Numbers for the coefficients of all unknowns, over one denominator.

    Attributes:
        denominator: positive.
    """

    def __init__(self, values: Sequence[Sequence[fmpq]]) -> None:
        numbers = [number for row in values for number in row]
        self.denominator = common_denominator([number.q for number in numbers], len(numbers), "values")
        numerators = [number.p * (self.denominator // number.q) for number in numbers]
        self._starts = np.cumsum([0, *map(len, values)])
        self._numerators = integer_array([*numerators, self.denominator])

    def numerators_at(self, places: np.ndarray) -> np.ndarray:
        """The numerators of the values at places [count, 2], as in `AffineTerms`; an `integer_array`."""
        unknown, coefficient = places.T
        return self._numerators[np.where(unknown < 0, len(self._numerators) - 1, self._starts[unknown] + coefficient)]


def read_place(value: object, place: str) -> tuple[int, int]:
    """A pair [unknown, coefficient] of integers that are not negative."""
    unknown, coefficient = reader.read_list(value, place, length=2)
    for index in (unknown, coefficient):
        if type(index) is not int or not 0 <= index < 2**31:
            raise InvalidCertificate(f"{place}: expected the index of an unknown and of one of its coefficients, "
                                     f"got {describe(index)}")  # fmt: skip
    return unknown, coefficient


def check_place(unknown: int, coefficient: int, sizes: Sequence[int], place: str) -> None:
    """Refuse the coefficient of an unknown that there is not."""
    if not 0 <= unknown < len(sizes):
        raise InvalidCertificate(f"{place}: expected an unknown from 0 to {len(sizes) - 1}, got {unknown}")
    if not 0 <= coefficient < sizes[unknown]:
        wanted = f"a coefficient of unknown {unknown} from 0 to {sizes[unknown] - 1}"
        raise InvalidCertificate(f"{place}: expected {wanted}, got {coefficient}")
