"""One step along the central path in high precision, in the coordinates where S and Z are one diagonal matrix.

With S = T L T' and Z = T^-T L T^-1, Newton's equations for S Z = mu I are dS + dZ = mu L^-1 - L in those of T.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from flint import arb, arb_mat
from jaxtyping import Float

from nsos_jax.proofs.faces.precise.equations import (
    GUARD_BITS,
    Numbers,
    PreciseEquations,
    floats,
    inner,
    numbers,
)

TARGETS = (1e-3, 1e-2, 3e-2, 0.1, 0.2, 0.4, 0.7, 1.0)
"""Shares of the complementarity that steps may aim at."""
CENTRAL = 0.05
"""Smallest eigenvalue of S Z over its mean that steps should lead to."""
TO_BOUNDARY = 0.95
INSIDE = -0.9
"""How much a correction may change S, relative to S."""
STUCK = 0.05
"""Steps below this length lead nowhere."""
OUTSIDE = 1e-3
"""Dual infeasibility up to which a negative <b, y> is believed."""
Blocks = list[np.ndarray]


class Point(NamedTuple):
    """T = U N and L per block, y and t."""

    factors: list[arb_mat]
    values: Blocks
    multipliers: Numbers
    margin: arb


class Direction(NamedTuple):
    """A change of S and Z in the coordinates of T, of y and of t."""

    slacks: Blocks
    moments: Blocks
    multipliers: Numbers
    margin: arb

    def plus(self, factor: float, other: "Direction") -> "Direction":
        share = arb(factor)
        return Direction(
            [s + factor * d for s, d in zip(self.slacks, other.slacks, strict=True)],
            [z + factor * d for z, d in zip(self.moments, other.moments, strict=True)],
            [(y + share * d).mid() for y, d in zip(self.multipliers, other.multipliers, strict=True)],
            (self.margin + share * other.margin).mid(),
        )


def bits_for(mu: float) -> int:
    """To solve linear systems whose condition is 1 / mu^2."""
    return 2 * math.ceil(-math.log2(mu)) + 2 * GUARD_BITS


def scaling(slack: Float[np.ndarray, "r r"], moments: Float[np.ndarray, "r r"]) -> tuple[np.ndarray, np.ndarray]:
    """N and the diagonal of L with S = N L N', N' Z N = L."""
    if not len(slack):
        return slack, np.zeros(0)
    left, right = np.linalg.cholesky(slack), np.linalg.cholesky(moments)
    _, values, vectors = np.linalg.svd(right.T @ left)
    return left @ vectors.T / np.sqrt(values), values


def solve(matrix: arb_mat, columns: Sequence[Numbers]) -> list[Numbers]:
    count = len(columns)
    rows = [x for row in zip(*columns, strict=True) for x in row]
    entries = matrix.solve(arb_mat(matrix.nrows(), count, rows), algorithm="approx").mid().entries()
    return [entries[column::count] for column in range(count)]


class Step:
    """Residuals and directions at one point: towards S Z = 0, and what S Z = mu I adds to that."""

    def __init__(self, equations: PreciseEquations, point: Point, mu: float) -> None:
        self._equations, self._point = equations, point
        self._wide = [(u * n).mid() for u, n in zip(equations.frames, point.factors, strict=True)]
        self._dual = [
            moments - np.diag(own) for moments, own in zip(self._within(point.multipliers), point.values, strict=True)
        ]
        slacks = [np.diag(own) for own in point.values]
        centres = [np.diag(mu / own) for own in point.values]
        along, self._added = equations.identity, point.margin if point.margin > 0 else arb(0)
        terms = list(zip(equations.targets, along, self._apply(slacks), self._apply(self._dual), strict=True))
        missing = [b - s - self._added * a for b, a, s, _ in terms]
        # A(dS) + dt A(I) = b - A(S) - t A(I) with dS = -L - dZ and dZ = A'(dy) + dual
        first = [point.margin * a - b - d for b, a, _, d in terms]
        matrix = equations.newton_matrix(self._wide, bits_for(mu) - GUARD_BITS)
        columns = [along, first, self._apply(centres), missing]
        self._along, predicted, centred, self._correction = solve(matrix, columns)
        trace = 1 - inner(along, point.multipliers)
        self._predictor = self._direction(predicted, trace, [-slack for slack in slacks], self._dual)
        self._centring = self._direction(centred, arb(0), centres, [0 * dual for dual in self._dual])

    def _apply(self, blocks: Sequence[np.ndarray]) -> Numbers:
        """A(T X T')."""
        pairs = zip(self._wide, blocks, strict=True)
        return self._equations.apply([(t * numbers(block) * t.transpose()).mid() for t, block in pairs])

    def _within(self, values: Numbers) -> Blocks:
        """T' A'(y) T."""
        pairs = zip(self._wide, self._equations.moments(values), strict=True)
        return [floats(t.transpose() * moments * t) for t, moments in pairs]

    def _direction(self, free: Numbers, trace: arb, slacks: Blocks, dual: Blocks) -> Direction:
        """dy = free + dt H^-1 A(I) with <A(I), dy> = trace, dZ = A'(dy) + dual, dS = slacks - dZ."""
        identity = self._equations.identity
        margin = ((trace - inner(identity, free)) / inner(identity, self._along)).mid()
        multipliers = [(x + margin * a).mid() for x, a in zip(free, self._along, strict=True)]
        moments = [own + rest for own, rest in zip(self._within(multipliers), dual, strict=True)]
        return Direction([s - z for s, z in zip(slacks, moments, strict=True)], moments, multipliers, margin)

    def inside(self) -> list[arb_mat] | None:
        """S, and t I if that is positive, with the least correction after which A(S) = b, if S stays positive
        definite."""
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

    def taken(self) -> Point | None:
        """The point after the step to the smallest complementarity that stays near the path, after the one that stays
        nearest if none does; None if they lead nowhere."""
        best, highest = None, (False, -np.inf)
        for share in TARGETS:
            direction = self._predictor.plus(share, self._centring)
            primal, dual = (min(1.0, TO_BOUNDARY * self._length(blocks)) for blocks in direction[:2])
            scalings = self._moved(direction, primal, dual)
            products = np.concatenate([values for _, values in scalings]) ** 2
            mean = float(products.mean())
            nearness = float(products.min()) / mean
            rank = (True, -mean) if nearness >= CENTRAL else (False, nearness)
            if rank > highest and max(primal, dual) > STUCK:
                best, highest = (direction, primal, dual, scalings), rank
        return None if best is None else self._after(*best)

    def _moved(self, direction: Direction, primal: float, dual: float) -> list[tuple[np.ndarray, np.ndarray]]:
        """The scalings after a step, in the coordinates of T."""
        triples = zip(self._point.values, direction.slacks, direction.moments, strict=True)
        return [
            scaling(_symmetric(np.diag(own) + primal * s), _symmetric(np.diag(own) + dual * z)) for own, s, z in triples
        ]

    def _after(
        self, direction: Direction, primal: float, dual: float, scalings: list[tuple[np.ndarray, np.ndarray]]
    ) -> Point:
        pairs = zip(self._point.factors, scalings, strict=True)
        steps = zip(self._point.multipliers, direction.multipliers, strict=True)
        return Point(
            [(factor * numbers(own)).mid() for factor, (own, _) in pairs],
            [values for _, values in scalings],
            [(y + arb(dual) * d).mid() for y, d in steps],
            (self._point.margin + arb(primal) * direction.margin).mid(),
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
