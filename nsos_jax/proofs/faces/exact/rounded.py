"""Exact Gram matrices near a solution that is inside a face.

Equations that cut blocks alone meet are solved exactly. All others hold after a change of blocks that are whole, whose
entries are unknowns by themselves: that is rounding inside the cone, at a cost that follows the entries.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from nsos_jax.proofs.faces.exact.affine import FREE_BITS, AffineSystem, FaceSolution, Inconsistent, are_psd
from nsos_jax.proofs.faces.exact.settled import Settled, without_known
from nsos_jax.proofs.faces.face import Face
from nsos_jax.proofs.faces.margin.central import CentralPoint
from nsos_jax.proofs.rounding import ExactGram, interior_grams


def unique_on(face: Face) -> ExactGram | None:
    """The only Gram matrix on a face, None if there is none, or not one only."""
    try:
        affine = AffineSystem(face, range(len(face.ranges)))
        solution = None if affine.nullity else affine.solve(None, 0)
    except Inconsistent:
        return None
    return None if solution is None or not are_psd(solution.numerators) else ExactGram(*solution.grams(face))


def rounded_inside(face: Face, point: CentralPoint) -> ExactGram | None:
    """Rounds an interior solution, with few bits first; None if that leads nowhere."""
    cut = [k for k, (own, left) in enumerate(columns.shape for columns in face.ranges) if left < own]
    if not cut:
        return next(_roundings(face, point), None)
    hint = _hint(face, point, cut)
    largest = max((int(np.frexp(np.abs(gram).max())[1]) for gram in hint if len(gram)), default=0)
    try:
        affine = AffineSystem(face, cut)
        for bits in FREE_BITS:
            exact = _completed(face, point, cut, affine.solve(hint, max(bits - largest, 0)))
            if exact is not None:
                return exact
    except Inconsistent:
        pass
    return None


def _completed(face: Face, point: CentralPoint, cut: Sequence[int], solution: FaceSolution) -> ExactGram | None:
    """With a solution for the cut blocks, those that are whole rounded to what it leaves to them."""
    if not are_psd(solution.numerators):
        return None
    grams, denominator = solution.grams(face)
    if len(cut) == len(face.ranges):
        return ExactGram(grams, denominator)
    settled = _without(face, dict(zip(cut, grams, strict=True)), denominator)
    for exact in _roundings(settled.face, point, settled.kept):
        if are_psd(exact.grams):
            return settled.assemble(exact)
    return None


def _without(face: Face, grams: dict[int, np.ndarray], denominator: int) -> Settled:
    """What Gram matrices of some blocks leave of a face."""
    system = face.system
    added: dict[int, int] = {}
    for block, gram in grams.items():
        for row, value in zip(system.rows[block].ravel().tolist(), gram.ravel().tolist(), strict=True):
            added[row] = added.get(row, 0) + value
    factor = Fraction(system.polynomial.denominator, denominator)
    left = system.targets.tolist()
    for row, value in added.items():
        left[row] -= value * factor
    known = {block: (gram, denominator) for block, gram in grams.items()}
    return without_known(face, known, left, system.scaling)


def _roundings(face: Face, point: CentralPoint, kept: Sequence[int] | None = None) -> Iterator[ExactGram]:
    """Of the blocks of a face that are all whole, which a point has at these places."""
    system = face.system
    grams = [gram * point.scale for gram in (point.grams if kept is None else [point.grams[k] for k in kept])]
    margin = system.unscaled_margin(point.lowest * point.scale)
    return interior_grams(system, system.unscale(grams), margin)


def _hint(face: Face, point: CentralPoint, blocks: Sequence[int]) -> list[np.ndarray]:
    """S of some blocks of a central point in the units of the exact equations, where targets are numerators."""
    unit, denominator = face.system.scaling.unit, face.system.polynomial.denominator
    length = denominator.bit_length()
    fraction = (denominator >> max(length - 60, 0)) / 2.0 ** min(length, 60)
    coordinates = (face.coordinates(block, point.grams[block] * point.scale) for block in blocks)
    return [np.ldexp(gram * fraction, unit + length) for gram in coordinates]
