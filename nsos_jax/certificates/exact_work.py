"""What the exact tests of one certificate may cost."""

from math import isqrt

from nsos_jax.certificates.data import BeyondLimits

MAX_MATRIX_BITS = 4_000_000_000
"""Of one matrix of integers that the test makes, its largest entry times the number of entries."""
MAX_WORK = 1_000_000_000_000
"""Multiplications of machine words, as estimated, in the test of all blocks of one certificate."""


class Effort:
    """What the exact tests of one certificate may still cost: a count, so that all machines answer the same."""

    def __init__(self, work: int = MAX_WORK) -> None:
        self._left = work

    def spend(self, entries: int, length: int, bits: int) -> None:
        """Account for so many inner products of that length.

        Numbers of n words are multiplied in about n^1.5 steps, or n where they are reduced modulo n words first, which
        takes n^2 steps for each entry.

        Raises:
            BeyondLimits: nothing is left.
        """
        words = bits // 64 + 1
        self._left -= entries * length * words * min(isqrt(words), 1 + words // max(length, 1))
        if self._left < 0:
            raise BeyondLimits("the exact test of the matrices for positive semidefiniteness is too much work")
