"""Arrays of exact integers, int64 where they are sure to fit and Python's elsewhere.

Numbers are numerators [terms] over one denominator, or those of a stack of certificates (`stacks`), numerators
[terms, certificates] over denominators [certificates].
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nsos_jax.certificates.data import INT64_LIMIT, Quotients, integer_array
from nsos_jax.certificates.stacks import Stacked

Common = Any
"""An `fmpz`, or an object array of integers for a stack."""
Numbers = tuple[np.ndarray, Common]
"""Numerators and what they are over."""


def longest(integers: np.ndarray) -> int:
    """Bits of the longest of them."""
    if integers.size == 0:
        return 0
    return max(int(integers.max()).bit_length(), int(integers.min()).bit_length())


def width(integers: np.ndarray) -> int:
    """How many numbers stand for one: 1, or the certificates of a stack."""
    return 1 if integers.ndim == 1 else integers.shape[1]


def products(left: np.ndarray, right: np.ndarray, count: int) -> np.ndarray:
    """The products, entry by entry: int64 if any sum of `count` of them is sure to fit, else objects."""
    if object not in (left.dtype, right.dtype):
        bits = longest(left) + longest(right) + count.bit_length()
        if bits < INT64_LIMIT.bit_length() - 1:
            return np.asarray(left * right)
    return np.asarray(left.astype(object) * right.astype(object))


def scaled(integers: np.ndarray, factor: Common, count: int) -> np.ndarray:
    """The multiples: int64 if any sum of `count` of them is sure to fit, else objects."""
    numbers = factor.tolist() if isinstance(factor, np.ndarray) else [factor]
    return products(integers, integer_array(numbers), count)


def aligned(parts: Sequence[Numbers]) -> list[Numbers]:
    """The same numbers, all of them as those of a stack if one of them is."""
    most = max((width(numerators) for numerators, _ in parts), default=1)
    if all(numerators.ndim == 1 for numerators, _ in parts):
        return list(parts)
    result = []
    for numerators, denominator in parts:
        if numerators.ndim == 1:
            numerators = np.broadcast_to(numerators[:, None], (len(numerators), most))
            denominator = np.full(most, int(denominator), dtype=object)
        result.append((numerators, denominator))
    return result


def merged(parts: Sequence[Numbers]) -> list[Numbers]:
    """The same numbers in the same order, those of neighbours over one denominator together; stacks stay apart."""
    result: list[tuple[list[np.ndarray], Common]] = []
    for numerators, denominator in parts:
        if numerators.ndim == 1 and result and result[-1][1] == denominator:
            result[-1][0].append(numerators)
        else:
            result.append(([numerators], denominator))
    return [(np.concatenate(pieces), denominator) for pieces, denominator in result]


def summed(addends: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """The sums of the addends with equal numbers, which go from 0 on without gaps."""
    if addends.ndim == 1:
        sums = np.zeros(numbers.max(initial=-1) + 1, dtype=addends.dtype)
        np.add.at(sums, numbers, addends)
        return sums
    order = np.argsort(numbers, kind="stable")
    starts = np.flatnonzero(np.diff(numbers[order], prepend=-1))
    return np.add.reduceat(addends[order], starts, axis=0) if len(starts) else addends[:0]


def present(numerators: np.ndarray) -> np.ndarray:
    """Which terms are not zero, in one certificate of a stack at least."""
    return np.asarray(numerators.astype(bool) if numerators.ndim == 1 else numerators.astype(bool).any(axis=1))


def over(numerators: np.ndarray, denominator: Common) -> Quotients | Stacked:
    """The numbers as `Terms` hold them."""
    if numerators.ndim == 1:
        return Quotients(tuple(numerators.tolist()), denominator)
    return Stacked(numerators, denominator)
