"""Exact proof that a monomial basis is complete: whatever squares add up to p, they use no other monomial.

If p = sum_k q_k^2 then every monomial m of every q_k satisfies 2m in the Newton polytope of p, hence
 - m_i <= max_i / 2 for the largest exponent max_i of each variable in p (the box), and
 - 2 w.m <= max of w.a over the support of p, for every vector w (a halfspace).
Moreover (diagonal consistency) if no two different remaining monomials multiply to x^(2m), then the coefficient of
x^(2m) in p is the sum of the squared coefficients of x^m in the q_k; if it is not positive, m cannot occur: remove it.
Removing m may free others, so this is repeated to the fixed point, which does not depend on the order.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nsos_jax.certificates.data import InvalidCertificate, Terms, count_text, monomial_keys, monomial_text

MAX_POINTS = 4_000_000
MAX_CUTS = 1_000_000_000
MAX_PAIRS = 200_000_000
_SAFE = 2**62  # int64 below, Python integers from here on

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
        InvalidCertificate: the work would exceed `MAX_POINTS`, `MAX_CUTS` or `MAX_PAIRS`.
    """
    support = polynomial.exponents
    largest = support.max(axis=0) // 2
    active = np.flatnonzero(largest)  # the box is {0} in the other variables
    points = _uncut_points(largest[active], active, support, halfspaces)
    positive = support[[value > 0 for value in polynomial.rationals()]]
    halves = positive[(positive % 2 == 0).all(axis=1)][:, active] // 2
    remaining = points[_consistent(points, halves, largest[active])]
    rows = np.zeros((len(remaining), support.shape[1]), dtype=np.int32)
    rows[:, active] = remaining
    known = set(monomial_keys(basis))
    return rows[[key not in known for key in monomial_keys(rows)]]


def _uncut_points(largest: np.ndarray, active: np.ndarray, support: np.ndarray, halfspaces: Halfspaces) -> np.ndarray:
    """Points of the box that no halfspace cuts off, int32 [points, active variables], in lexicographic order.

    Coordinates are added one by one; a partial point is dropped as soon as no completion can satisfy a halfspace.
    """
    cuts = [_cut(weights, largest, active, support) for weights in halfspaces]
    effort = 1 + sum(cut.effort for cut in cuts)
    points = np.zeros((1, 0), dtype=np.int32)
    for position, top in enumerate(largest.tolist()):
        candidates = len(points) * (top + 1)
        if candidates > MAX_POINTS or candidates * effort > MAX_CUTS:
            raise InvalidCertificate(
                f"halfspaces: checking completeness needs {candidates} candidates against {len(cuts)} halfspaces, the "
                f"limits are {MAX_POINTS} candidates and {MAX_CUTS} comparisons; add halfspaces that cut off more early"
            )
        last = np.tile(np.arange(top + 1, dtype=np.int32), len(points))
        points = np.column_stack([np.repeat(points, top + 1, axis=0), last])
        for cut in cuts:
            reached = points.astype(cut.weights.dtype) @ cut.weights[: position + 1]
            points = points[(reached <= cut.slack[position]).astype(bool)]
    return points


class _Cut(NamedTuple):
    """A halfspace: 2w on the active variables, and for each of them what the sum up to it may reach at most."""

    weights: np.ndarray
    slack: list[int]
    effort: int


def _cut(weights: Sequence[int], largest: np.ndarray, active: np.ndarray, support: np.ndarray) -> _Cut:
    used = support.max(axis=0) > 0
    exact = [weight if use else 0 for weight, use in zip(weights, used, strict=True)]
    reach = 4 * sum(abs(weight) * int(top) for weight, top in zip(exact, support.max(axis=0), strict=True))
    dtype = np.int64 if reach < _SAFE else object
    vector = np.array(exact, dtype=dtype)
    bound = int((support.astype(dtype) @ vector).max())
    doubled = 2 * vector[active]
    least = [min(0, int(weight) * top) for weight, top in zip(doubled, largest.tolist(), strict=True)]
    slack = [bound - sum(least[position + 1 :]) for position in range(len(least))]
    return _Cut(doubled, slack, 1 if dtype is np.int64 else 50 + reach.bit_length() // 20)


def _consistent(points: np.ndarray, halves: np.ndarray, largest: np.ndarray) -> np.ndarray:
    """The mask of the points that diagonal consistency leaves: its fixed point, starting from all points.

    Args:
        points: in lexicographic order.
        halves: the monomials m whose square x^(2m) has a positive coefficient in p.
    """
    keys, half_keys = _ordered_keys(points, largest), _ordered_keys(halves, largest)
    removable = ~np.isin(keys, half_keys)
    pairs = _Pairs(points, keys)
    products = np.zeros(len(points), dtype=np.int64)  # how many ordered pairs of different points have middle m
    for point in range(len(points)):
        products[pairs.middles(point)] += 1
    pending = np.flatnonzero(removable & (products == 0)).tolist()
    while pending:
        point = pending.pop()
        middles = pairs.middles(point)
        pairs.remaining[point] = False
        products[middles] -= 2
        freed = middles[(products[middles] == 0) & removable[middles] & pairs.remaining[middles]]
        pending.extend(freed.tolist())
    return pairs.remaining


class _Pairs:
    """Finds, for a point, the middles of it and the other remaining points, as far as these are points themselves."""

    def __init__(self, points: np.ndarray, keys: np.ndarray) -> None:
        self._keys = keys
        classes, class_of, sizes = np.unique(points % 2, axis=0, return_inverse=True, return_counts=True)
        self._class_of = class_of.ravel()
        if int((sizes.astype(object) ** 2).sum()) > MAX_PAIRS:
            raise InvalidCertificate(
                f"halfspaces: diagonal consistency among {len(points)} monomials is too much work, the limit is "
                f"{MAX_PAIRS} pairs of equal parity; add halfspaces that cut off more"
            )
        order = np.argsort(self._class_of, kind="stable")
        self._members = np.split(order, np.cumsum(sizes)[:-1]) if len(classes) else []
        self.remaining = np.ones(len(points), dtype=bool)

    def middles(self, point: int) -> np.ndarray:
        members = self._members[self._class_of[point]]
        members = members[self.remaining[members] & (members != point)]
        sought = (self._keys[members] + self._keys[point]) // 2  # keys are linear in the exponents
        found = np.minimum(np.searchsorted(self._keys, sought), len(self._keys) - 1)
        return found[(self._keys[found] == sought).astype(bool)]


def _ordered_keys(points: np.ndarray, largest: np.ndarray) -> np.ndarray:
    """Mixed-radix keys: distinct within the box, linear in the exponents, and ascending in lexicographic order."""
    weights = [1]
    for top in reversed(largest.tolist()[1:]):
        weights.append(weights[-1] * (top + 1))
    exact = np.int64 if weights[-1] * (int(largest.max(initial=0)) + 1) * 2 < _SAFE else object
    return points.astype(exact) @ np.array(weights[::-1][: points.shape[1]], dtype=exact)
