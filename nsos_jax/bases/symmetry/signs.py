"""Signs of variables for which a permutation that keeps absolute values fixes a polynomial, or all of several do.

Signs are bits here: linear equations over the field of two elements, one for each term.
"""

import numpy as np
from jaxtyping import Bool, Int

from nsos_jax.bases.symmetry.signed import SignedPermutation, Support

MOST_VARIABLES = 60
"""The bits of a word."""


class SignEquations:
    """Equations <row, s> = right over the field of two elements, reduced as they come.

    >>> equations = SignEquations(3)
    >>> equations.add(np.array([[True, True, False], [False, True, True]]), np.array([True, False]))
    True
    >>> equations.add(np.array([[True, False, True]]), np.array([False]))
    False
    >>> equations.signs()
    (1, -1, -1)
    """

    def __init__(self, variables: int) -> None:
        self._count = variables
        self._rows: dict[int, int] = {}
        """By the highest bit of a row, the row; bit 0 is the right-hand side, bit i + 1 belongs to variable i."""

    def add(self, rows: Bool[np.ndarray, "k n"], right: Bool[np.ndarray, " k"]) -> bool:
        """Adds equations; False, with nothing added, if they contradict those that are there."""
        weights = np.int64(1) << np.arange(self._count + 1, dtype=np.int64)
        words = np.unique(np.column_stack([right, rows]).astype(np.int64) @ weights)
        before = dict(self._rows)
        for word in words.tolist():
            while (bit := word.bit_length()) in self._rows:
                word ^= self._rows[bit]
            if word == 1:
                self._rows = before
                return False
            if word:
                self._rows[bit] = word
        return True

    def signs(self) -> tuple[int, ...]:
        """A solution, 1 where there is a choice."""
        solution = 1  # bit 0 stands for the right-hand side
        for bit in sorted(self._rows):
            # all lower bits are settled: the highest one makes the parity even
            if (self._rows[bit] & solution).bit_count() % 2:
                solution |= 1 << (bit - 1)
        return tuple(-1 if solution >> (i + 1) & 1 else 1 for i in range(self._count))


def signed(support: Support, images: tuple[int, ...]) -> SignedPermutation | None:
    """A permutation with signs such that it fixes the polynomial, if there are any."""
    moved = support.moved(images)
    if moved is None:
        return None
    equations = SignEquations(support.num_variables)
    if not equations.add(support.exponents % 2 == 1, support.negative ^ support.negative[moved]):
        return None
    return SignedPermutation(images, equations.signs())


def add_change(equations: SignEquations, support: Support, moved: Int[np.ndarray, " terms"]) -> bool:
    """Asks for signs d such that p(d x) is fixed by the plain permutation that sends each term to `moved`; False if
    that contradicts what was asked before."""
    rows = (support.exponents + support.exponents[moved]) % 2 == 1
    return equations.add(rows, support.negative ^ support.negative[moved])
