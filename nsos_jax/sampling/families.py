"""Named families of polynomials: the paper's grids, the training mix in groups of one shape, and families held out.

(n, d, m) stands for n variables, degree d and an average basis size of m. The copy of the paper that this was written
from lacks most numbers of appendix C. What is from its text, and what is our choice:

- from the text: four structures in grids 1-4 and in the OOD grid; OOD with n = 6, degrees 10, 12, 14, 16 and sizes 20,
  25, 35, 40 (tables of D.7); the six configurations of the permutation grid (D.2); degrees and sizes of the non-SOS
  grid (D.1); 100 variables at degree 10 and 6 variables at degree 40 (section 4.4); a large block-diagonal family and a
  dense one with even exponents only.
- our choices: the cells of grids 1-4 (4 to 8 variables, degrees 4 to 20, sizes 20 to 60, without cells that take more
  than three fifths of all monomials); n = 4, 6, 6 and dense matrices in the non-SOS grid, with a tenth of the squares
  negative; which of the large families is the even one, and their sizes; sizes uniform within 4 of the average.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import comb, exp
from typing import Any

from nsos_jax.sampling.planted import STRUCTURES, Structure
from nsos_jax.sampling.reverse_sampling import Family, Mixture, Shape

Cell = tuple[int, int, int]

SPREAD = 4
THIN: tuple[Structure, ...] = ("sparse", "block-diagonal")
FULL: tuple[Structure, ...] = ("dense", "low-rank")


def make_families(
    cells: Iterable[Cell], structures: Iterable[Structure] = STRUCTURES, **options: Any
) -> tuple[Family, ...]:
    """All cells (n, d, m) with all structures; `options` are further fields of `Family`.

    >>> [family.name for family in make_families([(2, 8, 5)], ("dense", "sparse"), constant=True)]
    ['dense 2,8,5 constant', 'sparse 2,8,5 constant']
    """
    return tuple(Family(*cell, structure, **options) for cell in cells for structure in structures)


def _grid(variables: tuple[int, ...], degrees: tuple[int, ...], sizes: tuple[int, ...]) -> tuple[Family, ...]:
    cells = [(n, d, m) for n in variables for d in degrees for m in sizes if 5 * m <= 3 * comb(n + d // 2, n)]
    return make_families(cells, size_spread=SPREAD)


GRIDS: dict[str, tuple[Family, ...]] = {
    "grid_1": _grid((4, 6), (6, 12, 20), (20, 30, 60)),
    "grid_2": _grid((8,), (20,), (30,)),
    "grid_3": _grid((5, 7), (8,), (25,)),
    "grid_4": _grid((8,), (4,), (20,)),
    "large_scale": (
        Family(100, 10, 30, "block-diagonal", size_spread=SPREAD),
        Family(6, 40, 20, "dense", even=True),
    ),
    "non_sos": make_families([(4, 6, 20), (6, 12, 30), (6, 20, 60)], ("dense",), negative=0.1, size_spread=SPREAD),
    "permutation": make_families([(6, 8, 40), (6, 8, 50), (6, 9, 30)], ("block-diagonal",), size_spread=SPREAD)
    + make_families([(6, 9, 40), (6, 7, 50), (6, 10, 30)], ("dense",), size_spread=SPREAD),
    "ood": _grid((6,), (10, 12, 14, 16), (20, 25, 35, 40)),
}
"""The paper's grids by name. Degree 9 and 7 are bounds: a sum of squares then has degree 8 or 6."""

CROWDED = make_families([(2, 20, 25), (3, 12, 35), (4, 6, 20)])
"""Bases that take up much of the space of monomials: products collide, and D is larger than the basis."""
ALL_EVEN = make_families([(3, 12, 12), (4, 8, 12), (4, 12, 15), (6, 12, 20)], even=True)
"""Every product is a square, so that D is as large as the support."""
CANCELLED = make_families([(3, 12, 20), (4, 6, 20), (4, 12, 30), (6, 12, 30)], cancel=1.0, size_spread=2)
"""D lacks a member of the basis."""
WITH_CONSTANT = make_families([(3, 8, 12), (4, 6, 20), (6, 12, 30)], constant=True, size_spread=2)

_WEIGHTED: Mixture = (
    *((2.0, family) for family in (*CROWDED, *ALL_EVEN)),
    *((1.0, family) for family in CANCELLED),
    *((0.5, family) for family in (*WITH_CONSTANT, *GRIDS["large_scale"])),
    *((0.25, family) for name in ("grid_1", "grid_2", "grid_3", "grid_4") for family in GRIDS[name]),
)
TRAINING_FAMILIES = tuple(family for _, family in _WEIGHTED)
"""The training mix, weighted to where the rules fail. The OOD, permutation and non-SOS grids are for evaluation."""

HELD_OUT_FAMILIES = (
    *make_families([(10, 12, 30), (12, 8, 30), (5, 28, 30)], size_spread=SPREAD),
    *make_families([(6, 16, 80), (5, 12, 76)], size_spread=SPREAD),
    *make_families([(2, 24, 30), (3, 10, 28), (5, 6, 28)]),
    *make_families([(4, 16, 20), (5, 12, 16), (3, 20, 14)], even=True),
    *make_families([(3, 14, 24), (5, 8, 24)], cancel=1.0),
    *(Family(*cell, "sparse", density=density) for cell in ((4, 6, 20), (6, 12, 30)) for density in (0.3, 2.5)),
    *(Family(4, 12, 15, "sparse", even=True, density=density) for density in (0.5, 2.0)),
)
"""Never trained on: more variables, higher degrees, larger, more crowded and other even bases, other densities."""


@dataclass(frozen=True)
class Group:
    """Families that share one compilation: a padded shape, room for N candidates, and a mixture."""

    name: str
    shape: Shape
    candidates: int
    mixture: Mixture

    @property
    def weight(self) -> float:
        """Its share of the training steps, up to a factor: the sum of the weights of its families."""
        return sum(weight for weight, _ in self.mixture)


def expected_candidates(family: Family) -> int:
    """A number that |D|, D = {m : 2m is a term}, seldom exceeds (the tests hold it against draws).

    Full matrices: the basis and the midpoints of its pairs of equal parity. These pairs are all if the exponents are
    even, else about one in 2^n, which fall on the other monomials at random; a fifth is added. Thin matrices: measured
    multiples of the basis size.

    >>> expected_candidates(Family(3, 12, 12, "dense", even=True))
    78
    """
    size = family.largest_size
    if family.structure not in FULL:
        return round(size * (3.2 if family.even else 1.25) * max(1.0, family.density))
    most = comb(family.variables + family.degree // 2, family.variables)
    if family.even:
        return min(comb(size + 1, 2), most)
    others = most - size
    midpoints = others * (1 - exp(-comb(size, 2) / 2**family.variables / others))
    return min(round(1.2 * (size + midpoints)), most)


def group_families(mixture: Mixture, kinds: Iterable[tuple[str, int, int, int]]) -> tuple[Group, ...]:
    """Puts each family into the first kind (name, variables, basis size, candidates) that is large enough for it.

    Raises:
        ValueError: a family fits none of the kinds.
    """
    kinds = tuple(kinds)
    members: dict[str, list[tuple[float, Family]]] = {kind[0]: [] for kind in kinds}
    for weight, family in mixture:
        needed = family.variables, family.largest_size, expected_candidates(family)
        fitting = [kind[0] for kind in kinds if all(n <= most for n, most in zip(needed, kind[1:], strict=True))]
        if not fitting:
            raise ValueError(f"no group holds {family.name}, which needs (variables, size, candidates) {needed}")
        members[fitting[0]].append((weight, family))
    return tuple(
        Group(name, Shape(variables, comb(size + 1, 2), size), candidates, tuple(members[name]))
        for name, variables, size, candidates in kinds
        if members[name]
    )


TRAINING_GROUPS = group_families(
    _WEIGHTED,
    (
        ("small", 6, 16, 56),
        ("medium", 8, 36, 64),
        ("crowded", 8, 36, 96),
        ("small even", 6, 16, 120),
        ("even", 6, 20, 216),
        ("large", 8, 64, 80),
        ("large full", 8, 64, 160),
        ("wide", 8, 64, 224),
        ("hundred variables", 100, 36, 48),
    ),
)
HELD_OUT_GROUPS = group_families(
    tuple((1.0, family) for family in HELD_OUT_FAMILIES),
    (
        ("held-out medium", 12, 36, 96),
        ("held-out even", 8, 20, 216),
        ("held-out large", 8, 84, 224),
    ),
)
