"""Reverse sampling: polynomials with a known basis and a known exact Gram matrix (paper, section 3.1 and appendix C).

The factor R of Q = R R' has integer entries, so p = z'Qz is a sum of squares exactly, whatever the structure.
"""

from math import comb
from typing import Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Int

from nsos_jax.bases import pair_rows
from nsos_jax.polynomials import Polynomial

Structure = Literal["dense", "sparse", "low-rank", "block-diagonal"]
STRUCTURES: tuple[Structure, ...] = get_args(Structure)
LARGEST_ENTRY = 5
BLOCK_SIZE = 5


class Planted(NamedTuple):
    """p = z'Qz for the monomials z of `basis` and the integer matrix Q = `gram`, positive semidefinite."""

    polynomial: Polynomial
    basis: Int[np.ndarray, "k n"]
    gram: Int[np.ndarray, "k k"]


def plant(rng: np.random.Generator, variables: int, degree: int, size: int, structure: Structure) -> Planted:
    """Draws a basis of `size` monomials of degree up to `degree` / 2 and an integer Gram matrix of a structure.

    "dense" and "low-rank" (rank size / 3) have full factors; "sparse" factors have a non-zero diagonal and about one
    more entry a row; "block-diagonal" ones have dense blocks of up to 5.

    >>> p, basis, gram = plant(np.random.default_rng(0), 3, 4, 5, "sparse")
    >>> len(basis), p.degree <= 4
    (5, True)

    Raises:
      ValueError: there are fewer than `size` such monomials, or the structure is unknown.
    """
    if structure not in STRUCTURES:
        raise ValueError(f"structure must be one of {', '.join(STRUCTURES)}, got {structure!r}")
    basis = sample_monomials(rng, variables, degree // 2, size)
    factor = _factor(rng, size, structure)
    gram = factor @ factor.T
    maps = pair_rows(2 * basis, basis)
    sums = np.zeros(len(maps.row_exponents), np.int64)
    np.add.at(sums, maps.rows.ravel(), gram.ravel())
    return Planted(Polynomial.from_arrays(maps.row_exponents, sums.tolist()), basis, gram)


def sample_monomials(rng: np.random.Generator, variables: int, degree: int, count: int) -> Int[np.ndarray, "count n"]:
    """Distinct monomials, uniform over those of degree at most `degree` (paper, C.1): a degree is drawn with the number
    of its monomials as weight, then a monomial by stars and bars."""
    most = comb(variables + degree, degree)
    if count > most:
        raise ValueError(
            f"size must be at most {most}, the number of monomials in {variables} variables of degree up to {degree}, "
            f"got {count}"
        )
    weights = np.array([comb(variables - 1 + d, d) for d in range(degree + 1)], float)
    chosen: dict[tuple[int, ...], None] = {}
    while len(chosen) < count:
        d = int(rng.choice(degree + 1, p=weights / weights.sum()))
        bars = np.sort(rng.choice(d + variables - 1, variables - 1, replace=False))
        chosen[tuple((np.diff(bars, prepend=-1, append=d + variables - 1) - 1).tolist())] = None
    return np.array(list(chosen), np.int32)


def _factor(rng: np.random.Generator, size: int, structure: Structure) -> Int[np.ndarray, "k r"]:
    full = rng.integers(-LARGEST_ENTRY, LARGEST_ENTRY + 1, (size, size))
    if structure == "low-rank":
        return full[:, : max(1, size // 3)]
    if structure == "sparse":
        extra = np.where(rng.random((size, size)) < 1.0 / size, full, 0)
        return extra + np.diag(rng.integers(1, LARGEST_ENTRY + 1, size))
    if structure == "block-diagonal":
        block = np.arange(size) // BLOCK_SIZE
        return np.where(block[:, None] == block[None, :], full, 0)
    return full
