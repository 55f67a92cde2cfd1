"""The exact arithmetic of the checker: Gram identities, values and moment matrices."""

from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from operator import mul

import numpy as np
from flint import fmpq, fmpz

from nsos_jax.certificates.data import (
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
from nsos_jax.certificates.exact_psd import are_psd, is_psd_array
from nsos_jax.certificates.exact_work import Effort
from nsos_jax.certificates.integers import Common, Numbers, aligned, merged, present, scaled, summed
from nsos_jax.certificates.products import numbered
from nsos_jax.certificates.stacks import Stacked

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
        test = are_psd if block.core.ndim == 3 else is_psd_array
        if not test(block.core, effort):
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
    parts = [(block.gram[i, j], block.denominator) for block, (i, j) in zip(blocks, pairs, strict=True)]
    values = polynomial.rationals()
    stacked = [(values.numerators, values.denominators)] if isinstance(values, Stacked) else []
    parts = aligned([*parts, *stacked])[: len(blocks)]
    numbers_in_all = polynomial.num_terms + count + len(blocks)
    common = shared_denominator([denominator for _, denominator in parts], numbers_in_all, place)
    numbers = _number_monomials(polynomial, blocks, pairs)
    terms, products = np.split(numbers, [polynomial.num_terms])
    if (np.bincount(terms) > 1).any():
        raise InvalidCertificate(f"{name}: expected distinct monomials, one appears twice")
    multiples = [scaled(grams, common // denominator, 2 * count) for grams, denominator in merged(parts)]
    nothing = np.zeros((polynomial.num_terms, *(parts[0][0].shape[1:] if parts else ())), np.int64)
    addends = np.concatenate([nothing, *multiples])
    addends[polynomial.num_terms :] *= _weights(pairs, addends.ndim)
    sums = summed(addends, numbers)
    wrong = _differ(values, sums[terms], common)
    if wrong.any():
        i = int(np.argmax(wrong))
        what = f"{name}[{i}], {monomial_text(polynomial.exponents[i].tolist(), variables)}"
        if sums.ndim > 1:
            raise InvalidCertificate(f"{what}: of a stack, one is not the sum of its blocks")
        total, given = fmpq(fmpz(int(sums[terms[i]])), common), list(polynomial.rationals())[i]
        raise InvalidCertificate(
            f"{what}: expected {number_text(total)}, the sum of the blocks, got {number_text(given)}"
        )
    left = present(sums)
    left[terms] = False
    if left.any():
        first = int(np.argmax(left[products]))
        owners = zip(blocks, pairs, strict=True)
        factors = ((block.basis[i[k]], block.basis[j[k]]) for block, (i, j) in owners for k in range(len(i)))
        product = sum(next(islice(factors, first, None)))
        what = monomial_text(product.tolist(), variables)
        if sums.ndim > 1:
            raise InvalidCertificate(f"{place}: {what} is no term of a {name} of a stack")
        given = fmpq(fmpz(int(sums[products[first]])), common)
        raise InvalidCertificate(f"{place}: {what} is no term of the {name} but adds up to {number_text(given)}")


def _weights(pairs: Sequence[tuple[np.ndarray, np.ndarray]], dimensions: int) -> np.ndarray:
    """2 for entries off the diagonal, which stand for two, as a column where there is a stack."""
    weights = [np.where(i == j, 1, 2) for i, j in pairs]
    return np.concatenate([np.zeros(0, np.int64), *weights]).reshape(-1, *(1,) * (dimensions - 1))


def check_ranges(blocks: Sequence[Block]) -> None:
    """Refuse, before they are computed, Gram matrices that are too long for all blocks together."""
    if sum(block.gram_bits for block in blocks) > MAX_GRAM_BITS:
        raise BeyondLimits(f"range: the Gram matrices of {len(blocks)} blocks are too long to compute from it")


def entries_above(gram: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows i and columns j >= i of the entries that are not 0, in a stack one of them: the others add nothing."""
    i, j = np.nonzero(gram if gram.ndim == 2 else gram.astype(bool).any(axis=2))
    above = i <= j
    return i[above], j[above]


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


def _differ(values: Collection[fmpq], sums: np.ndarray, common: Common) -> np.ndarray:
    """Where values[i] is not sums[i] / common, in a stack for one certificate at least."""
    if sums.ndim > 1:
        own = (values.numerators, values.denominators) if isinstance(values, Stacked) else _over_one(values)
        (numerators, denominators), _ = aligned([own, (sums, common)])
        count = np.gcd(common, denominators)
        left = scaled(numerators, common // count, 1)
        return np.asarray((left != scaled(sums, denominators // count, 1)).any(axis=1))
    if not isinstance(values, Quotients):
        pairs = zip(values, sums.tolist(), strict=True)
        return np.array([value * common != numerator for value, numerator in pairs], dtype=bool)
    shared = common.gcd(values.denominator)
    expected = scaled(sums, values.denominator // shared, 1)
    return np.asarray(scaled(integer_array(values.numerators), common // shared, 1) != expected)


def _over_one(values: Collection[fmpq]) -> Numbers:
    if isinstance(values, Quotients):
        return integer_array(values.numerators), values.denominator
    common = common_denominator([value.q for value in values], len(values), "polynomial")
    return integer_array(value.p * (common // value.q) for value in values), common


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


def shared_denominator(denominators: Sequence[Common], count: int, place: str) -> Common:
    """The same for denominators of a stack, one for each of its certificates."""
    if not any(isinstance(denominator, np.ndarray) for denominator in denominators):
        return common_denominator(denominators, count, place)
    columns = zip(*(denominator.tolist() for denominator in denominators), strict=True)
    common = np.empty(len(denominators[0]), dtype=object)
    common[:] = [int(common_denominator(column, count, place)) for column in columns]
    return common


def _name(key: bytes, variables: Sequence[str]) -> str:
    return monomial_text(np.frombuffer(key, dtype=np.int32).tolist(), variables)
