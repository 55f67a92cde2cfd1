"""Vectors whose products depend on the row alone: z_i z_j = y_r for every entry (i, j) of row r.

For monomials these are their values at points; what is needed of them is read from the maps alone, where they are the
solutions of linear equations in the logarithms, u_i + u_j + tau_t = eta_r for term t, and, for the signs, of the same
equations modulo 2. Two uses:
  samples: A'(y) = g z z' is of rank one. With as many such y as rows, in a basis of them, A(S)_p = g_p z_p' S z_p, and
    A (X (x) Y) A' is an elementwise product of two small matrices (Löfberg and Parrilo, "From coefficients to samples",
    CDC 2004), which takes a fraction of the time.
  scaling: x -> 2^e x changes data by powers of two and no map.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import flint
import numpy as np
import scipy.linalg as sl

from nsos_jax.solvers.blocks import Block, terms

LARGEST = 200, 4000
"""Indices of all blocks, and equations, up to which solutions are looked for."""
SPREAD = 0.35
"""Standard deviation of the logarithms of the coordinates of points."""
CANDIDATES = 6
"""Points drawn for each one chosen."""
CONDITION = 1e6
"""Of the values of points on rows; a larger one costs digits."""


@dataclass(frozen=True)
class Exponents:
    """Integer solutions of u_i + u_j + tau_t = eta_r.

    Attributes:
      indices: int [solutions, indices of all blocks], u.
      terms: int [solutions, terms of all blocks], tau; 0 for the first term of each block.
      rows: int [solutions, rows], eta.
      signs: the same three arrays for the equations modulo 2.
    """

    indices: np.ndarray
    terms: np.ndarray
    rows: np.ndarray
    signs: tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Samples:
    """Points p = 0, 1, ..., as many as rows.

    Attributes:
      rows: float [points, rows], y_p.
      vectors: per block float [points, k], z_p.
      weights: per block float [points], g_p.
    """

    rows: np.ndarray
    vectors: tuple[np.ndarray, ...]
    weights: tuple[np.ndarray, ...]


def exponents(blocks: Sequence[Block], rows: int) -> Exponents | None:
    """All solutions; None where there are too many equations to look for them, or none but zero."""
    sides, counts = [len(block) for block in blocks], [len(terms(block)[0]) for block in blocks]
    width = sum(sides) + sum(counts)
    if sum(sides) > LARGEST[0]:
        return None
    left, owners = _left_sides(blocks, sides, counts, width)
    order = np.argsort(owners, kind="stable")
    left, owners = left[order], owners[order]
    first = np.concatenate([[0], np.flatnonzero(np.diff(owners)) + 1])
    heads = np.repeat(first, np.diff(np.append(first, len(owners))))
    equations = np.unique(left - left[heads], axis=0)
    starts = np.cumsum([sum(sides), *counts])[:-1]
    fixed = np.zeros((len(starts), width), left.dtype)
    fixed[np.arange(len(starts)), starts] = 1  # tau of the first term is 0: any other value is one of u
    equations = np.concatenate([equations[equations.any(axis=1)], fixed])
    if len(equations) > LARGEST[1]:
        return None
    lifted = np.zeros((rows, width), left.dtype)
    lifted[owners[first]] = left[first]
    system = flint.fmpz_mat(equations.tolist())
    basis, count = system.nullspace()
    if not count:
        return None
    solutions = np.array([[int(basis[i, j]) for i in range(width)] for j in range(count)], dtype=object)
    solutions = np.array([row // np.gcd.reduce(row) for row in solutions]).astype(np.int64)
    modulo = flint.nmod_mat(len(equations), width, [int(value) % 2 for value in equations.ravel()], 2)
    parities, count = modulo.nullspace()
    signs = np.array([[int(parities[i, j]) for i in range(width)] for j in range(count)], np.int64).reshape(-1, width)
    cut = sum(sides)
    parts = [(array[:, :cut], array[:, cut:], array @ lifted.T) for array in (solutions, signs)]
    return Exponents(*parts[0], signs=parts[1])


def _left_sides(
    blocks: Sequence[Block], sides: list[int], counts: list[int], width: int
) -> tuple[np.ndarray, np.ndarray]:
    """The left sides of all equations [equations, unknowns] and the rows they belong to."""
    left, owners = [], []
    at, term_at = 0, sum(sides)
    for block, side, count in zip(blocks, sides, counts, strict=True):
        i, j = np.triu_indices(side)
        for term, rows in enumerate(terms(block)[0]):
            part = np.zeros((i.size, width), np.int64)
            np.add.at(part, (np.arange(i.size), at + i), 1)
            np.add.at(part, (np.arange(i.size), at + j), 1)
            part[:, term_at + term] += 1
            left.append(part)
            owners.append(rows[i, j])
        at, term_at = at + side, term_at + count
    return np.concatenate(left), np.concatenate(owners)


def samples(blocks: Sequence[Block], rows: int, components: Sequence[np.ndarray]) -> Samples | None:
    """Points that span all rows, component by component; None where there are none, or no well-conditioned ones."""
    found = exponents(blocks, rows)
    if found is None:
        return None
    random = np.random.default_rng(0)
    count = CANDIDATES * max(map(len, components)) + 50
    joint = np.concatenate([found.indices, found.terms], axis=1).astype(float)
    basis = sl.orth(joint.T).T
    drawn = random.normal(size=(count, len(basis))) * SPREAD * np.sqrt(joint.shape[1] / len(basis))
    logs = drawn @ basis
    cut = found.indices.shape[1]
    # the same point on the rows: coordinates with respect to the integer solutions
    coordinates = np.linalg.lstsq(joint.T, logs.T, rcond=None)[0].T
    flips = random.integers(0, 2, (count, len(found.signs[0])))
    vectors = np.exp(logs[:, :cut]) * _sign(flips @ found.signs[0])
    factors = np.exp(logs[:, cut:]) * _sign(flips @ found.signs[1])
    values = np.exp(coordinates @ found.rows) * _sign(flips @ found.signs[2])
    chosen = np.empty(rows, np.intp)
    table = np.zeros((rows, rows))
    lengths = np.ones(rows)
    for component in components:
        part = values[:, component]
        part = part / np.linalg.norm(part, axis=1, keepdims=True)
        triangle, pivots = sl.qr(part.T, pivoting=True, mode="r")
        picked = pivots[: component.size]
        if component.size > len(triangle.diagonal()) or np.linalg.cond(part[picked]) > CONDITION:
            return None
        chosen[component] = picked
        table[np.ix_(component, component)] = part[picked]
        lengths[component] = np.linalg.norm(values[picked][:, component], axis=1)
    parts, weights, at, term_at = [], [], 0, 0
    for block in blocks:
        maps, own = terms(block)
        parts.append(vectors[chosen, at : at + len(block)] / np.sqrt(lengths)[:, None])
        weights.append(factors[chosen, term_at : term_at + len(maps)] @ own)
        at, term_at = at + len(block), term_at + len(maps)
    return Samples(table, tuple(parts), tuple(weights))


def _sign(parities: np.ndarray) -> np.ndarray:
    return 1.0 - 2.0 * (parities % 2)
