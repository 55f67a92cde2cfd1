"""Small changes of unknowns and Gram entries that satisfy given rows exactly, whatever they do to the others."""

import math
from collections.abc import Sequence

import numpy as np
from flint import fmpq

from nsos_jax.programs.equations import ConicForm, Presolved
from nsos_jax.proofs import IntegerEquations

Entry = tuple[int, int, int]
"""Block, i <= j."""


def settled(
    presolved: Presolved, form: ConicForm, rows: Sequence[int], residual: Sequence[fmpq]
) -> tuple[dict[int, fmpq], dict[Entry, fmpq]]:
    """Changes of unknowns and of entries with A(change of Q) - B (change of w) = residual in the given rows.

    Raises:
      Inconsistent: there are none.
    """
    place = {row: at for at, row in enumerate(rows)}
    columns, scales = _columns(presolved, form, place)
    numbers = [[fmpq(0)] * len(columns) for _ in rows]
    for column, coefficients in enumerate(columns.values()):
        for at, value in coefficients.items():
            numbers[at][column] = value
    targets = [residual[row] for row in rows]
    multiples = [math.lcm(int(b.q), *(int(x.q) for x in row)) for row, b in zip(numbers, targets, strict=True)]
    matrix = np.array(
        [[int(x * m) for x in row] for row, m in zip(numbers, multiples, strict=True)], dtype=object
    ).reshape(len(rows), len(columns))
    equations = IntegerEquations(
        matrix, [int(b * m) for b, m in zip(targets, multiples, strict=True)], np.array(scales)
    )
    numerators, denominator = equations.solve(np.zeros(len(columns)), [0] * len(columns))
    unknowns: dict[int, fmpq] = {}
    entries: dict[Entry, fmpq] = {}
    for key, numerator in zip(columns, numerators, strict=True):
        if numerator and isinstance(key, int):
            unknowns[key] = fmpq(numerator, denominator)
        elif numerator and isinstance(key, tuple):
            entries[key] = fmpq(numerator, denominator)
    return unknowns, entries


def _columns(
    presolved: Presolved, form: ConicForm, place: dict[int, int]
) -> tuple[dict[int | Entry, dict[int, fmpq]], list[float]]:
    """By unknown and entry its coefficients in the rows, and how large a change of it is worth one unit."""
    columns: dict[int | Entry, dict[int, fmpq]] = {}
    for row, at in place.items():
        for unknown, value in presolved.system.linear[row].items():
            columns.setdefault(unknown, {})[at] = -value
    shift = dict(zip(presolved.free, form.free_shifts.tolist(), strict=True))
    scales = [2.0 ** shift[unknown] for unknown in columns if isinstance(unknown, int)]
    for index, (block, shifts) in enumerate(zip(presolved.system.blocks, form.basis_shifts, strict=True)):
        wanted = np.isin(block.maps, list(place)).any(axis=0)
        for i, j in zip(*np.nonzero(np.triu(wanted)), strict=True):
            own: dict[int, fmpq] = {}
            for row, weight in zip(block.maps[:, i, j].tolist(), block.weights, strict=True):
                if row in place:
                    own[place[row]] = own.get(place[row], fmpq(0)) + weight * (1 if i == j else 2)
            columns[index, int(i), int(j)] = own
            scales.append(2.0 ** int(shifts[i] + shifts[j]))
    return columns, scales
