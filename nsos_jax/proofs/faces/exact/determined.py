"""Blocks that equations determine: the rows that one block alone meets are equations for that block alone.

Where they have no solution, what the block was cut to was misread. Where they have one, it is subtracted from the
targets, and blocks that shared rows with it are left alone with these. Where they have many that all add the same to
some row, that is subtracted too.
"""

from collections import deque
from collections.abc import Callable, Container, Iterable, Sequence
from fractions import Fraction
from functools import cached_property

import numpy as np
from flint import fmpz_mat, nmod_mat
from jaxtyping import Int

from nsos_jax.certificates import is_psd
from nsos_jax.polynomials import common_denominator
from nsos_jax.proofs.faces.exact.affine import PRIME, block_equations, symmetric_blocks

MANY_HOLDERS = 8
"""Blocks that share a row which does not make them neighbours."""
MOST_TO_IMPLY = 200
"""Unknowns of a block that is asked what it adds to rows that others meet."""
NO_SOLUTION = "the equations of the block have no solution"
Equations = Callable[[np.ndarray], np.ndarray]
"""From ranges V to E, integers [rows, unknowns]: column (a, c) holds what v_a v_c' + v_c v_a' adds to the rows, half of
it for a = c."""


class Misread(ValueError):
    """The equations have no psd solution on some blocks of a face.

    Attributes:
      blocks: which ones.
    """

    def __init__(self, blocks: list[int]) -> None:
        super().__init__(f"no Gram matrix on the face in blocks {blocks}")
        self.blocks = blocks


class BlockEquations:
    """E s = b of one block, for the rows that it meets.

    Attributes:
      own: all rows that the block meets on the whole cone, ascending.
      ranges: V, integers [m, r]; s are the entries of S on and above its diagonal, and V S V' is the Gram matrix.
      rows: the rows that it meets on the face.
    """

    def __init__(self, own: Int[np.ndarray, " rows"], equations: Equations, ranges: np.ndarray) -> None:
        self.ranges, self.side = ranges, ranges.shape[1]
        self.unknowns = self.side * (self.side + 1) // 2
        self.cut = self.side < len(ranges)
        self.own, self._equations = own, equations
        self.rows = own[(self.matrix != 0).any(axis=1)] if self.cut else own

    @staticmethod
    def of_rows(rows: Int[np.ndarray, "m m"], ranges: np.ndarray) -> "BlockEquations":
        """Those of a block of a system, by the row of each of its entries."""
        own, local = np.unique(rows, return_inverse=True)
        local = local.reshape(rows.shape)
        return BlockEquations(own, lambda within: block_equations(local, within, len(own)), ranges)

    @cached_property
    def matrix(self) -> np.ndarray:
        """E, integers, for all rows of the block."""
        return self._equations(self.ranges)

    def within(self, ranges: np.ndarray) -> "BlockEquations":
        """The same block with other ranges."""
        return BlockEquations(self.own, self._equations, ranges)

    def _of(self, rows: Int[np.ndarray, " some"]) -> np.ndarray:
        return self.matrix[np.searchsorted(self.own, rows)]

    def solve(self, targets: list[Fraction], rows: Int[np.ndarray, " some"]) -> list[Fraction] | None:
        """The only s that satisfies the equations of some rows, None where it is not determined. ArithmeticError if
        there is none."""
        if not len(rows) or (not self.cut and len(rows) < self.unknowns):
            return None
        if self._rank(targets, rows) < self.unknowns:
            return None
        echelon, divisor = self._echelon(targets, rows)
        return [value / divisor for _, value in echelon]

    def _rank(self, targets: list[Fraction], rows: Int[np.ndarray, " some"]) -> int:
        """Of the equations of some rows, modulo the prime. ArithmeticError if they have no solution there."""
        matrix = self._of(rows)
        met = np.flatnonzero((matrix != 0).any(axis=0))  # few of the unknowns of large blocks
        right, _ = common_denominator([targets[row] for row in rows.tolist()])
        augmented = [[*map(int, row), value] for row, value in zip(matrix[:, met].tolist(), right, strict=True)]
        echelon, rank = nmod_mat(fmpz_mat(augmented), PRIME).rref()
        if rank and not any(int(echelon[rank - 1, column]) for column in range(len(met))):
            raise ArithmeticError(NO_SOLUTION)
        return int(rank)

    def _echelon(
        self, targets: list[Fraction], rows: Int[np.ndarray, " some"]
    ) -> tuple[list[tuple[list[int], Fraction]], int]:
        """Equations that are equivalent to those of some rows, reduced: left sides, right sides, and the number that
        stands at all pivots. ArithmeticError if there is no solution."""
        right, denominator = common_denominator([targets[row] for row in rows.tolist()])
        pairs = zip(self._of(rows), right, strict=True)
        echelon, divisor, rank = fmpz_mat([[*map(int, row), value] for row, value in pairs]).rref()
        left = [[int(echelon[i, column]) for column in range(self.unknowns)] for i in range(rank)]
        if left and not any(left[-1]):
            raise ArithmeticError(NO_SOLUTION)
        values = [Fraction(int(echelon[i, self.unknowns]), denominator) for i in range(rank)]
        return list(zip(left, values, strict=True)), int(divisor)

    def implied(self, targets: list[Fraction], rows: Int[np.ndarray, " some"]) -> dict[int, Fraction]:
        """What each s that satisfies the equations of some rows adds to others, where all add the same.
        ArithmeticError if there is none."""
        if not self.cut or not len(rows) or self.unknowns > MOST_TO_IMPLY:
            return {}
        echelon, divisor = self._echelon(targets, rows)
        if not echelon:
            return {}
        lefts, values = (np.array(part, object) for part in zip(*echelon, strict=True))
        pivots = [int(np.argmax(left != 0)) for left in lefts]
        others = np.setdiff1d(self.rows, rows)
        factors = self._of(others).astype(object)[:, pivots]
        same = (factors @ lefts == divisor * self._of(others)).all(axis=1)
        totals = factors @ values / divisor
        return dict(zip(others[same].tolist(), totals[same].tolist(), strict=True))

    def values(self, solution: list[Fraction]) -> list[Fraction]:
        """E s."""
        return [
            sum((int(x) * s for x, s in zip(row, solution, strict=True) if x), Fraction(0))
            for row in self._of(self.rows)
        ]

    def gram(self, solution: list[Fraction]) -> tuple[np.ndarray, int]:
        """V S V' in integers, and their common denominator. ArithmeticError if S is not psd."""
        numerators, denominator = common_denominator(solution)
        (gram,) = symmetric_blocks(numerators, [self.side])
        if len(gram) and not is_psd(fmpz_mat(gram.tolist())):
            raise ArithmeticError("the Gram matrix of the block is not psd")
        return self.ranges @ gram @ self.ranges.T, denominator


class DeterminedBlocks:
    """All blocks of a face, and what of the targets is left for those that are not known.

    Args:
      blocks: their equations.
      targets: b.
      denominator: of p: Gram matrices of p are those of b over it.

    Attributes:
      known: V S V' of blocks that are determined, integers over denominators.
      left: of the targets.
    """

    def __init__(self, blocks: Sequence[BlockEquations], targets: Sequence[Fraction], denominator: int) -> None:
        self.known: dict[int, tuple[np.ndarray, int]] = {}
        self.left = list(targets)
        self._blocks, self._denominator = list(blocks), denominator
        self._meeting = np.zeros(len(self.left), np.int64)
        self._holders: dict[int, list[int]] = {}
        self._implied: dict[int, dict[int, Fraction]] = {}
        for place, block in enumerate(self._blocks):
            self._meeting[block.rows] += 1
            for row in block.rows.tolist():
                self._holders.setdefault(row, []).append(place)

    def run(self) -> None:
        """Takes out blocks until none is determined: first what is determined at once, then what meets it.

        Raises:
          Misread: by some blocks.
        """
        unmet = [row for row in np.flatnonzero(self._meeting == 0).tolist() if self.left[row]]
        if unmet:
            raise Misread([k for k, block in enumerate(self._blocks) if np.isin(unmet, block.own).any()])
        self._refuse_misread()
        self.advance(range(len(self._blocks)))
        self.restore()

    def advance(self, places: Iterable[int]) -> set[int]:
        """Takes out what is determined of some blocks, and of what meets it; the blocks near what changed.

        Raises:
          Misread: by some blocks.
        """
        waiting, near = deque(places), set[int]()
        while waiting:
            place = waiting.popleft()
            if place not in self.known and (self._take(place) or self._imply(place)):
                waiting.extend(self._freed(place))
                near |= self.near(place)
        return near - self.known.keys()

    def restore(self) -> None:
        """Adds what was said to be implied to the targets again, for blocks that are not known."""
        for place in self._implied.keys() - self.known.keys():
            for row, value in self._implied[place].items():
                self.left[row] += value

    def cut(self, place: int, ranges: np.ndarray) -> None:
        """Gives a block smaller ranges.

        Raises:
          Misread: if nothing is left that adds to one of its rows.
        """
        before, self._blocks[place] = self._blocks[place], self._blocks[place].within(ranges)
        gone = np.setdiff1d(before.rows, self._blocks[place].rows)
        self._meeting[gone] -= 1
        if any(self.left[row] for row in gone[self._meeting[gone] == 0].tolist()):
            raise Misread([place])

    def is_met_outside(self, row: int, places: Container[int]) -> bool:
        """Whether blocks that are not known, other than some, meet a row on the whole cone."""
        return any(other not in places and other not in self.known for other in self._holders[row])

    def near(self, place: int) -> set[int]:
        """The blocks that are not known and share a row with one, but for rows that many share; with itself."""
        holders = (self._holders[row] for row in self._blocks[place].rows.tolist())
        return {other for own in holders if len(own) <= MANY_HOLDERS for other in own} - self.known.keys()

    def _refuse_misread(self) -> None:
        """Raises Misread with all blocks whose own equations have no psd solution."""
        misread = []
        for place, block in enumerate(self._blocks):
            try:
                solution = block.solve(self.left, self._alone(place))
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
            solution = block.solve(self.left, self._alone(place))
            if solution is None:
                return False
            self._remove(place, block, solution)
        except ArithmeticError:
            raise Misread(self._to_blame(place)) from None
        return True

    def _imply(self, place: int) -> bool:
        """Subtracts what the equations of a block alone imply that it adds to other rows."""
        block, before = self._blocks[place], self._implied.get(place, {})
        try:
            found = block.implied(self.left, self._alone(place))
        except ArithmeticError:
            raise Misread(self._to_blame(place)) from None
        fresh = {row: value for row, value in found.items() if row not in before}
        if fresh:
            self._implied[place] = before | fresh
        for row, value in fresh.items():
            self.left[row] -= value
            self._meeting[row] -= 1
        return bool(fresh)

    def _to_blame(self, place: int) -> list[int]:
        """A block, and those that were said to add something to its rows."""
        rows = set(self._blocks[place].rows.tolist())
        return [place, *(other for other, implied in self._implied.items() if other != place and rows & implied.keys())]

    def _remove(self, place: int, block: BlockEquations, solution: list[Fraction]) -> None:
        """Takes out one block. ArithmeticError if its S is not psd."""
        gram, denominator = block.gram(solution)
        self.known[place] = gram, denominator * self._denominator
        implied = self._implied.get(place, {})
        self._meeting[self._shared(place)] -= 1
        for row, value in zip(block.rows.tolist(), block.values(solution), strict=True):
            if row not in implied:
                self.left[row] -= value

    def _alone(self, place: int) -> Int[np.ndarray, " some"]:
        """Rows that no other block meets, but for what is subtracted."""
        own = self._shared(place)
        return own[self._meeting[own] == 1]

    def _shared(self, place: int) -> Int[np.ndarray, " some"]:
        """The rows of a block but for those whose share is subtracted."""
        own, implied = self._blocks[place].rows, self._implied.get(place)
        return own[~np.isin(own, list(implied))] if implied else own

    def verify(self, guesses: Sequence[Sequence[np.ndarray]]) -> None:
        """Takes out what the first guess that is borne out determines, until there is none."""
        progress = True
        while progress:
            progress = False
            for place, own in enumerate(guesses):
                progress |= place not in self.known and any(self._take_verified(place, ranges) for ranges in own)

    def _take_verified(self, place: int, ranges: np.ndarray) -> bool:
        block = self._blocks[place]
        rows, smaller = self._alone(place), block.within(ranges)
        if len(rows) <= smaller.unknowns:
            return False
        try:
            solution = smaller.solve(self.left, rows)
            if solution is None:
                return False
            self._remove(place, smaller, solution)
        except ArithmeticError:
            return False
        return True
