"""The search for Gram matrices of classes of blocks, inside the cone or on its faces.

With one matrix per class, what all blocks of a class vanish on is cut from it at once: along a chain zeros change from
link to link, and the mean over the links exposes what one link alone does not show. What is found is written down for
all blocks; whether it is right is for the checker to say.
"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np
from jaxtyping import Float

from nsos_jax.proofs.faces import (
    BOLD,
    CAUTIOUS,
    FREE_BITS,
    BlockEquations,
    CentralPoint,
    CentralSolver,
    DeterminedBlocks,
    Frame,
    Inconsistent,
    IntegerEquations,
    Misread,
    RangeReading,
    are_psd,
    exposed_vectors,
    guessed_ranges,
    symmetric_blocks,
)
from nsos_jax.proofs.gram_system import GramSystem
from nsos_jax.proofs.repeated.classes import refinements
from nsos_jax.proofs.repeated.margin import ClassEquations
from nsos_jax.proofs.repeated.system import RepeatedSystem
from nsos_jax.proofs.rounding import ExactGram, interior_grams

ROUNDS = (0, 1, 3)
"""Of refinement after which the classes are tried."""
LEAST_BLOCKS, FEWER = 24, 0.5
"""Blocks from which on there is something to gain, and the classes, as part of the blocks, up to which there is."""
MOST_EQUATIONS, MOST_UNKNOWNS = 2500, 600
"""Of dense floating point matrices, and of exact ones."""
CONSISTENT, NEGATIVE = 1e-6, -1e-6
"""As for faces of one system."""
INSIDE, PERHAPS = 1e-8, 1e-13
"""Smallest eigenvalues, for |b| = 1, above which a point is surely inside, and above which it may be: long chains share
a small constant."""


def prove_repeated(system: GramSystem, solver: CentralSolver, deadline: float = np.inf) -> ExactGram | None:
    """A Gram matrix that is equal on blocks that look alike; None if none was found, or hardly any do.

    Args:
      system: the Gram equations.
      solver: whose central solutions.
      deadline: a value of `time.monotonic()`; checked between steps.
    """
    if len(system.bases) < LEAST_BLOCKS:
        return None
    before = 0
    for rounds, classes in zip(range(max(ROUNDS) + 1), refinements(system), strict=False):
        if rounds not in ROUNDS:
            continue
        count = int(classes.labels.max()) + 1
        if count > FEWER * len(system.bases) or time.monotonic() > deadline:
            return None
        if count == before:
            continue
        before = count
        repeated = RepeatedSystem.build(system, classes)
        if len(repeated.targets) > MOST_EQUATIONS:
            return None
        found = _Search.whole(repeated).run(solver, deadline)
        if found is not None:
            return found
    return None


@dataclass(eq=False)
class _Search:
    """Faces, one in the other, and the classes that are known.

    Attributes:
      repeated: the equations.
      ranges: per class, integers [m, r].
      left: of the targets, for classes that are not known.
      known: Gram matrices of p on classes, integers over denominators.
    """

    repeated: RepeatedSystem
    ranges: list[np.ndarray]
    left: list[Fraction]
    known: dict[int, tuple[np.ndarray, int]] = field(default_factory=dict)

    @staticmethod
    def whole(repeated: RepeatedSystem) -> "_Search":
        sides = [own.shape[1] for own in repeated.equations]
        ranges = [np.eye(side, dtype=np.int64).astype(object) for side in sides]
        return _Search(repeated, ranges, [Fraction(target) for target in repeated.targets])

    def run(self, solver: CentralSolver, deadline: float) -> ExactGram | None:
        before, size = list(self.ranges), math.inf
        while self._settle(before) and self.size < size:
            size = self.size
            if len(self.known) == len(self.ranges):
                return None if any(self.left) else self._assembled({})
            if time.monotonic() > deadline:
                return None
            rest = _Rest(self)
            equations = rest.margin()
            if not equations.size or equations.inconsistency > CONSISTENT:
                return None
            point = solver(equations)
            if point.margin < NEGATIVE:
                return None
            if point.lowest > PERHAPS or not equations.freedom:
                exact = rest.inside(point)
                if exact is not None or point.lowest > INSIDE or not equations.freedom:
                    return exact
            before = list(self.ranges)
            if not self._verify(rest, point) and not self._cut(rest, point):
                break
        return None

    def _blocks(self, labels: Sequence[int]) -> DeterminedBlocks:
        denominator = self.repeated.system.polynomial.denominator
        return DeterminedBlocks([self.block(label) for label in labels], self.left, denominator)

    def block(self, label: int) -> BlockEquations:
        """The equations of a class."""
        matrices = self.repeated.equations[label]
        return BlockEquations(self.repeated.own[label], lambda within: _columns(matrices, within), self.ranges[label])

    @property
    def size(self) -> int:
        """The sum of the sides of the classes that are not known."""
        return sum(self.ranges[label].shape[1] for label in self.open)

    @property
    def open(self) -> list[int]:
        """The classes that are not known."""
        return [label for label in range(len(self.ranges)) if label not in self.known]

    def _settle(self, before: Sequence[np.ndarray]) -> bool:
        """Takes out what is determined; what was misread gets its range back. False if there is no solution."""
        labels = self.open
        while True:
            blocks = self._blocks(labels)
            try:
                blocks.run()
                break
            except Misread as error:
                undone = [labels[k] for k in error.blocks if self.ranges[labels[k]].shape != before[labels[k]].shape]
                for label in undone:
                    self.ranges[label] = before[label]
                if not undone:
                    return False
        self._take(labels, blocks)
        return True

    def _take(self, labels: Sequence[int], blocks: DeterminedBlocks) -> bool:
        self.known |= {labels[k]: own for k, own in blocks.known.items()}
        self.left = blocks.left
        return bool(blocks.known)

    def _verify(self, rest: "_Rest", point: CentralPoint) -> bool:
        """Takes out what guesses determine whom equations bear out."""
        blocks = self._blocks(rest.labels)
        triples = zip(rest.frames, point.moments, point.slacks, strict=True)
        pairs = zip(rest.labels, triples, strict=True)
        blocks.verify([list(guessed_ranges(self.ranges[label], *own)) for label, own in pairs])
        return self._take(rest.labels, blocks)

    def _cut(self, rest: "_Rest", point: CentralPoint) -> bool:
        """Cuts what the point exposes, as far as it reads as rational."""
        for rules in (CAUTIOUS, BOLD):
            cuts = exposed_vectors(point.moments, point.slacks, rules)
            for name in ("partial", "hull"):
                smaller = False
                for label, frame, cut in zip(rest.labels, rest.frames, cuts, strict=True):
                    columns = getattr(RangeReading(self.ranges[label], frame.triangle, cut), name)
                    smaller |= columns.shape != self.ranges[label].shape
                    self.ranges[label] = columns
                if smaller:
                    return True
        return False

    def _assembled(self, rest: dict[int, tuple[np.ndarray, int]]) -> ExactGram:
        pairs = self.known | rest
        common = math.lcm(*(denominator for _, denominator in pairs.values()))
        matrices = [pairs[label][0].astype(object) * (common // pairs[label][1]) for label in range(len(pairs))]
        return self.repeated.exact(matrices, common)


class _Rest:
    """The classes of a search that are not known, on their faces, in floating point and exactly."""

    def __init__(self, search: _Search) -> None:
        self._search = search
        self.labels = search.open
        self._rows = sorted({int(row) for label in self.labels for row in search.repeated.own[label]})

    @cached_property
    def frames(self) -> list[Frame]:
        """D V = orthonormal @ triangle, with D = diag(2^logs)."""
        result = []
        for label in self.labels:
            columns, logs = self._search.ranges[label], self._search.repeated.logs(label)
            if columns.shape[0] == columns.shape[1]:
                result.append(Frame(np.eye(len(logs)), np.diag(np.exp2(logs))))
            else:
                result.append(Frame(*np.linalg.qr(np.ldexp(columns.astype(np.float64), logs[:, None]))))
        return result

    def margin(self) -> ClassEquations:
        """The margin problem in orthonormal coordinates, each equation of length one."""
        repeated = self._search.repeated
        own, matrices = [], []
        squares = np.zeros(len(self._rows))
        for label, frame in zip(self.labels, self.frames, strict=True):
            logs = repeated.logs(label)
            scaled = np.ldexp(repeated.equations[label].astype(np.float64), -(logs[:, None] + logs))
            matrices.append(frame.orthonormal.T @ scaled @ frame.orthonormal)
            own.append(np.searchsorted(self._rows, repeated.own[label]))
            squares[own[-1]] += (matrices[-1] ** 2).sum(axis=(1, 2))
        norms = np.where(squares > 0, np.sqrt(squares), 1.0)
        factor = Fraction(2) ** -repeated.system.scaling.unit / repeated.system.polynomial.denominator
        rhs = np.array([float(self._search.left[row] * factor) for row in self._rows])
        lengths = zip(own, matrices, strict=True)
        return ClassEquations(own, [part / norms[rows][:, None, None] for rows, part in lengths], rhs / norms)

    def inside(self, point: CentralPoint) -> ExactGram | None:
        """Rounds a point inside the faces: all blocks of the system where nothing is cut, else the classes."""
        search, repeated = self._search, self._search.repeated
        grams = [gram * point.scale for gram in point.grams]
        if not search.known and all(own.shape[0] == own.shape[1] for own in search.ranges):
            logs = [repeated.logs(label) for label in self.labels]
            plain = [np.ldexp(gram, -(own[:, None] + own)) for gram, own in zip(grams, logs, strict=True)]
            lowest = min(float(np.linalg.eigvalsh(gram)[0]) for gram in plain)
            roundings = interior_grams(repeated.system, repeated.spread(plain), lowest)
            return next((exact for exact in roundings if are_psd(exact.grams)), None)
        return self._exact(grams)

    def _exact(self, grams: Sequence[Float[np.ndarray, "r r"]]) -> ExactGram | None:
        search, unit = self._search, self._search.repeated.system.scaling.unit
        denominator = search.repeated.system.polynomial.denominator
        sides = [search.ranges[label].shape[1] for label in self.labels]
        if sum(side * (side + 1) // 2 for side in sides) > MOST_UNKNOWNS:
            return None
        hint = []
        for gram, frame in zip(grams, self.frames, strict=True):
            inverse = np.linalg.inv(frame.triangle)
            core = inverse @ gram @ inverse.T
            hint.append(np.ldexp(core[np.triu_indices(len(core))] * float(denominator), unit))
        upper = np.concatenate(hint)
        largest = int(np.frexp(np.abs(upper).max(initial=1e-300))[1])
        lift = math.lcm(*(search.left[row].denominator for row in self._rows))
        matrix = self._matrix()
        try:
            equations = IntegerEquations(matrix, [int(search.left[row] * lift) for row in self._rows])
            for bits in FREE_BITS:
                entries, common = equations.solve(upper * lift, [max(bits - largest, 0)] * len(upper))
                cores = symmetric_blocks(entries, sides)
                if are_psd(cores):
                    return search._assembled(dict(self._products(cores, common * lift * denominator)))
        except Inconsistent:
            pass
        return None

    def _matrix(self) -> np.ndarray:
        """All equations in the entries of the upper triangles of S."""
        place = {row: k for k, row in enumerate(self._rows)}
        parts = []
        for label in self.labels:
            block = self._search.block(label)
            own = np.zeros((len(self._rows), block.unknowns), dtype=object)
            own[[place[int(row)] for row in block.own]] = block.matrix
            parts.append(own)
        return np.concatenate(parts, axis=1)

    def _products(self, cores: Sequence[np.ndarray], denominator: int) -> Iterator[tuple[int, tuple[np.ndarray, int]]]:
        for label, core in zip(self.labels, cores, strict=True):
            columns = self._search.ranges[label]
            yield label, (columns @ core @ columns.T, denominator)


def _columns(matrices: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """v_a' E v_c for a = c, twice that for a < c: integers [rows, unknowns]."""
    products = columns.T @ matrices.astype(object) @ columns
    i, j = np.triu_indices(columns.shape[1])
    return products[:, i, j] * np.where(i == j, 1, 2)
