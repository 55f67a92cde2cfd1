"""The search for an exact Gram matrix on ever smaller faces.

Solve the margin problem on a face centrally. If its solution is inside, or unique, round it there. Else cut off what it
exposes, as far as that reads as rational, and solve again. A cut after which the equations have no solution, or a
negative margin, was misread: it is undone, and the next reading is tried. Where all digits of floating point agree to a
cut and exact equations contradict it, or nothing else is left, the margin may be too small for floating point: the
solution is followed to more digits, rounded if it is inside, and read again if it is not.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from nsos_jax.bases import sparse_covers
from nsos_jax.proofs.faces.exact.peeling import peel
from nsos_jax.proofs.faces.exact.rounded import SURELY_INSIDE, precisely_inside, rounded_inside, unique_on
from nsos_jax.proofs.faces.exact.settled import Settled, settle, settle_verified
from nsos_jax.proofs.faces.face import Face
from nsos_jax.proofs.faces.margin.central import CentralPoint
from nsos_jax.proofs.faces.margin.equations import FaceEquations
from nsos_jax.proofs.faces.margin.external import CentralSolver, central_solver
from nsos_jax.proofs.faces.margin.row_pairs import MANY_ROWS
from nsos_jax.proofs.faces.precise.path import precise_seconds
from nsos_jax.proofs.faces.restrict import Exposed, Zeros, guesses, restrictions
from nsos_jax.proofs.gram_system import GramSystem
from nsos_jax.proofs.rounding import ExactGram

MAX_FACES, BLOCKS_PER_FACE = 40, 4
"""How many faces are looked at: some, and one more for so many blocks, as chains of these are read link by link."""
CONSISTENT = 1e-6
MAYBE_INSIDE = 1e-11
"""A smallest eigenvalue above this, for |b| = 1, may mean an interior."""
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
    """What a look at one face showed: an exact Gram matrix, or a point that shows what to cut, or neither; and whether
    exact equations contradict what floating point shows."""

    outcome: str
    exact: ExactGram | None = None
    point: CentralPoint | None = None
    moments: Float[np.ndarray, " R"] | None = None
    contradicted: bool = False


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
    return _Descent(system, deadline, central_solver(solver)).run()


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
        if len(self.face.ranges) > 1:
            yield from self._settled(peel(self.face, deadline))

    def _settled(self, settled: Settled | None) -> Iterator["_Node"]:
        if settled is None:
            return
        if not settled.known:
            yield _Node(settled.face, self.zeros, self.settled)
            return
        yield _Node(settled.face, Zeros(settled.face.system), (*self.settled, settled))


@dataclass(eq=False)
class _Branch:
    """What is left to look at of what one point exposes.

    Attributes:
      readings: the nodes, in their order.
      origin: the node whose point that is, until more of its digits were asked for.
    """

    readings: Iterator[_Node]
    origin: tuple[_Node, CentralPoint] | None = None

    def follow(self, deadline: float) -> ExactGram | None:
        """An exact Gram matrix from more digits of the point; else what these expose comes first."""
        assert self.origin is not None
        (node, point), self.origin = self.origin, None
        if not point.margin >= NEGATIVE or time.monotonic() + precise_seconds(node.face) > deadline:
            return None
        exact, end = precisely_inside(node.face, point, deadline)
        if exact is not None:
            return node.back(exact)
        if end is not None:
            self.readings = chain(node.smaller(end, deadline), self.readings)
        return None


class _Descent:
    """From the whole cone to ever smaller faces, with the readings of each in their order."""

    def __init__(self, system: GramSystem, deadline: float, central: CentralSolver) -> None:
        self._system, self._deadline, self._central = system, deadline, central
        self._lowest, self._outcome, self._count = -np.inf, "no face was tried", 0
        self._moments: Float[np.ndarray, " R"] | None = None
        self._known: dict[tuple[object, ...], Face] = {}

    def run(self) -> FaceProof:
        whole = _Node(Face.whole(self._system), Zeros(self._system))
        pending = [_Branch(chain(whole.without_corners(self._deadline), [whole]))]
        most = MAX_FACES + len(self._system.rows) // BLOCKS_PER_FACE
        while pending and self._count < most:
            if time.monotonic() > self._deadline:
                self._outcome = "time limit"
                break
            branch = pending[-1]
            node = next(branch.readings, None)
            if node is None and branch.origin is None:
                pending.pop()
                continue
            seen = _Seen("nothing else is left", contradicted=True) if node is None else self._look(node)
            exact = seen.exact if node is None or seen.exact is None else node.back(seen.exact)
            if seen.contradicted and branch.origin is not None:
                exact, self._outcome = branch.follow(self._deadline), "interior"
            if exact is not None:
                return FaceProof(self._system, exact, self._outcome, self._count, self._lowest)
            self._outcome = seen.outcome
            if node is not None and seen.point is not None and seen.moments is None:
                pending.append(_Branch(node.smaller(seen.point, self._deadline), (node, seen.point)))
        outcome = f"{self._outcome} after {self._count} face{'s' * (self._count != 1)}"
        return FaceProof(self._system, None, outcome, self._count, self._lowest, self._moments)

    def _look(self, node: _Node) -> _Seen:
        """At the face of a node, unless it was looked at before."""
        if self._known.setdefault(node.face.key, node.face) is not node.face:
            return _Seen(self._outcome)
        seen = _look(node.face, self._central)
        self._count, self._outcome = self._count + 1, seen.outcome
        if seen.point is not None and node.face.system is self._system and node.face.is_whole:
            self._lowest = min(seen.point.margin, seen.point.lowest) * seen.point.scale
            self._moments = seen.moments
        return seen


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
        outcome = "unique Gram matrix" if exact else "no psd Gram matrix is left"
        return _Seen(outcome, exact, contradicted=exact is None)
    point = solver(equations)
    if point.margin < NEGATIVE:
        return _Seen("negative margin", None, point, point.multipliers)
    exact = rounded_inside(face, point) if point.lowest > MAYBE_INSIDE else None
    contradicted = exact is None and point.lowest > SURELY_INSIDE
    return _Seen("interior" if exact else "boundary", exact, point, contradicted=contradicted)
