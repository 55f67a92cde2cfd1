"""The half Newton polytope with exact reasons for what it leaves out, and the vertices of the Newton polytope.

If p is a sum of squares of polynomials, their monomials m all satisfy 2m in New(p), the convex hull of the support of p
(Reznick 1978). An integer vector w with 2 w.m > max over the support of w.alpha proves that m is outside. Such w are
found by linear programs in floating point, rounded to small integers and used only after a check in exact arithmetic,
so that a numerical error can keep a monomial too many but never lose one. n is the number of variables.
"""

import itertools
import time
from typing import TYPE_CHECKING, NamedTuple

import highspy
import numpy as np
from highspy._core import _Highs
from jaxtyping import Bool, Float, Int, Int32, Int64

from nsos_jax.bases.limits import DeadlineExceeded, TooLarge
from nsos_jax.polynomials import RowTable, even_rows, integral_midpoints, nonzeros

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_LARGEST_DEGREE = 2**16  # products of such exponents with rounded directions stay below 2^53, hence exact in float64
_SCALES = 2.0 ** np.arange(21)
_SLOPE_LIMIT = 1000.0
_TOLERANCE = 1e-7
_SAMPLE = 512
_DENSE, _VALUES = 50, 1 << 22
"""Variables up to which supports are multiplied as dense matrices, and values of linear functions held at once."""
MAX_CANDIDATES = 2_000_000
"""Default limit on the lattice points to list."""


class HalfNewtonPolytope(NamedTuple):
    """The monomials that squares in a decomposition of p can hold, and why no others can."""

    monomials: Int32[np.ndarray, "k n"]
    """Every m with 2m in New(p), in lexicographic order."""
    halfspaces: Int64[np.ndarray, "h n"]
    """Each other m with 0 <= m_i <= max(alpha_i) // 2 has a row w here with 2 w.m > max over the support of w.alpha."""


class NewtonVertices(NamedTuple):
    """Vertices of New(p), each with a direction in which it is the only maximiser among all support terms."""

    terms: Int64[np.ndarray, " v"]
    """Indices into the support, ascending."""
    directions: Int64[np.ndarray, "v n"]
    """Integer directions w with w.alpha_v > w.alpha for all other terms alpha, checked exactly."""


def half_newton_polytope(
    support: Int[np.ndarray, "terms n"], *, max_candidates: int = MAX_CANDIDATES, deadline: float | None = None
) -> HalfNewtonPolytope:
    """All monomials of the half Newton polytope of p, and integer halfspaces that justify each exclusion.

    The lattice points within p's half degree range and coordinate ranges are listed. One that is not the root of a
    support term, nor midway between two monomials already known to be inside, gets a linear program whose separating
    facet, rounded, cuts off all it can. Monomials for which rounding fails are kept.

    Args:
        support: distinct exponent rows, at least one.
        max_candidates: limit on the lattice points to list, checked by counting first.
        deadline: a value of `time.monotonic()`.

    Raises `TooLarge` (a `ValueError`), `DeadlineExceeded` (a `TimeoutError`), and `ValueError` for an empty support.

    >>> motzkin = np.array([[4, 2], [2, 4], [2, 2], [0, 0]])
    >>> polytope = half_newton_polytope(motzkin)
    >>> polytope.monomials.tolist()
    [[0, 0], [1, 1], [1, 2], [2, 1]]
    >>> bool((2 * polytope.halfspaces @ [2, 0] > (motzkin @ polytope.halfspaces.T).max(axis=0)).any())
    True
    """
    candidates, box = _lattice_points(support, max_candidates)
    inside = _obviously_inside(support, candidates)
    undecided = np.flatnonzero(~inside)
    if not len(undecided):
        return HalfNewtonPolytope(candidates, box)
    separation = _Separation(support, deadline)
    doubled = 2.0 * candidates
    found: list[np.ndarray] = []
    while len(undecided):
        points = doubled[undecided]
        w = separation.halfspace(points)
        if w is None:
            inside[undecided[0]] = True
            undecided = undecided[1:]
        else:
            found.append(w)
            undecided = undecided[points @ w <= separation.maxima(w)]
    halfspaces = _needed(doubled[~inside], np.array(found).reshape(-1, support.shape[1]), separation)
    return HalfNewtonPolytope(candidates[inside], np.concatenate([box, halfspaces.astype(np.int64)]))


def exposed_terms(
    support: Int[np.ndarray, "terms n"], directions: Int[np.ndarray, "d n"]
) -> tuple[Int64[np.ndarray, " v"], Int64[np.ndarray, " v"]]:
    """Support terms that are the only maximiser of some of the given integer directions, hence vertices of New(p).

    Returns their indices, ascending, and for each the index of a direction. Exact while |w.alpha| < 2^53.

    >>> [x.tolist() for x in exposed_terms(np.array([[4, 0], [2, 2], [0, 4]]), np.array([[1, 1], [1, 0], [0, 1]]))]
    [[0, 2], [1, 2]]
    """
    found, step = [np.zeros((2, 0), np.int64)], max(_VALUES // max(len(support), 1), 1)
    floats = support.astype(float) if support.shape[1] <= _DENSE else _sparse(support)
    for start in range(0, len(directions), step):
        values = floats @ directions[start : start + step].T.astype(float)
        maximisers = values == values.max(axis=0)
        unique = np.flatnonzero(np.count_nonzero(maximisers, axis=0) == 1)
        found.append(np.stack([maximisers[:, unique].argmax(axis=0), start + unique]))
    exposed, which = np.concatenate(found, axis=1)
    terms, first = np.unique(exposed, return_index=True)
    return terms, which[first]


def _sparse(support: Int[np.ndarray, "terms n"]) -> "csr_array":
    from scipy.sparse import csr_array  # not needed to read a command

    row, column = nonzeros(support)
    return csr_array((support[row, column].astype(float), (row, column)), shape=support.shape)


def newton_vertices(support: Int[np.ndarray, "terms n"], deadline: float | None = None) -> NewtonVertices:
    """The vertices of New(p), each proven by an exact direction.

    A term that numerical linear programs place inside the hull of others, or for which rounding fails, is left out, so
    the list is a subset of the vertices in any case and all of them but for numerical accidents.

    Raises `DeadlineExceeded`, and `ValueError` for an empty support.

    >>> newton_vertices(np.array([[4, 2], [2, 4], [2, 2], [0, 0]])).terms.tolist()
    [0, 1, 3]
    """
    separation = _Separation(support, deadline)
    known = dict(zip(separation.known, separation.directions, strict=True))
    rng = np.random.default_rng(0)
    for term in np.flatnonzero(_not_midpoints(support)).tolist():
        while term not in known:
            w, value = separation.solve(support[term])
            if value <= 1 + _TOLERANCE:
                break
            rounded = _rounded(w)
            tilted = 64 * rounded + rng.integers(-8, 9, size=rounded.shape)
            directions = np.concatenate([rounded, tilted])
            fresh = {
                t: directions[d] for t, d in zip(*exposed_terms(support, directions), strict=True) if t not in known
            }
            if not fresh:
                break
            known |= fresh
            separation.add(list(fresh))
    terms = np.array(sorted(known), np.int64)
    return NewtonVertices(terms, np.array([known[term] for term in terms.tolist()]).astype(np.int64))


def vertex_bound(support: Int[np.ndarray, "terms n"], deadline: float | None = None) -> int:
    """How many monomials every basis of an SOS decomposition must hold: the roots of the even vertices (Lemma 7).

    Raises what `newton_vertices` raises.

    >>> vertex_bound(np.array([[4, 2], [2, 4], [2, 2], [0, 0]]))
    3
    """
    return int(even_rows(support[newton_vertices(support, deadline).terms]).sum())


class _Separation:
    """Separates points from New(p): max w.(q - c) subject to w.(v - c) <= 1 for the known terms v, |w_i| <= a limit.

    c is the mean of known vertices. The optimum is the normal of the facet through which the ray from c to q leaves the
    hull of the known terms, and exceeds 1 only if q is outside of it. The program is kept in HiGHS and started warm: a
    new q changes the objective only, and terms that violate an optimum become known.
    """

    def __init__(self, support: Int[np.ndarray, "terms n"], deadline: float | None) -> None:
        if not len(support):
            raise ValueError("support must have at least one term: the zero polynomial has no Newton polytope")
        n = support.shape[1]
        self._support = support.astype(float)
        self._deadline = deadline
        directions = np.random.default_rng(0).integers(-9, 10, size=(32 + 4 * n, n))
        terms, which = exposed_terms(support, directions)
        self.directions = directions[which]
        self._centre = self._support[terms].mean(axis=0) if len(terms) else self._support.mean(axis=0)
        self._columns = np.arange(n, dtype=np.int32)
        self._solver = _Highs()  # not Highs(), which prints a banner to stdout (1.16)
        for option, setting in (("output_flag", False), ("presolve", "off"), ("threads", 1)):
            self._solver.setOptionValue(option, setting)
        self._solver.addVars(n, np.full(n, -_SLOPE_LIMIT), np.full(n, _SLOPE_LIMIT))
        self._solver.changeObjectiveSense(highspy.ObjSense.kMaximize)
        self.known: list[int] = []
        self.add(terms.tolist())

    def add(self, terms: list[int]) -> None:
        """Make terms of the support known."""
        self.known.extend(terms)
        for row in self._support[terms] - self._centre:
            self._solver.addRow(-highspy.kHighsInf, 1.0, len(row), self._columns, row)

    def solve(self, point: Float[np.ndarray, " n"]) -> tuple[Float[np.ndarray, " n"], float]:
        """Normal of the facet towards the point, and its value there: above 1 if the known hull misses the point."""
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise DeadlineExceeded("the Newton polytope was not finished before its deadline")
        offset = point - self._centre
        self._solver.changeColsCost(len(offset), self._columns, offset)
        self._solver.run()
        w = np.array(self._solver.getSolution().col_value)
        return w, float(w @ offset)

    def maxima(self, directions: Float[np.ndarray, "*d n"]) -> Float[np.ndarray, "*d"]:
        """Maximum over the support in each integer direction, exactly."""
        return (self._support @ directions.T).max(axis=0)

    def halfspace(self, points: Float[np.ndarray, "k n"]) -> Float[np.ndarray, " n"] | None:
        """An integer w with w.points[0] > maxima(w) that cuts off many others too; None if none was found."""
        while True:
            w, value = self.solve(points[0])
            if value <= 1 + _TOLERANCE:
                return None
            violation = int((self._support @ w).argmax())
            if violation in self.known or (self._support[violation] - self._centre) @ w <= 1 + _TOLERANCE:
                break
            self.add([violation])
        directions = _rounded(w)
        cuts = points[:_SAMPLE] @ directions.T > self.maxima(directions)
        score = cuts.sum(axis=0) * cuts[0]
        if not score.any():
            return None
        return directions[int((score >= 0.95 * score.max()).argmax())]  # the smallest integers that cut nearly the most


def _rounded(w: Float[np.ndarray, " n"]) -> Float[np.ndarray, "scales n"]:
    """Integer directions close to w, from coarse to fine."""
    return np.round(w / np.abs(w).max(initial=1e-300) * _SCALES[:, None])


def _needed(points: np.ndarray, halfspaces: np.ndarray, separation: _Separation) -> Float[np.ndarray, "needed n"]:
    """Enough of the halfspaces to cut off all the points; the later ones, found for harder points, come first."""
    keep = []
    for w, limit in zip(halfspaces[::-1], separation.maxima(halfspaces)[::-1], strict=True):
        left = points @ w <= limit
        if not left.all():
            keep.append(w)
            points = points[left]
    return np.array(keep).reshape(-1, points.shape[1])


def _lattice_points(support: np.ndarray, limit: int) -> tuple[Int32[np.ndarray, "k n"], Int64[np.ndarray, "h n"]]:
    """Lattice points in p's half degree and coordinate ranges, and the halfspaces that cut the others off the box."""
    if not len(support):
        raise ValueError("support must have at least one term: the zero polynomial has no Newton polytope")
    n = support.shape[1]
    degrees = support.sum(axis=1)
    if degrees.max() > _LARGEST_DEGREE:
        raise TooLarge(f"the degree is {degrees.max()}, at most {_LARGEST_DEGREE} is supported")
    least, most = -(-int(degrees.min()) // 2), int(degrees.max()) // 2
    lower, upper = -(-support.min(axis=0).astype(np.int64) // 2), support.max(axis=0).astype(np.int64) // 2
    count = _count(lower.tolist(), upper.tolist(), least, most)
    if count > limit:
        raise TooLarge(f"the half Newton polytope has {count} candidate monomials, the limit is {limit}")
    box = [np.ones((int(upper.sum() > most), n), np.int64), -np.ones((int(least > 0), n), np.int64)]
    box.append(-np.eye(n, dtype=np.int64)[lower > 0])
    return _enumerate(lower, upper, least, most), np.concatenate(box)


def _count(lower: list[int], upper: list[int], least: int, most: int) -> int:
    """Number of integer points with lower <= m <= upper and least <= degree <= most, degree by degree."""
    ways = [1] + [0] * most
    for low, high in zip(lower, upper, strict=True):
        sums = [0] * (high + 1) + list(itertools.accumulate(ways))  # sums[high + 1 + d] = ways of degree <= d
        ways = [sums[max(high + 1 + d - low, 0)] - sums[d] for d in range(most + 1)]
    return sum(ways[least:])


def _enumerate(lower: np.ndarray, upper: np.ndarray, least: int, most: int) -> Int32[np.ndarray, "k n"]:
    """The points that `_count` counts, in lexicographic order; every prefix that is built extends to a point."""
    rows = np.zeros((1, 0), np.int32)
    degree = np.zeros(1, np.int64)
    for variable, (low, high) in enumerate(zip(lower.tolist(), upper.tolist(), strict=True)):
        first = np.maximum(low, least - degree - int(upper[variable + 1 :].sum()))
        last = np.minimum(high, most - degree - int(lower[variable + 1 :].sum()))
        counts = np.maximum(last - first + 1, 0)
        start = np.repeat(first - (np.cumsum(counts) - counts), counts)
        exponent = start + np.arange(len(start))
        rows = np.column_stack([np.repeat(rows, counts, axis=0), exponent.astype(np.int32)])
        degree = np.repeat(degree, counts) + exponent
    return rows[(degree >= least) & (degree <= most)]


def _obviously_inside(support: np.ndarray, candidates: np.ndarray) -> Bool[np.ndarray, " k"]:
    """Candidates whose square is a support term, and those midway between two of these."""
    largest = 2 * candidates.max(axis=0, initial=0) + support.max(axis=0, initial=0)
    roots = support[even_rows(support)] // 2
    table = RowTable(candidates, largest)
    inside = np.zeros(len(candidates) + 1, bool)
    inside[table.find(roots)] = True
    if not inside[:-1].all():
        for i, j in integral_midpoints(roots):
            inside[table.find((roots[i] + roots[j]) // 2)] = True
    return inside[:-1]


def _not_midpoints(support: Int[np.ndarray, "terms n"]) -> Bool[np.ndarray, " terms"]:
    """Terms that are not midway between two others, as far as a limited number of pairs tells."""
    table = RowTable(support, support.max(axis=0, initial=0))
    free = np.ones(len(support) + 1, bool)
    for i, j in itertools.islice(integral_midpoints(support), 4):
        free[table.find((support[i] + support[j]) // 2)] = False
    return free[:-1]
