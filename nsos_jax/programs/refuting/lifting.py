"""From functionals on what presolve left of a program to functionals on all of its monomials.

Presolve took three things away, and each has its counterpart here, undone in the opposite order:

* a row without Gram entries that was solved for an unknown: L is free there, and is what cancels this unknown;
* a monomial of a Gram basis that had to go: L is raised by a multiple of the functional of the step that took it, as
  large as it takes for the moment matrix with this monomial to be positive semidefinite;
* rows that sign changes turn into their opposite: L is 0 there.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from flint import fmpq
from jaxtyping import Float, Int

from nsos_jax.programs.equations import GramBlock, Presolved, ProgramSystem, Step, as_double

SMALLEST = 2.0**-10
"""Of the diagonal entries of the dropped monomials, relative to the others."""
RANK = 1e-11
"""Eigenvalues of moment matrices with unit diagonal below it are taken for 0."""


class Lifting:
    """The way back from a presolved program to its system."""

    def __init__(self, system: ProgramSystem, presolved: Presolved) -> None:
        self.system, self.presolved = system, presolved
        self.cancelling = Cancelling(system, presolved.solved_rows)
        self.rounds = [_rounds(block, presolved.steps) for block in system.blocks]
        self.directions = [self._direction(number, step) for number, step in enumerate(presolved.steps)]

    def _direction(self, number: int, step: Step) -> dict[int, fmpq]:
        """The functional of a step, and what cancels it; solved rows had no Gram entries by then."""
        functional = step.functional(self.system, [rounds == number for rounds in self.rounds])
        solved = self.presolved.solved_rows
        return self.cancelling.completed({row: value for row, value in functional.items() if row not in solved})

    def lift(self, given: Mapping[int, fmpq], cost: Mapping[int, fmpq], reserve: float) -> dict[int, fmpq]:
        """L on all rows of the system where it is not 0.

        Args:
          given: L on the rows that were left, by their number in the system.
          cost: the objective, by unknown, where B'L = -cost is wanted.
          reserve: by how much what is added for dropped monomials exceeds what floating point asks for.
        """
        total = self.cancelling.completed(given, cost)
        values = np.zeros(self.system.rows)
        for row, value in total.items():
            values[row] = as_double(value)
        for step in reversed(range(len(self.directions))):
            size = fmpq(2) ** self._exponent(values, step, reserve)
            for row, value in self.directions[step].items():
                total[row] = total.get(row, fmpq(0)) + size * value
                values[row] = as_double(total[row])
        return {row: value for row, value in total.items() if value != 0}

    def _exponent(self, values: Float[np.ndarray, " R"], step: int, reserve: float) -> int:
        """log2 of the size of a direction."""
        needed = 0.0
        for block, rounds in zip(self.system.blocks, self.rounds, strict=True):
            new, kept = np.flatnonzero(rounds == step), np.flatnonzero(rounds > step)
            if len(new):
                raised = np.zeros(self.system.rows)
                for row, value in self.directions[step].items():
                    raised[row] = as_double(value)
                needed = max(needed, _needed(_moments(block, values), _moments(block, raised), new, kept))
        return int(np.ceil(np.log2(needed * reserve))) if needed else 0


def _needed(moments: np.ndarray, raised: np.ndarray, new: np.ndarray, kept: np.ndarray) -> float:
    """The least T with moments + T raised positive semidefinite on `kept` and `new`, by the Schur complement.

    Raises:
      OverflowError: a number is too large for floating point.
    """
    sizes, axes = np.linalg.eigh(raised[np.ix_(new, new)])
    if not sizes[0] > RANK * sizes[-1]:
        raise OverflowError("the functional of a step is not definite in floating point")
    root = axes / np.sqrt(sizes)
    inside, across = moments[np.ix_(kept, kept)], moments[np.ix_(kept, new)]
    rest = moments[np.ix_(new, new)]
    size = np.sqrt(np.abs(np.diagonal(inside)))
    size[size == 0] = 1.0
    vectors = np.linalg.eigh(inside / size[:, None] / size)
    large = vectors[0] > RANK
    projected = (vectors[1][:, large].T / np.sqrt(vectors[0][large])[:, None]) @ (across / size[:, None])
    with np.errstate(over="ignore", invalid="ignore"):
        least = root.T @ (projected.T @ projected - rest) @ root
    if not np.isfinite(least).all():
        raise OverflowError("the moments are too large for floating point")
    scale = float(np.median(size**2)) * float(1 / sizes[0]) if len(kept) else 1.0
    return max(float(np.linalg.eigvalsh(least)[-1]), SMALLEST * scale)


def _moments(block: GramBlock, values: Float[np.ndarray, " R"]) -> Float[np.ndarray, "k k"]:
    """M(L) on the basis of a block."""
    weights = [as_double(weight) for weight in block.weights]
    return np.tensordot(weights, values[block.maps], 1)


def _rounds(block: GramBlock, steps: Sequence[Step]) -> Int[np.ndarray, " k"]:
    """By which step each monomial of a block was dropped; the last number for those that were not."""
    dropped = [step.drops(block) for step in steps]
    return np.array([*dropped, np.ones(block.side, bool)]).argmax(axis=0)


class Cancelling:
    """B'L = 0 at the unknowns that rows were solved for, by values on these rows.

    The equations were solved one after the other: restricted to these unknowns, their matrix is a lower triangle (what
    was subtracted) times an upper one (what was left).
    """

    def __init__(self, system: ProgramSystem, solved_rows: Mapping[int, int]) -> None:
        self.system = system
        self.rows = list(solved_rows)
        self.pivots = list(solved_rows.values())
        self.places = {pivot: k for k, pivot in enumerate(self.pivots)}
        self.upper: list[dict[int, fmpq]] = []
        self.lower: list[dict[int, fmpq]] = []
        for row in self.rows:
            self._take(row)

    def _take(self, row: int) -> None:
        left = {self.places[u]: value for u, value in self.system.linear[row].items() if u in self.places}
        own, subtracted = len(self.upper), {}
        while left and (first := min(left)) < own:
            factor = left[first] / self.upper[first][first]
            subtracted[first] = factor
            _add(left, -factor, self.upper[first])
        self.upper.append(left)
        self.lower.append(subtracted)

    def completed(self, given: Mapping[int, fmpq], cost: Mapping[int, fmpq] | None = None) -> dict[int, fmpq]:
        """L with these values, and those on the solved rows that make B'L = -cost at their unknowns."""
        right: dict[int, fmpq] = {}
        for unknown, value in (cost or {}).items():
            if unknown in self.places:
                _add(right, fmpq(-1), {self.places[unknown]: value})
        for row, value in given.items():
            known = {self.places[u]: own for u, own in self.system.linear[row].items() if u in self.places}
            _add(right, -value, known)
        middle: dict[int, fmpq] = {}
        for k, upper in enumerate(self.upper):
            if k in right:
                middle[k] = right[k] / upper[k]
                _add(right, -middle[k], upper)
        for k in reversed(range(len(self.rows))):
            if k in middle:
                _add(middle, -middle[k], self.lower[k])
        return {**given, **{self.rows[k]: value for k, value in middle.items()}}


def _add(total: dict[int, fmpq], factor: fmpq, row: Mapping[int, fmpq]) -> None:
    """total += factor * row, without zeros."""
    for key, value in row.items():
        new = total.get(key, fmpq(0)) + factor * value
        if new == 0:
            total.pop(key, None)
        else:
            total[key] = new
