"""Real number fields Q(theta): theta is the only root of an irreducible polynomial m over Q in an interval.

An element is a polynomial in theta over Q of degree below that of m. Since m is irreducible, it is 0 only if all its
coefficients are. The sign of another one is decided by halving the interval, which comes to an end.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from operator import index
from typing import Any, Self

import numpy as np
from flint import fmpq, fmpq_mat, fmpq_poly, fmpz, fmpz_mat, fmpz_poly

from nsos_jax.certificates import reader
from nsos_jax.certificates.checks import MAX_BITS, common_denominator
from nsos_jax.certificates.data import (
    BeyondLimits,
    InvalidCertificate,
    Rational,
    as_fraction,
    as_rational,
    digits,
    number_text,
)

MAX_DEGREE = 64
MAX_FIELD_BITS = 100_000
"""Of the minimal polynomial, the interval, and its parts that signs are decided by: degree times the length."""
MAX_VALUE_BITS = 1_000_000
"""Of a coefficient of a monomial's value."""
MAX_WORK = 50_000_000_000
"""Of one factorisation over the field: products of coefficients times their length in bits."""

APPROXIMATION_BITS = 80


@dataclass(frozen=True, eq=False)
class RealField:
    """The field, as a certificate states it: nothing is proven before `check`.

    Attributes:
        minimal_polynomial: m, integers, constant first, the last one not 0.
        interval: lower and upper end; theta is the root between them, and neither is a root.
    """

    minimal_polynomial: tuple[int, ...]
    interval: tuple[Fraction, Fraction]

    def __post_init__(self) -> None:
        if self.degree < 1 or self.minimal_polynomial[-1] == 0:
            wanted = "a degree of 1 or more, and a last coefficient that is not 0"
            raise InvalidCertificate(f"field.minimal_polynomial: expected {wanted}")

    @classmethod
    def create(cls, minimal_polynomial: Iterable[int], interval: tuple[Rational, Rational]) -> Self:
        """The field from any integers and rational numbers."""
        lower, upper = (as_fraction(as_rational(end)) for end in interval)
        return cls(tuple(map(index, minimal_polynomial)), (lower, upper))

    @classmethod
    def read(cls, value: object) -> Self:
        """The field {"minimal_polynomial": integers, constant first, "interval": [lower, upper]} of a file."""
        record = reader.read_object(value, ("minimal_polynomial", "interval"), "field")
        place = "field.minimal_polynomial"
        numbers = reader.read_list(record["minimal_polynomial"], place, MAX_DEGREE + 1)
        polynomial = tuple(reader.read_integer(number, f"{place}[{i}]") for i, number in enumerate(numbers))
        ends = reader.read_list(record["interval"], "field.interval", length=2)
        lower, upper = (as_fraction(reader.read_number(end, f"field.interval[{i}]")) for i, end in enumerate(ends))
        return cls(polynomial, (lower, upper))

    def to_dict(self) -> dict[str, Any]:
        """As in the file."""
        ends = [str(as_rational(end)) for end in self.interval]
        return {"minimal_polynomial": list(map(digits, self.minimal_polynomial)), "interval": ends}

    @property
    def degree(self) -> int:
        """Of m."""
        return len(self.minimal_polynomial) - 1

    @cached_property
    def _modulus(self) -> fmpz_poly:
        return fmpz_poly(list(self.minimal_polynomial))

    def read_element(self, value: object, place: str) -> fmpq_poly:
        """An element as its coefficients, constant first, at most as many as the degree of m."""
        numbers = reader.read_list(value, place, self.degree)
        return fmpq_poly([reader.read_number(number, f"{place}[{i}]") for i, number in enumerate(numbers)])

    def check_element(self, element: fmpq_poly, place: str) -> None:
        """Check that the element is reduced modulo m, as all that is read from a file is."""
        if element.degree() >= self.degree:
            raise InvalidCertificate(f"{place}: expected at most {self.degree} coefficients, got {len(element)}")

    def approximate(self) -> float:
        """theta, once the field is checked."""
        return float(as_fraction(self._enclose(APPROXIMATION_BITS)[0]))

    def check(self) -> None:
        """Check exactly that m is irreducible over Q and has exactly one root in the interval."""
        place = "field.minimal_polynomial"
        parts = [*self.minimal_polynomial, *(part for end in self.interval for part in end.as_integer_ratio())]
        if self.degree * max(map(int.bit_length, parts)) > MAX_FIELD_BITS:
            raise BeyondLimits(f"field: the numbers are too long for the degree {self.degree}")
        (_, multiplicity), *others = self._modulus.factor()[1]
        if others or multiplicity > 1:
            raise InvalidCertificate(f"{place}: expected an irreducible polynomial, it has factors")
        lower, upper = map(as_rational, self.interval)
        if not lower < upper:
            raise InvalidCertificate("field.interval: expected two ascending numbers")
        for i, end in enumerate((lower, upper)):
            if self._modulus(end) == 0:
                raise InvalidCertificate(f"field.interval[{i}]: {number_text(end)} is itself a root")
        roots = self._count_roots()
        if roots != 1:
            raise InvalidCertificate(f"field.interval: expected exactly one root between its ends, there are {roots}")

    def product(self, left: fmpq_poly, right: fmpq_poly) -> fmpq_poly:
        """In the field."""
        return left * right % fmpq_poly(self._modulus)

    def inverse(self, element: fmpq_poly) -> fmpq_poly:
        """Of an element that is not 0: by linear equations, since flint's `xgcd` is slow for long coefficients."""
        columns = [element]
        while len(columns) < self.degree:
            columns.append(self.product(columns[-1], fmpq_poly([0, 1])))
        matrix = fmpq_mat([[column[power] for column in columns] for power in range(self.degree)])
        one = fmpq_mat(self.degree, 1, [1] + [0] * (self.degree - 1))
        return fmpq_poly(matrix.solve(one).entries())

    def sign(self, element: fmpq_poly) -> int:
        """The sign of the real number that the element is: -1, 0 or 1.

        An enclosure of theta is halved until the value at one end is further from 0 than the element can change.
        """
        if element == 0:
            return 0
        numerator = element.numer()
        reach = 1 + max(abs(end).ceil() for end in self._ends)
        slope = sum(i * abs(value) * reach ** (i - 1) for i, value in enumerate(numerator.coeffs()) if i)
        bits = 0
        while self.degree * bits <= MAX_FIELD_BITS:
            lower, upper = self._enclose(bits)
            value = numerator(lower)
            if abs(value) > slope * (upper - lower):
                return 1 if value > 0 else -1
            bits = 2 * bits + 32
        raise BeyondLimits(f"a sign is not decided by an enclosure of theta of {bits} bits")

    @cached_property
    def _ends(self) -> list[fmpq]:
        """An enclosure of theta, which `_enclose` narrows."""
        return list(map(as_rational, self.interval))

    def _enclose(self, bits: int) -> list[fmpq]:
        """An enclosure of theta that is at most 2^-bits wide."""
        width = fmpq(1, fmpz(1) << bits)
        rises = self._modulus(as_rational(self.interval[1])) > 0
        while self._ends[1] - self._ends[0] > width:
            middle = (self._ends[0] + self._ends[1]) / 2
            self._ends[(self._modulus(middle) > 0) == rises] = middle
        return self._ends

    def _count_roots(self) -> int:
        """The number of roots of m in the interval (Sturm's theorem)."""
        sequence = [fmpq_poly(self._modulus)]
        following = sequence[0].derivative()
        while following != 0:
            numerator = following.numer()
            sequence.append(fmpq_poly(numerator // numerator.content()))
            following = -(sequence[-2] % sequence[-1])
        lower, upper = ([member(as_rational(end)) for member in sequence] for end in self.interval)
        return _variations(lower) - _variations(upper)

    def values(self, point: Sequence[fmpq_poly], exponents: np.ndarray) -> list[fmpq_poly]:
        """The monomials (rows of exponents) at a point with coordinates in the field."""
        degree = int(exponents.sum(axis=1, dtype=np.int64).max(initial=0))
        longest = degree * (
            max(map(element_bits, point), default=0)
            + self.degree * self._modulus.height_bits()
            + self.degree.bit_length()
        )
        if longest > MAX_VALUE_BITS or longest * self.degree * len(exponents) > MAX_BITS:
            raise BeyondLimits(f"zero: {len(exponents)} monomials there are too long, up to {longest} bits each")
        powers: dict[tuple[int, int], fmpq_poly] = {}

        def power(variable: int, exponent: int) -> fmpq_poly:
            if exponent < 2:
                return point[variable] if exponent else fmpq_poly([1])
            if (variable, exponent) not in powers:
                half = power(variable, exponent // 2)
                powers[variable, exponent] = self.product(self.product(half, half), power(variable, exponent % 2))
            return powers[variable, exponent]

        values = []
        for row in exponents:
            value = fmpq_poly([1])
            for variable in np.flatnonzero(row).tolist():
                value = self.product(value, power(variable, int(row[variable])))
            values.append(value)
        return values

    def ldl(self, matrix: list[list[fmpq_poly]]) -> Iterator[tuple[fmpq_poly, dict[int, fmpq_poly]]]:
        """z'Qz = sum_k d_k (l_k'z)^2 for a symmetric matrix Q over the field: pairs (d_k > 0, {index: coefficient}).

        Raises:
            ValueError: Q is not positive semidefinite.
            InvalidCertificate: the work would exceed `MAX_WORK`.
        """
        size, rows = len(matrix), [list(row) for row in matrix]
        bits = max((element_bits(entry) for row in rows for entry in row), default=0)
        length = self.degree * size * (bits + self._modulus.height_bits())
        if size**3 * self.degree**2 * length > MAX_WORK:
            raise BeyondLimits(f"a matrix of size {size} over a field of degree {self.degree} is too much work")
        for k in range(size):
            pivot = rows[k][k]
            others = [j for j in range(k + 1, size) if rows[k][j] != 0]
            sign = self.sign(pivot)
            if sign < 0 or (sign == 0 and others):
                raise ValueError(f"the matrix is not positive semidefinite (found at row {k} of {size})")
            if sign == 0:
                continue
            inverse = self.inverse(pivot)
            square = {k: fmpq_poly([1])} | {j: self.product(rows[k][j], inverse) for j in others}
            yield pivot, square
            for i in others:
                for j in others:
                    if j >= i:
                        rows[i][j] = rows[j][i] = rows[i][j] - self.product(square[i], rows[k][j])


def vanishing(field: RealField, point: Sequence[fmpq_poly], basis: np.ndarray) -> fmpz_mat:
    """All combinations of basis monomials over Q that vanish at a point: integer [basis, dimension], by columns."""
    values = field.values(point, basis)
    scale = common_denominator((value.denom() for value in values), len(values) * field.degree, "zero")
    rows = [[(value[power] * scale).p for value in values] for power in range(field.degree)]
    longest = max((abs(entry).bit_length() for row in rows for entry in row), default=0)
    if len(values) ** 2 * field.degree * (longest + field.degree) > MAX_BITS:
        raise BeyondLimits(f"zero: the kernel over {len(values)} monomials is too long to compute")
    kernel, dimension = fmpz_mat(field.degree, len(values), [entry for row in rows for entry in row]).nullspace()
    columns = [[kernel[i, j] for i in range(len(values))] for j in range(dimension)]
    primitive = [[entry // divisor for entry in column] for column in columns if (divisor := _content(column))]
    return fmpz_mat(dimension, len(values), [entry for column in primitive for entry in column]).transpose()


def as_element(coefficients: Iterable[Rational]) -> fmpq_poly:
    """An element from its coefficients, constant first."""
    return fmpq_poly(list(map(as_rational, coefficients)))


def coefficients(element: fmpq_poly) -> tuple[Fraction, ...]:
    """The coefficients of an element, constant first, without leading zeros."""
    return tuple(map(as_fraction, element.coeffs()))


def element_bits(element: fmpq_poly) -> int:
    """The length of an element: of its denominator and of the longest numerator over it."""
    return int(element.numer().height_bits() + element.denom().bit_length())


def _variations(numbers: Sequence[fmpq]) -> int:
    """Changes of sign, zeros left out."""
    signs = [number > 0 for number in numbers if number != 0]
    return sum(one != other for one, other in pairwise(signs))


def _content(numbers: Sequence[fmpz]) -> fmpz:
    divisor = fmpz(0)
    for number in numbers:
        divisor = divisor.gcd(number)
    return divisor
