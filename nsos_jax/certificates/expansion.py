"""Exact products and sums: Gram blocks and pairs of polynomials, expanded, and functionals applied to products."""

from collections.abc import Sequence

import numpy as np
from flint import fmpz

from nsos_jax.certificates.checks import MAX_BITS, check_ranges, common_denominator, entries_above
from nsos_jax.certificates.data import (
    EXPONENT_LIMIT,
    INT64_LIMIT,
    BeyondLimits,
    Block,
    InvalidCertificate,
    Quotients,
    Terms,
    integer_array,
)
from nsos_jax.certificates.products import numbered

MAX_WORK = 1_000_000_000
"""Products of terms or of basis monomials, each counted as `_OVERHEAD` + the number of variables + the bits of its
coefficient / `_BITS`, of all polynomials of one certificate that are expanded."""
MAX_AT_ONCE = 100_000_000
"""The same for one product or sum, which is in memory as a whole."""
_OVERHEAD = 8
_BITS = 4  # Python's and flint's long numbers take a few nanoseconds a bit, as measured


class Work:
    """What the expansions of one certificate may still cost: a count, so that all machines answer the same."""

    def __init__(self, work: int = MAX_WORK) -> None:
        self._left = work

    def spend(self, products: int, variables: int, bits: int, place: str, most: int = MAX_AT_ONCE) -> None:
        """Account for so many products with coefficients of that length.

        Raises:
            BeyondLimits: nothing is left, or they are more than `most` or too long to be made at once.
        """
        cost = products * (_OVERHEAD + variables + bits // _BITS)
        self._left -= cost
        if self._left < 0 or cost > most or products * bits > MAX_BITS:
            what = f"{products} products in {variables} variables of {bits} bits"
            raise BeyondLimits(f"{place}: expanding {what} is too much work")


def expand(blocks: Sequence[Block], variables: int, place: str, work: Work) -> Terms:
    """The sum of all z'Qz, without zero terms."""
    check_ranges(blocks)
    pairs = [entries_above(block.gram) for block in blocks]
    count = sum(len(i) for i, _ in pairs)
    common = common_denominator([block.denominator for block in blocks], count + len(blocks), place)
    largest = max((longest(block.core) for block in blocks), default=0)
    work.spend(count + len(blocks), variables, largest + common.bit_length(), place)
    numerators, first, second = [], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    start = 0
    for block, (i, j) in zip(blocks, pairs, strict=True):
        factor = int(common // block.denominator)
        numerators.append(_scaled(block.gram[i, j], factor, 2 * count) * np.where(i == j, 1, 2))
        first.append(start + i)
        second.append(start + j)
        start += len(block.basis)
    rows = np.concatenate([np.zeros((0, variables), np.int32), *(block.basis for block in blocks)])
    pair = np.concatenate(first), np.concatenate(second)
    return _collected(rows, pair, _joined(numerators), common, place)


def multiply(left: Terms, right: Terms, place: str, work: Work) -> Terms:
    """The product of two polynomials, without zero terms."""
    variables, count = left.exponents.shape[1], left.num_terms * right.num_terms
    (ours, own), (theirs, other) = over_common(left, place, work), over_common(right, place, work)
    work.spend(count, variables, longest(ours) + longest(theirs), place)
    i, j = np.repeat(np.arange(len(ours)), len(theirs)), np.tile(np.arange(len(theirs)), len(ours))
    rows = np.concatenate([left.exponents, right.exponents])
    numerators = products(ours[i], theirs[j], count)
    return _collected(rows, (i, len(ours) + j), numerators, own * other, place)


def combine(parts: Sequence[tuple[int, Terms]], variables: int, place: str, work: Work) -> Terms:
    """The sum of factor * polynomial, without zero terms; a monomial may appear more than once in a polynomial."""
    count = sum(terms.num_terms for _, terms in parts)
    integers = [over_common(terms, place, work) for _, terms in parts]
    common = common_denominator([denominator for _, denominator in integers], count + len(parts), place)
    work.spend(count, variables, common.bit_length() + max((longest(own) for own, _ in integers), default=0), place)
    numerators = [
        _scaled(own, factor * int(common // denominator), count)
        for (factor, _), (own, denominator) in zip(parts, integers, strict=True)
    ]
    rows = np.concatenate([np.zeros((0, variables), np.int32), *(terms.exponents for _, terms in parts)])
    return collected(rows, _joined(numerators), common, place)


def collected(exponents: np.ndarray, numerators: np.ndarray, denominator: fmpz, place: str) -> Terms:
    """The terms with equal monomials added up, without zero terms; no sum may exceed int64 if the numerators are."""
    count = len(exponents)
    rows = np.concatenate([exponents, np.zeros((1, exponents.shape[1]), np.int32)])
    return _collected(rows, (np.arange(count), np.full(count, count)), numerators, denominator, place)


def applied(
    functional: Terms, polynomial: Terms, monomials: np.ndarray, place: str, work: Work
) -> tuple[np.ndarray, fmpz]:
    """L(polynomial * monomial) for each row of monomials: numerators, an `integer_array`, and their denominator.

    Monomials that the functional does not list have the value 0.
    """
    (values, own), (coefficients, other) = over_common(functional, place, work), over_common(polynomial, place, work)
    moments, terms, count = len(values), len(coefficients), len(monomials) * len(coefficients)
    variables = monomials.shape[1]
    work.spend(count + moments, variables, longest(values) + longest(coefficients), place)
    one = np.zeros((1, variables), np.int32)
    rows = np.concatenate([functional.exponents, one, monomials, polynomial.exponents])
    start = moments + 1
    first = np.concatenate([np.arange(moments), start + np.repeat(np.arange(len(monomials)), terms)])
    second = np.concatenate(
        [np.full(moments, moments), start + len(monomials) + np.tile(np.arange(terms), len(monomials))]
    )
    numbers = _numbers(rows, (first, second), place)
    if (np.bincount(numbers[:moments]) > 1).any():
        raise InvalidCertificate(f"{place}: expected distinct monomials, one appears twice")
    position = np.full(numbers.max(initial=-1) + 1, moments)  # of the value of each monomial: 0 where none is listed
    position[numbers[:moments]] = np.arange(moments)
    listed = integer_array([*values.tolist(), 0])[position[numbers[moments:]]].reshape(len(monomials), terms)
    addends: np.ndarray = products(listed, np.broadcast_to(coefficients, listed.shape), max(terms, 1))
    return integer_array(addends.sum(axis=1).tolist()), own * other


def localizing_matrix(functional: Terms, polynomial: Terms, basis: np.ndarray, place: str, work: Work) -> np.ndarray:
    """A positive multiple of the matrix with entries L(polynomial b b') for b, b' in the basis."""
    size = len(basis)
    i, j = np.triu_indices(size)
    numbers = _numbers(basis, (i, j), place)
    leaders = _leaders(numbers)
    values, _ = applied(functional, polynomial, basis[i[leaders]] + basis[j[leaders]], place, work)
    entries = np.zeros((size, size), dtype=values.dtype)
    entries[i, j] = entries[j, i] = values[numbers]
    return entries


def spend_on_sum(blocks: Sequence[Block], terms: int, place: str, work: Work) -> None:
    """Account for the check that blocks add up to a polynomial of so many terms."""
    count = terms + sum(int(np.count_nonzero(block.gram)) for block in blocks)
    common = common_denominator([block.denominator for block in blocks], count, place)
    work.spend(count, blocks[0].basis.shape[1] if blocks else 0, common.bit_length(), place, MAX_WORK)


def over_common(terms: Terms, place: str, work: Work) -> tuple[np.ndarray, fmpz]:
    """The values over one denominator: numerators, an `integer_array`, and the denominator."""
    values = terms.rationals()
    if isinstance(values, Quotients):
        return integer_array(values.numerators), values.denominator
    common = common_denominator([value.q for value in values], len(values), place)
    work.spend(len(values), 0, common.bit_length(), place)
    return integer_array(value.p * (common // value.q) for value in values), common


def longest(integers: np.ndarray) -> int:
    """Bits of the longest of them."""
    if integers.size == 0:
        return 0
    return max(int(integers.max()).bit_length(), int(integers.min()).bit_length())


def _scaled(integers: np.ndarray, factor: int, count: int) -> np.ndarray:
    """The multiples: int64 if any sum of `count` of them is sure to fit, else objects."""
    return products(integers, integer_array([factor]), count)


def products(left: np.ndarray, right: np.ndarray, count: int) -> np.ndarray:
    """The products, entry by entry: int64 if any sum of `count` of them is sure to fit, else objects."""
    bits = longest(left) + longest(right) + count.bit_length()
    if object in (left.dtype, right.dtype) or bits >= INT64_LIMIT.bit_length() - 1:
        left, right = left.astype(object), right.astype(object)
    return np.asarray(left * right)


def _joined(integers: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.zeros(0, np.int64), *integers])


def _numbers(rows: np.ndarray, pair: tuple[np.ndarray, np.ndarray], place: str) -> np.ndarray:
    """Equal numbers, from 0 on, for equal products of two rows."""
    largest = rows.max(axis=0, initial=0).astype(np.int64)
    if (largest >= EXPONENT_LIMIT).any():
        raise BeyondLimits(f"{place}: expected exponents below 2^30, also of products")
    return numbered(rows, 2 * largest, *pair)


def _leaders(numbers: np.ndarray) -> np.ndarray:
    """By number, the place of one product with this number."""
    leaders = np.zeros(numbers.max(initial=-1) + 1, np.int64)
    leaders[numbers] = np.arange(len(numbers))
    return leaders


def _collected(
    rows: np.ndarray, pair: tuple[np.ndarray, np.ndarray], numerators: np.ndarray, denominator: fmpz, place: str
) -> Terms:
    """The polynomial sum_k numerators[k] / denominator * rows[pair[0][k]] * rows[pair[1][k]], without zero terms."""
    numbers = _numbers(rows, pair, place)
    sums = np.zeros(numbers.max(initial=-1) + 1, dtype=numerators.dtype)
    np.add.at(sums, numbers, numerators)
    kept = np.flatnonzero(sums)
    leaders = _leaders(numbers)[kept]
    exponents = rows[pair[0][leaders]] + rows[pair[1][leaders]]
    return Terms(exponents.astype(np.int32), Quotients(tuple(sums[kept].tolist()), denominator))
