"""The search for an exact Gram matrix on ever smaller faces.

Solve the margin problem on a face centrally. If its solution is inside, or unique, round it there. Else cut off what it
exposes, as far as that reads as rational, and solve again. A cut after which the equations have no solution, or a
negative margin, was misread: it is undone, and the next reading is tried.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from nsos_jax.bases import sparse_covers
from nsos_jax.proofs.faces.exact.corners import without_corners
from nsos_jax.proofs.faces.exact.rounded import rounded_inside, unique_on
from nsos_jax.proofs.faces.exact.settled import Settled, settle, settle_verified
from nsos_jax.proofs.faces.face import Face
from nsos_jax.proofs.faces.margin.central import CentralPoint
from nsos_jax.proofs.faces.margin.equations import FaceEquations
from nsos_jax.proofs.faces.margin.external import CentralSolver, central_solver
from nsos_jax.proofs.faces.margin.row_pairs import MANY_ROWS
from nsos_jax.proofs.faces.restrict import Exposed, Zeros, guesses, restrictions
from nsos_jax.proofs.gram_system import GramSystem
from nsos_jax.proofs.rounding import ExactGram

MAX_FACES, BLOCKS_PER_FACE = 40, 4
"""How many faces are looked at: some, and one more for so many blocks, as chains of these are read link by link."""
CONSISTENT = 1e-6
INSIDE = 1e-8
"""A smallest eigenvalue above this, for |b| = 1, is taken for an interior."""
NEGATIVE = -1e-6
"""A margin below this shows that a face holds no Gram matrix."""
MOST_ROWS = 4000
"""Of dense matrices."""
FILL = 2.0
"""How much longer sparse factors take than those of the blocks alone."""
TYPICAL_STEPS = 25
OPERATIONS_PER_SECOND = 8e9
MUCH = 0.5
"""A reading that leaves so little of a face is looked at before what equations bear out."""


@dataclass(frozen=True)
class FaceProof:
    """What came of it.

    Attributes:
      system: the Gram equations that were solved.
      exact: a Gram matrix that satisfies them exactly and looks psd, for the checker; None if none was found.
      outcome: in words.
      faces: how many faces were looked at.
      lowest: a floating point bound from below on the margin over the whole cone, in the scaled coordinates of the
        system; -infinity where it was not computed.
      moments: where the margin over the whole cone is negative, the dual point that shows it, one number per row.
    """

    system: GramSystem
    exact: ExactGram | None
    outcome: str
    faces: int
    lowest: float = -np.inf
    moments: Float[np.ndarray, " R"] | None = None


class _Seen(NamedTuple):
    """What a look at one face showed: an exact Gram matrix, or a point that shows what to cut, or neither."""

    outcome: str
    exact: ExactGram | None = None
    point: CentralPoint | None = None
    moments: Float[np.ndarray, " R"] | None = None


def face_seconds(system: GramSystem) -> float:
    """About how long the first central solution takes on one core; infinite beyond `MOST_ROWS` that are
    not sparse."""
    count = len(system.targets)
    sides = np.array([len(rows) for rows in system.rows])
    met = np.minimum(sides * (sides + 1) // 2, count)
    products = float((2.0 * sides**3 * met).sum())
    factor = float(count) ** 3 if count <= MOST_ROWS else np.inf
    if count >= MANY_ROWS:
        factor = min(factor, FILL * float((met.astype(float) ** 3).sum()))
    steps = (products + factor) / OPERATIONS_PER_SECOND + 2e-3 + 1e-4 * len(set(sides.tolist())) + 2e-5 * len(sides)
    return TYPICAL_STEPS * steps


def prove_on_faces(system: GramSystem, deadline: float = np.inf, solver: str = "auto") -> FaceProof:
    """Looks for an exact Gram matrix of the polynomial of a system: on covers of its basis that are much cheaper than
    its blocks, then on these.

    Args:
      system: the Gram equations, with any blocks.
      deadline: a value of `time.monotonic()`; checked between steps.
      solver: whose central solutions, see `central_solver`.
    """
    polynomial = system.polynomial
    for cover in sparse_covers(system.basis, polynomial.exponents):
        finer = GramSystem.build(polynomial, system.basis, system.scaling, cover.parts)
        found = prove_on_blocks(finer, deadline, solver)
        if found.exact is not None or time.monotonic() + face_seconds(system) > deadline:
            return found
    return prove_on_blocks(system, deadline, solver)


def prove_on_blocks(system: GramSystem, deadline: float = np.inf, solver: str = "auto") -> FaceProof:
    """The same on the blocks as they are."""
    return _descend(system, deadline, central_solver(solver))


@dataclass(frozen=True, eq=False)
class _Node:
    """A face to look at, of a system that may be without blocks that are settled.

    Attributes:
      face: the face.
      zeros: of the polynomial of its system.
      settled: what was taken out on the way from the whole system to its own.
    """

    face: Face
    zeros: Zeros
    settled: tuple[Settled, ...] = ()

    def back(self, exact: ExactGram) -> ExactGram:
        """From Gram matrices of its system to those of the whole one."""
        for settled in reversed(self.settled):
            exact = settled.assemble(exact)
        return exact

    def smaller(self, point: CentralPoint, deadline: float) -> Iterator["_Node"]:
        """What the point exposes, in all readings; with several blocks, without those that are then determined."""
        exposed = Exposed(self.face, point)
        read = exposed.read()
        rest = restrictions(exposed, self.zeros, deadline)
        if len(self.face.ranges) == 1:
            yield from (_Node(face, self.zeros, self.settled) for face in chain(read, rest))
            return
        faces = (settle(face, self.face) for face in read)
        first = next(faces, None)
        much = first is not None and first.face.size <= MUCH * self.face.size
        if much:
            yield from self._settled(first)
        yield from self._settled(settle_verified(self.face, guesses(self.face, point)))
        if not much:
            yield from self._settled(first)
        for settled in chain(faces, (settle(face, self.face) for face in rest)):
            yield from self._settled(settled)

    def without_corners(self, deadline: float) -> Iterator["_Node"]:
        """What is left of several blocks without the kernels that equations show; nothing if there are none."""
        node: _Node | None = self
        found = None
        while node is not None and len(node.face.ranges) > 1 and time.monotonic() <= deadline:
            face = without_corners(node.face)
            node = None if face is None else next(node._settled(settle(face, node.face)), None)
            found = node or found
        if found is not None:
            yield found

    def _settled(self, settled: Settled | None) -> Iterator["_Node"]:
        if settled is None:
            return
        if not settled.known:
            yield _Node(settled.face, self.zeros, self.settled)
            return
        yield _Node(settled.face, Zeros(settled.face.system), (*self.settled, settled))


def _descend(system: GramSystem, deadline: float, central: CentralSolver) -> FaceProof:
    """From the whole cone to ever smaller faces, with the readings of each in their order."""
    whole = _Node(Face.whole(system), Zeros(system))
    pending: list[Iterator[_Node]] = [chain(whole.without_corners(deadline), [whole])]
    lowest, moments, outcome = -np.inf, None, "no face was tried"
    count, most = 0, MAX_FACES + len(system.rows) // BLOCKS_PER_FACE
    while pending and count < most:
        node = next(pending[-1], None)
        if node is None:
            pending.pop()
            continue
        if time.monotonic() > deadline:
            outcome = "time limit"
            break
        count += 1
        seen = _look(node.face, central)
        outcome = seen.outcome
        if seen.point is not None and node.face.system is system and node.face.is_whole:
            lowest = min(seen.point.margin, seen.point.lowest) * seen.point.scale
            moments = seen.moments
        if seen.exact is not None:
            return FaceProof(system, node.back(seen.exact), outcome, count, lowest)
        if seen.point is not None and seen.moments is None:
            pending.append(node.smaller(seen.point, deadline))
    return FaceProof(system, None, f"{outcome} after {count} face{'s' * (count != 1)}", count, lowest, moments)


def _look(face: Face, solver: CentralSolver) -> _Seen:
    if not face.system.targets.any():
        return _Seen("unique Gram matrix", ExactGram(tuple(0 * rows for rows in face.system.rows), 1))
    if not face.size:
        return _Seen("nothing is left")
    equations = FaceEquations(face)
    if equations.inconsistency > CONSISTENT:
        return _Seen("inconsistent equations")
    if not equations.freedom:
        exact = unique_on(face)
        return _Seen("unique Gram matrix" if exact else "unique Gram matrix is not psd", exact)
    point = solver(equations)
    if point.margin < NEGATIVE:
        return _Seen("negative margin", None, point, point.multipliers)
    if point.lowest > INSIDE:
        exact = rounded_inside(face, point)
        if exact is not None:
            return _Seen("interior", exact, point)
    return _Seen("boundary", None, point)
