"""The exact arithmetic of the checker: Gram identities, values and moment matrices."""

from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate
from operator import mul

import numpy as np
from flint import fmpq, fmpz, fmpz_mat

from nsos_jax.certificates.data import (
    INT64_LIMIT,
    Block,
    InvalidCertificate,
    Quotients,
    Terms,
    integer_array,
    monomial_keys,
    monomial_text,
    number_text,
)
from nsos_jax.certificates.exact_psd import is_psd_array

MAX_VALUE_BITS = 20_000_000
MAX_BITS = 4_000_000_000  # of all numbers of one sum together, once they are written over a common denominator


def check_blocks(polynomial: Terms, blocks: Sequence[Block], variables: Sequence[str]) -> None:
    """Check exactly that the blocks add up to the polynomial and that each Gram matrix is positive semidefinite."""
    for rows in (polynomial.exponents, *(block.basis for block in blocks)):
        if rows.ndim != 2 or rows.shape[1] != len(variables):
            raise InvalidCertificate(f"expected {len(variables)} exponents per monomial, got shape {rows.shape}")
    check_sum(polynomial, blocks, variables)
    check_psd(blocks)


def check_psd(blocks: Sequence[Block], place: str = "blocks") -> None:
    """Check exactly that each Gram matrix is positive semidefinite."""
    for i, block in enumerate(blocks):
        if not is_psd_array(block.core):
            raise InvalidCertificate(f"{place}[{i}].gram: expected a positive semidefinite matrix")


def check_sum(polynomial: Terms, blocks: Sequence[Block], variables: Sequence[str], name: str = "polynomial") -> None:
    """Check exactly that the sum of all z'Qz is the polynomial, which has this name in messages."""
    pairs = [np.triu_indices(len(block.basis)) for block in blocks]
    count = sum(len(i) for i, _ in pairs)
    common = common_denominator([block.denominator for block in blocks], count, "blocks")
    numbers = _number_monomials(polynomial, blocks, pairs)
    terms, products = np.split(numbers, [polynomial.num_terms])
    if (np.bincount(terms) > 1).any():
        raise InvalidCertificate("polynomial: expected distinct monomials, one appears twice")
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
        place = int(np.argmax(left[products]))
        rows = np.concatenate([block.basis[i] + block.basis[j] for block, (i, j) in zip(blocks, pairs, strict=True)])
        what, given = monomial_text(rows[place].tolist(), variables), fmpq(fmpz(int(sums[products[place]])), common)
        raise InvalidCertificate(f"blocks: {what} is no term of the {name} but adds up to {number_text(given)}")


def _number_monomials(
    polynomial: Terms, blocks: Sequence[Block], pairs: Sequence[tuple[np.ndarray, np.ndarray]]
) -> np.ndarray:
    """Equal numbers, from 0 on, for equal monomials: those of the polynomial, then the products of each block's pairs.

    A monomial m is told from others by w.m, for weights w that are the place values of mixed radix numbers.
    """
    rows = [polynomial.exponents.astype(np.int64), *(block.basis.astype(np.int64) for block in blocks)]
    corners = np.concatenate([rows[0], *(2 * basis for basis in rows[1:])])
    spans = corners.max(axis=0, initial=0) - corners.min(axis=0, initial=0) + 1
    *weights, largest = accumulate(spans.tolist(), mul, initial=1)
    dtype = np.int64 if largest < INT64_LIMIT else object
    codes, *halves = (row.astype(dtype) @ np.array(weights, dtype) for row in rows)
    products = [half[i] + half[j] for half, (i, j) in zip(halves, pairs, strict=True)]
    return np.unique(np.concatenate([codes, *products]), return_inverse=True)[1]


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
        if largest * abs(factor) * count < INT64_LIMIT:
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
        raise InvalidCertificate(f"point: the powers in {terms} terms are too large, up to {longest} bits each")
    powers: dict[tuple[int, int], fmpz] = {}

    def power(variable: int, exponent: int) -> fmpz:
        if (variable, exponent) not in powers:
            base = numerators[variable] if variable >= 0 else common
            powers[variable, exponent] = base**exponent
        return powers[variable, exponent]

    total = fmpz(0)
    for row, value, total_degree in zip(polynomial.exponents, polynomial.rationals(), degrees, strict=True):
        product = value.p * (scale // value.q) * power(-1, degree - total_degree)
        for variable in np.flatnonzero(row).tolist():
            product *= power(variable, int(row[variable]))
        total += product
    return fmpq(total, scale * power(-1, degree))


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


def moment_matrix(functional: Terms, basis: np.ndarray) -> fmpz_mat:
    """A positive multiple of M_B(L), whose entry i, j is the value of L at the product of basis monomials i and j."""
    size = len(basis)
    entries = max(functional.num_terms, size * size)
    common = common_denominator([value.q for value in functional.rationals()], entries, "functional")
    moments = {key: value.p * (common // value.q) for key, value in functional.by_monomial().items()}
    zero = fmpz(0)
    return fmpz_mat(
        size, size, [moments.get(key, zero) for i in range(size) for key in monomial_keys(basis[i] + basis)]
    )


def common_denominator(denominators: Iterable[fmpz | int], count: int, place: str) -> fmpz:
    """The least common multiple; refused when `count` numbers of its length would be too much to handle."""
    common = fmpz(1)
    for denominator in denominators:
        common = common.lcm(denominator)
        if common.bit_length() * count > MAX_BITS:
            raise InvalidCertificate(f"{place}: the common denominator is too long to compute {count} numbers with")
    return common


def _name(key: bytes, variables: Sequence[str]) -> str:
    return monomial_text(np.frombuffer(key, dtype=np.int32).tolist(), variables)
