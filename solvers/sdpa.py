"""Semidefinite programs in the SDPA sparse format (`.dat-s`), as programs of `programs.py`.

    min c'x  s.t.  S = sum_i x_i F_i - F_0 positive semidefinite        (primal)
    max <F_0, Y>  s.t.  <F_i, Y> = c_i,  Y positive semidefinite        (dual)

The format is that of SDPLIB (Borchers, SDPLIB 1.2, 1999): comments that begin with " or *, the number of constraints,
the number of blocks, their sizes, c, and one line `matno blkno i j value` for each entry of F_0, F_1, ...
"""

import math
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import TypeVar

import numpy as np

from nsos_jax.solvers.programs import GramProgram

_PUNCTUATION = str.maketrans("(){},=", "      ")
_Lines = Iterator[tuple[int, str]]
"""Line numbers and lines."""
_Number = TypeVar("_Number", int, float)


@dataclass(frozen=True)
class Sdp:
    """min c'x  s.t.  S = sum_i x_i F_i - F_0 positive semidefinite, block by block; made by `read_sdpa`.

    Attributes:
      sizes: the side of each block, negative for a diagonal one.
      cost: float array [variables], c.
      indices: int array [entries, 4], (matrix, block, i, j): matrix 0 is F_0; block, i <= j count from 0.
      values: float array [entries].
    """

    sizes: tuple[int, ...]
    cost: np.ndarray
    indices: np.ndarray
    values: np.ndarray

    @cached_property
    def row_blocks(self) -> tuple[np.ndarray, ...]:
        """The row of each entry of S: int [k, k] for each dense block, symmetric, [k] for each diagonal one."""
        blocks, start = [], 0
        for size in self.sizes:
            block = np.arange(start, start - size)
            if size > 0:
                upper = np.triu_indices(size)
                block = np.zeros((size, size), int)
                block[upper] = np.arange(start, start + upper[0].size)
                block = np.maximum(block, block.T)
            blocks.append(block)
            start = int(block.max()) + 1
        return tuple(blocks)

    @property
    def row_count(self) -> int:
        return int(self.row_blocks[-1].max()) + 1

    @cached_property
    def rows(self) -> np.ndarray:
        """The row of each entry of the data, int [entries]."""
        _, block, i, j = self.indices.T
        starts = np.cumsum([0] + [rows.size for rows in self.row_blocks])
        sizes = np.array(self.sizes)[block]
        within = np.where(sizes > 0, i * sizes + j, i)
        return np.concatenate([rows.ravel() for rows in self.row_blocks])[starts[block] + within]

    def program(self) -> GramProgram:
        """The same problem with x as the free variables d: A(S) - A(sum_i x_i F_i) = -A(F_0), one row for each S_ij.

        Diagonal blocks become blocks of side 1. Indices at which no matrix has an entry are left out: S is zero there.

        >>> sdp = read_sdpa(["1", "1", "2", "1", "0 1 1 2 1", "1 1 1 1 1", "1 1 2 2 1"])  # min x, [x -1; -1 x] psd
        >>> program = sdp.program()
        >>> program.blocks[0].tolist(), program.rhs.tolist(), program.free.ravel().tolist()
        ([[0, 1], [1, 2]], [0.0, -2.0, 0.0], [-1.0, 0.0, -1.0])
        """
        matrix, block, i, j = self.indices.T
        twice = np.where(i == j, 1.0, 2.0)  # the row of an entry off the diagonal sums it and its mirror image
        terms = np.zeros((self.row_count, 1 + self.cost.size))
        terms[self.rows, matrix] = -twice * self.values
        blocks = []
        for index, rows in enumerate(self.row_blocks):
            used = np.union1d(i[block == index], j[block == index])
            if rows.ndim == 1:
                blocks += [np.array([[row]]) for row in rows[used]]
            elif used.size:
                blocks.append(rows[np.ix_(used, used)])
        return GramProgram(tuple(blocks), terms[:, 0], terms[:, 1:], self.cost)

    def slack_blocks(self, x: np.ndarray) -> tuple[np.ndarray, ...]:
        """S = sum_i x_i F_i - F_0: [k, k] for each dense block, the diagonal [k] for each diagonal one.

        >>> sdp = read_sdpa(["1", "1", "2", "1", "0 1 1 2 1", "1 1 1 1 1", "1 1 2 2 1"])
        >>> sdp.slack_blocks(np.array([3.0]))[0].tolist()
        [[3.0, -1.0], [-1.0, 3.0]]
        """
        if np.shape(x) != self.cost.shape:
            raise ValueError(f"x must have shape {self.cost.shape}, got {np.shape(x)}")
        coefficients = np.concatenate([[-1.0], x])
        terms = coefficients[self.indices[:, 0]] * self.values
        return self.dual_blocks(np.bincount(self.rows, terms, minlength=self.row_count))

    def dual_blocks(self, moments: np.ndarray) -> tuple[np.ndarray, ...]:
        """Y of the moments of a solution of `program()`, in the shapes of `slack_blocks`.

        >>> from nsos_jax.solvers.programs import solve_programs
        >>> sdp = read_sdpa(["1", "1", "2", "1", "0 1 1 2 1", "1 1 1 1 1", "1 1 2 2 1"])
        >>> (solution,) = solve_programs([sdp.program()])
        >>> solution.free.round(5).tolist(), sdp.dual_blocks(solution.moments)[0].round(5).tolist()
        ([1.0], [[0.5, 0.5], [0.5, 0.5]])
        """
        if np.shape(moments) != (self.row_count,):
            raise ValueError(f"moments must have shape {(self.row_count,)}, got {np.shape(moments)}")
        return tuple(moments[rows] for rows in self.row_blocks)


def read_sdpa(source: str | os.PathLike[str] | Iterable[str]) -> Sdp:
    """Reads an SDP in the SDPA sparse format.

    Entries below the diagonal count as their mirror images; an entry given twice is an error. Exponents may be written
    as in Fortran (1.5D+03); text after the numbers of a line is a comment.

    Args:
      source: the path of a file, or its lines.

    Raises:
      ValueError: naming the line and what was expected there.

    >>> sdp = read_sdpa(['"min x + y, x >= 1, y >= 2', "2 = m", "1 = nBLOCK", "(-2)", "{1, 1}",
    ...                  "0 1 1 1 1", "0 1 2 2 2", "1 1 1 1 1", "2 1 2 2 1"])
    >>> sdp.sizes, sdp.cost.tolist(), sdp.values.tolist()
    ((-2,), [1.0, 1.0], [1.0, 2.0, 1.0, 1.0])
    """
    if isinstance(source, str | os.PathLike):
        with open(source, encoding="utf-8", errors="replace") as file:
            return _read(_contents(file))
    return _read(_contents(source))


def _contents(lines: Iterable[str]) -> _Lines:
    """The lines that are neither blank nor comments."""
    for number, line in enumerate(lines, 1):
        if line.strip() and line.lstrip()[0] not in '"*':
            yield number, line


def _read(lines: _Lines) -> Sdp:
    (variables,) = _numbers(lines, 1, _positive, "the number of constraints")
    (blocks,) = _numbers(lines, 1, _positive, "the number of blocks")
    sizes = _numbers(lines, blocks, _size, "block sizes")
    cost = _numbers(lines, variables, _finite, "costs")
    entries: dict[tuple[int, int, int, int], float] = {}
    for number, line in lines:
        try:
            *index, last = _leading_numbers(line)
            matrix, block, i, j = map(int, index)
            value = _number(last)
        except ValueError:
            raise ValueError(f"line {number}: expected `matno blkno i j value`, got {line.strip()!r}") from None
        key = matrix, block - 1, min(i, j) - 1, max(i, j) - 1
        fault = "it repeats an entry, or its mirror image" if key in entries else _fault(key, value, variables, sizes)
        if fault:
            raise ValueError(f"line {number}: {fault}: {line.strip()!r}")
        entries[key] = value
    if not entries:
        raise ValueError("expected entries `matno blkno i j value` after the costs, found the end")
    return Sdp(tuple(sizes), np.array(cost), np.array(list(entries)), np.array(list(entries.values())))


def _leading_numbers(line: str) -> list[str]:
    """The numbers at the start of a line; text after them is a comment."""

    def is_number(word: str) -> bool:
        try:
            _number(word)
        except ValueError:
            return False
        return True

    return list(takewhile(is_number, line.translate(_PUNCTUATION).split()))


def _number(word: str) -> float:
    """A float, also with a Fortran exponent such as 1.5D+03."""
    return float(re.sub("[dD]", "e", word))


def _fault(key: tuple[int, int, int, int], value: float, variables: int, sizes: list[int]) -> str | None:
    """What is wrong with an entry."""
    matrix, block, i, j = key
    if not 0 <= matrix <= variables:
        return f"matno must be in 0..{variables}"
    if not 0 <= block < len(sizes):
        return f"blkno must be in 1..{len(sizes)}"
    if i < 0 or j >= abs(sizes[block]):
        return f"i and j must be in 1..{abs(sizes[block])}"
    if i != j and sizes[block] < 0:
        return f"block {block + 1} is diagonal, i and j must be equal"
    return None if math.isfinite(value) else "the value must be finite"


def _numbers(lines: _Lines, length: int, convert: Callable[[str], _Number], name: str) -> list[_Number]:
    """So many numbers from one line or more; other text after the last is ignored."""
    numbers: list[_Number] = []
    while len(numbers) < length:
        number, line = next(lines, (0, ""))
        if not number:
            raise ValueError(f"{name}: found the end after {len(numbers)} of {length}")
        for word in line.translate(_PUNCTUATION).split():
            try:
                numbers.append(convert(word))
            except ValueError as error:
                if len(numbers) >= length:
                    break
                raise ValueError(f"line {number}: {name}: {error}") from None
        if len(numbers) > length:
            raise ValueError(f"line {number}: {name}: expected {length}, got {len(numbers)} numbers")
    return numbers


def _positive(word: str) -> int:
    if not word.removeprefix("+").isdecimal() or int(word) == 0:
        raise ValueError(f"expected a positive integer, got {word!r}")
    return int(word)


def _size(word: str) -> int:
    return -_positive(word[1:]) if word.startswith("-") else _positive(word)


def _finite(word: str) -> float:
    value = _number(word)
    if not math.isfinite(value):
        raise ValueError(f"expected a finite number, got {word!r}")
    return value
