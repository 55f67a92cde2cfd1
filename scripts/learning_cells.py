"""Polynomials for the map of where learning can pay (`map_learning.py`): planted ones by cell, and published ones.

A planted polynomial is p = z'RR'z with an integer factor R; the structures lie between the four of the paper:

    dense          R full and square                   blocks     diagonal blocks of 10 to 40
    sparse         about one more entry a row          banded     four diagonals
    low rank       k / 3 columns                       arrow      a diagonal and full last rows
    few squares    4 columns, half full                cliques    cliques of 8 that overlap in 2
    low rank + sparse  3 full columns beside a sparse R

Spaces say how crowded the monomials are: "wide" (8 variables, degree 16), "crowded" (4 variables, of the least degree
with 1.5 |B*| monomials), "even" (as wide, all exponents even).
"""

import json
import zlib
from collections.abc import Iterator
from itertools import pairwise
from math import comb
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nsos_jax.bases import pair_rows
from nsos_jax.polynomials import ParseError, Polynomial
from nsos_jax.sampling import Planted, sample_monomials

STRUCTURES = ("dense", "sparse", "low rank", "low rank + sparse", "few squares", "blocks", "banded", "arrow", "cliques")
SPACES = ("wide", "crowded", "even")
SIZES = (20, 50, 100, 200, 400)
LARGEST = 5


class Cell(NamedTuple):
    """One place of the map."""

    structure: str
    space: str
    size: int

    @property
    def name(self) -> str:
        return f"{self.structure}, {self.space}, {self.size}"


def draw(cell: Cell, number: int, seed: int = 0) -> Planted:
    """The draw of that number of a cell: the same on every machine."""
    rng = np.random.default_rng((seed, zlib.crc32(cell.name.encode()), number))
    basis = _basis(rng, cell)
    factor = _factor(rng, cell.structure, cell.size)
    gram = factor @ factor.T
    maps = pair_rows(2 * basis, basis)
    sums = np.zeros(len(maps.row_exponents), np.int64)
    np.add.at(sums, maps.rows.ravel(), gram.ravel())
    return Planted(Polynomial.from_arrays(maps.row_exponents, sums.tolist()), basis, gram)


def _basis(rng: np.random.Generator, cell: Cell) -> np.ndarray:
    if cell.space == "wide":
        return sample_monomials(rng, 8, 8, cell.size)
    if cell.space == "even":
        return 2 * sample_monomials(rng, 8, 4, cell.size)
    degree = next(d for d in range(1, 40) if comb(4 + d, 4) >= 1.5 * cell.size)
    return sample_monomials(rng, 4, degree, cell.size)


def _factor(rng: np.random.Generator, structure: str, size: int) -> np.ndarray:
    """An integer factor R [size, columns] of full row support: no monomial is left out."""
    full = rng.integers(-LARGEST, LARGEST + 1, (size, size))
    diagonal = np.diag(rng.integers(1, LARGEST + 1, size))
    row, column = np.arange(size)[:, None], np.arange(size)
    sparse = np.where(rng.random((size, size)) < 1.0 / size, full, 0) * (row != column) + diagonal
    if structure == "dense":
        return full * (row != column) + diagonal
    if structure == "sparse":
        return sparse
    if structure == "low rank":
        return _without_empty_rows(full[:, : max(size // 3, 1)])
    if structure == "low rank + sparse":
        return np.concatenate([full[:, :3], sparse], axis=1)
    if structure == "few squares":
        return _without_empty_rows(np.where(rng.random((size, 4)) < 0.5, full[:, :4], 0))
    if structure == "blocks":
        sides = rng.integers(10, 41, size)
        block = np.repeat(np.arange(size), sides)[:size]
        return np.where((block[:, None] == block) & (row != column), full, 0) + diagonal
    if structure == "banded":
        return np.where((row > column) & (row <= column + 3), full, 0) + diagonal
    if structure == "arrow":
        return np.where((row > column) & (row >= size - max(size // 20, 2)), full, 0) + diagonal
    clique = np.minimum(np.arange(size) // 6, max((size - 2) // 6 - 1, 0)) * 6
    inside = (row >= clique) & (row < clique + 8) & (row > column)
    return np.where(inside, full, 0) + diagonal


def _without_empty_rows(factor: np.ndarray) -> np.ndarray:
    empty = ~factor.any(axis=1)
    factor[empty, 0] = 1
    return factor


def published(folder: Path) -> Iterator[tuple[str, Polynomial]]:
    """(name, polynomial) of the text files of a folder `sparsesos`, and of the memberships of a file `field.jsonl`."""
    for path in sorted((folder / "sparsesos").glob("*.txt")):
        yield f"sparsesos {path.stem}", Polynomial.parse(path.read_text())
    field = folder / "field.jsonl"
    for line in field.read_text().splitlines() if field.is_file() else ():
        row = json.loads(line)
        if row.get("kind") == "membership" and "sos" in str(row.get("truth")) and "not" not in str(row.get("truth")):
            try:
                yield f"field {row['id']}", Polynomial.parse(row["polynomial"])
            except ParseError:
                continue


def wells_less_their_bounds() -> Iterator[tuple[str, Polynomial]]:
    """p - gamma for proven bounds gamma of coupled double wells p: near the boundary of the cone."""
    from nsos_jax import lower_bound  # which loads the programs

    for n in (3, 5, 7):
        names = [f"x{i}" for i in range(1, n + 1)]
        wells = " + ".join(f"{x}^4 - 16*{x}^2 + 5*{x}" for x in names)
        coupling = " + ".join(f"3*{x}*{y} + {x}^2*{y}^2" for x, y in pairwise(names))
        p = Polynomial.parse(f"{wells} + {coupling}")
        bound = lower_bound(p).lower
        if bound is not None:
            yield f"wells {n}", p - Polynomial.parse(str(bound))
