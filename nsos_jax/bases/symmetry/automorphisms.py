"""Automorphisms of a polynomial up to signs, by individualisation and refinement, and small groups listed."""

from collections import deque
from collections.abc import Sequence

import numpy as np

from nsos_jax.bases.symmetry.refinement import Refinement
from nsos_jax.bases.symmetry.signed import SignedPermutation, Support

MOST_NODES = 60
"""Of a search: how often colours are refined."""


def automorphism(support: Support, refinement: Refinement, source: int, target: int) -> tuple[int, ...] | None:
    """Images of a permutation that sends one variable to another and keeps the support and absolute values; None if
    none was found within `MOST_NODES`."""
    return _Search(support, refinement).extend((source,), (target,))


class _Search:
    """Marks variables one after the other, with all that they may be sent to, until the colours tell all apart."""

    def __init__(self, support: Support, refinement: Refinement) -> None:
        self._support, self._refinement = support, refinement
        self._left = MOST_NODES

    def extend(self, sources: tuple[int, ...], targets: tuple[int, ...]) -> tuple[int, ...] | None:
        """A permutation that sends these variables to those, in order."""
        if self._left <= 0:
            return None
        self._left -= 1
        left, right = self._refinement.colours(sources), self._refinement.colours(targets)
        if (np.sort(left) != np.sort(right)).any():
            return None
        colours, sizes = np.unique(left, return_counts=True)
        open_ones = np.flatnonzero(sizes > 1)
        if not len(open_ones):
            place = np.empty(len(left), np.int64)
            place[np.argsort(left)] = np.argsort(right)
            images = tuple(place.tolist())
            return images if self._support.moved(images) is not None else None
        colour = colours[open_ones[np.argmin(sizes[open_ones])]]
        source = int(np.flatnonzero(left == colour)[0])
        for target in np.flatnonzero(right == colour).tolist():
            found = self.extend((*sources, source), (*targets, target))
            if found:
                return found
        return None


def elements(generators: Sequence[SignedPermutation], most: int) -> list[SignedPermutation]:
    """The elements of the group that these generate, in the order in which they are reached; not more than `most`."""
    seen = dict.fromkeys(generators)
    waiting = deque(generators)
    while waiting and len(seen) < most:
        element = waiting.popleft()
        for generator in generators:
            product = element.then(generator)
            if product not in seen:
                seen[product] = None
                waiting.append(product)
    return list(seen)
