"""Entries of the Gram matrix that the equations leave no choice for, and what they show of a basis at once."""

from fractions import Fraction
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from nsos_jax.proofs.gram_system import GramSystem
from nsos_jax.proofs.rounding import ExactGram, unique_gram

VECTOR_BITS = (8, 24, 52)
MOST_ELIMINATED = 60
"""Side up to which matrices are eliminated in fractions."""
_SHORT = 2**30
"""Up to these, four times a product of two targets is an int64."""


class NegativeMinor(NamedTuple):
    """A principal submatrix that every Gram matrix of a system has, and that is not positive semidefinite.

    Attributes:
      block: which block it lies in.
      members: one or two places in that block.
      gram: it alone.
    """

    block: int
    members: Int[np.ndarray, " side"]
    gram: ExactGram


def negative_minor(system: GramSystem) -> NegativeMinor | None:
    """A negative minor of one or two rows, of entries that are the same in all Gram matrices of p on these blocks.

    Where a product m * m' occurs once only among the products of the blocks, its row of the Gram equations is
    Q_mm = c for m = m', and 2 Q_mm' = c else, with p's coefficient c: 0 where m * m' is no term. Psd matrices have
    Q_mm >= 0 and Q_mm Q_m'm' >= Q_mm'^2. So if three such entries (or one, on the diagonal) break this, no Gram matrix
    on the blocks is psd, and p is no sum of squares on them. If the blocks lose nothing, it is none on any subset of
    their monomials either, for a Gram matrix on fewer is one on all, filled up with zeros. All is decided in integers,
    without any float.

    The functional L(m m') = v_m v_m', with v supported on the minor and v'Qv < 0, and 0 on all other rows, proves the
    same: as no other entry shares these rows, its moment matrix is vv'.

    >>> from nsos_jax.polynomials import Polynomial
    >>> from nsos_jax.bases import even_support
    >>> p = Polynomial.parse("x^2 + 3*x*y + y^2 + z^2")
    >>> found = negative_minor(GramSystem.build(p, even_support(p.exponents)))
    >>> found.gram.grams[0].tolist(), found.gram.denominator
    ([[2, 3], [3, 2]], 2)
    """
    entries, targets = system.entries, system.targets
    count = len(targets)
    single = np.bincount(entries.squares, minlength=count) + np.bincount(entries.pairs, minlength=count) == 1
    if targets.dtype != object and max(int(targets.max()), -int(targets.min())) > _SHORT:
        targets = targets.astype(object)
    for block, rows in enumerate(system.rows):
        known = np.flatnonzero(single[rows.diagonal()])
        squares = targets[rows.diagonal()[known]]
        members = known[squares < 0][:1]
        if not len(members):
            among = rows[np.ix_(known, known)]
            negative = single[among] & (4 * squares[:, None] * squares < targets[among] ** 2)
            members = known[np.argwhere(negative)[:1].ravel()]
        if len(members):
            gram = targets.astype(object)[rows[np.ix_(members, members)]]
            np.fill_diagonal(gram, 2 * gram.diagonal())
            return NegativeMinor(block, members, ExactGram((gram,), 2 * system.polynomial.denominator))
    return None


def known_functional(system: GramSystem, minor: NegativeMinor | None = None) -> list[Fraction] | None:
    """Rational values L(x^alpha) for the rows of a system with L(p) < 0 and every moment block psd, exactly.

    L(m m') = v_m v_m' for v with v'Qv < 0, where Q is a negative minor, or a block of the whole Gram matrix where that
    is unique; 0 on all other rows. Each row of what is known is one entry and its mirror image, so L(p) = v'Qv.

    Returns:
      One value per row of the system, or None if no such v was found.
    """
    problem = system.problem()
    scaled = problem.spread(problem.rhs / problem.counts)
    if minor is None:
        places = [(block, np.arange(len(rows))) for block, rows in enumerate(system.rows)]
        grams = unique_gram(system).grams
    else:
        places, grams = [(minor.block, minor.members)], minor.gram.grams
    for (block, members), gram in zip(places, grams, strict=True):
        corner = np.ix_(members, members)
        logs = system.bases[block][members] @ system.scaling.shifts
        vector = _negative_vector(gram, scaled[block][corner], logs)
        if vector is not None:
            values = [Fraction(0)] * len(system.targets)
            for row, value in zip(system.rows[block][corner].ravel(), np.outer(vector, vector).ravel(), strict=True):
                values[row] = value
            return values
    return None


def _negative_vector(
    gram: np.ndarray, scaled: Float[np.ndarray, "k k"], logs: Int[np.ndarray, " k"]
) -> np.ndarray | None:
    """Fractions v with v'Qv < 0 for an integer matrix Q: near the first eigenvector of D Q D, else by elimination."""
    first = np.linalg.eigh(scaled)[1][:, 0]
    powers = np.array([Fraction(2) ** int(log) for log in logs], object)
    for bits in VECTOR_BITS:
        vector = np.array([round(x * 2**bits) for x in first.tolist()], object) * powers
        if vector @ gram @ vector < 0:
            return vector
    return _eliminated(gram) if len(gram) <= MOST_ELIMINATED else None


def _eliminated(gram: np.ndarray) -> np.ndarray | None:
    """The same by elimination, without any float: T'QT is diagonal as far as it went, with a unit triangular T."""
    side = len(gram)
    rest, columns = gram * Fraction(1), np.eye(side, dtype=int) * Fraction(1)
    for pivot in range(side):
        if rest[pivot, pivot] < 0:
            return columns[:, pivot]
        beside = np.flatnonzero(rest[pivot, pivot + 1 :]) + pivot + 1
        if not rest[pivot, pivot]:
            if len(beside):  # [[0, b], [b, c]] takes the value -1 at (-(c + 1) / 2b, 1)
                other = beside[0]
                share = -(rest[other, other] + 1) / (2 * rest[pivot, other])
                return columns[:, pivot] * share + columns[:, other]
            continue
        for other in beside.tolist():
            share = rest[pivot, other] / rest[pivot, pivot]
            rest[other] = rest[other] - share * rest[pivot]
            columns[:, other] = columns[:, other] - share * columns[:, pivot]
        rest[pivot + 1 :, pivot] = Fraction(0)
    return None
