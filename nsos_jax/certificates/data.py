"""What certificates are made of: terms and Gram blocks in exact numbers, how they are made, written and named.

Rational numbers are computed with, read and written as flint's `fmpq`, which is fast for any number of digits; what
others see of them, `Terms.values`, is made of `Fraction`. Integers are Python's everywhere.
"""

import numbers
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from operator import index
from typing import Any, NamedTuple, Protocol

import numpy as np
from flint import fmpq, fmpz, fmpz_mat

INT64_LIMIT = 2**62
"""Numbers below it in absolute value are held in int64, which leaves room for one sum of two."""

EXPONENT_LIMIT = 2**30  # sums of two fit into int32


MAX_GRAM_BITS = 4_000_000_000
"""Of a Gram matrix that is given on its range."""

FEW = 4
"""Non-zero entries a row of a range, up to which they are multiplied one by one."""


class InvalidCertificate(ValueError):
    """A certificate that is malformed, proves nothing, or is beyond the checker's limits."""


class BeyondLimits(InvalidCertificate):
    """A certificate that may be right, but is more work than the checker's limits allow."""


class PolynomialLike(Protocol):
    """What `create` needs of a polynomial: sum_t numerators[t] / denominator * x^exponents[t], distinct monomials."""

    @property
    def variables(self) -> tuple[str, ...]: ...
    @property
    def exponents(self) -> np.ndarray: ...
    @property
    def numerators(self) -> Sequence[int]: ...
    @property
    def denominator(self) -> int: ...


class Rational(Protocol):
    """`int`, `fractions.Fraction` and everything else that has an integer numerator and denominator."""

    @property
    def numerator(self) -> int: ...
    @property
    def denominator(self) -> int: ...


Matrix = fmpz_mat | np.ndarray
GramBlock = tuple[np.ndarray, Matrix, int]
"""A basis [size, variables], the numerators of its Gram matrix [size, size], and their common denominator."""
RangeBlock = tuple[np.ndarray, Matrix, int, Matrix]
"""The same with S [rank, rank] in place of the Gram matrix V S V', and at the end V [size, rank], integers."""


@dataclass(frozen=True, eq=False)
class Quotients(Collection[fmpq]):
    """The rational numbers numerators[i] / denominator, which are made and reduced only when they are asked for."""

    numerators: tuple[int, ...]
    denominator: fmpz

    def __post_init__(self) -> None:
        if self.denominator == 0:
            raise InvalidCertificate("expected a denominator that is not zero, got 0")

    def __len__(self) -> int:
        return len(self.numerators)

    def __iter__(self) -> Iterator[fmpq]:
        return (fmpq(fmpz(numerator), self.denominator) for numerator in self.numerators)

    def __contains__(self, value: object) -> bool:
        return any(value == own for own in self)


@dataclass(frozen=True, eq=False, repr=False)
class Terms:
    """Rational numbers attached to distinct monomials: a polynomial, or a functional by its values.

    Attributes:
        exponents: int32 [terms, variables].
    """

    exponents: np.ndarray
    _values: Collection[fmpq]

    @cached_property
    def values(self) -> tuple[Fraction, ...]:
        """One rational number per term."""
        return tuple(map(as_fraction, self._values))

    @property
    def num_terms(self) -> int:
        return len(self._values)

    def rationals(self) -> Collection[fmpq]:
        """The values as flint's numbers, for exact arithmetic."""
        return self._values

    def __repr__(self) -> str:
        return f"<Terms: {count_text(self.num_terms, 'term')}, {count_text(self.exponents.shape[1], 'variable')}>"

    def by_monomial(self) -> dict[bytes, fmpq]:
        """The `rationals` by `monomial_keys`."""
        values = dict(zip(monomial_keys(self.exponents), self._values, strict=True))
        if len(values) < self.num_terms:
            raise InvalidCertificate("expected distinct monomials, one appears twice")
        return values

    def to_list(self) -> list[list[Any]]:
        """As in the file: [["p/q", exponents], ...]."""
        return [[str(value), row] for value, row in zip(self._values, self.exponents.tolist(), strict=True)]


@dataclass(frozen=True, eq=False, repr=False)
class Block:
    """One block z'Qz: a basis z and the Gram matrix Q = core / denominator, or Q = V core V' / denominator.

    The second form holds the matrix on its range, where it is smaller and need not be singular.

    Attributes:
        basis: int32 [size, variables].
        core: an `integer_array` [size, size], or [rank, rank] with rank at most size.
        denominator: positive.
        range: V, an `integer_array` [size, rank], or None.
    """

    basis: np.ndarray
    core: np.ndarray
    denominator: int
    range: np.ndarray | None = None

    def __post_init__(self) -> None:
        size = side = len(self.basis)
        if self.range is not None:
            if self.range.ndim != 2 or len(self.range) != size or self.range.shape[1] > size:
                raise InvalidCertificate(f"expected a range with {size} rows and at most as many columns")
            side = self.range.shape[1]
        if self.core.shape != (side, side) or (self.core != self.core.T).any():
            raise InvalidCertificate(f"expected a symmetric Gram matrix of size {side}, as the basis or the range")
        if self.denominator <= 0:
            raise InvalidCertificate(f"expected a positive denominator, got {number_text(self.denominator)}")

    @property
    def gram_bits(self) -> int:
        """What `gram` takes at most beyond the file, in bits: 0 without a range."""
        if self.range is None:
            return 0
        lengths = [int(abs(matrix).max(initial=0)).bit_length() for matrix in (self.range, self.core)]
        return len(self.range) ** 2 * (2 * lengths[0] + lengths[1] + 2 * self.range.shape[1].bit_length())

    @cached_property
    def gram(self) -> np.ndarray:
        """The numerators of the Gram matrix on the basis, an `integer_array` [size, size].

        Raises:
            InvalidCertificate: it is too long to compute from its range.
        """
        if self.range is None:
            return self.core
        size, rank = self.range.shape
        if self.gram_bits > MAX_GRAM_BITS:
            raise BeyondLimits(f"range: a Gram matrix of size {size} is too long to compute from it")
        if np.count_nonzero(self.range) <= FEW * size:
            return integer_array(_sparse_product(self.range, self.core).ravel().tolist()).reshape(size, size)
        factor = fmpz_mat(size, rank, self.range.ravel().tolist())
        product = factor * fmpz_mat(rank, rank, self.core.ravel().tolist()) * factor.transpose()
        return integer_array(product.entries()).reshape(size, size)

    def to_dict(self) -> dict[str, Any]:
        """As in the file: the non-zero entries of the upper triangle."""
        i, j = np.nonzero(np.triu(self.core))
        numerators = map(digits, self.core[i, j].tolist())
        gram = [list(entry) for entry in zip(i.tolist(), j.tolist(), numerators, strict=True)]
        record: dict[str, Any] = {"basis": self.basis.tolist(), "denominator": digits(self.denominator), "gram": gram}
        if self.range is not None:
            record["range"] = [list(map(digits, row)) for row in self.range.tolist()]
        return record

    def __repr__(self) -> str:
        return f"<Block: {count_text(len(self.basis), 'monomial')}>"


def _sparse_product(ranges: np.ndarray, core: np.ndarray) -> np.ndarray:
    """V S V' [size, size] of Python's integers, by the non-zero entries of V."""
    size, rank = ranges.shape
    left, product = np.zeros((size, rank), dtype=object), np.zeros((size, size), dtype=object)
    entries = [(i, j, int(ranges[i, j])) for i, j in zip(*np.nonzero(ranges), strict=True)]
    exact = core.astype(object)
    for i, j, value in entries:
        left[i] += value * exact[j]
    columns = np.ascontiguousarray(left.T)
    for i, j, value in entries:
        product[i] += value * columns[j]
    return product


def integer_array(integers: Iterable[int | fmpz]) -> np.ndarray:
    """The same numbers in one dimension: int64 if all are below INT64_LIMIT in absolute value, else `int` objects.

    TypeError for what is no integer, be it a float such as 1.0.

    >>> integer_array([1, -2]).dtype, integer_array([1, 2**62]).dtype
    (dtype('int64'), dtype('O'))
    """
    exact = list(map(index, integers))
    try:
        small = np.array(exact, dtype=np.int64)
    except OverflowError:
        small = None
    if small is not None and _fits(small):
        return small
    large = np.empty(len(exact), dtype=object)
    large[:] = exact
    return large


def _fits(integers: np.ndarray) -> bool:
    return bool(integers.min(initial=0) > -INT64_LIMIT and integers.max(initial=0) < INT64_LIMIT)


def _integer_matrix(matrix: Matrix) -> np.ndarray:
    """A copy of the entries, as an `integer_array` of two dimensions."""
    if isinstance(matrix, fmpz_mat):
        return integer_array(matrix.entries()).reshape(matrix.nrows(), matrix.ncols())
    array = np.asarray(matrix)
    if array.dtype == np.int64 and _fits(array):
        return array.copy()
    try:
        return integer_array(array.ravel().tolist()).reshape(array.shape)
    except TypeError as error:
        raise InvalidCertificate(f"expected integers in the Gram matrix: {error}") from None


def as_monomials(rows: np.ndarray) -> np.ndarray:
    """A copy of the exponents, as int32 [size, variables]."""
    array = np.asarray(rows)
    if array.size and array.dtype.kind not in "iu":
        raise InvalidCertificate(f"expected integer exponents, got {array.dtype}")
    if array.size and not 0 <= int(array.min()) <= int(array.max()) < EXPONENT_LIMIT:
        raise InvalidCertificate(f"expected exponents from 0 to below 2^30, got {array.min()} to {array.max()}")
    return array.astype(np.int32)


def monomial_keys(exponents: np.ndarray) -> list[bytes]:
    """One hashable key per row of exponents."""
    packed = np.ascontiguousarray(exponents, dtype=np.int32).tobytes()
    width = 4 * exponents.shape[1]
    return [packed[row * width : (row + 1) * width] for row in range(len(exponents))]


def monomial_text(exponents: Iterable[int], variables: Sequence[str]) -> str:
    """A monomial for messages; a name that is no word is quoted, for it could pass for a polynomial.

    >>> monomial_text([2, 0, 1], ["x", "y", "z"]), monomial_text([0], ["x"]), monomial_text([2], ["x - y"])
    ('x^2*z', '1', "'x - y'^2")
    """
    names = (name if name.isidentifier() else repr(name) for name in variables)
    powers = zip(names, exponents, strict=True)
    return "*".join(name if power == 1 else f"{name}^{power}" for name, power in powers if power) or "1"


def digits(number: int) -> str:
    """All digits of an integer; `str` stops at 4,300.

    >>> len(digits(10**5000))
    5001
    """
    return str(fmpz(number))


def number_text(value: fmpq | fmpz | int) -> str:
    """A number for messages; of a long one only the size, because its digits can take minutes to compute.

    >>> number_text(fmpq(-7, 3)), number_text(-fmpz(10) ** 500)
    ('-7/3', 'a negative number of 1661 bits')
    """
    number = fmpq(value)
    bits = number.p.bit_length() + number.q.bit_length() - (number.q == 1)
    return str(number) if bits <= 128 else f"a {'negative' if number < 0 else 'positive'} number of {bits} bits"


def count_text(number: int, noun: str) -> str:
    """A count for messages.

    >>> count_text(1, "term"), count_text(2, "term")
    ('1 term', '2 terms')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class _HasBasis(Protocol):
    @property
    def basis(self) -> np.ndarray: ...


def blocks_text(blocks: Sequence[_HasBasis]) -> str:
    """The block structure for messages."""
    sizes = [len(block.basis) for block in blocks]
    if len(sizes) == 1:
        return f"1 block of {count_text(sizes[0], 'monomial')}"
    return f"{len(sizes)} blocks of at most {count_text(max(sizes, default=0), 'monomial')}"


def describe(value: object) -> str:
    """A value for messages, safe for anything: never long, never recursive."""
    if isinstance(value, str):
        return ascii(value) if len(value) <= 40 else f"{value[:40]!a}... ({len(value)} characters)"
    if value is None or isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < 10**18):
        return repr(value)
    names = {list: "a list", dict: "an object", int: "a huge integer"}
    return names.get(type(value), type(value).__name__)


def as_terms(polynomial: PolynomialLike) -> Terms:
    """The terms of a polynomial."""
    values = Quotients(tuple(map(index, polynomial.numerators)), fmpz(index(polynomial.denominator)))
    return Terms(as_monomials(polynomial.exponents), values)


def aligned_terms(polynomial: PolynomialLike, variables: Sequence[str]) -> Terms:
    """The terms over other variables, among which must be those of the polynomial.

    Raises:
        InvalidCertificate: the polynomial has another variable.
    """
    own = as_terms(polynomial)
    strangers = [name for name in polynomial.variables if name not in variables]
    if strangers:
        raise InvalidCertificate(f"expected a polynomial in {', '.join(variables)}, got one with {strangers[0]}")
    exponents = np.zeros((own.num_terms, len(variables)), np.int32)
    exponents[:, [variables.index(name) for name in polynomial.variables]] = own.exponents
    return Terms(exponents, own.rationals())


def as_rational(value: Rational) -> fmpq:
    """The same number for `flint`."""
    return fmpq(int(value.numerator), int(value.denominator))


class _LowestTerms(NamedTuple):
    """A fraction that is known to be reduced."""

    numerator: int
    denominator: int


numbers.Rational.register(_LowestTerms)


def as_fraction(value: fmpq) -> Fraction:
    """The same number for Python, in time linear in its digits.

    `Fraction(p, q)` would divide by the greatest common divisor, which takes Python quadratic time (0.2 s for 100,000
    digits) and which flint has done already; a `Rational` is taken over as it is.

    >>> as_fraction(fmpq(-4, 6))
    Fraction(-2, 3)
    """
    return Fraction(_LowestTerms(int(value.p), int(value.q)))  # type: ignore[call-overload]


def as_blocks(blocks: Iterable[GramBlock | RangeBlock]) -> tuple[Block, ...]:
    """The same blocks for the checker; refuses a Gram matrix that is not symmetric or not of the size of its basis."""
    return tuple(
        Block(as_monomials(basis), _integer_matrix(gram), index(denominator), *map(_integer_matrix, rest))
        for basis, gram, denominator, *rest in blocks
    )
