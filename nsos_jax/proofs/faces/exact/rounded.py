"""Exact Gram matrices near a solution that is inside a face.

Equations that cut blocks alone meet are solved exactly. All others hold after a change of blocks that are whole, whose
entries are unknowns by themselves: that is rounding inside the cone, at a cost that follows the entries.
"""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial

import numpy as np

from nsos_jax.proofs.faces.exact.affine import FREE_BITS, AffineSystem, FaceSolution, Inconsistent, are_psd
from nsos_jax.proofs.faces.exact.settled import Settled, without_known
from nsos_jax.proofs.faces.face import Face
from nsos_jax.proofs.faces.margin.central import CentralPoint
from nsos_jax.proofs.faces.precise.path import precise_solution
from nsos_jax.proofs.rounding import ExactGram, fine_gram, interior_grams

SURELY_INSIDE = 1e-8
"""A smallest eigenvalue above this, for |b| = 1, is taken for an interior: roundings that are safe for a matrix of this
margin were then always psd."""
FINER_BITS = (4, 16, 48)
"""Beyond the margin of a face, kept in the unknowns that are free: those that are not move with them."""
Roundings = Callable[[Face, Sequence[int]], Iterator[ExactGram]]
"""Of a face whose blocks are all whole, with their places in the face before."""


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
    cut = _cut(face)
    if not cut:
        sure = point.lowest > SURELY_INSIDE
        found = _roundings(face, range(len(face.ranges)), point)
        return next((exact for exact in found if sure or are_psd(exact.grams)), None)
    hint = _hint(face, point, cut)
    largest = max((int(np.frexp(np.abs(gram).max())[1]) for gram in hint if len(gram)), default=0)
    grids = [max(bits - largest, 0) for bits in FREE_BITS]
    try:
        return _rounded(face, AffineSystem(face, cut), hint, grids, partial(_roundings, point=point))
    except Inconsistent:
        return None


def precisely_inside(face: Face, point: CentralPoint, deadline: float) -> tuple[ExactGram | None, CentralPoint | None]:
    """Follows a central solution to more digits and rounds it, if it turns out to be inside the face.

    Returns:
      The Gram matrix, None if there is none near; and the end of the central path, None if it was not reached.
    """
    cut = _cut(face)
    try:
        affine = AffineSystem(face, cut) if cut else None
        solution = precise_solution(face, _independent(face, affine), point, deadline)
        exact = None if solution.grams is None else _precisely_rounded(face, affine, solution.grams, solution.margin)
    except Inconsistent:
        return None, None
    return exact, solution.end


def _independent(face: Face, affine: AffineSystem | None) -> list[int]:
    """Rows whose equations are independent: those that whole blocks meet, and some that only cut ones do."""
    cut = () if affine is None else affine.blocks
    rows = [own.ravel() for block, own in enumerate(face.system.rows) if block not in cut]
    chosen = np.array([] if affine is None else affine.rows, np.int32)
    return np.unique(np.concatenate([chosen, *rows])).tolist()


def _precisely_rounded(
    face: Face, affine: AffineSystem | None, grams: Sequence[np.ndarray], margin: float
) -> ExactGram | None:
    def others(whole: Face, kept: Sequence[int]) -> Iterator[ExactGram]:
        yield fine_gram(whole.system, [grams[k] for k in kept], whole.system.unscaled_log_margin(margin))

    if affine is None:
        return next(others(face, range(len(grams))))
    factor = Fraction(2) ** face.system.scaling.unit * face.system.polynomial.denominator
    grids = [_bits_of(face, margin) + bits for bits in FINER_BITS]
    return _rounded(face, affine, [grams[k] * factor for k in affine.blocks], grids, others)


def _bits_of(face: Face, margin: float) -> int:
    """Binary digits after the point that matter to Gram matrices of a margin, in the units of the exact equations."""
    system = face.system
    longest = max(float(np.linalg.norm(frame.triangle, 2)) for frame in face.frames if frame.triangle.size)
    logs = np.log2(margin / max(face.sizes)) - 2 * np.log2(longest)
    return max(-int(np.floor(logs)) - system.scaling.unit - system.polynomial.denominator.bit_length(), 0)


def _cut(face: Face) -> list[int]:
    """The blocks that are not whole."""
    return [k for k, (own, left) in enumerate(columns.shape for columns in face.ranges) if left < own]


def _rounded(
    face: Face, affine: AffineSystem, hint: Sequence[np.ndarray], grids: Sequence[int], others: Roundings
) -> ExactGram | None:
    """With the free unknowns of the cut blocks from a hint, to so many bits; None if no solution is psd."""
    for bits in grids:
        exact = _completed(face, affine.blocks, affine.solve(hint, bits), others)
        if exact is not None:
            return exact
    return None


def _completed(face: Face, cut: Sequence[int], solution: FaceSolution, others: Roundings) -> ExactGram | None:
    """With a solution for the cut blocks, those that are whole rounded to what it leaves to them."""
    if not are_psd(solution.numerators):
        return None
    grams, denominator = solution.grams(face)
    if len(cut) == len(face.ranges):
        return ExactGram(grams, denominator)
    settled = _without(face, dict(zip(cut, grams, strict=True)), denominator)
    for exact in others(settled.face, settled.kept):
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


def _roundings(face: Face, kept: Sequence[int], point: CentralPoint) -> Iterator[ExactGram]:
    """Of the blocks of a face that are all whole, which a point has at these places."""
    system = face.system
    margin = system.unscaled_margin(point.lowest * point.scale)
    return interior_grams(system, system.unscale([point.grams[k] * point.scale for k in kept]), margin)


def _hint(face: Face, point: CentralPoint, blocks: Sequence[int]) -> list[np.ndarray]:
    """S of some blocks of a central point in the units of the exact equations, where targets are numerators."""
    unit, denominator = face.system.scaling.unit, face.system.polynomial.denominator
    length = denominator.bit_length()
    fraction = (denominator >> max(length - 60, 0)) / 2.0 ** min(length, 60)
    coordinates = (face.coordinates(block, point.grams[block] * point.scale) for block in blocks)
    return [np.ldexp(gram * fraction, unit + length) for gram in coordinates]
