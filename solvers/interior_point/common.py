"""Points inside the cone for many programs of equal blocks that may be scaled, from a centre that they share.

Where A(P) + F p = 0 and P is positive definite, T + lambda P is inside for every T with A(T) + F t = b and large
lambda: so it is with Lyapunov functions. P comes from Newton's method for

    min tr S - log det S   s.t.   A(S) + F d = 0

from infeasible C (Boyd and Vandenberghe, Convex Optimization, 10.3). Its step from C leads to

    P = 2 C - C^2 - C M(m) C,    H m = A(2 C - C^2) + F p,    F'm = 0,    H = A (C (x) C) A',

and P need not be the last one to be positive definite. A few steps for the mean of all F give a C from which, as F
differs little, one more leads each program inside, all with the same H. The others go on with their own.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import scipy.linalg as sl
from jaxtyping import Bool, Float, Int

from nsos_jax.solvers.blocks import Block
from nsos_jax.solvers.interior_point.batch import Batch, Columns, Structure
from nsos_jax.solvers.interior_point.newton import Newton
from nsos_jax.solvers.interior_point.schur import is_sparse
from nsos_jax.solvers.interior_point.workspace import Workspace
from nsos_jax.solvers.interpreted.host import one_blas_thread

SHARED_STEPS, OWN_STEPS = 8, 6
"""Newton steps of the mean, and of each program that is not inside after the one that all share."""
DEEP = 0.02
"""The smallest eigenvalue of P relative to C from which on it is inside."""
AWAY = 0.9
"""Of the way to the boundary that a step goes."""
RIDGE = 1e-12
"""Of its diagonal: added to F'H^-1 F, whose columns may depend on each other."""
LARGEST = 1e100
"""Of b and F: products of larger numbers would not be finite."""
AT_ONCE = 64
"""Programs in one array."""


@dataclass(frozen=True, eq=False)
class CommonPoints:
    """Points A(S) + F d = b of B programs.

    Attributes:
      inside: whether S is positive definite; the numbers of other programs mean nothing.
      grams: S, per block [B, k, k].
      free: d.
    """

    inside: Bool[np.ndarray, " B"]
    grams: list[Float[np.ndarray, "B k k"]]
    free: Float[np.ndarray, "B K"]


def common_points(
    blocks: Sequence[Block], rhs: Float[np.ndarray, "B R"], free: Float[np.ndarray, "B R K"]
) -> CommonPoints:
    """Points inside the cone, where they are found in this way.

    Args:
      blocks: that all programs share; every row has Gram entries.
      rhs, free: b and F.
    """
    count, rows = rhs.shape
    grams = [np.zeros((count, len(block), len(block))) for block in blocks]
    found = CommonPoints(np.zeros(count, bool), grams, np.zeros((count, free.shape[2])))
    finite = (np.abs(rhs) < LARGEST).all(axis=1) & (np.abs(free) < LARGEST).all(axis=(1, 2))
    if is_sparse(blocks, rows) or not finite.any():
        return found
    search = _Search(Structure(blocks, rows, count > AT_ONCE), rhs, free, found)
    with one_blas_thread(), ThreadPoolExecutor(os.cpu_count(), "nsos-interior-point") as threads:
        centre = search.centre_of_mean(np.flatnonzero(finite))
        if centre is None:
            return found
        for run in (search.from_centre, search.alone):
            left = np.flatnonzero(finite & ~found.inside)
            parts = np.array_split(left, -(-len(left) // AT_ONCE)) if len(left) else []
            for task in [threads.submit(run, part, centre) for part in parts]:
                with suppress(np.linalg.LinAlgError):  # rounding made a matrix indefinite: the part stays open
                    task.result()
    return found


class _Search:
    """What the steps of all programs need; the letters are those of the module, T and t solve A(T) + F t = b."""

    def __init__(self, structure: Structure, rhs: np.ndarray, free: np.ndarray, found: CommonPoints) -> None:
        transform = structure.schur.transform
        self.structure, self.layout, self.found = structure, structure.layout, found
        self.given = free
        self.free = free if transform is None else transform @ free
        self.rhs = rhs if transform is None else rhs @ transform.T

    def centre_of_mean(self, members: Int[np.ndarray, " B"]) -> Float[np.ndarray, " N"] | None:
        """C for the mean of their F; None where Newton's method fails."""
        mean, work = self.free[members].mean(axis=0), Workspace()
        centre = self.structure.identity[None]
        try:
            for _ in range(SHARED_STEPS):
                system = _Shared.of(self, centre, work)
                moments, _ = system.solve(mean[None], system.wanted)
                moved = self.moved(centre, moments)
                lowest = self.lowest(moved)
                centre = self.stepped(centre, moved, lowest)
                if lowest[0] > DEEP:
                    break
        except np.linalg.LinAlgError:
            return None
        return centre[0] if np.isfinite(centre).all() else None

    def from_centre(self, members: Int[np.ndarray, " B"], centre: Float[np.ndarray, " N"]) -> None:
        """One step for each of them, with one H."""
        system = _Shared.of(self, centre[None], Workspace())
        free = self.free[members]
        moments, scaled = system.solve(free, system.wanted)
        weights, offsets = system.solve(free, -self.rhs[members])
        self.keep(members, centre[None], moments, scaled, weights, offsets)

    def alone(self, members: Int[np.ndarray, " B"], centre: Float[np.ndarray, " N"]) -> None:
        """Steps with an H for each."""
        centres, work = np.tile(centre, (len(members), 1)), Workspace()
        columns = Columns(self.structure, len(members), self.free.shape[2])
        for slot, member in enumerate(members):
            columns.load(slot, self.given[member])
        for _ in range(OWN_STEPS):
            slots = np.arange(len(members))
            batch = Batch(self.rhs[members], np.zeros((len(members), self.free.shape[2])), slots, columns)
            views = self.layout.views(centres)
            newton = Newton(batch, self.structure.schur.assemble(views, views, work), work)
            moments, scaled = newton.solve(self.structure.entries.apply(self.target(centres)), batch.cost)
            weights, offsets = newton.solve(-batch.rhs, batch.cost)
            moved = self.keep(members, centres, moments, scaled, weights, offsets)
            centres = self.stepped(centres, moved, self.lowest(moved))
            left = ~self.found.inside[members] & newton.alive & np.isfinite(centres).all(axis=1)
            members, centres = members[left], centres[left]
            if not len(members):
                return
            # those that are left move up to the first slots
            columns.free[: len(members)] = columns.free[: len(left)][left]
            columns.square[: len(members)] = columns.square[: len(left)][left]
            columns.trace[: len(members)] = columns.trace[: len(left)][left]

    def target(self, centres: Float[np.ndarray, "B N"]) -> Float[np.ndarray, "B N"]:
        """2 C - C^2."""
        result = 2.0 * centres
        for out, own in zip(self.layout.views(result), self.layout.views(centres), strict=True):
            out -= own @ own
        return result

    def moved(self, centres: np.ndarray, moments: np.ndarray) -> list[np.ndarray]:
        """L^-1 P L^-T = 2 I - L'(I + M(m)) L for C = L L', by group of blocks."""
        matrices = self.layout.views(self.structure.entries.adjoint(moments) + self.structure.identity)
        triangles = [np.linalg.cholesky(own) for own in self.layout.views(centres)]
        return [
            2.0 * np.eye(own.shape[-1]) - np.swapaxes(lower, -1, -2) @ own @ lower
            for own, lower in zip(matrices, triangles, strict=True)
        ]

    @staticmethod
    def lowest(matrices: Sequence[np.ndarray]) -> Float[np.ndarray, " B"]:
        """The smallest eigenvalue of each program; minus infinity where numbers are not finite."""
        result = np.full(len(matrices[0]), np.inf)
        for own in matrices:
            finite = np.isfinite(own).all(axis=(1, 2, 3))
            values = np.linalg.eigvalsh(np.where(finite[:, None, None, None], own, 0.0))[..., 0].min(axis=1)
            result = np.minimum(result, np.where(finite, values, -np.inf))
        return result

    def stepped(self, centres: np.ndarray, moved: Sequence[np.ndarray], lowest: np.ndarray) -> np.ndarray:
        """C + alpha (P - C)."""
        length = np.minimum(1.0, AWAY / np.maximum(1.0 - lowest, AWAY))[:, None, None, None]
        result = np.empty((len(lowest), centres.shape[1]))
        views = self.layout.views(result), self.layout.views(centres)
        for out, own, there in zip(*views, moved, strict=True):
            lower = np.linalg.cholesky(own)
            inner = length * there + (1.0 - length) * np.eye(there.shape[-1])
            out[...] = lower @ inner @ np.swapaxes(lower, -1, -2)
        return result

    def keep(
        self,
        members: np.ndarray,
        centres: np.ndarray,
        moments: np.ndarray,
        scaled: np.ndarray,
        weights: np.ndarray,
        offsets: np.ndarray,
    ) -> list[np.ndarray]:
        """Keeps T + lambda P where it is inside; T = -C M(w) C. Returns P relative to C."""
        moved = self.moved(centres, moments)
        inner = self.layout.views(-self.structure.entries.adjoint(weights))
        triangles = [np.linalg.cholesky(own) for own in self.layout.views(centres)]
        offset = [np.swapaxes(lower, -1, -2) @ own @ lower for own, lower in zip(inner, triangles, strict=True)]
        lowest = self.lowest(moved)
        size = np.sqrt(sum((own**2).sum(axis=(1, 2, 3)) for own in offset))  # no eigenvalue is larger
        good = (lowest > DEEP) & np.isfinite(size)
        factor = np.where(good & (size > 0), 2.0 * size / np.where(good, lowest, 1.0), 1.0)
        flat = np.empty((len(members), self.layout.size))
        for out, own, base, lower in zip(self.layout.views(flat), moved, offset, triangles, strict=True):
            out[...] = lower @ (base + factor[:, None, None, None] * own) @ np.swapaxes(lower, -1, -2)
        kept = members[good]
        self.found.inside[kept] = True
        self.found.free[kept] = (offsets + factor[:, None] * scaled)[good]
        for block, (group, position) in self.layout.place.items():
            self.found.grams[block][kept] = self.layout.views(flat)[group][good, position]
        return moved


@dataclass
class _Shared:
    """Newton's equations with one H for all programs.

    Attributes:
      wanted: A(2 C - C^2) [1, R].
    """

    factor: tuple[np.ndarray, bool]
    wanted: Float[np.ndarray, "1 R"]

    @classmethod
    def of(cls, search: _Search, centre: Float[np.ndarray, "1 N"], work: Workspace) -> "_Shared":
        """LinAlgError where H is not positive definite."""
        views = search.layout.views(centre)
        matrix = search.structure.schur.assemble(views, views, work)[0]
        if not np.isfinite(matrix).all():
            raise np.linalg.LinAlgError("H is not finite")
        factor = sl.cho_factor(matrix, lower=True)
        return cls(factor, search.structure.entries.apply(search.target(centre)))

    def solve(self, free: Float[np.ndarray, "B R K"], right: Float[np.ndarray, "B R"]) -> tuple[np.ndarray, np.ndarray]:
        """m and p with H m - F p = right, F'm = 0; one right side may be given for all."""
        count, rows, width = free.shape
        columns = sl.cho_solve(self.factor, free.transpose(1, 0, 2).reshape(rows, -1))
        columns = columns.reshape(rows, count, width).transpose(1, 0, 2)
        single = sl.cho_solve(self.factor, right.T).T
        if not width:
            return np.broadcast_to(single, (count, rows)), np.zeros((count, 0))
        gram = np.swapaxes(free, 1, 2) @ columns
        diagonal = np.einsum("bii->bi", gram)
        diagonal += RIDGE * diagonal + (diagonal == 0)
        wanted = np.einsum("brk,br->bk", free, np.broadcast_to(single, (count, rows)))
        values = -np.linalg.solve(gram, wanted[:, :, None])[:, :, 0]
        return single + np.einsum("brk,bk->br", columns, values), values
