"""Exact products: Gram blocks and pairs of polynomials, expanded."""

from collections.abc import Sequence

import numpy as np
from flint import fmpz

from nsos_jax.certificates.checks import MAX_BITS, check_ranges, common_denominator
from nsos_jax.certificates.data import BeyondLimits, Block, Quotients, Terms

MAX_PRODUCTS = 2_000_000
"""Pairs of terms or of basis monomials, times the number of variables."""


def expand(blocks: Sequence[Block], variables: int, place: str) -> Terms:
    """The sum of all z'Qz, without zero terms."""
    count = sum(len(block.basis) ** 2 for block in blocks)
    _limit(count, variables, place)
    check_ranges(blocks)
    common = common_denominator([block.denominator for block in blocks], count + len(blocks), place)
    rows: list[np.ndarray] = [np.zeros((0, variables), np.int64)]
    numerators: list[int] = []
    for block in blocks:
        i, j = np.nonzero(np.triu(block.gram))
        rows.append(block.basis[i].astype(np.int64) + block.basis[j])
        doubled = block.gram[i, j].astype(object) * np.where(i == j, 1, 2)
        numerators += (doubled * int(common // block.denominator)).tolist()
    return _collected(np.concatenate(rows), numerators, common)


def multiply(left: Terms, right: Terms, place: str) -> Terms:
    """The product of two polynomials, without zero terms."""
    variables, count = left.exponents.shape[1], left.num_terms * right.num_terms
    _limit(count, variables, place)
    (ours, own), (theirs, other) = _integers(left, place), _integers(right, place)
    longest = sum(max((abs(value).bit_length() for value in values), default=0) for values in (ours, theirs))
    if count * longest > MAX_BITS:
        raise BeyondLimits(f"{place}: the numbers are too long to multiply")
    rows = left.exponents[:, None].astype(np.int64) + right.exponents[None]
    return _collected(rows.reshape(count, variables), [one * two for one in ours for two in theirs], own * other)


def _limit(count: int, variables: int, place: str) -> None:
    if count * max(variables, 1) > MAX_PRODUCTS:
        what = f"{count} products in {variables} variables"
        raise BeyondLimits(f"{place}: expanding {what} is too much work, the limit is {MAX_PRODUCTS} exponents")


def _integers(terms: Terms, place: str) -> tuple[list[int], fmpz]:
    """The values over one denominator."""
    values = terms.rationals()
    common = common_denominator([value.q for value in values], len(values), place)
    return [int(value.p * (common // value.q)) for value in values], common


def _collected(exponents: np.ndarray, numerators: list[int], denominator: fmpz) -> Terms:
    sums: dict[tuple[int, ...], int] = {}
    for row, number in zip(map(tuple, exponents.tolist()), numerators, strict=True):
        sums[row] = sums.get(row, 0) + number
    kept = {row: number for row, number in sums.items() if number != 0}
    rows = np.array(list(kept), np.int32).reshape(len(kept), exponents.shape[1])
    return Terms(rows, Quotients(tuple(kept.values()), denominator))
