"""Which products of two basis monomials are wanted ones, at a cost that follows the terms where these are sparse.

Monomials are rows of exponents over n variables. A basis covers a term of p if the term is a product of two of its
members; a basis on which p has an SOS decomposition covers the whole support (Lemma 1 of "Neural Sum-of-Squares",
Pelleriti et al., ICLR 2026, "the paper" in this room). The variables of a product are those of its factors, so both
factors of a wanted monomial have their variables among its own: only monomials that meet in some set of variables are
paired. And the parities of the exponents of a product are the sums of those of its factors, so where the wanted ones
have few of them, as even supports do, only monomials of fitting parities are paired.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int

from nsos_jax.bases.pairs import largest_exponents
from nsos_jax.polynomials import RowTable, nonzeros

FEW_PAIRS = 1 << 15
"""Pairs up to which all are looked up."""
MOST_PARITIES = 1 << 12
"""Parities of wanted monomials, times those of the basis, up to which monomials of fitting ones are counted."""
PARITIES_AT_ONCE = 1000
"""Wanted monomials whose parities are found out at once."""
BIT_TABLE_GAIN = 4
"""How much faster all pairs of monomials are looked up, for each, than those of groups."""
CHUNK = 1 << 22
"""Pairs that are looked up at once."""
Variables = tuple[int, ...]
Pairs = tuple[Int[np.ndarray, " pairs"], Int[np.ndarray, " pairs"]]
GroupPair = tuple[list[int], list[int]]
"""Places in a basis: two groups of which each member of one is paired with each of the other."""


class Matches(NamedTuple):
    """All pairs i <= j of basis monomials whose product is wanted, each once, by i and then by j."""

    left: Int[np.ndarray, " pairs"]
    right: Int[np.ndarray, " pairs"]
    wanted: Int[np.ndarray, " pairs"]
    """Which one: basis[left] * basis[right] is the row `wanted` of the monomials looked for."""


def matches(wanted: Int[np.ndarray, "w n"], basis: Int[np.ndarray, "k n"]) -> Matches:
    """The pairs of basis monomials with a wanted product.

    Args:
      wanted: distinct monomials.
      basis: distinct monomials.

    >>> one_x_y = np.array([[0, 0], [1, 0], [0, 1]])
    >>> [column.tolist() for column in matches(np.array([[2, 0], [1, 1], [0, 5]]), one_x_y)]
    [[1, 1], [1, 2], [0, 1]]
    """
    table = RowTable(wanted, largest_exponents(wanted, basis))
    nothing = np.zeros(0, np.int64)
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = [(nothing, nothing, nothing)]
    groups = _few_groups(wanted, basis)
    if groups is None:
        parts += table.find_all_pairs(basis)
        return Matches(*map(np.concatenate, zip(*parts, strict=True)))
    for left, right in _pairs(groups):
        found = table.find_pairs(basis, left, right)
        hit = found >= 0
        parts.append((left[hit], right[hit], found[hit]))
    left, right, index = map(np.concatenate, zip(*parts, strict=True))
    _, first = np.unique(left * len(basis) + right, return_index=True)
    return Matches(left[first], right[first], index[first])


def most_matches(wanted: Int[np.ndarray, "w n"], basis: Int[np.ndarray, "k n"]) -> int:
    """How many pairs are looked up at most: no fewer than there are matches.

    >>> most_matches(np.array([[2, 0], [1, 1]]), np.array([[1, 0], [0, 1]]))
    3
    """
    everything = len(basis) * (len(basis) + 1) // 2
    if everything <= FEW_PAIRS:
        return everything
    meeting = min(_count(_meeting_in_variables(wanted, basis)), everything)
    fitting = _fitting_in_parity(wanted, basis)
    return meeting if fitting is None else min(meeting, _count(fitting))


def uncovered(support: Int[np.ndarray, "terms n"], basis: Int[np.ndarray, "k n"]) -> Bool[np.ndarray, " terms"]:
    """Which support terms are not a product of two members of the basis.

    >>> uncovered(np.array([[4, 0], [0, 2], [1, 0]]), np.array([[2, 0], [0, 1]])).tolist()
    [False, False, True]
    """
    missing = np.ones(len(support), bool)
    missing[matches(support, basis).wanted] = False
    return missing


def covers(support: Int[np.ndarray, "terms n"], basis: Int[np.ndarray, "k n"]) -> bool:
    """Whether every support term is a product of two members of the basis (necessary for an SOS decomposition, Lemma
    1).

    >>> covers(np.array([[4, 0], [2, 1], [0, 2]]), np.array([[2, 0], [0, 1]]))
    True
    """
    return not uncovered(support, basis).any()


def least_cover(support: Int[np.ndarray, "terms n"], order: Int[np.ndarray, "k n"]) -> int:
    """The length of the shortest prefix of an order that covers the support; all of it where no prefix does.

    >>> line = np.arange(4)[:, None]
    >>> least_cover(np.array([[0], [3]]), line), least_cover(np.array([[2]]), line)
    (3, 2)
    """
    low, high = 0, len(order)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if covers(support, order[:middle]) else (middle + 1, high)
    return high


def _few_groups(wanted: Int[np.ndarray, "w n"], basis: Int[np.ndarray, "k n"]) -> list[GroupPair] | None:
    """Pairs of groups that hold all pairs of monomials whose product may be wanted; None where looking up all pairs of
    monomials is about as fast."""
    everything = len(basis) * (len(basis) + 1) // 2
    if everything <= FEW_PAIRS:
        return None
    fewest = _meeting_in_variables(wanted, basis)
    if _count(fewest) > FEW_PAIRS:
        fitting = _fitting_in_parity(wanted, basis)
        fewest = fewest if fitting is None else min(fewest, fitting, key=_count)
    return fewest if BIT_TABLE_GAIN * _count(fewest) < everything else None


def _meeting_in_variables(wanted: Int[np.ndarray, "w n"], basis: Int[np.ndarray, "k n"]) -> list[GroupPair]:
    """Each maximal set of variables of a wanted monomial, with itself."""
    groups = members_of_sets(maximal_sets(variables_of(wanted)), variables_of(basis))
    return [(group, group) for group in groups]


def _fitting_in_parity(wanted: Int[np.ndarray, "w n"], basis: Int[np.ndarray, "k n"]) -> list[GroupPair] | None:
    """The monomials of one parity and those of another whose sum is that of a wanted one, each two once; None where
    there are many of them."""
    own: dict[bytes, list[int]] = {}
    for place, parity in enumerate(_parities(basis)):
        own.setdefault(parity, []).append(place)
    sums: set[bytes] = set()
    for start in range(0, len(wanted), PARITIES_AT_ONCE):
        sums.update(_parities(wanted[start : start + PARITIES_AT_ONCE]))
        if len(sums) * len(own) > MOST_PARITIES:
            return None
    places = {int.from_bytes(parity): members for parity, members in own.items()}
    order = {number: k for k, number in enumerate(sorted(places))}
    found = []
    for total in sorted(map(int.from_bytes, sums)):
        found += [(places[one], places[one ^ total]) for one in order if order[one] <= order.get(one ^ total, -1)]
    return found


def _parities(rows: Int[np.ndarray, "k n"]) -> list[bytes]:
    """The parities of the exponents of each monomial."""
    packed = np.packbits((rows & 1).astype(bool), axis=1)
    return [row.tobytes() for row in packed]


def _count(pairs: list[GroupPair]) -> int:
    return sum(len(a) * (len(a) + 1) // 2 if a == b else len(a) * len(b) for a, b in pairs)


def _pairs(groups: list[GroupPair]) -> Iterator[Pairs]:
    """All pairs of a member of one group and one of the other, the smaller first; groups of the same sizes together."""
    by_size: defaultdict[tuple[int, int, bool], list[GroupPair]] = defaultdict(list)
    for one, other in groups:
        by_size[len(one), len(other), one == other].append((one, other))
    for (size, other_size, same), found in by_size.items():
        left, right = (np.array(members, np.int64) for members in zip(*found, strict=True))
        i, j = np.triu_indices(size) if same else np.indices((size, other_size)).reshape(2, -1)
        step = max(CHUNK // max(len(i), 1), 1)
        for start in range(0, len(left), step):
            part = slice(start, start + step)
            a, b = left[part][:, i].ravel(), right[part][:, j].ravel()
            yield np.minimum(a, b), np.maximum(a, b)


def variables_of(rows: Int[np.ndarray, "k n"]) -> list[Variables]:
    """The variables of each monomial, ascending.

    >>> variables_of(np.array([[0, 0, 0], [2, 0, 1]]))
    [(), (0, 2)]
    """
    row, column = nonzeros(rows)
    ends = [0, *np.cumsum(np.bincount(row, minlength=len(rows))).tolist()]
    columns = column.tolist()
    return [tuple(columns[start:end]) for start, end in pairwise(ends)]


def maximal_sets(sets: Iterable[Variables]) -> list[Variables]:
    """Those that are not part of another one, each once.

    >>> maximal_sets([(0, 1), (1,), (), (0, 1), (1, 2)])
    [(0, 1), (1, 2)]
    """
    kept: list[Variables] = []
    holding: defaultdict[int, list[frozenset[int]]] = defaultdict(list)
    for own in sorted(dict.fromkeys(sets), key=lambda own: (-len(own), own)):
        members = frozenset(own)
        larger = min((holding[variable] for variable in own), key=len, default=[])
        if (own or not kept) and not any(members <= other for other in larger):
            kept.append(own)
            for variable in own:
                holding[variable].append(members)
    return kept


def members_of_sets(sets: list[Variables], monomials: list[Variables]) -> list[list[int]]:
    """For each set, the monomials all of whose variables it has."""
    holding: defaultdict[int, list[int]] = defaultdict(list)
    for index, own in enumerate(sets):
        for variable in own:
            holding[variable].append(index)
    as_sets = [frozenset(own) for own in sets]
    groups: list[list[int]] = [[] for _ in sets]
    everywhere = range(len(sets))
    known: dict[Variables, list[int]] = {}
    for place, own in enumerate(monomials):
        if own not in known:
            rarest = min((holding[variable] for variable in own), key=len) if own else everywhere
            members = frozenset(own)
            known[own] = [index for index in rarest if members <= as_sets[index]]
        for index in known[own]:
            groups[index].append(place)
    return groups
