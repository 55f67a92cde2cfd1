"""Blocks of a face that the equations determine: taken out of the system exactly, before anything else is solved.

Rows that one block alone meets are equations for that block alone. Where they have no solution, what the block was cut
to was misread, and the cut is undone. Where they have one solution, it is subtracted from p, the block is dropped, and
the rest is scaled anew: a chain of blocks, each seen more weakly than the one before, is read link by link.
"""

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from flint import fmpz_mat
from jaxtyping import Int

from nsos_jax.certificates import is_psd
from nsos_jax.polynomials import Polynomial
from nsos_jax.proofs.faces.affine import block_equations, symmetric_blocks
from nsos_jax.proofs.faces.face import Face
from nsos_jax.proofs.gram_system import GramSystem, Scaling, integers
from nsos_jax.proofs.rounding import ExactGram


class Misread(ValueError):
    """The equations have no psd solution on some blocks of a face.

    Attributes:
      blocks: which ones.
    """

    def __init__(self, blocks: list[int]) -> None:
        super().__init__(f"no Gram matrix on the face in blocks {blocks}")
        self.blocks = blocks


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
            blocks = _Blocks(own)
            blocks.run()
            break
        except Misread as error:
            undone = [block for block in error.blocks if ranges[block].shape != before.ranges[block].shape]
            for block in undone:
                ranges[block] = before.ranges[block]
            if not undone:
                return None
    return blocks.settled() if blocks.known or own.sizes != before.sizes else None


def settle_verified(face: Face, guesses: Sequence[Iterable[np.ndarray]]) -> Settled | None:
    """Takes out blocks that a guess determines, and that bear it out; None if there are none.

    Args:
      face: where everything that is determined has been taken out.
      guesses: per block, ranges of smaller faces. One is borne out if the block's own equations, of which there are
        more than unknowns, have one solution there, a psd one.
    """
    blocks = _Blocks(face)
    waiting = [list(own) for own in guesses]
    blocks.verify(waiting)
    return blocks.settled() if blocks.known else None


class _Block:
    """E s = b of one block, for the rows that it meets."""

    def __init__(self, rows: Int[np.ndarray, "m m"], ranges: np.ndarray) -> None:
        self.ranges, self.side = ranges, ranges.shape[1]
        self.unknowns = self.side * (self.side + 1) // 2
        self.cut = self.side < len(ranges)
        self._own, local = np.unique(rows, return_inverse=True)
        self._local = local.reshape(rows.shape)
        self.rows = self._own[(self.matrix != 0).any(axis=1)] if self.cut else self._own

    @cached_property
    def matrix(self) -> np.ndarray:
        """E, integers, for all rows of the block."""
        return block_equations(self._local, self.ranges, len(self._own))

    def within(self, ranges: np.ndarray) -> "_Block":
        """The same block with other ranges."""
        return _Block(self._own[self._local], ranges)

    def _equations(self, rows: Int[np.ndarray, " some"]) -> np.ndarray:
        return self.matrix[np.searchsorted(self._own, rows)]

    def solve(self, targets: list[Fraction], rows: Int[np.ndarray, " some"]) -> list[Fraction] | None:
        """The only s that satisfies the equations of some rows, None where it is not determined. ArithmeticError if
        there is none."""
        if not len(rows) or (not self.cut and len(rows) < self.unknowns):
            return None
        right = [targets[row] for row in rows.tolist()]
        denominator = math.lcm(*(value.denominator for value in right))
        pairs = zip(self._equations(rows), right, strict=True)
        echelon, divisor, rank = fmpz_mat([[*map(int, row), int(value * denominator)] for row, value in pairs]).rref()
        if rank and all(int(echelon[rank - 1, column]) == 0 for column in range(self.unknowns)):
            raise ArithmeticError("the equations of the block have no solution")
        if rank < self.unknowns:
            return None
        scale = int(divisor) * denominator
        return [Fraction(int(echelon[i, self.unknowns]), scale) for i in range(self.unknowns)]

    def values(self, solution: list[Fraction]) -> list[Fraction]:
        """E s."""
        return [
            sum((int(x) * s for x, s in zip(row, solution, strict=True) if x), Fraction(0))
            for row in self._equations(self.rows)
        ]

    def gram(self, solution: list[Fraction]) -> tuple[np.ndarray, int]:
        """V S V' in integers, and their common denominator. ArithmeticError if S is not psd."""
        denominator = math.lcm(*(x.denominator for x in solution))
        (gram,) = symmetric_blocks([int(x * denominator) for x in solution], [self.side])
        if len(gram) and not is_psd(fmpz_mat(gram.tolist())):
            raise ArithmeticError("the Gram matrix of the block is not psd")
        return self.ranges @ gram @ self.ranges.T, denominator


class _Blocks:
    """All blocks of a face, and what of the targets is left for those that are not known.

    Attributes:
      known: V S V' of blocks that are determined, integers over denominators.
    """

    def __init__(self, face: Face) -> None:
        self.known: dict[int, tuple[np.ndarray, int]] = {}
        self._face = face
        self._blocks = [_Block(rows, ranges) for rows, ranges in zip(face.system.rows, face.ranges, strict=True)]
        self._left = [Fraction(int(target)) for target in face.system.targets.tolist()]
        self._meeting = np.zeros(len(self._left), np.int64)
        self._holders: dict[int, list[int]] = {}
        for place, block in enumerate(self._blocks):
            self._meeting[block.rows] += 1
            for row in block.rows.tolist():
                self._holders.setdefault(row, []).append(place)

    def run(self) -> None:
        """Takes out blocks until none is determined: first what is determined at once, then what meets it.

        Raises:
          Misread: by some blocks.
        """
        unmet = [row for row in np.flatnonzero(self._meeting == 0).tolist() if self._left[row]]
        if unmet:
            raise Misread([k for k, rows in enumerate(self._face.system.rows) if np.isin(unmet, rows).any()])
        self._refuse_misread()
        waiting = deque(range(len(self._blocks)))
        while waiting:
            place = waiting.popleft()
            if place not in self.known and self._take(place):
                waiting.extend(self._freed(place))

    def _refuse_misread(self) -> None:
        """Raises Misread with all blocks whose own equations have no psd solution."""
        misread = []
        for place, block in enumerate(self._blocks):
            try:
                solution = block.solve(self._left, self._alone(block))
                if solution is not None:
                    block.gram(solution)
            except ArithmeticError:
                misread.append(place)
        if misread:
            raise Misread(misread)

    def _freed(self, place: int) -> list[int]:
        """The blocks that are left alone with a row of one that was taken out."""
        alone = (row for row in self._blocks[place].rows.tolist() if self._meeting[row] == 1)
        return sorted({other for row in alone for other in self._holders[row]} - self.known.keys())

    def _take(self, place: int) -> bool:
        """Takes one block out if it is determined."""
        block = self._blocks[place]
        try:
            solution = block.solve(self._left, self._alone(block))
            if solution is None:
                return False
            self._remove(place, block, solution)
        except ArithmeticError:
            raise Misread([place]) from None
        return True

    def _remove(self, place: int, block: _Block, solution: list[Fraction]) -> None:
        """Takes out one block. ArithmeticError if its S is not psd."""
        gram, denominator = block.gram(solution)
        self.known[place] = gram, denominator * self._face.system.polynomial.denominator
        self._meeting[self._blocks[place].rows] -= 1
        for row, value in zip(block.rows.tolist(), block.values(solution), strict=True):
            self._left[row] -= value

    def _alone(self, block: _Block) -> Int[np.ndarray, " some"]:
        """Rows that no other block meets."""
        return block.rows[self._meeting[block.rows] == 1]

    def verify(self, guesses: Sequence[Sequence[np.ndarray]]) -> None:
        """Takes out what the first guess that is borne out determines, until there is none."""
        progress = True
        while progress:
            progress = False
            for place, own in enumerate(guesses):
                progress |= place not in self.known and any(self._take_verified(place, ranges) for ranges in own)

    def _take_verified(self, place: int, ranges: np.ndarray) -> bool:
        block = self._blocks[place]
        rows, smaller = self._alone(block), block.within(ranges)
        if len(rows) <= smaller.unknowns:
            return False
        try:
            solution = smaller.solve(self._left, rows)
            if solution is None:
                return False
            self._remove(place, smaller, solution)
        except ArithmeticError:
            return False
        return True

    def settled(self) -> Settled:
        """The rest as a face of a system of its own."""
        system = self._face.system
        kept = tuple(k for k in range(len(self._blocks)) if k not in self.known)
        if not self.known:
            return Settled(self._face, kept, {})
        pieces = [system.rows[k] for k in kept]
        entries = np.concatenate([np.zeros(0, np.int32), *(piece.ravel() for piece in pieces)])
        used, relabelled = np.unique(entries, return_inverse=True)
        parts = np.split(relabelled.astype(np.int32), np.cumsum([piece.size for piece in pieces]))
        exponents = system.row_exponents[used]
        left = [self._left[row] / system.polynomial.denominator for row in used.tolist()]
        polynomial = Polynomial.from_arrays(exponents, left, system.polynomial.variables)
        smaller = GramSystem(
            polynomial,
            tuple(system.bases[k] for k in kept),
            tuple(part.reshape(piece.shape) for part, piece in zip(parts, pieces, strict=False)),
            exponents,
            integers([int(value * polynomial.denominator) for value in left]),
            system.scaling if polynomial.is_zero else Scaling.of(polynomial),
            system.lossless,
        )
        return Settled(Face(smaller, tuple(self._face.ranges[k] for k in kept)), kept, self.known)
