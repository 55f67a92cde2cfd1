"""Floating point solutions of programs that share their equations, as arrays over the programs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from nsos_jax.programs.backends import Point, PointStatus, with_margin
from nsos_jax.programs.batches.shared import Reduced, SharedProgram
from nsos_jax.programs.equations import GramBlock
from nsos_jax.solvers import GramProgram, ProgramSolution, common_points

MARGIN_LIMIT = 1.0
"""Of margins, as in `SosProgram.solve`."""
SHARE = 0.25
"""Of the room between proven bounds that each side may give up to get inside the cone."""


@dataclass(frozen=True, eq=False)
class Points:
    """Points of B programs, in the scaled coordinates of the form they share; NaN where there is none.

    Attributes:
      free: w, [B, W].
      grams: per block [B, k, k].
      moments: L, [B, R].
      value: of the objective, without constants, [B]; 0 where there is none.
      bound: what the solver bounds it by, [B].
      margin: the largest t <= 1 with Q - t I psd, [B]; NaN where it was not asked for.
    """

    free: Float[np.ndarray, "B W"]
    grams: list[Float[np.ndarray, "B k k"]]
    moments: Float[np.ndarray, "B R"]
    value: Float[np.ndarray, " B"]
    bound: Float[np.ndarray, " B"]
    margin: Float[np.ndarray, " B"]

    def member(self, at: int) -> "Points":
        """That of one program."""
        own = slice(at, at + 1)
        grams = [stack[own] for stack in self.grams]
        return Points(self.free[own], grams, self.moments[own], self.value[own], self.bound[own], self.margin[own])

    def replace_primal(self, at: int, solution: ProgramSolution, cost: Float[np.ndarray, " W"]) -> None:
        """Takes w and Q of one program from the solution of a margin program."""
        width = self.free.shape[1]
        margin = solution.free[width]
        self.free[at] = solution.free[:width]
        self.value[at] = cost @ self.free[at]
        for stack, gram in zip(self.grams, solution.grams, strict=False):
            stack[at] = gram + margin * np.eye(len(gram))

    def point(self, at: int) -> Point:
        """The same, as backends have it."""
        grams, value = [stack[at] for stack in self.grams], float(self.value[at])
        margin = float(np.nan_to_num(self.margin[at]))
        return Point(PointStatus.SOLVED, self.free[at], grams, self.moments[at], value, margin, 0.0, 0)


@dataclass(frozen=True, eq=False)
class FloatData:
    """The form of B programs in floating point and scaled coordinates: a + B w = A(Q), maximise c'w."""

    rhs: Float[np.ndarray, "B R"]
    entries: Float[np.ndarray, "B E"]
    cost: Float[np.ndarray, "B W"]

    def take(self, members: np.ndarray) -> "FloatData":
        """Those of some programs."""
        return FloatData(self.rhs[members], self.entries[members], self.cost[members])

    @staticmethod
    def of(shared: SharedProgram, reduced: Reduced) -> "FloatData":
        """Of programs with these numbers."""
        form = shared.form
        shifts = form.row_shifts[shared.rows] + form.free_shifts[shared.columns]
        return FloatData(
            np.ldexp(reduced.floats(reduced.constants), form.row_shifts),
            np.ldexp(reduced.floats(reduced.entries), shifts),
            np.ldexp(reduced.floats(reduced.cost), form.free_shifts),
        )

    def matrices(self, shared: SharedProgram) -> list[np.ndarray]:
        """B of each program, [R, W]; one array for all if they agree."""
        count, shape = len(self.rhs), shared.form.free.shape
        if (self.entries == self.entries[:1]).all():
            one = np.zeros(shape)
            one[shared.rows, shared.columns] = self.entries[0]
            return [one] * count
        many = np.zeros((count, *shape))
        many[:, shared.rows, shared.columns] = self.entries
        return list(many)


def gram_programs(shared: SharedProgram, data: FloatData) -> list[GramProgram]:
    """What the batched solver is asked: the objective or, without one, the largest margin."""
    matrices = data.matrices(shared)
    if shared.costly:
        first = -matrices[0]
        free = [first if matrix is matrices[0] else -matrix for matrix in matrices]
        return [
            GramProgram(shared.blocks, rhs, own, -cost)
            for rhs, own, cost in zip(data.rhs, free, data.cost, strict=True)
        ]
    return margin_programs(shared, data, [form_identity(shared)] * len(matrices))


def form_identity(shared: SharedProgram) -> Float[np.ndarray, " R"]:
    """A(I) in scaled coordinates."""
    return shared.form.apply([np.eye(side) for side in shared.form.sides])


def margin_programs(
    shared: SharedProgram, data: FloatData, identities: Sequence[Float[np.ndarray, " R"]]
) -> list[GramProgram]:
    """max t  s.t.  a + B w = A(S) + t A(J),  t + r = 1,  S and r psd, for given A(J) [R]."""
    return [
        with_margin(shared.blocks, rhs, -matrix, identity, MARGIN_LIMIT)
        for rhs, matrix, identity in zip(data.rhs, data.matrices(shared), identities, strict=True)
    ]


def level_programs(shared: SharedProgram, data: FloatData, least: Float[np.ndarray, " B"]) -> list[GramProgram]:
    """max t  s.t.  a + B w = A(S) + t A(I),  t + r = 1,  c'w - q = least,  S, r and q psd."""
    result = []
    for program, cost, limit in zip(
        margin_programs(shared, data, [form_identity(shared)] * len(least)), data.cost, least, strict=True
    ):
        free = np.vstack([np.asarray(program.free), np.append(-cost, 0.0)])
        number = np.full((1, 1), program.rhs.size)
        result.append(GramProgram((*program.blocks, number), np.append(program.rhs, -limit), free, program.cost))
    return result


def points_inside(shared: SharedProgram, data: FloatData) -> Points:
    """Points inside the cone of programs without objective, as far as the centre that they share shows them."""
    count, rows = data.rhs.shape
    found = common_points(shared.blocks, data.rhs, -np.stack(data.matrices(shared)))
    outside = ~found.inside
    for array in (found.free, *found.grams):
        array[outside] = np.nan
    nothing = np.full(count, np.nan)
    return Points(found.free, found.grams, np.zeros((count, rows)), np.zeros(count), np.zeros(count), nothing)


def points_of(
    shared: SharedProgram, solutions: Sequence[ProgramSolution], data: FloatData, room: Float[np.ndarray, " B"]
) -> Points:
    """Points inside the cone, on both sides, from the solutions of `gram_programs`.

    Args:
      room: how far apart the bounds of both sides may be in the end.
    """
    count = len(solutions)
    rows, width = shared.form.free.shape
    grams = [np.full((count, side, side), np.nan) for side in shared.form.sides]
    free, moments = np.full((count, width), np.nan), np.full((count, rows), np.nan)
    value, bound, margin = np.zeros(count), np.zeros(count), np.full(count, np.nan)
    for index, solution in enumerate(solutions):
        if not np.isfinite(solution.upper):
            continue
        own, chosen, functional = solution.grams[: len(grams)], solution.free[:width], solution.moments[:rows]
        if shared.costly:
            own, chosen = _mixed(own, chosen, solution.inside, data.cost[index], SHARE * room[index])
            functional = _deeper(functional, solution.inside_moments, data.rhs[index], SHARE * room[index])
            value[index], bound[index] = data.cost[index] @ chosen, -solution.lower
        else:
            margin[index] = solution.free[width]
            own = tuple(gram + margin[index] * np.eye(len(gram)) for gram in own)
        free[index], moments[index] = chosen, functional
        for stack, gram in zip(grams, own, strict=True):
            stack[index] = gram
    return Points(free, grams, moments, value, bound, margin)


def _mixed(
    grams: Sequence[np.ndarray],
    free: np.ndarray,
    inside: tuple[Sequence[np.ndarray], np.ndarray] | None,
    cost: np.ndarray,
    room: float,
) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """As far on the way to a point inside as the objective allows."""
    if inside is None:
        return tuple(grams), free
    loss = float(cost @ (free - inside[1]))
    share = min(0.5, room / loss) if loss > 0 else 0.5
    mixed = tuple((1 - share) * own + share * other for own, other in zip(grams, inside[0], strict=True))
    return mixed, (1 - share) * free + share * inside[1]


def _deeper(moments: np.ndarray, inside: np.ndarray | None, rhs: np.ndarray, room: float) -> np.ndarray:
    """The same for functionals, whose value is a'L."""
    if inside is None:
        return moments
    loss = float(rhs @ (inside - moments))
    share = min(0.5, room / loss) if loss > 0 else 0.5
    return (1 - share) * moments + share * inside


def smallest_eigenvalues(stacks: Sequence[Float[np.ndarray, "B k k"]], count: int) -> Float[np.ndarray, " B"]:
    """Of all matrices of each program; NaN where a number is not finite."""
    result = np.full(count, np.inf)
    for stack in stacks:
        finite = np.isfinite(stack).all(axis=(1, 2))
        values = np.full(count, np.nan)
        values[finite] = np.linalg.eigvalsh(stack[finite])[:, 0]
        result = np.minimum(result, values)
    return result


def moment_matrices(
    blocks: Sequence[GramBlock], weights: Sequence[np.ndarray], moments: Float[np.ndarray, "B R"]
) -> list[Float[np.ndarray, "B k k"]]:
    """M(L) per block."""
    return [
        sum(weight * moments[:, rows] for rows, weight in zip(block.maps, own, strict=True))
        for block, own in zip(blocks, weights, strict=True)
    ]


def are_provable(smallest: Float[np.ndarray, " B"]) -> Bool[np.ndarray, " B"]:
    """Whether matrices are so far inside the cone that they bear rounding to the grid of int64."""
    return np.nan_to_num(smallest, nan=-1.0) > 2.0**-40
