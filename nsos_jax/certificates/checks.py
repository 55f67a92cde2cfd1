"""The exact arithmetic of the checker: Gram identities, values and moment matrices."""

from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from operator import mul

import numpy as np
from flint import fmpq, fmpz

from nsos_jax.certificates.data import (
    INT64_LIMIT,
    MAX_GRAM_BITS,
    BeyondLimits,
    Block,
    InvalidCertificate,
    Quotients,
    Terms,
    integer_array,
    monomial_keys,
    monomial_text,
    number_text,
)
from nsos_jax.certificates.exact_psd import Effort, is_psd_array
from nsos_jax.certificates.products import numbered

MAX_VALUE_BITS = 20_000_000
MAX_BITS = 4_000_000_000  # of all numbers of one sum together, once they are written over a common denominator


def check_blocks(
    polynomial: Terms, blocks: Sequence[Block], variables: Sequence[str], name: str = "polynomial"
) -> None:
    """Check exactly that the blocks add up to the polynomial and that each Gram matrix is positive semidefinite."""
    for rows in (polynomial.exponents, *(block.basis for block in blocks)):
        if rows.ndim != 2 or rows.shape[1] != len(variables):
            raise InvalidCertificate(f"expected {len(variables)} exponents per monomial, got shape {rows.shape}")
    check_sum(polynomial, blocks, variables, name)
    check_psd(blocks, Effort())


def check_psd(blocks: Sequence[Block], effort: Effort, place: str = "blocks") -> None:
    """Check exactly that each Gram matrix is positive semidefinite."""
    for i, block in enumerate(blocks):
        if not is_psd_array(block.core, effort):
            raise InvalidCertificate(f"{place}[{i}].gram: expected a positive semidefinite matrix")


def check_sum(
    polynomial: Terms,
    blocks: Sequence[Block],
    variables: Sequence[str],
    name: str = "polynomial",
    place: str = "blocks",
) -> None:
    """Check exactly that the sum of all z'Qz is the polynomial; it and the blocks have these names in messages."""
    check_ranges(blocks)
    pairs = [entries_above(block.gram) for block in blocks]
    count = sum(len(i) for i, _ in pairs)
    numbers_in_all = polynomial.num_terms + count + len(blocks)
    common = common_denominator([block.denominator for block in blocks], numbers_in_all, place)
    numbers = _number_monomials(polynomial, blocks, pairs)
    terms, products = np.split(numbers, [polynomial.num_terms])
    if (np.bincount(terms) > 1).any():
        raise InvalidCertificate(f"{name}: expected distinct monomials, one appears twice")
    entries = [
        _multiple(block.gram[i, j], common // block.denominator, 2 * count) * np.where(i == j, 1, 2)
        for block, (i, j) in zip(blocks, pairs, strict=True)
    ]
    addends = np.concatenate([np.zeros(0, np.int64), *entries])
    sums = np.zeros(numbers.max(initial=-1) + 1, dtype=addends.dtype)
    np.add.at(sums, products, addends)
    wrong = _differ(polynomial.rationals(), sums[terms], common)
    if wrong.any():
        i = int(np.argmax(wrong))
        total, given = fmpq(fmpz(int(sums[terms[i]])), common), list(polynomial.rationals())[i]
        what = f"{name}[{i}], {monomial_text(polynomial.exponents[i].tolist(), variables)}"
        raise InvalidCertificate(
            f"{what}: expected {number_text(total)}, the sum of the blocks, got {number_text(given)}"
        )
    left = sums != 0
    left[terms] = False
    if left.any():
        first = int(np.argmax(left[products]))
        owners = zip(blocks, pairs, strict=True)
        factors = ((block.basis[i[k]], block.basis[j[k]]) for block, (i, j) in owners for k in range(len(i)))
        product = sum(next(islice(factors, first, None)))
        what, given = monomial_text(product.tolist(), variables), fmpq(fmpz(int(sums[products[first]])), common)
        raise InvalidCertificate(f"{place}: {what} is no term of the {name} but adds up to {number_text(given)}")


def check_ranges(blocks: Sequence[Block]) -> None:
    """Refuse, before they are computed, Gram matrices that are too long for all blocks together."""
    if sum(block.gram_bits for block in blocks) > MAX_GRAM_BITS:
        raise BeyondLimits(f"range: the Gram matrices of {len(blocks)} blocks are too long to compute from it")


def entries_above(gram: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows i and columns j >= i of the entries that are not 0: the others add nothing."""
    i, j = np.nonzero(np.triu(gram))
    return i, j


def _number_monomials(
    polynomial: Terms, blocks: Sequence[Block], pairs: Sequence[tuple[np.ndarray, np.ndarray]]
) -> np.ndarray:
    """Equal numbers, from 0 on, for equal monomials: those of the polynomial, then the products of all pairs."""
    terms = len(polynomial.exponents)
    one = np.zeros((1, polynomial.exponents.shape[1]), np.int32)
    rows = np.concatenate([polynomial.exponents, one, *(block.basis for block in blocks)])
    largest = np.maximum(rows[:terms].max(axis=0, initial=0), 2 * rows[terms:].max(axis=0))
    first, second = [np.arange(terms)], [np.full(terms, terms)]
    start = terms + 1
    for block, (i, j) in zip(blocks, pairs, strict=True):
        first.append(start + i)
        second.append(start + j)
        start += len(block.basis)
    return numbered(rows, largest, np.concatenate(first), np.concatenate(second))


def _differ(values: Collection[fmpq], sums: np.ndarray, common: fmpz) -> np.ndarray:
    """Where values[i] is not sums[i] / common."""
    if not isinstance(values, Quotients):
        pairs = zip(values, sums.tolist(), strict=True)
        return np.array([value * common != numerator for value, numerator in pairs], dtype=bool)
    shared = common.gcd(values.denominator)
    expected = _multiple(sums, values.denominator // shared)
    return np.asarray(_multiple(integer_array(values.numerators), common // shared) != expected)


def _multiple(integers: np.ndarray, factor: fmpz, count: int = 1) -> np.ndarray:
    """The products with a factor: int64 if any sum of `count` of them is sure to fit, else objects."""
    if integers.dtype != object:
        largest = max(int(integers.max(initial=0)), -int(integers.min(initial=0)), 1)
        if largest * abs(factor) * max(count, 1) < INT64_LIMIT:
            return integers * int(factor)
    return integers.astype(object) * factor


def square_sum(blocks: Iterable[Block], variables: int) -> dict[bytes, int]:
    """z'z by monomial, z being the union of the bases: every distinct basis monomial is counted once."""
    bases = np.concatenate([np.zeros((0, variables), dtype=np.int32), *(block.basis for block in blocks)])
    return dict.fromkeys(monomial_keys(2 * bases), 1)


def check_shift(polynomial: Terms, of: Terms, epsilon: fmpq, blocks: Sequence[Block], variables: Sequence[str]) -> None:
    """Check exactly that `polynomial` - `of` is epsilon z'z."""
    left, right = polynomial.by_monomial(), of.by_monomial()
    squares = square_sum(blocks, len(variables))
    for key in {**left, **right, **squares}:
        wanted = right.get(key, fmpq(0)) + epsilon * squares.get(key, 0)
        given = left.get(key, fmpq(0))
        if given != wanted:
            what = f"polynomial, {_name(key, variables)}"
            raise InvalidCertificate(
                f"{what}: expected {number_text(wanted)}, as in `of` + epsilon z'z, got {number_text(given)}"
            )


def evaluate(polynomial: Terms, point: Sequence[fmpq]) -> fmpq:
    """The value at a rational point; all terms are written over the same power of one denominator."""
    degrees = polynomial.exponents.sum(axis=1, dtype=np.int64).tolist()
    terms, degree = len(degrees), max(degrees, default=0)
    scale = common_denominator([value.q for value in polynomial.rationals()], terms, "polynomial")
    common = common_denominator([value.q for value in point], len(point), "point")
    numerators = [value.p * (common // value.q) for value in point]
    longest = degree * max(number.bit_length() for number in (*numerators, common))
    if longest > MAX_VALUE_BITS or longest * terms > MAX_BITS:
        raise BeyondLimits(f"point: the powers in {terms} terms are too large, up to {longest} bits each")
    powers: dict[tuple[int, int], fmpz] = {}

    def power(variable: int, exponent: int) -> fmpz:
        if (variable, exponent) not in powers:
            base = numerators[variable] if variable >= 0 else common
            powers[variable, exponent] = base**exponent
        return powers[variable, exponent]

    total = fmpz(0)
    for row, value, total_degree in zip(polynomial.exponents, polynomial.rationals(), degrees, strict=True):
        factors = [power(variable, int(row[variable])) for variable in np.flatnonzero(row).tolist()]
        total += _product([value.p * (scale // value.q), *factors, power(-1, degree - total_degree)])
    return fmpq(total, scale * power(-1, degree))


def _product(factors: list[fmpz]) -> fmpz:
    """The product, by products of numbers of about the same length."""
    while len(factors) > 1:
        factors = [*map(mul, factors[::2], factors[1::2]), *(factors[-1:] if len(factors) % 2 else [])]
    return factors[0]


def pairing(polynomial: Terms, functional: Terms) -> fmpq:
    """L(p), the functional applied to the polynomial; monomials that the functional does not list have the value 0."""
    moments = functional.by_monomial()
    products = [
        value * moments[key]
        for key, value in zip(monomial_keys(polynomial.exponents), polynomial.rationals(), strict=True)
        if key in moments
    ]
    common = common_denominator([product.q for product in products], len(products), "functional")
    return fmpq(sum((product.p * (common // product.q) for product in products), fmpz(0)), common)


def moment_matrix(functional: Terms, basis: np.ndarray) -> np.ndarray:
    """A positive multiple of M_B(L), whose entry i, j is the value of L at the product of basis monomials i and j.

    An `integer_array` of two dimensions.
    """
    size, moments = len(basis), functional.num_terms
    common = common_denominator([value.q for value in functional.rationals()], moments, "functional")
    values = integer_array([*(value.p * (common // value.q) for value in functional.rationals()), 0])
    i, j = np.triu_indices(size)
    rows = np.concatenate([functional.exponents, np.zeros((1, basis.shape[1]), np.int32), basis])
    largest = np.maximum(functional.exponents.max(axis=0, initial=0), 2 * basis.max(axis=0, initial=0))
    first = np.concatenate([np.arange(moments), moments + 1 + i])
    second = np.concatenate([np.full(moments, moments), moments + 1 + j])
    numbers = numbered(rows, largest, first, second)
    place = np.full(numbers.max(initial=-1) + 1, moments)  # of the value of each monomial: 0 where none is listed
    place[numbers[:moments]] = np.arange(moments)
    entries = np.empty((size, size), dtype=values.dtype)
    entries[i, j] = entries[j, i] = values[place[numbers[moments:]]]
    return entries


def common_denominator(denominators: Iterable[fmpz | int], count: int, place: str) -> fmpz:
    """The least common multiple; refused when `count` numbers of its length would be too much to handle."""
    common = fmpz(1)
    for denominator in denominators:
        common = common.lcm(denominator)
        if common.bit_length() * count > MAX_BITS:
            raise BeyondLimits(f"{place}: the common denominator is too long to compute {count} numbers with")
    return common


def _name(key: bytes, variables: Sequence[str]) -> str:
    return monomial_text(np.frombuffer(key, dtype=np.int32).tolist(), variables)
