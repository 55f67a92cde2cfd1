"""Rounding inside the cone: the unknowns first, then the multipliers, and what is left over into s_0.

Each Gram matrix is rounded to a grid, which its margin allows. What the equations then miss is small and is spread
over the entries of matrices whose factor is a monomial, of which every entry lies in one row only; a row without such
entries is beyond this method.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from flint import fmpq, fmpz

from nsos_jax.certificates import as_fraction
from nsos_jax.programs.presolve import Presolved
from nsos_jax.programs.proving.exact import ExactGram, ExactPoint
from nsos_jax.proofs import simplest_fraction

EXTRA_BITS = (4, 10, 20)
"""Beyond -log2 of the margin, coarsest first."""
MAX_BITS = 300


def interior_points(
    presolved: Presolved, free: np.ndarray, grams: Sequence[np.ndarray], margin: float
) -> Iterator[ExactPoint]:
    """Exact points near one with Q - margin I positive semidefinite, coarsest first.

    Args:
      presolved: the equations.
      free: the unknowns that are left, float64, in the units of the program.
      grams: one per block, in the units of the program.
      margin: positive.
    """
    if not margin > 0 or not np.isfinite(margin):
        return
    size = max((len(gram) for gram in grams), default=1)
    coarse = int(np.ceil(np.log2(size / margin)))
    for extra in EXTRA_BITS:
        bits = max(coarse + extra, 2)
        if bits <= MAX_BITS:
            point = _rounded(presolved, free, grams, bits)
            if point is not None:
                yield point


def _rounded(presolved: Presolved, free: np.ndarray, grams: Sequence[np.ndarray], bits: int) -> ExactPoint | None:
    system = presolved.system
    tolerance = 2.0**-bits
    chosen = {}
    for unknown, value in zip(presolved.free, free.tolist(), strict=True):
        near = simplest_fraction(value, tolerance * max(1.0, abs(value)) / 4)
        chosen[unknown] = fmpq(near.numerator, near.denominator)
    targets = []
    for constant, linear in zip(system.constants, system.linear, strict=True):
        total = constant
        for unknown, coefficient in linear.items():
            total += coefficient * chosen[unknown]
        targets.append(total)
    grid = 1 << bits
    integers = [_nearest(gram, grid) for gram in grams]
    residual = list(targets)
    for block, matrix in zip(system.blocks, integers, strict=True):
        for rows, weight in zip(block.maps, block.weights, strict=True):
            sums: dict[int, int] = {}
            for row, entry in zip(rows.ravel().tolist(), matrix.ravel().tolist(), strict=True):
                sums[row] = sums.get(row, 0) + entry
            for row, total in sums.items():
                if total:
                    residual[row] -= weight * fmpq(total, grid)
    repaired = _spread(presolved, residual, integers, grid)
    if repaired is None:
        return None
    values = presolved.elimination.values(chosen, system.unknowns)
    return ExactPoint(values, repaired)


def _nearest(gram: np.ndarray, grid: int) -> np.ndarray:
    """The nearest multiples of 1 / grid, as integers."""
    mantissa, exponent = np.frexp(gram)
    scaled = np.ldexp(mantissa, 53).astype(np.int64).astype(object) * grid
    result = np.empty(gram.shape, dtype=object)
    for at, (value, power) in enumerate(zip(scaled.ravel().tolist(), exponent.ravel().tolist(), strict=True)):
        shift = 53 - power
        result.flat[at] = (value + (1 << shift >> 1)) >> shift if shift > 0 else value << -shift
    return result


def _spread(
    presolved: Presolved, residual: list[fmpq], integers: list[np.ndarray], grid: int
) -> list[ExactGram] | None:
    """Adds what each row misses to its absorbing entries: evenly on the grid, the rest to one of them."""
    system = presolved.system
    owners: dict[int, list[tuple[int, int, int]]] = {}  # by row: block, i <= j
    missing = {row for row, value in enumerate(residual) if value != 0}
    for index, block in enumerate(system.blocks):
        if len(block.weights) == 1:
            column, row = np.tril_indices(block.side)
            for i, j, at in zip(row.tolist(), column.tolist(), block.maps[0][row, column].tolist(), strict=True):
                if at in missing:
                    owners.setdefault(at, []).append((index, i, j))
    if missing - owners.keys():
        return None
    denominators = [1] * len(system.blocks)
    changes: list[dict[tuple[int, int], fmpq]] = [{} for _ in system.blocks]
    for row in missing:
        entries = owners[row]
        multiplicity = [1 if i == j else 2 for _, i, j in entries]
        count = sum(multiplicity)
        left = residual[row]
        share = fmpq(fmpz(int((left * grid / count).floor())), grid)
        for (index, i, j), times in zip(entries, multiplicity, strict=True):
            part = share / system.blocks[index].weights[0]
            changes[index][i, j] = part
            left -= share * times
        index, i, j = min(entries, key=lambda entry: entry[1] != entry[2])
        changes[index][i, j] += left / system.blocks[index].weights[0] / (1 if i == j else 2)
    result = []
    for index, (matrix, change) in enumerate(zip(integers, changes, strict=True)):
        common = fmpz(grid)
        for value in change.values():
            common = common.lcm(value.q)
        factor = int(common) // grid
        core = matrix * factor
        for (i, j), value in change.items():
            core[i, j] += int(value.p * (common // value.q))
            core[j, i] = core[i, j]
        denominators[index] = int(common)
        result.append(ExactGram(core, int(common)))
    return result


def as_float(value: fmpq) -> float:
    """The nearest float64."""
    return float(as_fraction(value))
