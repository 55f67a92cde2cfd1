"""Gram blocks as weighted squares."""

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np
from flint import fmpq_mat, fmpz, fmpz_mat

from nsos_jax.certificates.data import Block
from nsos_jax.certificates.exact_psd import ldl
from nsos_jax.polynomials import Polynomial


def block_squares(blocks: Iterable[Block], variables: Sequence[str]) -> list[tuple[Fraction, Polynomial]]:
    """The sum of all z'Qz as a sum of weight * square ** 2 with positive weights, from an exact LDL' of each block.

    Raises:
        ValueError: a Gram matrix is not positive semidefinite.
    """
    squares = []
    for block in blocks:
        for weight, row in ldl(fmpq_mat(fmpz_mat(block.core.tolist())) / fmpz(block.denominator)):
            values = row if block.range is None else _on_basis(block.range, row)
            squares.append(
                (weight, Polynomial.from_arrays(block.basis[list(values)], list(values.values()), variables))
            )
    return squares


def _on_basis(factor: np.ndarray, row: dict[int, Fraction]) -> dict[int, Fraction]:
    """The coefficients V l of basis monomials for a square l'(V'z), without zeros."""
    common = math.lcm(*(value.denominator for value in row.values()))
    integers = np.array([int(value * common) for value in row.values()], dtype=object)
    sums = factor[:, list(row)].astype(object) @ integers
    return {i: Fraction(int(total), common) for i, total in enumerate(sums) if total}
