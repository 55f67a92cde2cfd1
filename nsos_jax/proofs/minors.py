"""Entries of the Gram matrix that the equations leave no choice for, and what they show of a basis at once."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from nsos_jax.proofs.gram_system import GramSystem
from nsos_jax.proofs.rounding import ExactGram

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


def known_moments(system: GramSystem, minor: NegativeMinor | None = None) -> Float[np.ndarray, " rows"]:
    """Moments m with <b, m> < 0 for the system's equations A(Q) = b in scaled coordinates, whose moment matrix is vv'.

    v is an eigenvector of the smallest eigenvalue of a negative minor, or of the whole Gram matrix where that is unique
    and not psd: each row of what is known is one entry and its mirror image, so that <b, m> is that eigenvalue.
    """
    problem = system.problem()
    grams, rows = problem.spread(problem.rhs / problem.counts), problem.blocks
    if minor is not None:
        corner = np.ix_(minor.members, minor.members)
        grams, rows = (grams[minor.block][corner],), (rows[minor.block][corner],)
    spectra = [np.linalg.eigh(gram) for gram in grams]
    worst = min(range(len(spectra)), key=lambda block: spectra[block][0][0])
    vector = spectra[worst][1][:, 0]
    moments = np.zeros(len(problem.rhs))
    moments[rows[worst]] = np.outer(vector, vector)
    return moments
