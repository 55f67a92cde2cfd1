"""Colours of variables that no symmetry of a polynomial can change: colour refinement of its variables and terms.

A term is coloured by the absolute value of its coefficient and by the exponents and colours of its variables, a
variable by its colour and those of its terms with its exponents, until no class splits any more. Colours are hashes, so
two classes could be confused: then a permutation is tried in vain that the exact test refuses.
"""

import numpy as np
from jaxtyping import Int, UInt64

from nsos_jax.bases.symmetry.signed import Support
from nsos_jax.polynomials import nonzeros


class Refinement:
    """Colour refinement of one polynomial. Time is linear in the non-zero exponents, times the number of rounds."""

    def __init__(self, support: Support) -> None:
        terms, variables = nonzeros(support.exponents)
        self._variables = variables
        self._edges = _mixed(support.exponents[terms, variables].astype(np.uint64))
        self._owners, self._starts = _segments(terms)
        self._by_variable = np.argsort(variables, kind="stable")
        self._own, self._own_starts = _segments(variables[self._by_variable])
        self._sizes = _mixed(support.sizes[self._owners].astype(np.uint64) + np.uint64(1 << 32))
        self._place = np.searchsorted(self._owners, terms)
        self._count = support.num_variables

    def colours(self, marked: tuple[int, ...] = ()) -> UInt64[np.ndarray, " n"]:
        """Colours of the variables, where those that are marked, in this order, can be told from all others."""
        colours = np.zeros(self._count, np.uint64)
        colours[list(marked)] = np.arange(1, len(marked) + 1, dtype=np.uint64)
        if not len(self._edges):
            return colours
        classes = len(marked) + 1
        while True:
            colours = self._round(colours)
            found = len(np.unique(colours))
            if found <= classes or found == self._count:
                return colours
            classes = found

    def _round(self, colours: UInt64[np.ndarray, " n"]) -> UInt64[np.ndarray, " n"]:
        ends = _mixed(_mixed(colours)[self._variables] + self._edges)
        terms = _mixed(np.add.reduceat(ends, self._starts) + self._sizes)
        ends = _mixed(terms[self._place] ^ self._edges)[self._by_variable]
        sums = np.zeros(self._count, np.uint64)
        sums[self._own] = np.add.reduceat(ends, self._own_starts)
        return _mixed(_mixed(colours) + sums)


def _segments(numbers: Int[np.ndarray, " k"]) -> tuple[Int[np.ndarray, " runs"], Int[np.ndarray, " runs"]]:
    """The distinct numbers of a sorted list and where their runs start."""
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    return numbers[starts], starts


def _mixed(words: UInt64[np.ndarray, "*any"]) -> UInt64[np.ndarray, "*any"]:
    """A hash of each word: the finaliser of splitmix64 (G. Steele, D. Lea, C. Flood 2014)."""
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
