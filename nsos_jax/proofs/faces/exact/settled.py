"""Blocks of a face that the equations determine: taken out of the system exactly, before anything else is solved.

Rows that one block alone meets are equations for that block alone. Where they have no solution, what the block was cut
to was misread, and the cut is undone. Where they have one solution, it is subtracted from p, the block is dropped, and
the rest is scaled anew: a chain of blocks, each seen more weakly than the one before, is read link by link.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from nsos_jax.polynomials import Polynomial, common_denominator
from nsos_jax.proofs.faces.exact.determined import BlockEquations, DeterminedBlocks, Misread
from nsos_jax.proofs.faces.face import Face
from nsos_jax.proofs.gram_system import GramSystem, Scaling, integers
from nsos_jax.proofs.rounding import ExactGram


@dataclass(frozen=True, eq=False)
class Settled:
    """A face without the blocks that are determined.

    Attributes:
      face: what is left, of a system for p less the squares that are known.
      kept: per block of `face`, its place among those of the system before.
      known: Gram matrices of the blocks that were taken out by their place, integers over denominators.
    """

    face: Face
    kept: tuple[int, ...]
    known: dict[int, tuple[np.ndarray, int]]

    def assemble(self, exact: ExactGram) -> ExactGram:
        """The Gram matrices of all blocks."""
        pairs = self.known | {
            block: (gram, exact.denominator) for block, gram in zip(self.kept, exact.grams, strict=True)
        }
        common = math.lcm(*(denominator for _, denominator in pairs.values()))
        grams = [pairs[block][0].astype(object) * (common // pairs[block][1]) for block in range(len(pairs))]
        return ExactGram(tuple(grams), common)


def settle(face: Face, before: Face) -> Settled | None:
    """Takes out what is determined; None if the equations have no solution on the face, or it is `before` again.

    Args:
      face: a part of `before`.
      before: the face it was read in; blocks that were misread get their ranges back from it.
    """
    ranges = list(face.ranges)
    while True:
        own = Face(face.system, tuple(ranges))
        try:
            blocks = determined_blocks(own)
            blocks.run()
            break
        except Misread as error:
            undone = [block for block in error.blocks if ranges[block].shape != before.ranges[block].shape]
            for block in undone:
                ranges[block] = before.ranges[block]
            if not undone:
                return None
    if not blocks.known:
        return Settled(own, tuple(range(len(ranges))), {}) if own.sizes != before.sizes else None
    return without_known(own, blocks.known, blocks.left)


def settle_verified(face: Face, guesses: Sequence[Iterable[np.ndarray]]) -> Settled | None:
    """Takes out blocks that a guess determines, and that bear it out; None if there are none.

    Args:
      face: where everything that is determined has been taken out.
      guesses: per block, ranges of smaller faces. One is borne out if the block's own equations, of which there are
        more than unknowns, have one solution there, a psd one.
    """
    blocks = determined_blocks(face)
    waiting = [list(own) for own in guesses]
    blocks.verify(waiting)
    return without_known(face, blocks.known, blocks.left) if blocks.known else None


def determined_blocks(face: Face) -> DeterminedBlocks:
    """The blocks of a face, none taken out yet."""
    pairs = zip(face.system.rows, face.ranges, strict=True)
    targets = [Fraction(int(target)) for target in face.system.targets.tolist()]
    return DeterminedBlocks(
        [BlockEquations.of_rows(*own) for own in pairs], targets, face.system.polynomial.denominator
    )


def without_known(
    face: Face, known: dict[int, tuple[np.ndarray, int]], left: Sequence[Fraction | int], scaling: Scaling | None = None
) -> Settled:
    """The other blocks as a face of a system of their own.

    Args:
      face: with all blocks.
      known: Gram matrices of p on some of them, integers over denominators.
      left: the targets less what these add to each row.
      scaling: of the new system; by default one of its own.
    """
    system = face.system
    kept = tuple(k for k in range(len(face.ranges)) if k not in known)
    pieces = [system.rows[k] for k in kept]
    entries = np.concatenate([np.zeros(0, np.int32), *(piece.ravel() for piece in pieces)])
    used, relabelled = np.unique(entries, return_inverse=True)
    parts = np.split(relabelled.astype(np.int32), np.cumsum([piece.size for piece in pieces]))
    exponents = system.row_exponents[used]
    numerators, common = common_denominator([left[row] for row in used.tolist()])
    whole = Polynomial.from_arrays(exponents, numerators, system.polynomial.variables)
    polynomial = whole / (common * system.polynomial.denominator)
    multiple = common * system.polynomial.denominator // polynomial.denominator
    if scaling is None:
        scaling = system.scaling if polynomial.is_zero else Scaling.of(polynomial)
    smaller = GramSystem(
        polynomial,
        tuple(system.bases[k] for k in kept),
        tuple(part.reshape(piece.shape) for part, piece in zip(parts, pieces, strict=False)),
        exponents,
        integers([numerator // multiple for numerator in numerators]),
        scaling,
        system.lossless,
    )
    return Settled(Face(smaller, tuple(face.ranges[k] for k in kept)), kept, known)
