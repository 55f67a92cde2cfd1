"""Exact proof that a monomial basis is complete: whatever squares add up to p, they use no other monomial.

If p = sum_k q_k^2 then every monomial m of every q_k satisfies 2m in the Newton polytope of p, hence
 - m_i <= max_i / 2 for the largest exponent max_i of each variable in p (the box), and
 - 2 w.m <= max of w.a over the support of p, for every vector w (a halfspace).
Moreover (diagonal consistency) if no two different remaining monomials multiply to x^(2m), then the coefficient of
x^(2m) in p is the sum of the squared coefficients of x^m in the q_k; if it is not positive, m cannot occur: remove it.
Removing m may free others, so this is repeated to the fixed point, which does not depend on the order.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from nsos_jax.certificates.data import (
    BeyondLimits,
    InvalidCertificate,
    Terms,
    count_text,
    monomial_keys,
    monomial_text,
)
from nsos_jax.certificates.products import MiddleTable, monomial_words

MAX_POINTS = 4_000_000
MAX_CELLS = 100_000_000
MAX_CUTS = 1_000_000_000
MAX_PAIRS = 200_000_000
_SAFE = 2**62  # int64 below, Python integers from here on
_CHUNK = 2**20

Halfspaces = Sequence[Sequence[int]]


def check_complete(polynomial: Terms, basis: np.ndarray, halfspaces: Halfspaces, variables: Sequence[str]) -> None:
    """Raise `InvalidCertificate` unless the basis is proven complete; arguments as in `missing_monomials`."""
    missing = missing_monomials(polynomial, basis, halfspaces)
    if len(missing):
        raise InvalidCertificate(
            f"basis: expected a complete basis, missing {count_text(len(missing), 'monomial')} that neither a "
            f"halfspace nor diagonal consistency excludes, such as {monomial_text(missing[0].tolist(), variables)}"
        )


def missing_monomials(polynomial: Terms, basis: np.ndarray, halfspaces: Halfspaces) -> np.ndarray:
    """Monomials that could occur in a sum of squares but are not in the basis; none means the basis is complete.

    Args:
        polynomial: p, with at least one term, every coefficient non-zero.
        basis: int [size, variables].
        halfspaces: vectors w, one integer per variable.

    Returns:
        int [missing, variables].

    Raises:
        BeyondLimits: the work would exceed `MAX_POINTS`, `MAX_CELLS`, `MAX_CUTS` or `MAX_PAIRS`.
    """
    support = polynomial.exponents
    largest = support.max(axis=0) // 2
    active = np.flatnonzero(largest)  # the box is {0} in the other variables
    points = _uncut_points(largest[active], active, support, halfspaces)
    positive = support[[value > 0 for value in polynomial.rationals()]]
    halves = positive[(positive % 2 == 0).all(axis=1)][:, active] // 2
    remaining = points[_consistent(points, halves, largest[active])]
    inside = basis[(basis <= largest).all(axis=1)][:, active]
    known = set(monomial_keys(inside))
    missing = remaining[[key not in known for key in monomial_keys(remaining)]]
    _limit_cells(len(missing), len(largest))
    rows = np.zeros((len(missing), len(largest)), dtype=np.int32)
    rows[:, active] = missing
    return rows


def _uncut_points(largest: np.ndarray, active: np.ndarray, support: np.ndarray, halfspaces: Halfspaces) -> np.ndarray:
    """Points of the box that no halfspace cuts off, int32 [points, active variables], in lexicographic order.

    Coordinates are added one by one; a partial point is dropped as soon as no completion can satisfy a halfspace.
    """
    cuts = _cuts(halfspaces, largest, active, support)
    effort = 1 + sum(cut.effort for cut in cuts)
    reached = [np.zeros(1, cut.weights.dtype) for cut in cuts]
    steps: list[tuple[np.ndarray, np.ndarray]] = []  # by variable: the partial point that grew, and its new coordinate
    count, cells = 1, 0
    for position, top in enumerate(largest.tolist()):
        candidates = count * (top + 1)
        cells += candidates
        if (
            max(candidates - MAX_POINTS, cells - MAX_CELLS, candidates * effort - MAX_CELLS, cells * effort - MAX_CUTS)
            > 0
        ):
            raise BeyondLimits(
                f"halfspaces: checking completeness needs {candidates} candidates for the first {position + 1} of "
                f"{len(largest)} variables against {count_text(len(cuts), 'halfspace')}, the limits are {MAX_POINTS} "
                f"candidates and {MAX_CELLS} comparisons for one variable, {MAX_CELLS} and {MAX_CUTS} for all; add "
                f"halfspaces that cut off more early"
            )
        parents = np.repeat(np.arange(count, dtype=np.int32), top + 1)
        values = np.tile(np.arange(top + 1, dtype=np.int32), count)
        for cut, sums in zip(cuts, reached, strict=True):
            inside = (cut.grown(sums, position, parents, values) <= cut.slack[position]).astype(bool)
            parents, values = parents[inside], values[inside]
        reached = [cut.grown(sums, position, parents, values) for cut, sums in zip(cuts, reached, strict=True)]
        steps.append((parents, values))
        count = len(parents)
    _limit_cells(count, len(largest))
    points = np.empty((count, len(largest)), dtype=np.int32)
    chosen: np.ndarray = np.arange(count)
    for position in reversed(range(len(largest))):
        parents, values = steps[position]
        points[:, position] = values[chosen]
        chosen = parents[chosen]
    return points


def _limit_cells(rows: int, columns: int) -> None:
    if rows * columns > MAX_CELLS:
        raise BeyondLimits(
            f"halfspaces: checking completeness needs {rows} monomials in {count_text(columns, 'variable')}, the limit "
            f"is {MAX_CELLS} exponents; add halfspaces that cut off more"
        )


class _Cut(NamedTuple):
    """A halfspace: 2w on the active variables, and for each of them what the sum up to it may reach at most."""

    weights: np.ndarray
    slack: list[int]
    effort: int

    def grown(self, sums: np.ndarray, position: int, parents: np.ndarray, values: np.ndarray) -> np.ndarray:
        """The sums up to a variable for its values, from the sums of their parents up to the variable before."""
        return sums[parents] + values.astype(self.weights.dtype) * self.weights[position]


def _cuts(halfspaces: Halfspaces, largest: np.ndarray, active: np.ndarray, support: np.ndarray) -> list[_Cut]:
    tops = support.max(axis=0)
    bounds = [sum(abs(weight) * top for weight, top in zip(row, tops.tolist(), strict=True)) for row in halfspaces]
    work = support.size * sum(map(_effort, bounds))
    if work > MAX_CUTS:
        raise BeyondLimits(
            f"halfspaces: {len(halfspaces)} of them times {len(support)} terms times {support.shape[1]} variables is "
            f"too much work, {work} multiplications of a machine word, the limit is {MAX_CUTS}"
        )
    cuts = []
    for row, reach in zip(halfspaces, bounds, strict=True):
        dtype = np.int64 if reach < _SAFE // 4 else object
        vector = np.array([weight if top else 0 for weight, top in zip(row, tops, strict=True)], dtype=dtype)
        bound = int((support.astype(dtype) @ vector).max())
        doubled = 2 * vector[active]
        least = np.minimum(doubled * largest.astype(dtype), 0)
        later = [*np.cumsum(least[::-1])[::-1].tolist(), 0]  # the least that the variables from here on can add
        slack = [bound - rest for rest in later[1:]]
        cuts.append(_Cut(doubled, slack, _effort(reach)))
    return cuts


def _effort(reach: int) -> int:
    """What one comparison costs, in comparisons of machine words."""
    return 1 if reach < _SAFE // 4 else 50 + reach.bit_length() // 20


def _consistent(points: np.ndarray, halves: np.ndarray, largest: np.ndarray) -> np.ndarray:
    """The mask of the points that diagonal consistency leaves: its fixed point, starting from all points.

    Args:
        points: all different.
        halves: the monomials m whose square x^(2m) has a positive coefficient in p.
    """
    pairs = _Pairs(points, halves, largest)
    removable = np.ones(len(points), dtype=bool)
    removable[pairs.known] = False
    remaining = np.ones(len(points), dtype=bool)
    products = np.zeros(len(points), dtype=np.int64)  # how many pairs of different remaining points have middle m
    for _, _, middles in pairs.of(np.arange(len(points)), once=True):
        np.add.at(products, middles, 1)
    going = np.flatnonzero(removable & (products == 0))
    while len(going):
        leaves = np.zeros(len(points), dtype=bool)
        leaves[going] = True
        freed = []
        for point, partner, middles in pairs.of(going):
            counted = remaining[partner] & (~leaves[partner] | (point < partner))
            np.subtract.at(products, middles[counted], 1)
            freed.append(middles[counted])
        remaining[going] = False
        touched = np.unique(np.concatenate(freed)) if freed else going[:0]
        going = touched[(products[touched] == 0) & removable[touched] & remaining[touched]]
    return remaining


class _Pairs:
    """The pairs of different points whose middle is a point; `known` are the points that are among `halves`."""

    def __init__(self, points: np.ndarray, halves: np.ndarray, largest: np.ndarray) -> None:
        words = monomial_words(np.concatenate([points, halves]), 2 * largest)
        self._table = MiddleTable(words, len(points))
        beyond = np.arange(len(points), len(points) + len(halves))
        self.known = self._table.find(beyond, beyond)[1]
        self._members, self._place, self._start, self._stop = _parity_classes(points)
        effort = int((self._stop - self._start).sum()) * len(words)
        if effort > MAX_PAIRS:
            raise BeyondLimits(
                f"halfspaces: diagonal consistency among {len(points)} monomials of {count_text(len(words), 'word')} "
                f"is too much work, {effort} words in pairs of equal parity, the limit is {MAX_PAIRS}; add halfspaces "
                f"that cut off more"
            )

    def of(self, points: np.ndarray, once: bool = False) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Pieces of equal length: a point, another one, their middle; with `once` only partners behind the point."""
        starts = self._place[points] + 1 if once else self._start[points]
        lengths = self._stop[points] - starts
        ends = np.cumsum(lengths)
        cut = 0
        while cut < len(points):
            before = int(ends[cut] - lengths[cut])
            stop = max(cut + 1, int(np.searchsorted(ends, before + _CHUNK)))
            sizes = lengths[cut:stop]
            first = np.repeat(points[cut:stop], sizes)
            within = np.arange(len(first)) - np.repeat(ends[cut:stop] - sizes - before, sizes)
            second = self._members[np.repeat(starts[cut:stop], sizes) + within]
            found, middles = self._table.find(first, second)
            different = first[found] != second[found]
            yield first[found[different]], second[found[different]], middles[different]
            cut = stop


def _parity_classes(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The points class by class, and for each point its place there and where its class starts and stops."""
    classes = np.unique(np.packbits((points & 1).astype(bool), axis=1), axis=0, return_inverse=True)[1].ravel()
    members = np.argsort(classes, kind="stable")
    place = np.empty(len(points), dtype=np.int64)
    place[members] = np.arange(len(points))
    stops = np.cumsum(np.bincount(classes))
    starts = stops - np.bincount(classes)
    return members, place, starts[classes], stops[classes]
