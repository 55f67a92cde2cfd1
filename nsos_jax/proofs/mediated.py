"""Mediated sets: lattice points of a simplex of which each is the middle of two others that are even.

B. Reznick, Forms derived from the arithmetic-geometric inequality (1989): for a simplex with even vertices a_i and a
point b in it, the polynomial sum_i l_i x^(a_i) - x^b, with b = sum_i l_i a_i and sum_i l_i = 1, is a sum of squares if
and only if b lies in a mediated set, that is a finite set of lattice points in which every point but the vertices is
the middle of two different even points of the set or vertices. Motzkin's b = (2, 2) does not, in the simplex with
vertices (4, 2), (2, 4), (0, 0).
"""

import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from flint import fmpq_mat, fmpz_mat
from jaxtyping import Int

from nsos_jax.bases import DeadlineExceeded

MAX_SPLITS = 20_000
"""Lattice points with a given middle up to which all pairs are looked at; else a few with few variables in common."""
MAX_POINTS = 2_000
Point = tuple[int, ...]


class Simplex(NamedTuple):
    """A simplex in exponent space, with barycentric coordinates in integers.

    Attributes:
      vertices: int64 [k, n].
      columns: int64 [n + 1, k]; (a, 1) @ columns are the barycentric coordinates of a point a of the affine hull, times
        the denominator.
      denominator: at least 1.
    """

    vertices: Int[np.ndarray, "k n"]
    columns: Int[np.ndarray, "m k"]
    denominator: int

    def coordinates(self, points: Int[np.ndarray, "p n"]) -> Int[np.ndarray, "p k"]:
        """Barycentric coordinates, times the denominator; -1 throughout for points outside the affine hull."""
        extended = np.hstack([points, np.ones((len(points), 1), np.int64)])
        found = extended @ self.columns
        off = (found @ self.vertices != self.denominator * points).any(axis=1)
        found[off | (found.sum(axis=1) != self.denominator)] = -1
        return found


def simplex_of(vertices: Int[np.ndarray, "k n"]) -> Simplex | None:
    """The simplex with these vertices; None if they are not affinely independent."""
    extended = np.hstack([vertices, np.ones((len(vertices), 1), np.int64)])
    matrix = fmpz_mat(extended.tolist())
    reduced, _, rank = matrix.rref()
    if rank < len(vertices):
        return None
    pivots = [int(np.flatnonzero([entry != 0 for entry in row])[0]) for row in reduced.tolist()]
    inverse, common = fmpq_mat(fmpz_mat(extended[:, pivots].tolist())).inv().numer_denom()
    columns = np.zeros((extended.shape[1], len(vertices)), np.int64)
    columns[pivots] = np.array(inverse.tolist(), dtype=object).astype(np.int64)
    return Simplex(vertices, columns, int(common))


def mediated_set(simplex: Simplex, point: Point, deadline: float) -> dict[Point, tuple[Point, Point]] | None:
    """A small mediated set with this point: {middle: its two ends}, whose ends are in it or vertices.

    Points are settled one after the other by the first pair of ends that is not known to be impossible; one without
    such a pair is impossible, and all begins anew. None if the point is impossible or beyond the limits.

    Raises:
      DeadlineExceeded: `time.monotonic()` is past the deadline.
    """
    vertices = set(map(tuple, simplex.vertices.tolist()))
    splits: dict[Point, list[tuple[Point, Point]]] = {}
    impossible: set[Point] = set()
    while point not in impossible and len(splits) <= MAX_POINTS:
        chosen: dict[Point, tuple[Point, Point]] = {}
        waiting = [point]
        while waiting:
            middle = waiting.pop()
            if middle in chosen or middle in vertices:
                continue
            if time.monotonic() > deadline:
                raise DeadlineExceeded("no mediated set was found in time")
            if middle not in splits:
                splits[middle] = list(_splits(simplex, middle))
            ends = next((pair for pair in splits[middle] if impossible.isdisjoint(pair)), None)
            if ends is None:
                impossible.add(middle)
                break
            chosen[middle] = ends
            waiting.extend(ends)
        else:
            return chosen
    return None


def _splits(simplex: Simplex, middle: Point) -> Iterator[tuple[Point, Point]]:
    """Pairs of different even points of the simplex with this middle, those on small faces first."""
    target = np.array(middle, np.int64)
    halves = _halves(target)
    halves = halves[(2 * halves != target).any(axis=1)]
    lower, upper = simplex.coordinates(2 * halves), simplex.coordinates(2 * (target - halves))
    inside = (lower >= 0).all(axis=1) & (upper >= 0).all(axis=1)
    zeros = (lower[inside] == 0).sum(axis=1) + (upper[inside] == 0).sum(axis=1)
    for half in halves[inside][np.argsort(-zeros, kind="stable")]:
        yield tuple((2 * half).tolist()), tuple((2 * (target - half)).tolist())


def _halves(target: Int[np.ndarray, " n"]) -> Int[np.ndarray, "h n"]:
    """Lattice points u with 0 <= u <= target: half of the end 2u of a pair whose other end is 2 (target - u)."""
    used = np.flatnonzero(target)
    if np.prod(target[used] + 1.0) <= MAX_SPLITS:
        grid = np.indices((target[used] + 1).tolist()).reshape(len(used), -1).T
        halves = np.zeros((len(grid), len(target)), np.int64)
        halves[:, used] = grid
        return halves
    runs = []
    for start in range(len(used)):  # half of the degree on neighbouring variables
        half, left = np.zeros_like(target), int(target.sum()) // 2
        for j in np.roll(used, -start).tolist():
            half[j] = min(left, target[j])
            left -= half[j]
        runs.append(half)
    return np.array(runs)
