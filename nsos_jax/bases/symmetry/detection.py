"""The symmetries of a polynomial under signed permutations of its variables, as far as they are of use.

Colour refinement says which variables may correspond; every generator is tested exactly. Found are products of
symmetric groups that permute variables, or lists of variables at once, up to changes of sign; and where there are none,
rotations with the reflections that turn them around (cyclic and dihedral groups).
"""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Int, UInt64

from nsos_jax.bases.symmetry.automorphisms import automorphism, elements
from nsos_jax.bases.symmetry.groups import Symmetry
from nsos_jax.bases.symmetry.refinement import Refinement
from nsos_jax.bases.symmetry.signed import SignedPermutation, Support
from nsos_jax.bases.symmetry.signs import MOST_VARIABLES, SignEquations, add_change, signed
from nsos_jax.polynomials import Polynomial

MOST_FOR_ROTATIONS = 24
"""Variables of polynomials whose rotations are sought."""
MOST_SWAPS = 600
"""That are tried: all pairs of 35 variables."""
MOST_ELEMENTS = 500
"""Of a group that is listed to find its rotations."""


def symmetry_of(polynomial: Polynomial) -> Symmetry:
    """The symmetries that were found, each of them exactly; the trivial group where there are none.

    Time is linear in the terms where no two variables look alike.

    >>> found = symmetry_of(Polynomial.parse("x^4 + y^4 + z^4 - x*y + x*z + y*z + w"))
    >>> found.signs, [factor.ravel().tolist() for factor in found.factors]
    ((1, 1, 1, -1), [[1, 2, 3]])
    """
    n = polynomial.num_variables
    trivial = Symmetry((1,) * n)
    if not 1 < n <= MOST_VARIABLES or polynomial.is_zero:
        return trivial
    support = Support(polynomial)
    refinement = Refinement(support)
    colours = refinement.colours()
    classes = [np.flatnonzero(colours == colour).tolist() for colour in dict.fromkeys(colours.tolist())]
    classes = [members for members in classes if len(members) > 1]
    if not classes:
        return trivial
    factors = _Factors(support, refinement)
    for members in classes:
        factors.seek(members)
    found = Symmetry(factors.signs.signs(), tuple(factors.found)) if factors.found else trivial
    if any(len(lists) > 2 or lists.shape[1] == 1 for lists in factors.found) or n > MOST_FOR_ROTATIONS:
        return found
    # an exchange of two long lists may be a power of a rotation, or its reflection
    rotations = _rotations(support, refinement, max(classes, key=len))
    return found if rotations.is_trivial else rotations


class _Factors:
    """The symmetric groups found so far.

    Attributes:
      found: of each its lists of variables, [k, width].
      signs: equations for the signs d for which p(d x) is fixed by all.
    """

    def __init__(self, support: Support, refinement: Refinement) -> None:
        self._support, self._refinement = support, refinement
        self._marked: dict[int, UInt64[np.ndarray, " n"]] = {}
        self._used: set[int] = set()
        self._left = MOST_SWAPS
        self.found: list[Int[np.ndarray, "k width"]] = []
        self.signs = SignEquations(support.num_variables)

    def seek(self, members: Sequence[int]) -> None:
        """Splits variables that look alike into those that may be exchanged with one another."""
        waiting = [variable for variable in members if variable not in self._used]
        while waiting:
            first, *others = waiting
            swaps = {other: swap for other in others if (swap := self._swap(first, other)) is not None}
            waiting = [other for other in others if other not in swaps]
            if swaps:
                lists = _lists(first, swaps)
                if lists is not None and self._used.isdisjoint(lists.ravel().tolist()):
                    self.found.append(lists)
                    self._used.update(lists.ravel().tolist())
                    waiting = [variable for variable in waiting if variable not in self._used]

    def _swap(self, first: int, other: int) -> list[int] | None:
        """Images of an involution that exchanges two variables, and others only where it has to, and that fixes p(d x)
        for signs d that are not ruled out; None if there is none of this form."""
        self._left -= 1
        if self._left < 0:
            return None
        images = list(range(self._support.num_variables))
        images[first], images[other] = other, first
        if self._accepts(images):
            return images
        left, right = self._colours(first), self._colours(other)
        differ = np.flatnonzero(left != right)
        place = dict(zip(right[differ].tolist(), differ.tolist(), strict=True))
        if len(place) < len(differ):
            return None
        images = list(range(self._support.num_variables))
        for variable, colour in zip(differ.tolist(), left[differ].tolist(), strict=True):
            if colour not in place:
                return None
            images[variable] = place[colour]
        involution = images[first] == other and all(images[image] == i for i, image in enumerate(images))
        return images if involution and len(differ) > 2 and self._accepts(images) else None

    def _accepts(self, images: Sequence[int]) -> bool:
        moved = self._support.moved(images)
        return moved is not None and add_change(self.signs, self._support, moved)

    def _colours(self, variable: int) -> UInt64[np.ndarray, " n"]:
        if variable not in self._marked:
            self._marked[variable] = self._refinement.colours((variable,))
        return self._marked[variable]


def _lists(first: int, swaps: dict[int, list[int]]) -> Int[np.ndarray, "k width"] | None:
    """The lists of variables that swaps with the list of the first one permute; None if they are not of this form."""
    moved = [{i for i, image in enumerate(images) if image != i} for images in swaps.values()]
    own = set.intersection(*moved)
    if len(swaps) == 1:  # of each pair that is exchanged, either one
        (images,) = swaps.values()
        own = {i for i in own if i == first or (i < images[i] and images[i] != first)}
    lists = [[first, *sorted(own - {first})]]
    lists += [[images[i] for i in lists[0]] for images in swaps.values()]
    everyone = [variable for row in lists for variable in row]
    pairs = zip(moved, lists[1:], strict=True)
    if len(set(everyone)) < len(everyone) or any(set(lists[0]) | set(row) != both for both, row in pairs):
        return None
    return np.array(lists)


def _rotations(support: Support, refinement: Refinement, members: Sequence[int]) -> Symmetry:
    """The rotation of the largest order among what moves the first member, and a reflection."""
    trivial = Symmetry((1,) * support.num_variables)
    generators = list(_moving(support, refinement, members))
    group = elements(generators, MOST_ELEMENTS)
    rotation = max(group, key=lambda element: element.order, default=None)
    if rotation is None or rotation.order < 3:
        return trivial
    turned = rotation.inverse
    for element in group:
        if element.order == 2 and element.then(rotation).then(element) == turned:
            return Symmetry(trivial.signs, (), rotation, element)
    return Symmetry(trivial.signs, (), rotation)


def _moving(support: Support, refinement: Refinement, members: Sequence[int]) -> Iterator[SignedPermutation]:
    for target in members[1:]:
        images = automorphism(support, refinement, members[0], target)
        element = images and signed(support, images)
        if element:
            yield element
