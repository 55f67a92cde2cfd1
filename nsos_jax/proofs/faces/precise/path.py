"""The central path beyond what floating point resolves: S and Z down to 1e-30 where b is about 1.

    max t  s.t.  A(S) + t A(I) = b,  S psd          min <b, y>  s.t.  A'(y) = Z psd,  <A(I), y> = 1

Interior points of the cone of margin 1e-20 have eigenvalues from 1e-20 to 1. Here S = T L T' and Z = T^-T L T^-1 with L
diagonal (Nesterov and Todd's scaling), and T in high precision: in the coordinates of T all numbers have about one
size, so that steps and their lengths are found in floating point. Only T, y, t, the residuals and one linear system per
step take many digits. The path is followed from the solution in floating point until the least correction of S that
solves A(S) = b, in those coordinates, leaves it positive definite: then p is inside. On the boundary S comes nearer to
the face that holds it, with the square root of as many digits as mu has.
"""

import math
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from flint import arb, arb_mat, ctx
from jaxtyping import Float

from nsos_jax.proofs.faces.face import Face
from nsos_jax.proofs.faces.margin.central import CentralPoint
from nsos_jax.proofs.faces.precise.equations import (
    GUARD_BITS,
    Numbers,
    PreciseEquations,
    floats,
    fractions,
    inner,
    numbers,
)

MOST_STEPS, TYPICAL_STEPS = 50, 15
FINEST = 1e-30
"""Complementarity <S, Z> / size, for |b| = 1, at which the path ends."""
LEAST_SHIFT, SHIFTS = 1e-11, 2.0
"""What is added to a solution in floating point, whose smallest eigenvalues are noise: so many times their size."""
TARGETS = (1e-3, 1e-2, 3e-2, 0.1, 0.2, 0.4, 0.7, 1.0)
"""Shares of the complementarity that steps may aim at."""
CENTRAL = 0.05
"""Smallest eigenvalue of S Z over its mean that a step may lead to."""
TO_BOUNDARY = 0.95
INSIDE = -0.9
"""How much a correction may change S, relative to S."""
STUCK = 0.05
"""Steps below this length lead nowhere."""
OUTSIDE = 1e-3
"""Dual infeasibility up to which a negative <b, y> is believed."""
Blocks = list[np.ndarray]


class PreciseSolution(NamedTuple):
    """Where a path led.

    Attributes:
      grams: positive definite S per block, fractions [r, r], such that V S V' is a Gram matrix of 2^-unit p to all
        digits; None if none was found.
      margin: about the least eigenvalue of these in the coordinates of U, 0 without any.
      end: of the path in floating point, None if it was not reached.
    """

    grams: list[np.ndarray] | None
    margin: float
    end: CentralPoint | None


class _Point(NamedTuple):
    """T = U N and L per block, y and t."""

    factors: list[arb_mat]
    values: Blocks
    multipliers: Numbers
    margin: arb


class _Direction(NamedTuple):
    """A change of S and Z in the coordinates of T, of y and of t."""

    slacks: Blocks
    moments: Blocks
    multipliers: Numbers
    margin: arb

    def plus(self, factor: float, other: "_Direction") -> "_Direction":
        share = arb(factor)
        return _Direction(
            [s + factor * d for s, d in zip(self.slacks, other.slacks, strict=True)],
            [z + factor * d for z, d in zip(self.moments, other.moments, strict=True)],
            [(y + share * d).mid() for y, d in zip(self.multipliers, other.multipliers, strict=True)],
            (self.margin + share * other.margin).mid(),
        )


def precise_seconds(face: Face) -> float:
    """About how long that takes on one core."""
    rows, entries = float(len(face.system.targets)), sum(float(len(own)) ** 4 for own in face.system.rows)
    return TYPICAL_STEPS * (2.5e-8 * entries + 7e-9 * rows**3 + 1e-6 * rows**2)


def precise_solution(face: Face, rows: Sequence[int], point: CentralPoint, deadline: float) -> PreciseSolution:
    """Follows the central path from a solution in floating point.

    Args:
      face: where to look.
      rows: those whose equations are independent on the face, and imply all others.
      point: its central solution.
      deadline: of `time.monotonic()`; checked between steps.
    """
    shift = max(LEAST_SHIFT, -SHIFTS * point.lowest)
    with ctx.workprec(_bits(shift)):
        equations = PreciseEquations(face, rows, point.scale)
        try:
            return _Path(equations, point.scale).follow(_start(equations, point, shift), deadline)
        except (ZeroDivisionError, np.linalg.LinAlgError):
            return PreciseSolution(None, 0.0, None)


def _bits(mu: float) -> int:
    """To solve linear systems whose condition is 1 / mu^2."""
    return 2 * math.ceil(-math.log2(mu)) + 2 * GUARD_BITS


def _start(equations: PreciseEquations, point: CentralPoint, shift: float) -> _Point:
    factors, values = [], []
    share = shift / equations.size
    for gram, moments in zip(point.grams, point.moments, strict=True):
        eye = np.eye(len(gram))
        factor, own = _scaling(gram + shift * eye, moments + share * eye)
        factors.append(numbers(factor))
        values.append(own)
    matrix = equations.newton_matrix(equations.frames, 2 * GUARD_BITS)
    wide = [u * numbers(z) * u.transpose() for u, z in zip(equations.frames, point.moments, strict=True)]
    (multipliers,) = _solve(matrix, [equations.apply(wide)])
    return _Point(factors, values, multipliers, arb(-shift))


def _scaling(slack: Float[np.ndarray, "r r"], moments: Float[np.ndarray, "r r"]) -> tuple[np.ndarray, np.ndarray]:
    """N and the diagonal of L with S = N L N', N' Z N = L."""
    if not len(slack):
        return slack, np.zeros(0)
    left, right = np.linalg.cholesky(slack), np.linalg.cholesky(moments)
    _, values, vectors = np.linalg.svd(right.T @ left)
    return left @ vectors.T / np.sqrt(values), values


def _solve(matrix: arb_mat, columns: Sequence[Numbers]) -> list[Numbers]:
    count = len(columns)
    rows = [x for row in zip(*columns, strict=True) for x in row]
    entries = matrix.solve(arb_mat(matrix.nrows(), count, rows), algorithm="approx").mid().entries()
    return [entries[column::count] for column in range(count)]


class _Path:
    def __init__(self, equations: PreciseEquations, scale: float) -> None:
        self._equations, self._scale = equations, scale

    def follow(self, point: _Point, deadline: float) -> PreciseSolution:
        for steps in range(MOST_STEPS):
            mu = self._complementarity(point.values)
            if mu < FINEST:
                return PreciseSolution(None, 0.0, self._floats(point, steps))
            ctx.prec = _bits(mu)
            step = _Step(self._equations, point, mu)
            grams = step.inside()
            if grams is not None:
                return self._inside(point, grams)
            moved = None if step.outside() or time.monotonic() > deadline else step.taken()
            if moved is None:
                break
            point = moved
        return PreciseSolution(None, 0.0, None)

    def _inside(self, point: _Point, grams: Sequence[arb_mat]) -> PreciseSolution:
        unit = arb(self._scale)
        pairs = zip(self._equations.changes, grams, strict=True)
        own = [fractions(change * gram * change.transpose() * unit) for change, gram in pairs]
        return PreciseSolution(own, (1 + INSIDE) * self._lowest(point) * self._scale, None)

    def _lowest(self, point: _Point) -> float:
        """The smallest eigenvalue of S, as one over the largest one of its inverse."""
        largest = 0.0
        for factor, own in zip(point.factors, point.values, strict=True):
            if len(own):
                inverse = factor.inv().mid()
                largest = max(
                    largest, *np.linalg.eigvalsh(floats(inverse.transpose() * numbers(np.diag(1 / own)) * inverse))
                )
        return 1 / largest

    def _complementarity(self, values: Blocks) -> float:
        return sum(float(own @ own) for own in values) / self._equations.size

    def _slacks(self, point: _Point) -> Blocks:
        pairs = zip(point.factors, point.values, strict=True)
        return [floats(n * numbers(np.diag(own)) * n.transpose()) for n, own in pairs]

    def _floats(self, point: _Point, steps: int) -> CentralPoint:
        equations = self._equations
        slacks, margin = self._slacks(point), float(point.margin)
        moments = equations.moments(point.multipliers)
        own = [floats(u.transpose() * z * u) for u, z in zip(equations.frames, moments, strict=True)]
        grams = [s + margin * np.eye(len(s)) for s in slacks]
        return CentralPoint(
            margin=margin,
            lowest=min(float(np.linalg.eigvalsh(gram)[0]) for gram in grams if len(gram)),
            grams=tuple(grams),
            slacks=tuple(slacks),
            moments=tuple(own),
            multipliers=np.array([float(x) for x in equations.by_row(point.multipliers)]),
            complementarity=self._complementarity(point.values),
            steps=steps,
            scale=self._scale,
        )


class _Step:
    """Residuals and directions at one point: towards S Z = 0, and what S Z = mu I adds to that."""

    def __init__(self, equations: PreciseEquations, point: _Point, mu: float) -> None:
        self._equations, self._point, self._mu = equations, point, mu
        self._wide = [(u * n).mid() for u, n in zip(equations.frames, point.factors, strict=True)]
        self._dual = [
            moments - np.diag(own) for moments, own in zip(self._within(point.multipliers), point.values, strict=True)
        ]
        applied = self._apply([np.diag(own) for own in point.values])
        along = equations.identity
        self._added = point.margin if point.margin > 0 else arb(0)
        quadruple = (equations.targets, applied, along, self._apply(self._dual))
        missing = [b - x - self._added * a for b, x, a, _ in zip(*quadruple, strict=True)]
        # A(dS) + dt A(I) = b - A(S) - t A(I) with dS = -L - dZ and dZ = A'(dy) + dual
        first = [point.margin * a - b - d for b, _, a, d in zip(*quadruple, strict=True)]
        centre = self._apply([np.diag(mu / own) for own in point.values])
        bits = _bits(mu) - GUARD_BITS
        matrix = equations.newton_matrix(self._wide, bits)
        self._along, predicted, centred, self._correction = _solve(matrix, [along, first, centre, missing])
        self._predictor = self._direction(
            predicted,
            1 - inner(along, point.multipliers),
            [-np.diag(own) for own in point.values],
            self._dual,
        )
        nothing = [np.zeros_like(dual) for dual in self._dual]
        self._centring = self._direction(centred, arb(0), [np.diag(mu / own) for own in point.values], nothing)

    def _apply(self, blocks: Sequence[np.ndarray]) -> Numbers:
        """A(T X T')."""
        pairs = zip(self._wide, blocks, strict=True)
        return self._equations.apply([(t * numbers(block) * t.transpose()).mid() for t, block in pairs])

    def _within(self, values: Numbers) -> Blocks:
        """T' A'(y) T."""
        pairs = zip(self._wide, self._equations.moments(values), strict=True)
        return [floats(t.transpose() * moments * t) for t, moments in pairs]

    def _direction(self, free: Numbers, trace: arb, slacks: Blocks, dual: Blocks) -> _Direction:
        """dy = free + dt H^-1 A(I) with <A(I), dy> = trace, dZ = A'(dy) + dual, dS = slacks - dZ."""
        identity = self._equations.identity
        margin = ((trace - inner(identity, free)) / inner(identity, self._along)).mid()
        multipliers = [(x + margin * a).mid() for x, a in zip(free, self._along, strict=True)]
        moments = [own + rest for own, rest in zip(self._within(multipliers), dual, strict=True)]
        return _Direction([s - z for s, z in zip(slacks, moments, strict=True)], moments, multipliers, margin)

    def inside(self) -> list[arb_mat] | None:
        """S, and t I if that is positive, with the least correction after which A(S) = b, if S stays positive definite."""
        changes = self._within(self._correction)
        if not self._lowest(changes) > INSIDE:
            return None
        moments = self._equations.moments(self._correction)
        quadruples = zip(self._point.factors, self._wide, self._point.values, moments, strict=True)
        return [
            (n * (numbers(np.diag(own)) + t.transpose() * change * t) * n.transpose()).mid()
            + self._added * numbers(np.eye(len(own)))
            for n, t, own, change in quadruples
        ]

    def outside(self) -> bool:
        """Whether y shows that no Gram matrix is on the face."""
        scaled = zip(self._dual, self._point.values, strict=True)
        off = max(float(np.abs(rest / _roots(own)).max(initial=0.0)) for rest, own in scaled)
        return off < OUTSIDE and bool(inner(self._equations.targets, self._point.multipliers) < 0)

    def taken(self) -> _Point | None:
        """The point after the step to the smallest complementarity that stays near the path; None if it leads
        nowhere."""
        best, least = None, np.inf
        for share in TARGETS:
            direction = self._predictor.plus(share, self._centring)
            lengths = [min(1.0, TO_BOUNDARY * self._length(blocks)) for blocks in direction[:2]]
            pairs = self._moved(direction, *lengths)
            spectra = np.concatenate(
                [np.linalg.svd(np.linalg.cholesky(s).T @ np.linalg.cholesky(z))[1] for s, z in pairs]
            )
            mean = float((spectra**2).mean())
            if mean < least and spectra.min() ** 2 >= CENTRAL * mean and max(lengths) > STUCK:
                best, least = (direction, *lengths), mean
        return None if best is None else self._after(*best)

    def _moved(self, direction: _Direction, primal: float, dual: float) -> list[tuple[np.ndarray, np.ndarray]]:
        triples = zip(self._point.values, direction.slacks, direction.moments, strict=True)
        return [
            (_symmetric(np.diag(own) + primal * s), _symmetric(np.diag(own) + dual * z))
            for own, s, z in triples
            if len(own)
        ]

    def _after(self, direction: _Direction, primal: float, dual: float) -> _Point:
        point, factors, values = self._point, [], []
        moved = iter(self._moved(direction, primal, dual))
        for factor, old in zip(point.factors, point.values, strict=True):
            own, diagonal = _scaling(*next(moved)) if len(old) else (np.zeros((0, 0)), old)
            factors.append((factor * numbers(own)).mid())
            values.append(diagonal)
        steps = zip(point.multipliers, direction.multipliers, strict=True)
        return _Point(
            factors,
            values,
            [(y + arb(dual) * d).mid() for y, d in steps],
            (point.margin + arb(primal) * direction.margin).mid(),
        )

    def _lowest(self, changes: Sequence[np.ndarray]) -> float:
        """The smallest eigenvalue of changes relative to L."""
        pairs = zip(changes, self._point.values, strict=True)
        return min(float(np.linalg.eigvalsh(change / _roots(own))[0]) for change, own in pairs if len(own))

    def _length(self, changes: Sequence[np.ndarray]) -> float:
        lowest = self._lowest(changes)
        return -1.0 / lowest if lowest < 0 else np.inf


def _roots(values: Float[np.ndarray, " r"]) -> Float[np.ndarray, "r r"]:
    return np.sqrt(np.outer(values, values))


def _symmetric(matrix: Float[np.ndarray, "r r"]) -> Float[np.ndarray, "r r"]:
    return (matrix + matrix.T) / 2
