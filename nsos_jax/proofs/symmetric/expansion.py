"""From invariant Gram matrices to blocks of certificates, in ordinary monomials."""

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from flint import nmod_mat
from jaxtyping import Int

from nsos_jax.bases import Symmetry, sign_of
from nsos_jax.certificates import GramBlock, RangeBlock
from nsos_jax.proofs.faces import pivot_columns
from nsos_jax.proofs.symmetric.system import SymmetricSystem

PRIME = 2**61 - 1
MOST_NUMERATOR = math.isqrt(PRIME // 2)
"""Fractions whose numerators and denominators are at most this are found from their residues."""
INT64 = 1 << 62


def orbit_values(symmetric: SymmetricSystem, cores: Sequence[np.ndarray], denominator: int) -> tuple[np.ndarray, int]:
    """The exact value of each orbit of pairs for A = cores / denominator, integers over one denominator."""
    sums = symmetric.orbit_sums(cores)
    used = np.flatnonzero(sums)
    common = math.lcm(1, *symmetric.pairs.sizes[used].tolist())
    values = np.zeros(len(sums), dtype=object)
    for orbit in used.tolist():
        values[orbit] = sums[orbit] * (common // int(symmetric.pairs.sizes[orbit]))
    common *= denominator * symmetric.system.polynomial.denominator
    divisor = math.gcd(common, *values.tolist())
    return values // divisor, common // divisor


def invariant_blocks(
    symmetric: SymmetricSystem, values: np.ndarray, denominator: int
) -> Iterator[GramBlock | RangeBlock]:
    """The Gram matrix with these values block by block, on its range where it is singular."""
    largest = max((abs(value) for value in values.tolist()), default=0)
    entries = values.astype(np.int64) if largest < INT64 else values
    for block, basis in enumerate(symmetric.system.bases):
        gram = symmetric.gram(block, entries)
        if gram.any():
            yield (basis, *on_range(gram, denominator))


def on_range(gram: np.ndarray, denominator: int) -> tuple[np.ndarray, int] | tuple[np.ndarray, int, np.ndarray]:
    """A symmetric matrix Q = gram / denominator as Q, or as S and V with Q = V S V' if its rank is less than its side.

    V is the reduced echelon form of the rows, made integer, so S is a part of Q. It is found modulo a prime: if one of
    its numbers is no simple fraction, the matrix stays as it is. The checker multiplies V S V' out.
    """
    size = len(gram)
    echelon, rank = nmod_mat(size, size, gram.ravel().tolist(), PRIME).rref()
    if rank == size:
        return gram, denominator
    pivots = pivot_columns(echelon, rank)
    others = sorted(set(range(size)) - set(pivots))
    ranges, scales = np.zeros((size, rank), dtype=object), []
    for row, pivot in enumerate(pivots):
        fractions: dict[int, tuple[int, int]] = {}
        for column in others:
            residue = int(echelon[row, column])
            if residue:
                fraction = _fraction(residue)
                if fraction is None:
                    return gram, denominator
                fractions[column] = fraction
        # V has `scale` where the echelon form has 1
        scale = math.lcm(*(own for _, own in fractions.values()))
        ranges[pivot, row] = scale
        for column, (numerator, own) in fractions.items():
            ranges[column, row] = numerator * (scale // own)
        scales.append(scale)
    common = math.lcm(*scales)
    lifts = np.array([common // scale for scale in scales], dtype=object)
    core = gram[np.ix_(pivots, pivots)].astype(object) * lifts[:, None] * lifts[None]
    return core, denominator * common**2, ranges


def _fraction(residue: int) -> tuple[int, int] | None:
    """Numerator and denominator of a fraction with this residue, both at most `MOST_NUMERATOR`; by Euclid's
    algorithm (P. Wang 1981)."""
    before, now, other, own = PRIME, residue, 0, 1
    while now > MOST_NUMERATOR:
        quotient = before // now
        before, now, other, own = now, before - quotient * now, own, other - quotient * own
    if not 0 < abs(own) <= MOST_NUMERATOR or math.gcd(now, own) > 1:
        return None
    return (now, own) if own > 0 else (-now, -own)


def with_signs(blocks: Iterable[GramBlock | RangeBlock], symmetry: Symmetry) -> Iterator[GramBlock | RangeBlock]:
    """Blocks of p(x) from those of p(d x)."""
    for block in blocks:
        signs = _signs(block[0], symmetry)
        if (signs > 0).all():
            yield block
        elif len(block) == 4:
            basis, core, denominator, ranges = block
            yield basis, core, denominator, np.asarray(ranges) * signs[:, None]
        else:
            basis, gram, denominator = block
            yield basis, np.asarray(gram) * signs[:, None] * signs[None], denominator


def _signs(basis: Int[np.ndarray, "k n"], symmetry: Symmetry) -> Int[np.ndarray, " k"]:
    return sign_of(basis, np.array(symmetry.signs))
