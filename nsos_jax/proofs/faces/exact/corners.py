"""Kernels that equations show by themselves, without a central solution: those at corners of the support.

A *corner* is a monomial whose square is no other product in any block. Where the products of some corners stand for
their pairs alone as well, the coefficients of p there make a matrix T, and each vector v gives a functional: it is vv'
on what a block has of these corners, so psd on all blocks, and v'Tv on p. Where Tv = 0 all Gram matrices vanish on v.
(On an edge of the Newton polytope it means that p is a square there. Of one corner it means that p has no such term.)
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from flint import fmpz_mat
from jaxtyping import Bool, Int64
from scipy.sparse.csgraph import connected_components

from nsos_jax.proofs.faces.face import Face
from nsos_jax.proofs.faces.rational import integer_nullspace
from nsos_jax.proofs.gram_system import GramSystem

MOST_CORNERS = 24
"""That hang together, up to which their matrix is looked at."""
Vector = dict[int, int]
"""Integers by corner; a monomial is named by the row of its square."""


class Blocks(NamedTuple):
    """Some blocks of a system.

    Attributes:
      rows: of the entries of each.
      ranges: of each.
      targets: by row, integers over any denominator.
      elsewhere: by row, whether other blocks meet it.
    """

    rows: Sequence[np.ndarray]
    ranges: Sequence[np.ndarray]
    targets: np.ndarray
    elsewhere: Bool[np.ndarray, " rows"]

    @staticmethod
    def of(face: Face) -> "Blocks":
        """Those of a face."""
        targets = face.system.targets
        return Blocks(face.system.rows, face.ranges, targets, np.zeros(len(targets), bool))


def cut_corners(blocks: Blocks) -> dict[int, np.ndarray]:
    """The ranges without the kernels at corners, of blocks that were not cut before and have some, by their places.

    All Gram matrices stay as they are: nothing here is read from floating point numbers.
    """
    vectors: dict[int, list[Vector]] = {}
    for vector in _kernels(blocks):
        for corner in vector:
            vectors.setdefault(corner, []).append(vector)
    ranges = {}
    for place, (rows, columns) in enumerate(zip(blocks.rows, blocks.ranges, strict=True)):
        if not vectors or len(columns) > columns.shape[1]:
            continue
        squares = rows.diagonal().tolist()
        met = {id(vector): vector for row in squares for vector in vectors.get(row, ())}
        if met:
            kernel = [[vector.get(row, 0) for row in squares] for vector in met.values()]
            ranges[place] = integer_nullspace(np.array(kernel, dtype=object))
    return ranges


def shows_kernels(system: GramSystem) -> bool:
    """Whether equations show that no Gram matrix on the blocks of a system is positive definite."""
    return next(_kernels(Blocks.of(Face.whole(system))), None) is not None


class _Pairs(NamedTuple):
    """Products of two different corners: their rows, the factors, and whether they stand for this pair alone."""

    rows: Int64[np.ndarray, " pairs"]
    left: Int64[np.ndarray, " pairs"]
    right: Int64[np.ndarray, " pairs"]
    alone: Bool[np.ndarray, " pairs"]


def _kernels(blocks: Blocks) -> Iterator[Vector]:
    """Vectors on which all Gram matrices vanish."""
    corners, pairs = _corners(blocks)
    targets = blocks.targets
    yield from ({corner: 1} for corner in np.flatnonzero(corners & (targets == 0)).tolist())
    corners &= targets > 0
    linked = pairs.alone & (targets[pairs.rows] != 0)
    while True:  # until no two corners that hang together have a product that stands for something else too
        both = corners[pairs.left] & corners[pairs.right]
        labels = _labels(len(targets), pairs, linked & both)
        wrong = ~pairs.alone & both & (labels[pairs.left] == labels[pairs.right])
        if not wrong.any():
            break
        corners[_worst(np.concatenate([pairs.left[wrong], pairs.right[wrong]]), labels)] = False
    edges = np.flatnonzero(linked & both)
    order = edges[np.argsort(labels[pairs.left[edges]], kind="stable")]
    own = labels[pairs.left[order]]
    for part in np.split(order, np.flatnonzero(own[1:] != own[:-1]) + 1):
        yield from _null_vectors(targets, pairs, part)


def _corners(blocks: Blocks) -> tuple[Bool[np.ndarray, " rows"], _Pairs]:
    """By row whether it is the square of a corner that no cut block has; and the pairs."""
    count = len(blocks.targets)
    elsewhere, by_side = blocks.elsewhere.copy(), dict[int, list[np.ndarray]]()
    for rows, columns in zip(blocks.rows, blocks.ranges, strict=True):
        if len(columns) > columns.shape[1]:
            elsewhere[rows] = True
        else:
            by_side.setdefault(len(rows), []).append(rows)
    squares, parts = [np.zeros(0, np.int32)], [np.zeros((3, 0), np.int32)]
    for side, own_rows in by_side.items():
        stack, (i, j) = np.stack(own_rows), np.triu_indices(side, 1)
        own = stack.diagonal(axis1=1, axis2=2)
        squares.append(own.ravel())
        pair = stack[:, i, j], np.minimum(own[:, i], own[:, j]), np.maximum(own[:, i], own[:, j])
        parts.append(np.stack(pair).reshape(3, -1))
    rows, left, right = np.concatenate(parts, axis=1).astype(np.int64)
    square, product = np.zeros(count, bool), np.zeros(count, bool)
    square[np.concatenate(squares)] = product[rows] = True
    corners = square & ~product & ~elsewhere
    factors, last = left * count + right, np.zeros(count, np.int64)
    last[rows] = factors
    shared = square | elsewhere
    shared[rows[last[rows] != factors]] = True
    between = corners[left] & corners[right]
    return corners, _Pairs(rows[between], left[between], right[between], ~shared[rows[between]])


def _labels(count: int, pairs: _Pairs, linked: Bool[np.ndarray, " pairs"]) -> np.ndarray:
    """Which corners hang together."""
    ones = np.ones(int(linked.sum()), np.int8)
    graph = sp.coo_array((ones, (pairs.left[linked], pairs.right[linked])), (count, count))
    return connected_components(graph, directed=False)[1]


def _worst(met: Int64[np.ndarray, " some"], labels: np.ndarray) -> Int64[np.ndarray, " labels"]:
    """Of each label the corner that is met most often."""
    corners, times = np.unique(met, return_counts=True)
    order = np.lexsort((-times, labels[corners]))
    return corners[order[np.unique(labels[corners[order]], return_index=True)[1]]]


def _null_vectors(targets: np.ndarray, pairs: _Pairs, part: Int64[np.ndarray, " part"]) -> Iterator[Vector]:
    """A basis of {v : T v = 0} for corners that are linked by some pairs."""
    corners = np.unique(np.concatenate([pairs.left[part], pairs.right[part]])).tolist()
    if not 1 < len(corners) <= MOST_CORNERS:
        return
    place = {corner: k for k, corner in enumerate(corners)}
    matrix = np.zeros((len(corners), len(corners)), object)
    np.fill_diagonal(matrix, [2 * int(targets[corner]) for corner in corners])
    for row, left, right in zip(*(own[part].tolist() for own in pairs[:3]), strict=True):
        matrix[place[left], place[right]] = matrix[place[right], place[left]] = int(targets[row])
    basis, nullity = fmpz_mat(matrix.tolist()).nullspace()
    for k in range(int(nullity)):
        yield {corner: int(basis[i, k]) for corner, i in place.items() if int(basis[i, k])}
