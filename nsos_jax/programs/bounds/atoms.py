"""Minimisers from moments: the atoms of a measure whose moment matrix is flat.

Henrion and Lasserre, "Detecting global optimality and extracting solutions in GloptiPoly" (2005). With M = V V' and the
rows of V in graded order, the first independent rows belong to monomials b_1 = 1, ..., b_r; all other rows are
combinations of them. Where each x_i b_j is among the monomials, these combinations are the matrix N_i of the
multiplication by x_i, and the atoms are the common eigenvalues of such matrices, read from the Schur form of a
combination of them. Other coordinates, in bases that are no full degree, are combinations of the b_j at the atoms.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.linalg import schur
from scipy.optimize import nnls

from nsos_jax.programs.equations import Moments

RANK_TOLERANCES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
"""Rows of V whose part beyond the span of earlier ones is shorter than this are taken for dependent."""
ACCURATE = 1e-2
"""Largest error in the moments, of variables scaled to second moments 1, with which atoms are taken for theirs."""
LEAST_WEIGHT = 1e-3


@dataclass(frozen=True, eq=False)
class MomentMatrix:
    """[L(b_i b_j)] over monomials b in graded order.

    Attributes:
      basis: int [k, n].
      entries: float [k, k].
    """

    basis: Int[np.ndarray, "k n"]
    entries: Float[np.ndarray, "k k"]

    @staticmethod
    def of(moments: Moments, width: int, degree: int | None = None) -> "MomentMatrix":
        """The largest such matrix of which all entries are known, of monomials up to a degree."""
        squares = [row for row in moments if not any(power % 2 for power in row)]
        roots = [tuple(power // 2 for power in row) for row in squares]
        if degree is not None:
            roots = [root for root in roots if sum(root) <= degree]
        kept: list[tuple[int, ...]] = []
        for root in sorted(roots, key=lambda row: (sum(row), [-power for power in row])):
            if all(_product(root, other) in moments for other in kept):
                kept.append(root)
        entries = [[moments[_product(row, column)] for column in kept] for row in kept]
        side = len(kept)
        return MomentMatrix(np.array(kept, np.int32).reshape(side, width), np.array(entries).reshape(side, side))


@dataclass(frozen=True, eq=False)
class Atoms:
    """sum_j weights[j] times the point measure at points[j].

    Attributes:
      points: float [r, n].
      weights: float [r], positive, largest first.
      error: largest deviation from the moments, of variables scaled to second moments 1.
    """

    points: Float[np.ndarray, "r n"]
    weights: Float[np.ndarray, " r"]
    error: float


def atoms_of(moments: Moments, width: int) -> Atoms | None:
    """The atoms behind moments, if one of their moment matrices is flat; the most accurate ones."""
    scale = _scales(moments, width)
    scaled = {row: value / float(np.prod(scale ** np.array(row))) for row, value in moments.items()}
    whole = MomentMatrix.of(scaled, width)
    degrees = whole.basis.sum(axis=1)
    best: Atoms | None = None
    for degree in range(int(degrees.max(initial=0)), 0, -1):
        chosen = degrees <= degree
        part = MomentMatrix(whole.basis[chosen], whole.entries[np.ix_(chosen, chosen)])
        for tolerance in RANK_TOLERANCES:
            found = _extracted(part, tolerance)
            if found is not None and (best is None or found.error < best.error):
                best = found
    if best is None or best.error > ACCURATE:
        return None
    return Atoms(best.points * scale, best.weights, best.error)


def mean_and_covariance(moments: Moments, width: int) -> tuple[np.ndarray, np.ndarray] | None:
    """[n] and [n, n], with 0 where a moment is not known; None without a positive L(1)."""
    mass = moments.get((0,) * width, 0.0)
    if not mass > 0:
        return None
    units = [tuple(row) for row in np.eye(width, dtype=int).tolist()]
    mean = np.array([moments.get(unit, 0.0) for unit in units]) / mass
    second = np.array([[moments.get(_product(a, b), np.nan) for b in units] for a in units]) / mass
    covariance = second - np.outer(mean, mean)
    return mean, np.where(np.isfinite(covariance), covariance, 0.0)


def _product(left: Sequence[int], right: Sequence[int]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(left, right, strict=True))


def _scales(moments: Moments, width: int) -> Float[np.ndarray, " n"]:
    """Square roots of second moments, 1 where they are not known."""
    second = [moments.get(tuple(row), 1.0) for row in (2 * np.eye(width, dtype=int)).tolist()]
    return np.sqrt([value if value > 1e-12 else 1.0 for value in second])


def _extracted(matrix: MomentMatrix, tolerance: float) -> Atoms | None:
    """The atoms at one tolerance of ranks; None where the matrix is not flat at it."""
    eigenvalues, vectors = np.linalg.eigh(matrix.entries)
    factor = vectors * np.sqrt(np.maximum(eigenvalues, 0.0))
    pivots = _independent_rows(factor, tolerance)
    place = {tuple(row): index for index, row in enumerate(matrix.basis.tolist())}
    units = np.eye(matrix.basis.shape[1], dtype=np.int32)
    rows = [[place.get(tuple(row)) for row in part] for part in (matrix.basis[pivots] + units[:, None]).tolist()]
    closed = [index for index, part in enumerate(rows) if None not in part]
    alone = [place.get(tuple(unit)) for unit in units.tolist()]
    if not pivots or not closed or any(i not in closed and row is None for i, row in enumerate(alone)):
        return None
    combinations = np.linalg.lstsq(factor[pivots].T, factor.T, rcond=None)[0].T  # [k, r]
    multiplications = combinations[np.array([rows[index] for index in closed])]  # [closed, r, r]
    shares = np.random.default_rng(0).dirichlet(np.ones(len(closed)))
    mixed = np.tensordot(shares, multiplications, axes=1)
    _, basis = schur(mixed)
    points = np.zeros((len(pivots), len(units)))
    points[:, closed] = np.einsum("jr,ijk,kr->ri", basis, multiplications, basis)
    others = [index for index in range(len(units)) if index not in closed]
    for point in points if others else ():
        values = np.linalg.svd(mixed - shares @ point[closed] * np.eye(len(mixed)))[2][
            -1
        ]  # of the b_j there, times one
        point[others] = combinations[[alone[index] for index in others]] @ values / values[0]
    return _weighted(matrix, points)


def _independent_rows(factor: Float[np.ndarray, "k r"], tolerance: float) -> list[int]:
    """The first rows of which none is a combination of those before it."""
    span = np.zeros((0, factor.shape[1]))
    chosen = []
    for index, row in enumerate(factor):
        left = row - span.T @ (span @ row)
        left -= span.T @ (span @ left)
        length = float(np.linalg.norm(left))
        if length > tolerance * max(1.0, float(np.linalg.norm(row))):
            chosen.append(index)
            span = np.vstack([span, left / length])
    return chosen


def _weighted(matrix: MomentMatrix, points: Float[np.ndarray, "r n"]) -> Atoms | None:
    """The points with the weights that fit the moments best."""
    with np.errstate(all="ignore"):
        values = np.prod(points[:, None] ** matrix.basis[None], axis=2)  # [r, k]
    design = (values[:, :, None] * values[:, None]).reshape(len(points), -1).T
    if not np.isfinite(design).all():
        return None
    weights, _ = nnls(design, matrix.entries.ravel())
    error = float(np.abs(design @ weights - matrix.entries.ravel()).max()) / max(1.0, float(matrix.entries[0, 0]))
    order = [index for index in np.argsort(-weights) if weights[index] > LEAST_WEIGHT * weights.sum()]
    return Atoms(points[order], weights[order], error)
