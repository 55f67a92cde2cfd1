"""The central path beyond what floating point resolves: S and Z down to 1e-30 where b is about 1.

    max t  s.t.  A(S) + t A(I) = b,  S psd          min <b, y>  s.t.  A'(y) = Z psd,  <A(I), y> = 1

Interior points of the cone of margin 1e-20 have eigenvalues from 1e-20 to 1. Here S = T L T' and Z = T^-T L T^-1 with L
diagonal (Nesterov and Todd's scaling), and T in high precision: in the coordinates of T all numbers have about one
size, so that steps and their lengths are found in floating point. Only T, y, t, the residuals and one linear system per
step take many digits. The path is followed from the solution in floating point until the least correction of S that
solves A(S) = b, in those coordinates, leaves it positive definite: then p is inside. On the boundary S comes nearer to
the face that holds it, with the square root of as many digits as mu has.
"""

import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from flint import arb, arb_mat, ctx

from nsos_jax.proofs.faces.face import Face
from nsos_jax.proofs.faces.margin.central import CentralPoint
from nsos_jax.proofs.faces.precise.equations import (
    GUARD_BITS,
    PreciseEquations,
    floats,
    fractions,
    numbers,
)
from nsos_jax.proofs.faces.precise.step import INSIDE, Blocks, Point, Step, bits_for, scaling, solve

MOST_STEPS, MANY_STEPS = 50, 25
MOST_ROWS = 1000
"""Of dense matrices of long numbers, which take about half a GiB then."""
FINEST = 1e-30
"""Complementarity <S, Z> / size, for |b| = 1, at which the path ends."""
LEAST_SHIFT, SHIFTS = 1e-11, 2.0
"""What is added to a solution in floating point, whose smallest eigenvalues are noise: so many times their size."""


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


def precise_seconds(face: Face) -> float:
    """About how long that takes on one core at most; infinite beyond `MOST_ROWS`."""
    rows, entries = float(len(face.system.targets)), sum(float(len(own)) ** 4 for own in face.system.rows)
    return MANY_STEPS * (5e-8 * entries + 1.4e-8 * rows**3 + 2e-6 * rows**2) if rows <= MOST_ROWS else np.inf


def precise_solution(face: Face, rows: Sequence[int], point: CentralPoint, deadline: float) -> PreciseSolution:
    """Follows the central path from a solution in floating point.

    Args:
      face: where to look.
      rows: those whose equations are independent on the face, and imply all others.
      point: its central solution.
      deadline: of `time.monotonic()`; checked between steps.
    """
    shift = max(LEAST_SHIFT, -SHIFTS * point.lowest)
    with ctx.workprec(bits_for(shift)):
        try:
            equations = PreciseEquations(face, rows, point.scale)
            return _Path(equations, point.scale).follow(_start(equations, point, shift), deadline)
        except (ZeroDivisionError, np.linalg.LinAlgError):
            return PreciseSolution(None, 0.0, None)


def _start(equations: PreciseEquations, point: CentralPoint, shift: float) -> Point:
    factors, values = [], []
    share = shift / equations.size
    for gram, moments in zip(point.grams, point.moments, strict=True):
        eye = np.eye(len(gram))
        factor, own = scaling(gram + shift * eye, moments + share * eye)
        factors.append(numbers(factor))
        values.append(own)
    matrix = equations.newton_matrix(equations.frames, 2 * GUARD_BITS)
    wide = [u * numbers(z) * u.transpose() for u, z in zip(equations.frames, point.moments, strict=True)]
    (multipliers,) = solve(matrix, [equations.apply(wide)])
    return Point(factors, values, multipliers, arb(-shift))


class _Path:
    def __init__(self, equations: PreciseEquations, scale: float) -> None:
        self._equations, self._scale = equations, scale

    def follow(self, point: Point, deadline: float) -> PreciseSolution:
        for steps in range(MOST_STEPS):
            mu = self._complementarity(point.values)
            if mu < FINEST:
                return PreciseSolution(None, 0.0, self._floats(point, steps))
            ctx.prec = bits_for(mu)
            step = Step(self._equations, point, mu)
            grams = step.inside()
            if grams is not None:
                return self._inside(point, grams)
            moved = None if step.outside() or time.monotonic() > deadline else step.taken()
            if moved is None:
                break
            point = moved
        return PreciseSolution(None, 0.0, None)

    def _inside(self, point: Point, grams: Sequence[arb_mat]) -> PreciseSolution:
        unit = arb(self._scale)
        pairs = zip(self._equations.changes, grams, strict=True)
        own = [fractions(change * gram * change.transpose() * unit) for change, gram in pairs]
        own = [(gram + gram.T) / 2 for gram in own]  # the last bits of products differ
        return PreciseSolution(own, (1 + INSIDE) * self._lowest(point) * self._scale, None)

    def _lowest(self, point: Point) -> float:
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

    def _slacks(self, point: Point) -> Blocks:
        pairs = zip(point.factors, point.values, strict=True)
        return [floats(n * numbers(np.diag(own)) * n.transpose()) for n, own in pairs]

    def _floats(self, point: Point, steps: int) -> CentralPoint:
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
