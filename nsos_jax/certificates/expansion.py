"""Exact products and sums: Gram blocks and pairs of polynomials, expanded, and functionals applied to products."""

from collections.abc import Sequence

import numpy as np
from flint import fmpz

from nsos_jax.certificates.checks import MAX_BITS, check_ranges, common_denominator, entries_above, shared_denominator
from nsos_jax.certificates.data import (
    EXPONENT_LIMIT,
    BeyondLimits,
    Block,
    InvalidCertificate,
    Quotients,
    Terms,
    integer_array,
)
from nsos_jax.certificates.integers import (
    Common,
    Numbers,
    aligned,
    longest,
    over,
    present,
    products,
    scaled,
    summed,
    width,
)
from nsos_jax.certificates.products import numbered
from nsos_jax.certificates.stacks import Stacked

MAX_WORK = 1_000_000_000
"""Products of terms or of basis monomials, each counted as `_OVERHEAD` + the number of variables + the bits of its
coefficient / `_BITS`, of all polynomials of one certificate that are expanded."""
MAX_AT_ONCE = 100_000_000
"""The same for one product or sum, which is in memory as a whole."""
ZERO: Numbers = np.zeros(0, np.int64), fmpz(1)
"""No numbers."""
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
    parts = aligned(
        [(block.gram[i, j], block.denominator) for block, (i, j) in zip(blocks, pairs, strict=True)] or [ZERO]
    )
    common = shared_denominator([denominator for _, denominator in parts], count + len(blocks), place)
    largest = max((longest(block.core) for block in blocks), default=0)
    work.spend((count + len(blocks)) * width(parts[0][0]), variables, largest + _bits(common), place)
    numerators, first, second = [], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    start = 0
    for block, (i, j), (entries, denominator) in zip(blocks, pairs, parts, strict=False):
        doubled = np.where(i == j, 1, 2).reshape(-1, *(1,) * (entries.ndim - 1))
        numerators.append(scaled(entries, common // denominator, 2 * count) * doubled)
        first.append(start + i)
        second.append(start + j)
        start += len(block.basis)
    rows = np.concatenate([np.zeros((0, variables), np.int32), *(block.basis for block in blocks)])
    pair = np.concatenate(first), np.concatenate(second)
    return _collected(rows, pair, _joined(numerators), common, place)


def multiply(left: Terms, right: Terms, place: str, work: Work) -> Terms:
    """The product of two polynomials, without zero terms."""
    variables, count = left.exponents.shape[1], left.num_terms * right.num_terms
    (ours, own), (theirs, other) = aligned([over_common(left, place, work), over_common(right, place, work)])
    work.spend(count * width(ours), variables, longest(ours) + longest(theirs), place)
    i, j = np.repeat(np.arange(len(ours)), len(theirs)), np.tile(np.arange(len(theirs)), len(ours))
    rows = np.concatenate([left.exponents, right.exponents])
    numerators = products(ours[i], theirs[j], count)
    return _collected(rows, (i, len(ours) + j), numerators, own * other, place)


def combine(parts: Sequence[tuple[int, Terms]], variables: int, place: str, work: Work) -> Terms:
    """The sum of factor * polynomial, without zero terms; a monomial may appear more than once in a polynomial."""
    count = sum(terms.num_terms for _, terms in parts)
    integers = aligned([over_common(terms, place, work) for _, terms in parts] or [ZERO])
    common = shared_denominator([denominator for _, denominator in integers], count + len(parts), place)
    bits = _bits(common) + max(longest(own) for own, _ in integers)
    work.spend(count * width(integers[0][0]), variables, bits, place)
    numerators = [
        scaled(own, factor * (common // denominator), count)
        for (factor, _), (own, denominator) in zip(parts, integers, strict=False)
    ]
    rows = np.concatenate([np.zeros((0, variables), np.int32), *(terms.exponents for _, terms in parts)])
    return collected(rows, _joined(numerators), common, place)


def collected(exponents: np.ndarray, numerators: np.ndarray, denominator: Common, place: str) -> Terms:
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


def spend_on_sum(blocks: Sequence[Block], polynomial: Terms, place: str, work: Work) -> None:
    """Account for the check that blocks add up to a polynomial."""
    values = polynomial.rationals()
    stacked = width(values.numerators) if isinstance(values, Stacked) else 1
    count = polynomial.num_terms * stacked + sum(int(np.count_nonzero(block.gram)) for block in blocks)
    common = shared_denominator([block.denominator for block in blocks], count, place)
    work.spend(count, blocks[0].basis.shape[1] if blocks else 0, _bits(common), place, MAX_WORK)


def over_common(terms: Terms, place: str, work: Work) -> Numbers:
    """The values over one denominator: numerators, an `integer_array`, and the denominator."""
    values = terms.rationals()
    if isinstance(values, Stacked):
        return values.numerators, values.denominators
    if isinstance(values, Quotients):
        return integer_array(values.numerators), values.denominator
    common = common_denominator([value.q for value in values], len(values), place)
    work.spend(len(values), 0, common.bit_length(), place)
    return integer_array(value.p * (common // value.q) for value in values), common


def selected(terms: Terms, rows: np.ndarray, exponents: np.ndarray, place: str, work: Work) -> Terms:
    """The terms of some rows, with other monomials."""
    numerators, denominator = over_common(terms, place, work)
    return Terms(exponents, over(numerators[rows], denominator))


def _bits(common: Common) -> int:
    return longest(common) if isinstance(common, np.ndarray) else common.bit_length()


def _joined(integers: Sequence[np.ndarray]) -> np.ndarray:
    empty = np.zeros((0, *integers[0].shape[1:]) if integers else 0, np.int64)
    return np.concatenate([empty, *integers])


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
    rows: np.ndarray, pair: tuple[np.ndarray, np.ndarray], numerators: np.ndarray, denominator: Common, place: str
) -> Terms:
    """The polynomial sum_k numerators[k] / denominator * rows[pair[0][k]] * rows[pair[1][k]], without zero terms."""
    numbers = _numbers(rows, pair, place)
    sums = summed(numerators, numbers)
    kept = np.flatnonzero(present(sums))
    leaders = _leaders(numbers)[kept]
    exponents = rows[pair[0][leaders]] + rows[pair[1][leaders]]
    return Terms(exponents.astype(np.int32), over(sums[kept], denominator))
