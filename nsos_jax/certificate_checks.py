"""The exact arithmetic of the checker: Gram identities, values and moment matrices."""

from collections.abc import Iterable, Sequence

import numpy as np
from flint import fmpq, fmpz, fmpz_mat

from nsos_jax.certificate_data import Block, InvalidCertificate, Terms, monomial_keys, monomial_text, number_text
from nsos_jax.exact_psd import is_psd

MAX_VALUE_BITS = 20_000_000
MAX_BITS = 4_000_000_000  # of all numbers of one sum together, once they are written over a common denominator


def check_blocks(polynomial: Terms, blocks: Sequence[Block], variables: Sequence[str]) -> None:
    """Check exactly that the blocks add up to the polynomial and that each Gram matrix is positive semidefinite."""
    common = _common_denominator([block.denominator for block in blocks], sum(map(_products, blocks)), "blocks")
    sums = _gram_sums(blocks, common)
    for i, (key, value) in enumerate(zip(monomial_keys(polynomial.exponents), polynomial.values, strict=True)):
        numerator = sums.pop(key, fmpz(0))
        if value * common != numerator:
            total = fmpq(numerator, common)
            what, given = f"polynomial[{i}], {_name(key, variables)}", number_text(value)
            raise InvalidCertificate(f"{what}: expected {number_text(total)}, the sum of the blocks, got {given}")
    for key, numerator in sums.items():
        if numerator != 0:
            given = number_text(fmpq(numerator, common))
            raise InvalidCertificate(
                f"blocks: {_name(key, variables)} is no term of the polynomial but adds up to {given}"
            )
    for i, block in enumerate(blocks):
        if not is_psd(block.gram):
            raise InvalidCertificate(f"blocks[{i}].gram: expected a positive semidefinite matrix")


def _products(block: Block) -> int:
    return len(block.basis) * (len(block.basis) + 1) // 2


def _gram_sums(blocks: Sequence[Block], common: fmpz) -> dict[bytes, fmpz]:
    """The coefficients of the sum of all z'Qz, times the common denominator, by monomial."""
    sums: dict[bytes, fmpz] = {}
    for block in blocks:
        i, j = np.triu_indices(len(block.basis))
        entries, factor = block.gram.entries(), common // block.denominator
        keys = monomial_keys(block.basis[i] + block.basis[j])
        places = (i * len(block.basis) + j).tolist()
        for key, place, multiple in zip(keys, places, np.where(i == j, 1, 2).tolist(), strict=True):
            if entries[place]:
                sums[key] = sums.get(key, 0) + multiple * factor * entries[place]
    return sums


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
    scale = _common_denominator([value.q for value in polynomial.values], terms, "polynomial")
    common = _common_denominator([value.q for value in point], len(point), "point")
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
    for row, value, total_degree in zip(polynomial.exponents, polynomial.values, degrees, strict=True):
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
        for key, value in zip(monomial_keys(polynomial.exponents), polynomial.values, strict=True)
        if key in moments
    ]
    common = _common_denominator([product.q for product in products], len(products), "functional")
    return fmpq(sum((product.p * (common // product.q) for product in products), fmpz(0)), common)


def moment_matrix(functional: Terms, basis: np.ndarray) -> fmpz_mat:
    """A positive multiple of M_B(L), whose entry i, j is the value of L at the product of basis monomials i and j."""
    size = len(basis)
    entries = max(len(functional.values), size * size)
    common = _common_denominator([value.q for value in functional.values], entries, "functional")
    moments = {key: value.p * (common // value.q) for key, value in functional.by_monomial().items()}
    zero = fmpz(0)
    return fmpz_mat(
        size, size, [moments.get(key, zero) for i in range(size) for key in monomial_keys(basis[i] + basis)]
    )


def _common_denominator(denominators: Iterable[fmpz], count: int, place: str) -> fmpz:
    """The least common multiple; refused when `count` numbers of its length would be too much to handle."""
    common = fmpz(1)
    for denominator in denominators:
        common = common.lcm(denominator)
        if common.bit_length() * count > MAX_BITS:
            raise InvalidCertificate(f"{place}: the common denominator is too long to compute {count} numbers with")
    return common


def _name(key: bytes, variables: Sequence[str]) -> str:
    return monomial_text(np.frombuffer(key, dtype=np.int32).tolist(), variables)
