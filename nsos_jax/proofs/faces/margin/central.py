"""The central solution of the margin problem on a face: an interior-point method that follows the central path.

    max t  s.t.  A(S) + t A(I) = b,  S psd         (A here is T A_V of `FaceEquations`, say)
    min <b, y>  s.t.  A'(y) = Z psd,  <A(I), y> = 1

A first-order iterate lies anywhere on the optimal face; the limit of the central path lies in its relative interior, so
that at margin 0 the range of Z is as large as it can be, and every Gram matrix vanishes there: <Z, S> = <b, y> = 0.
Predictor-corrector steps (Mehrotra) in the direction of Helmberg, Rendl, Vanderbei and Wolkowicz, Kojima, Shindoh and
Hara, and Monteiro: dS = sigma mu Z^-1 - S - sym(S dZ Z^-1).
"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from jaxtyping import Float

from nsos_jax.proofs.faces.margin.factors import Solve, factored
from nsos_jax.proofs.faces.margin.row_pairs import Matrix, Stacks
from nsos_jax.solvers import one_blas_thread

MAX_STEPS = 60
CENTRAL = 1e-14
"""Complementarity <S, Z> / size, for |b| = 1, at which the path ends."""
FEASIBLE = 1e-11
PRIMAL_SHARE = 1e-3
"""What a residual of the equations counts against complementarity, in choosing among the last iterates: moments do not
suffer from it."""
ROUNDABLE = 1e-4
"""A margin above this share of the largest entry of S is enough for rounding: the path is left there."""
MOST_ON_ONE_THREAD = 3000
"""Equations."""
SHORTEST_STEP = 1e-6
REFINEMENTS = 2
"""Of the solution of the linear system, whose condition grows along the path; of predictors, too: without, kernels of
long chains are not read."""


class MarginEquations(Protocol):
    """What the method needs to know of A and b; `FaceEquations` says what each is.

    Attributes:
      size: the sum of the sides of the blocks.
      rhs: b, float64 [k].
      identity: A(I), float64 [k].
    """

    size: int
    rhs: Float[np.ndarray, " k"]
    identity: Float[np.ndarray, " k"]

    def eyes(self) -> Stacks:
        """The identity."""
        ...

    def blocks(self, stacks: Stacks) -> tuple[np.ndarray, ...]:
        """One matrix per block."""
        ...

    def stacks(self, blocks: Sequence[np.ndarray]) -> Stacks:
        """The inverse of `blocks`."""
        ...

    def correction(self, missing: Float[np.ndarray, " k"]) -> Stacks:
        """The least change of S that adds `missing` to A(S)."""
        ...

    def by_row(self, values: Float[np.ndarray, " k"]) -> Float[np.ndarray, " R"]:
        """Multipliers as moments, one per row."""
        ...

    def apply(self, stacks: Stacks) -> Float[np.ndarray, " k"]:
        """A(S)."""
        ...

    def adjoint(self, values: Float[np.ndarray, " k"]) -> Stacks:
        """A'(y)."""
        ...

    def schur(self, left: Stacks, right: Stacks) -> Matrix:
        """The matrix of y -> A(X A'(y) Y), made symmetric."""
        ...


@dataclass(frozen=True, eq=False)
class CentralPoint:
    """A solution of the margin problem on a face, to the tolerances of floating point.

    Attributes:
      margin: t.
      lowest: the smallest eigenvalue of `grams`.
      grams: S + t I per block, float64 [r, r]; the equations hold.
      slacks: S per block, psd.
      moments: Z per block, psd, tr Z = 1.
      multipliers: y as moments, one number per row of the system, float64 [R].
      complementarity: <S, Z> / size relative to |b|; how near the end of the central path this is.
      steps: of the interior-point method.
      scale: |T b|, the unit of all the others but `moments` and `multipliers`.
    """

    margin: float
    lowest: float
    grams: tuple[np.ndarray, ...]
    slacks: tuple[np.ndarray, ...]
    moments: tuple[np.ndarray, ...]
    multipliers: Float[np.ndarray, " R"]
    complementarity: float
    steps: int
    scale: float


class _Iterate(NamedTuple):
    slacks: Stacks
    moments: Stacks
    multipliers: Float[np.ndarray, " k"]
    margin: float


class _Residuals(NamedTuple):
    primal: Float[np.ndarray, " k"]
    dual: list[np.ndarray]
    trace: float
    complementarity: float


class _Step(NamedTuple):
    slacks: Stacks
    moments: Stacks
    multipliers: Float[np.ndarray, " k"]
    margin: float


def central_point(equations: MarginEquations) -> CentralPoint:
    """Follows the central path to its end, or until the margin is large enough for rounding.

    On one thread but for very many equations: small matrices gain nothing by more, and answers do not depend on how
    many there are, which in long boundary chains decided whether the end of the path was reached.
    """
    with one_blas_thread() if len(equations.rhs) <= MOST_ON_ONE_THREAD else nullcontext():
        return _followed(equations)


def _followed(equations: MarginEquations) -> CentralPoint:
    scale = max(float(np.linalg.norm(equations.rhs)), 1e-300)
    rhs = equations.rhs / scale
    eyes = equations.eyes()
    point = _Iterate(eyes, [eye / equations.size for eye in eyes], np.zeros(len(rhs)), 0.0)
    best, least = point, np.inf
    for steps in range(MAX_STEPS):  # noqa: B007, how far the path was followed
        residuals = _residuals(equations, rhs, point)
        with np.errstate(over="ignore"):
            primal = float(np.linalg.norm(residuals.primal))
        if not np.isfinite(primal):  # it diverges
            break
        largest = max(float(np.abs(slack).max()) for slack in point.slacks)
        error = max(residuals.complementarity, PRIMAL_SHARE * primal)
        if error < least:
            best, least = point, error
        if primal < 100 * FEASIBLE and point.margin > ROUNDABLE * largest:
            best = point
            break
        if residuals.complementarity < CENTRAL and primal < FEASIBLE:
            break
        try:
            moved = _advance(equations, point, residuals)
        except np.linalg.LinAlgError:
            break
        if moved is None:
            break
        point = moved
    return _finish(equations, rhs, best, steps, scale)


def _residuals(equations: MarginEquations, rhs: Float[np.ndarray, " k"], point: _Iterate) -> _Residuals:
    primal = rhs - equations.apply(point.slacks) - point.margin * equations.identity
    dual = [moment - z for moment, z in zip(equations.adjoint(point.multipliers), point.moments, strict=True)]
    trace = 1.0 - float(equations.identity @ point.multipliers)
    return _Residuals(primal, dual, trace, _inner(point.slacks, point.moments) / equations.size)


def _advance(equations: MarginEquations, point: _Iterate, residuals: _Residuals) -> _Iterate | None:
    """One predictor-corrector step; None where it gets nowhere."""
    inverses = [np.linalg.inv(z) for z in point.moments]
    solve = factored(equations.schur(point.slacks, inverses))
    system = _Newton(equations, point, residuals, inverses, solve, solve(equations.identity))
    predictor = system.step(0.0, None)
    room = _Room.of(point)
    primal, dual = _length(room.slacks, predictor.slacks, 0.98), _length(room.moments, predictor.moments, 0.98)
    ahead = _inner(
        [s + primal * d for s, d in zip(point.slacks, predictor.slacks, strict=True)],
        [z + dual * d for z, d in zip(point.moments, predictor.moments, strict=True)],
    )
    ratio = max(ahead / equations.size, 0.0) / residuals.complementarity
    centring = min(1.0, max(ratio**3, 1e-4 if min(primal, dual) > 0.9 else 0.05))
    step = system.step(centring * residuals.complementarity, predictor)
    primal, dual = _length(room.slacks, step.slacks, 0.95), _length(room.moments, step.moments, 0.95)
    if not max(primal, dual) > SHORTEST_STEP:
        return None
    return _Iterate(
        [s + primal * d for s, d in zip(point.slacks, step.slacks, strict=True)],
        [z + dual * d for z, d in zip(point.moments, step.moments, strict=True)],
        point.multipliers + dual * step.multipliers,
        point.margin + primal * step.margin,
    )


class _Newton(NamedTuple):
    """The linear system of one step: H dy - t' A(I) = ..., factored once for predictor and corrector."""

    equations: MarginEquations
    point: _Iterate
    residuals: _Residuals
    inverses: list[np.ndarray]
    solve: Solve
    along: Float[np.ndarray, " k"]
    """H^-1 A(I)."""

    def step(self, target: float, predictor: _Step | None) -> _Step:
        """The direction to complementarity `target`, with the second-order term of a predictor."""
        fixed = []
        for block, (s, rest, inverse) in enumerate(
            zip(self.point.slacks, self.residuals.dual, self.inverses, strict=True)
        ):
            second = 0.0 if predictor is None else predictor.slacks[block] @ predictor.moments[block] @ inverse
            fixed.append(target * inverse - s - _symmetric(s @ rest @ inverse + second))
        multipliers, margin = np.zeros(len(self.residuals.primal)), 0.0
        slacks: Stacks = fixed
        spread: Stacks = [np.zeros_like(s) for s in fixed]
        for _ in range(1 + REFINEMENTS):
            # A(dS) + dt A(I) = primal with A(dS) = A(fixed) - H dy, and <A(I), dy> = trace
            missing = self.residuals.primal - self.equations.apply(slacks) - margin * self.equations.identity
            trace = self.residuals.trace - float(self.equations.identity @ multipliers)
            change, more = self._solve(missing, trace)
            multipliers, margin = multipliers + change, margin + more
            spread = self.equations.adjoint(multipliers)
            slacks = [
                c - _symmetric(s @ d @ inverse)
                for c, s, d, inverse in zip(fixed, self.point.slacks, spread, self.inverses, strict=True)
            ]
        moments = [_symmetric(d + rest) for d, rest in zip(spread, self.residuals.dual, strict=True)]
        return _Step(slacks, moments, multipliers, margin)

    def _solve(self, missing: Float[np.ndarray, " k"], trace: float) -> tuple[Float[np.ndarray, " k"], float]:
        """dy and dt with -H dy + dt A(I) = missing, <A(I), dy> = trace."""
        identity = self.equations.identity
        free = self.solve(missing)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            margin = float((trace + identity @ free) / (identity @ self.along))
        if not np.isfinite(margin):
            raise np.linalg.LinAlgError("the step is not finite")
        return margin * self.along - free, margin


class _Room(NamedTuple):
    """Inverse Cholesky factors of both matrices, by which lengths of steps are measured."""

    slacks: Stacks
    moments: Stacks

    @staticmethod
    def of(point: _Iterate) -> "_Room":
        pair = point.slacks, point.moments
        return _Room(*([np.linalg.inv(np.linalg.cholesky(stack)) for stack in stacks] for stacks in pair))


def _length(inverses: Stacks, direction: Stacks, most: float) -> float:
    """The step, at most 1, that keeps all blocks positive definite: `most` of the way to the boundary."""
    length = np.inf
    for inverse, change in zip(inverses, direction, strict=True):
        lowest = float(np.linalg.eigvalsh(inverse @ change @ _transposed(inverse))[:, 0].min())
        if lowest < 0:
            length = min(length, -1.0 / lowest)
    return min(1.0, most * length)


def _finish(
    equations: MarginEquations, rhs: Float[np.ndarray, " k"], point: _Iterate, steps: int, scale: float
) -> CentralPoint:
    """The point with S + t I corrected to satisfy the equations."""
    grams = [slack + point.margin * eye for slack, eye in zip(point.slacks, equations.eyes(), strict=True)]
    missing = equations.correction(rhs - equations.apply(grams))
    grams = [_symmetric(gram + change) for gram, change in zip(grams, missing, strict=True)]
    return CentralPoint(
        margin=point.margin,
        lowest=float(min(np.linalg.eigvalsh(gram)[:, 0].min() for gram in grams)),
        grams=equations.blocks(grams),
        slacks=equations.blocks(point.slacks),
        moments=equations.blocks(point.moments),
        multipliers=equations.by_row(point.multipliers),
        complementarity=_inner(point.slacks, point.moments) / equations.size,
        steps=steps,
        scale=scale,
    )


def finished(
    equations: MarginEquations,
    slacks: Sequence[np.ndarray],
    moments: Sequence[np.ndarray],
    multipliers: Float[np.ndarray, " k"],
    margin: float,
    steps: int,
    scale: float,
) -> CentralPoint:
    """The point that another solver found for b / |b|: S and Z as one matrix per block, y, and t."""
    point = _Iterate(equations.stacks(slacks), equations.stacks(moments), multipliers, margin)
    return _finish(equations, equations.rhs / scale, point, steps, scale)


def _inner(left: Stacks, right: Stacks) -> float:
    return sum(float((x * y).sum()) for x, y in zip(left, right, strict=True))


def _transposed(stack: np.ndarray) -> np.ndarray:
    return stack.transpose(0, 2, 1)


def _symmetric(stack: np.ndarray) -> np.ndarray:
    return (stack + _transposed(stack)) / 2
