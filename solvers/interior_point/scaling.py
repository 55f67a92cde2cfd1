"""Changes of variables x -> 2^e x, which scale rows and indices by powers of two and leave the maps as they are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nsos_jax.solvers.blocks import Block, WeightedBlock, terms
from nsos_jax.solvers.interior_point.program import ConicProgram, Outcome
from nsos_jax.solvers.interior_point.toric import exponents
from nsos_jax.solvers.problem import as_dense

UNEVEN = 3.5
"""Standard deviation of the binary logarithms of b, of a column of F or of the weights of a block, from which on
programs are scaled; that of normally distributed numbers is 1.6."""
DOMAIN = 1.0
"""How much each index of a block makes its weights count more than numbers of b and F: they tell how large the domain
is."""
SHOWN = 4
"""Programs of a group that are looked at."""
STEADY = 1e-3
"""Weight on leaving things as they are."""


@dataclass(frozen=True)
class Scaling:
    """S_ij = 2^(-u_i - u_j) S'_ij, row r times 2^eta_r.

    Attributes:
      blocks: the maps with weights 2^tau_t w_t.
      indices: per block 2^-u [k].
      rows: 2^eta [R].
    """

    blocks: tuple[Block, ...]
    indices: tuple[np.ndarray, ...]
    rows: np.ndarray

    def apply(self, program: ConicProgram) -> ConicProgram:
        """The scaled program."""
        rhs, free = program.rhs * self.rows, as_dense(program.free) * self.rows[:, None]
        return replace(program, blocks=self.blocks, rhs=rhs, free=free)

    def undo(self, outcome: Outcome) -> Outcome:
        """The outcome of the program from that of the scaled one."""
        inside = outcome.inside
        if inside is not None:
            inside = self._unscaled(inside[0]), inside[1]
        moments, inner = (
            None if values is None else values * self.rows for values in (outcome.moments, outcome.inside_moments)
        )
        grams = None if outcome.grams is None else self._unscaled(outcome.grams)
        return replace(outcome, grams=grams, moments=moments, inside=inside, inside_moments=inner)

    def _unscaled(self, grams: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        return tuple(gram * own * own[:, None] for gram, own in zip(grams, self.indices, strict=True))


def scaling(programs: Sequence[ConicProgram]) -> Scaling | None:
    """One that evens out the numbers of programs that share their maps, as the first of them show them; None where they
    are even, or none is known."""
    programs = programs[:SHOWN]
    first = programs[0]
    if not isinstance(first.free, np.ndarray) or not _uneven(programs):
        return None
    found = exponents(first.blocks, first.rhs.size)
    if found is None:
        return None
    normal, right = np.zeros(2 * [len(found.rows)]), np.zeros(len(found.rows))

    def even_out(numbers: np.ndarray, moves: np.ndarray, weight: float) -> None:
        """Adds the variance of the logarithms of some numbers, each moved by its column of `moves`."""
        present = numbers != 0
        if present.sum() > 1:
            logs, moves = np.log2(np.abs(numbers[present])), moves[:, present].astype(float)
            moves = moves - moves.mean(axis=1, keepdims=True)
            normal[...] += weight * moves @ moves.T
            right[...] -= weight * moves @ (logs - logs.mean())

    for program in programs:
        for column in (program.rhs, *as_dense(program.free).T):
            even_out(column, found.rows, 1.0 / len(programs))
    at = 0
    for block in first.blocks:
        weights = terms(block)[1]
        even_out(weights, found.terms[:, at : at + weights.size], DOMAIN * len(block))
        at += weights.size
    normal += STEADY * np.eye(len(normal)) * max(np.trace(normal), 1.0)
    chosen = np.round(np.linalg.solve(normal, right)).astype(np.int64)
    if not chosen.any():
        return None
    tau, index = np.exp2(chosen @ found.terms), np.exp2(-(chosen @ found.indices))
    sides, counts = [len(block) for block in first.blocks], [terms(block)[1].size for block in first.blocks]
    parts = np.split(tau, np.cumsum(counts)[:-1])
    blocks = tuple(
        WeightedBlock(block.maps, block.weights * part) if isinstance(block, WeightedBlock) else block
        for block, part in zip(first.blocks, parts, strict=True)
    )
    return Scaling(blocks, tuple(np.split(index, np.cumsum(sides)[:-1])), np.exp2(chosen @ found.rows))


def _uneven(programs: Sequence[ConicProgram]) -> bool:
    first = programs[0]
    numbers = np.concatenate([first.rhs[:, None], as_dense(first.free)], axis=1)
    columns = [numbers, *(terms(block)[1][:, None] for block in first.blocks)]
    return any(_spread(np.abs(array)) > UNEVEN for array in columns)


def _spread(sizes: np.ndarray) -> float:
    """The standard deviation of the binary logarithms of all numbers from the mean of their column, zeros left out."""
    present = sizes > 0
    logs = np.log2(np.where(present, sizes, 1.0))
    means = logs.sum(axis=0) / np.maximum(present.sum(axis=0), 1)
    return float(np.sqrt(((logs - means) ** 2 * present).sum() / max(present.sum(), 1)))
