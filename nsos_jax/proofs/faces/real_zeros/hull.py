"""The rational hull of real zeros: what rational polynomials vanish at them.

Where the kernel of the Gram matrices is spanned by evaluation vectors at real zeros, it need not be rational: the zeros
lie in number fields. Squares with rational coefficients vanish at them and at all their conjugates: their coefficients
lie in the orthogonal complement of all these evaluation vectors, a rational space, which short integer vectors span
that annihilate the real ones.
"""

import math
import time
from collections.abc import Sequence

import numpy as np

from nsos_jax.proofs.faces.real_zeros.refinement import RefinedZero
from nsos_jax.proofs.faces.real_zeros.relations import integer_relations

LONGEST = (1e5, 1e10)
"""Lengths of the longest coefficient vectors that are looked for: more digits and time for longer ones."""
MOST_DIGITS = 700
FIRST_DIGITS = 40
SPARE_DIGITS = 20
ALREADY_ZERO = 0.8
"""Zeros whose evaluation vector vanishes on the range to this share of the digits are known to it already."""


def hull(
    ranges: np.ndarray, block: int, zeros: Sequence[RefinedZero], longest: float, deadline: float
) -> np.ndarray | None:
    """A basis [m, r'] in integers of what in the range of a block vanishes at the zeros; r' may be 0.

    None where the zeros say nothing that the range does not hold already, or too many digits or seconds are needed.
    """
    directions = _Directions(ranges, block, zeros, deadline)
    if not directions.zeros:
        return None
    rows = integer_relations(directions.to, ranges.shape[1], longest, MOST_DIGITS)
    return None if rows is None else ranges @ rows.T


class _Directions:
    """The evaluation vectors at zeros in the coordinates of a range, V' ev(z), of length one, to any number of digits.

    Zeros that cannot be refined as far are left out: relations are then sought among fewer.

    Attributes:
      zeros: those at which they do not vanish.
    """

    def __init__(self, ranges: np.ndarray, block: int, zeros: Sequence[RefinedZero], deadline: float) -> None:
        self._ranges, self._block, self._deadline = ranges, block, deadline
        self._largest = max((abs(int(x)) for x in ranges.ravel()), default=1)
        self._digits = FIRST_DIGITS
        pairs = [(zero, self._of(zero, FIRST_DIGITS)) for zero in zeros]
        found = [(zero, direction) for zero, direction in pairs if direction is not None]
        self.zeros = [zero for zero, _ in found]
        self._known = np.array([direction for _, direction in found], dtype=object).T

    def to(self, digits: int) -> np.ndarray | None:
        """10^digits times the vectors, integers [r, zeros]; None past the deadline."""
        if time.monotonic() > self._deadline:
            return None
        if digits > self._digits:
            self._digits = max(2 * self._digits, digits)
            found = [direction for zero in self.zeros if (direction := self._of(zero, self._digits)) is not None]
            if not found:
                return None
            self._known = np.array(found, dtype=object).T
        return self._known // 10 ** (self._digits - digits)

    def _of(self, zero: RefinedZero, digits: int) -> list[int] | None:
        """One vector; None where it vanishes or is not known to as many digits, or past the deadline."""
        if time.monotonic() > self._deadline:
            return None
        evaluations = zero.evaluations(digits + SPARE_DIGITS)
        if evaluations is None:
            return None
        values = evaluations[self._block]
        direction = self._ranges.T @ values
        length = math.isqrt(int(direction @ direction))
        biggest = max(map(abs, values.tolist()), default=0) * self._largest
        if length * 10 ** int(ALREADY_ZERO * digits) <= biggest:
            return None
        return [int(x) * 10**digits // length for x in direction.tolist()]
