"""Polynomials as padded arrays, which the models read."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int32

from nsos_jax.polynomials import Polynomial

_RANGE = 100
"""Coefficients are kept within 2^±100 of the median: float32 reaches 2^±126."""
_EXACT_BITS = 1000


@dataclass(frozen=True)
class PaddedPolynomials:
    """Polynomials as arrays of one shape: B polynomials, T terms, n variables. Padding is 0 in every array."""

    exponents: Int32[np.ndarray, "B T n"]
    coefficients: Float32[np.ndarray, "B T"]
    valid: Bool[np.ndarray, "B T"]


def bucket(size: int) -> int:
    """The padded size: 4, 6, 8, 12, 16, 24, 32, ..., so that few shapes are compiled and at most a third is padding.

    >>> [bucket(size) for size in (0, 4, 5, 7, 13, 100)]
    [4, 4, 6, 8, 16, 128]
    """
    power = 4
    while power < size:
        if size <= power * 3 // 2:
            return power * 3 // 2
        power *= 2
    return power


def pad_polynomials(
    polynomials: Sequence[Polynomial], terms: int | None = None, variables: int | None = None, batch: int | None = None
) -> PaddedPolynomials:
    """The arrays that the models read.

    Each polynomial is scaled by a power of two, so that the median magnitude of its coefficients lies in [1/2, 1), then
    rounded to float32; what lies beyond 2^±100 is moved there, so that no coefficient becomes 0 or infinite.

    Args:
      polynomials: of any sizes.
      terms, variables: the padded sizes; by default the buckets of the largest.
      batch: padded number of polynomials, the added ones being 0; by default none is added.

    Raises:
      ValueError: a polynomial does not fit the given sizes.
    """
    largest = {
        "terms": max((p.num_terms for p in polynomials), default=0),
        "variables": max((p.num_variables for p in polynomials), default=0),
        "batch": len(polynomials),
    }
    for name, given in (("terms", terms), ("variables", variables), ("batch", batch)):
        if given is not None and given < largest[name]:
            raise ValueError(f"{name}: got {given}, wanted at least {largest[name]} for these polynomials")
    rows = len(polynomials) if batch is None else batch
    columns = bucket(largest["terms"]) if terms is None else terms
    width = bucket(largest["variables"]) if variables is None else variables
    exponents = np.zeros((rows, columns, width), np.int32)
    coefficients = np.zeros((rows, columns), np.float32)
    for i, p in enumerate(polynomials):
        exponents[i, : p.num_terms, : p.num_variables] = p.exponents
        coefficients[i, : p.num_terms] = scaled_coefficients(p.numerators)
    return PaddedPolynomials(exponents, coefficients, coefficients != 0)


def scaled_coefficients(numerators: Sequence[int]) -> Float32[np.ndarray, " terms"]:
    """Coefficients with these numerators over one denominator, up to a positive factor, see `pad_polynomials`."""
    shifts = [max(0, value.bit_length() - _EXACT_BITS) for value in numerators]
    shifted = [
        value if not shift else (abs(value) >> shift) * (1 if value > 0 else -1)
        for value, shift in zip(numerators, shifts, strict=True)
    ]
    mantissas, powers = np.frexp(np.array(shifted, np.float64))
    powers = powers.astype(np.int64) + np.array(shifts, np.int64)
    middle = np.sort(powers)[(len(powers) - 1) // 2] if len(powers) else 0
    return np.ldexp(mantissas, np.clip(powers - middle, -_RANGE, _RANGE)).astype(np.float32)
