"""Margin problems in other people's SDP solvers, and one bracket to judge every solver by.

Clarabel and SCS get the Gram form, max t s.t. A(S) + t A(I) = b, S psd. At bases of 32 and 64 it was faster than the
moment form, min b'y s.t. M(y) psd, A(I)'y = 1: up to twice for Clarabel, often more than that for SCS. SDPA gets the
same without t, of which one equation is solved: its native pair, with a linear matrix inequality in the moments as the
dual. The feasibility form is what people usually give to SCS: any Q psd with A(Q) = b.
"""

import os
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from tables import timed

LADDER = 1e-2, 1e-3, 1e-4, 1e-6, 1e-8, 1e-10
"""Tolerances, loosest first."""
FEASIBILITY = "SCS, feasibility"
CLAIM = 1e-4
"""The tolerance at which a status word alone counts as a claim: the default of SCS."""
BOUNDARY = 1e-6
"""Margins whose bounds are both below this size are called zero."""


class Instance(NamedTuple):
    """max t  s.t.  A(Q) = b,  Q - t I psd, of one block."""

    rows: np.ndarray
    """int [side, side], the equation of every entry."""
    rhs: np.ndarray
    """float64 [rows], b."""

    @property
    def counts(self) -> np.ndarray:
        """A A' [rows]."""
        return np.bincount(self.rows.ravel(), minlength=self.rhs.size)

    @property
    def identity(self) -> np.ndarray:
        """A(I) [rows]."""
        return np.bincount(self.rows.diagonal(), minlength=self.rhs.size).astype(float)

    def row_sums(self, matrix: np.ndarray) -> np.ndarray:
        """A(matrix) [rows]."""
        return np.bincount(self.rows.ravel(), matrix.ravel(), minlength=self.rhs.size)


class Answer(NamedTuple):
    """What a peer returned."""

    gram: np.ndarray
    moments: np.ndarray
    iterations: int
    seconds: float
    """Of its call alone, of SDPA those of its core: building sparse matrices is not counted."""
    claimed: bool = False
    """Whether it says, in the feasibility form, that there is a Q."""


class Bracket(NamedTuple):
    """lower <= t* <= upper, up to rounding."""

    lower: float
    upper: float
    rounding: float

    @property
    def verdict(self) -> str:
        """ "feasible", "infeasible", "boundary" or, where the sign is open, ""."""
        if self.lower > self.rounding:
            return "feasible"
        if self.upper < -self.rounding:
            return "infeasible"
        return "boundary" if max(abs(self.lower), abs(self.upper)) <= BOUNDARY else ""

    def closed(self, tolerance: float) -> bool:
        gap = self.upper - self.lower
        return bool(np.isfinite(gap)) and gap <= tolerance * (1 + abs(self.lower) + abs(self.upper))


class Step(NamedTuple):
    """A run of a peer at one tolerance."""

    tolerance: float
    seconds: float
    iterations: int
    bracket: Bracket
    claimed: bool


Peer = Callable[[Instance, float], Answer]


def bracket(instance: Instance, gram: np.ndarray, moments: np.ndarray) -> Bracket:
    """What a point proves in float64, made exactly feasible on both sides first."""
    gram = (gram + gram.T) / 2
    gram = gram + ((instance.rhs - instance.row_sums(gram)) / instance.counts)[instance.rows]
    total = instance.identity @ moments
    lower, upper, size = -np.inf, np.inf, 0.0
    if np.isfinite(gram).all():
        lower = np.linalg.eigvalsh(gram)[0]
        size += np.linalg.norm(gram)
    if np.isfinite(total) and total > 0:
        moments = moments / total
        missing = -np.linalg.eigvalsh(moments[instance.rows])[0]
        if missing > 0:
            inside, depth = interior(instance)
            share = missing / (missing + depth)
            moments = (1 - share) * moments + share * inside
        terms = instance.rhs * moments
        upper = terms.sum()
        size += np.abs(terms).sum()
    return Bracket(float(lower), float(upper), float(4 * len(gram) * np.finfo(float).eps * size))


def interior(instance: Instance, steps: int = 200) -> tuple[np.ndarray, float]:
    """Moments y with A(I)'y = 1 and M(y) positive definite, and lambda_min(M(y)), by over-relaxed projections."""
    identity, counts, least = instance.identity, instance.counts, 0.1 / len(instance.rows)
    direction = identity / counts / (identity**2 / counts).sum()
    moments = direction
    for _ in range(steps):
        matrix = moments[instance.rows]
        values, vectors = np.linalg.eigh(matrix)
        if values[0] > 0.1 * least:
            break
        inside = (vectors * np.maximum(values, least)) @ vectors.T
        moments = instance.row_sums(1.8 * inside - 0.8 * matrix) / counts
        moments = moments + (1 - identity @ moments) * direction
    return moments, max(float(np.linalg.eigvalsh(moments[instance.rows])[0]), 0.0)


def climb(peer: Peer, instance: Instance) -> Iterator[Step | None]:
    """The runs of a peer at all tolerances, after a small problem that takes its imports."""
    peer(Instance(np.add.outer(np.arange(3), np.arange(3)), np.array([3.0, 1, 3, -1, 2])), LADDER[0])
    yield None
    warnings.simplefilter("ignore")
    for tolerance in LADDER:
        answer = peer(instance, tolerance)
        proven = bracket(instance, answer.gram, answer.moments)
        yield Step(tolerance, answer.seconds, answer.iterations, proven, answer.claimed)


def _gram_form(instance: Instance, corner: tuple[np.ndarray, np.ndarray], margin: bool):
    """A, b, c of min c'x s.t. Ax + s = b, s = (0, svec S), x = (svec S, t), and S of x.

    `corner` gives the entries of a triangle in the order of svec.
    """
    scale = np.where(corner[0] == corner[1], 1.0, np.sqrt(2.0))
    where = instance.rows[corner], np.arange(scale.size)
    sums = sp.csc_matrix((scale, where), shape=(instance.rhs.size, scale.size))
    columns = [[sums], [-sp.eye(scale.size)]]
    if margin:
        columns = [[sums, sp.csc_matrix(instance.identity[:, None])], [columns[1][0], None]]
    cost = np.append(np.zeros(scale.size), [-1.0] * margin)

    def gram(x: np.ndarray) -> np.ndarray:
        matrix = np.zeros(instance.rows.shape)
        matrix[corner] = matrix[corner[::-1]] = x[: scale.size] / scale
        return matrix + (x[-1] * np.eye(len(matrix)) if margin else 0.0)

    return sp.bmat(columns, format="csc"), np.append(instance.rhs, np.zeros(scale.size)), cost, gram


def _clarabel(instance: Instance, tolerance: float) -> Answer:
    import clarabel

    side, rows = len(instance.rows), instance.rhs.size
    matrix, rhs, cost, gram = _gram_form(instance, np.tril_indices(side), margin=True)
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = tolerance
    cones = [clarabel.ZeroConeT(rows), clarabel.PSDTriangleConeT(side)]
    data = sp.csc_matrix((cost.size, cost.size)), cost, matrix, rhs, cones, settings
    seconds, solution = timed(lambda: clarabel.DefaultSolver(*data).solve())
    return Answer(gram(np.array(solution.x)), np.array(solution.z)[:rows], solution.iterations, seconds)


def _scs(instance: Instance, tolerance: float, margin: bool) -> Answer:
    import scs

    side, rows = len(instance.rows), instance.rhs.size
    matrix, rhs, cost, gram = _gram_form(instance, np.triu_indices(side), margin)
    data = {"A": matrix, "b": rhs, "c": cost}, {"z": rows, "s": [side]}
    settings = {"eps_abs": tolerance, "eps_rel": tolerance, "max_iters": 10**6, "verbose": False}
    seconds, solution = timed(lambda: scs.SCS(*data, **settings).solve())
    claimed = not margin and solution["info"]["status"] == "solved" and tolerance <= CLAIM
    return Answer(gram(solution["x"]), solution["y"][:rows], solution["info"]["iter"], seconds, claimed)


def _sdpa(instance: Instance, tolerance: float) -> Answer:
    import sdpap

    side, rows = len(instance.rows), instance.rhs.size
    first = instance.rows[0, 0]
    share = instance.identity / instance.identity[first]
    sums = sp.csr_matrix((np.ones(side**2), (instance.rows.ravel(), np.arange(side**2))), shape=(rows, side**2))
    other = np.arange(rows) != first
    matrix = (sums - sp.csr_matrix(share[:, None]) @ sums[first])[other].tocsc()
    rhs = (instance.rhs - share * instance.rhs[first])[other, None]
    cost = sums[first].T.tocsc() / instance.identity[first]
    settings = {"print": "no", "epsilonStar": tolerance, "epsilonDash": tolerance, "numThreads": os.cpu_count()}
    cones = sdpap.SymCone(s=(side,)), sdpap.SymCone(f=rows - 1)
    x, y, _, times, info = sdpap.solve(matrix, rhs, cost, *cones, settings)
    slack = x.toarray().reshape(side, side)
    margin = (instance.rhs - instance.row_sums(slack))[first] / instance.identity[first]
    moments = np.zeros(rows)
    moments[other] = -y.toarray().ravel()
    moments[first] = (1 - instance.identity @ moments) / instance.identity[first]
    return Answer(slack + margin * np.eye(side), moments, info["iteration"], times["sdpa"])


PEERS: dict[str, Peer] = {
    "Clarabel": _clarabel,
    "SDPA": _sdpa,
    "SCS, margin": partial(_scs, margin=True),
    FEASIBILITY: partial(_scs, margin=False),
}
