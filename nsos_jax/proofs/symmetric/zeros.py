"""Zeros at points of the coordinates 1, 0 and -1, and what every sum of squares that equals the polynomial owes them.

Where p vanishes to the order 2 m, every square does, so the roots vanish to the order m, at all points of the orbit:
linear equations on the ranges of Gram matrices, exact ones, before anything is solved. Floating point finds such zeros
badly: near a zero of high order moments spread over a wide neighbourhood.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement, islice, product
from typing import NamedTuple

import numpy as np
from flint import fmpz_mat
from jaxtyping import Int, Int64

from nsos_jax.bases import Component, Symmetry
from nsos_jax.polynomials import Polynomial
from nsos_jax.proofs.faces import integer_nullspace
from nsos_jax.proofs.symmetric.face import SymmetricFace
from nsos_jax.proofs.symmetric.system import SymmetricSystem

MOST_POINTS = 300
MOST_WORDS = 4 * MOST_POINTS
MOST_VALUES = 20_000_000
"""Terms times points."""
ROUNDING = 1e-9
"""Values below this share of the sum of all sizes are computed exactly."""
LINE_TERMS = (3, 5, 13)
"""Coefficients along a line that are looked at, until one does not vanish: zeros of higher order count as such."""
PRIME = 2**31 - 1
PATIENCE = 3
"""Samples of a zero that give no new equation, after which there are no more."""


class SimpleZero(NamedTuple):
    """A zero, and to which order roots vanish there: m."""

    point: Int64[np.ndarray, " n"]
    order: int


def simple_zeros(polynomial: Polynomial, symmetry: Symmetry) -> list[SimpleZero]:
    """The zeros among a few hundred points, one for each orbit as a rule; the origin does not count.

    >>> p = Polynomial.parse("(x - y)^4 + (z - 1)^2")
    >>> [(zero.point.tolist(), zero.order) for zero in simple_zeros(p, Symmetry((1, 1, 1), (np.array([[0], [1]]),)))]
    [([1, 1, 1], 1), ([0, 0, 1], 1), ([-1, -1, 1], 1)]
    """
    exponents = polynomial.exponents
    most = min(MOST_POINTS, MOST_VALUES // max(polynomial.num_terms, 1))
    points = np.array(list(islice(_points(symmetry, polynomial), most)), np.int64).reshape(-1, exponents.shape[1])
    dead = (exponents > 0).astype(np.float32) @ (points == 0).T.astype(np.float32) > 0
    odd = (exponents % 2).astype(np.float32) @ (points < 0).T.astype(np.float32) % 2
    values = np.where(dead, 0.0, 1.0 - 2.0 * odd)
    floats = polynomial.float_coefficients
    near = np.abs(floats @ values) <= ROUNDING * np.abs(floats).sum()
    numerators = np.array(polynomial.numerators, dtype=object)
    zeros = []
    for index in np.flatnonzero(near & points.any(axis=1)).tolist():
        if int(numerators @ values[:, index].astype(np.int64)) == 0:
            zeros.append(SimpleZero(points[index], max(_order(polynomial, points[index]) // 2, 1)))
    return zeros


def _points(symmetry: Symmetry, polynomial: Polynomial) -> Iterator[Int64[np.ndarray, " n"]]:
    """Points that the group does not take to one another, if it is a product of symmetric ones; a few others else.

    Negative coordinates only where not all exponents are even, and of a point and its negative only one where all
    degrees are.
    """
    n = symmetry.num_variables
    if symmetry.rotation is not None:
        yield from (np.ones(n, np.int64), np.arange(n) % 2, 1 - 2 * (np.arange(n) % 2))
        return
    moved = [variable for lists in symmetry.factors for variable in lists.ravel().tolist()]
    fixed = sorted(set(range(n)) - set(moved))
    odd = (polynomial.exponents % 2).max(axis=0, initial=0).tolist()
    letters = [(1, 0, -1) if own else (1, 0) for own in odd]
    choices = [(lists[0].tolist(), len(lists)) for lists in symmetry.factors]
    centred = not (polynomial.exponents.sum(axis=1) % 2).any()
    for *words, (rest,) in _words(letters, [*choices, (fixed, 1)]):
        point = np.zeros(n, np.int64)
        point[fixed] = np.array(rest, np.int64)
        for lists, word in zip(symmetry.factors, words, strict=True):
            point[lists] = np.array(word, np.int64)
        if not centred or point.sum() >= 0:
            yield point


def _words(
    letters: Sequence[tuple[int, ...]], choices: Sequence[tuple[list[int], int]]
) -> Iterator[tuple[tuple[tuple[int, ...], ...], ...]]:
    """For each choice (variables, copies) a multiset of so many words of their letters, in all combinations, the last
    varying fastest; none is made before it is asked for."""
    if not choices:
        yield ()
        return
    (variables, copies), *others = choices
    words = islice(product(*(letters[i] for i in variables)), MOST_WORDS)
    for first in combinations_with_replacement(words, copies):
        for rest in _words(letters, others):
            yield (first, *rest)


def _order(polynomial: Polynomial, point: Int64[np.ndarray, " n"]) -> int:
    """To which order it vanishes at a zero: seen along a random line, modulo a prime."""
    direction = np.random.default_rng(0).integers(1, 4, len(point))
    numerators = np.array([x % PRIME for x in polynomial.numerators], np.int64)[:, None]
    for terms in LINE_TERMS:
        expansion = _along(polynomial.exponents, point, direction, terms)
        totals = (numerators * (expansion % PRIME) % PRIME).sum(axis=0) % PRIME
        if totals.any():
            return int(np.flatnonzero(totals)[0])
    return LINE_TERMS[-1] - 1


def _along(
    monomials: Int[np.ndarray, "k n"], point: Int64[np.ndarray, " n"], direction: Int64[np.ndarray, " n"], terms: int
) -> Int64[np.ndarray, "k terms"]:
    """The coefficients of the first powers of t in the monomials at point + t direction.

    Directions are at most 3, so those of a monomial add up to at most 4^degree; where that might not fit, they are
    residues of least size modulo `PRIME`.
    """
    fits = 2 * int(monomials.sum(axis=1).max(initial=0)) < 62
    result = np.zeros((len(monomials), terms), np.int64)
    result[:, 0] = 1
    for variable, (at, along) in enumerate(zip(point.tolist(), direction.tolist(), strict=True)):
        exponents = monomials[:, variable]
        powers = np.zeros((int(exponents.max(initial=0)) + 1, terms), np.int64)
        powers[0, 0] = 1
        for exponent in range(1, len(powers)):
            powers[exponent] = at * powers[exponent - 1]
            powers[exponent, 1:] += along * powers[exponent - 1, :-1]
            powers[exponent] = powers[exponent] if fits else powers[exponent] % PRIME
        factor = powers[exponents]
        before, result = result, np.zeros_like(result)
        for power in range(terms):
            products = before[:, : terms - power] * factor[:, power : power + 1]
            result[:, power:] += products if fits else products % PRIME
        result = result if fits else result % PRIME
    return result if fits else np.where(result > PRIME // 2, result - PRIME, result)


def without_zeros(symmetric: SymmetricSystem, symmetry: Symmetry, zeros: Sequence[SimpleZero]) -> SymmetricFace:
    """The face of Gram matrices whose roots vanish as they have to."""
    generator = np.random.default_rng(0)
    ranges = []
    for block, component in zip(symmetric.blocks, symmetric.components, strict=True):
        rows = np.zeros((0, component.columns.shape[1]), dtype=object)
        for zero in zeros:
            rows = _equations(symmetric.system.bases[block], component, symmetry, zero, rows, generator)
        ranges.append(integer_nullspace(rows) if len(rows) else np.eye(rows.shape[1], dtype=np.int64).astype(object))
    return SymmetricFace(symmetric, tuple(ranges))


def _equations(
    basis: Int[np.ndarray, "k n"],
    component: Component,
    symmetry: Symmetry,
    zero: SimpleZero,
    rows: np.ndarray,
    generator: np.random.Generator,
) -> np.ndarray:
    """The rows with what a zero adds to them: coefficients of W along lines through random points of its orbit."""
    rank, idle = len(rows), 0
    while idle < PATIENCE and rank < rows.shape[1]:
        point = symmetry.random_element(generator).on_point(zero.point)
        line = generator.integers(0, 3, len(point))
        expansion = _along(basis, point, line, zero.order)
        more = np.concatenate([rows, (component.columns.T @ expansion).T.astype(object)])
        idle += 1
        if (found := fmpz_mat(more.tolist()).rank()) > rank:
            rows, rank, idle = more, found, 0
    return rows
