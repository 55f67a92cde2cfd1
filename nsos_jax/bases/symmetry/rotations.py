"""Adapted bases of cyclic and dihedral groups, over the integers.

A rotation r of order N splits a representation over the rational numbers by the divisors d of N: on the part of d it is
a root of the cyclotomic polynomial Phi_d. With a reflection s, the vectors that s fixes are enough where d > 2: they
meet all irreducible parts of the plane; for d = 1 and 2 those that s negates are a part of their own.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
from flint import fmpz_mat, fmpz_poly
from jaxtyping import Int64

from nsos_jax.bases.symmetry.components import Component
from nsos_jax.bases.symmetry.orbits import Action


def rotation_components(count: int, order: int, rotation: Action, reflection: Action | None) -> list[Component]:
    """Components for so many monomials under a rotation whose order divides `order`, with a reflection or without.

    >>> turn = Action(np.array([1, 2, 0]), np.ones(3, np.int64))
    >>> [component.columns.T.tolist() for component in rotation_components(3, 3, turn, None)]
    [[[1, 1, 1]], [[-1, 1, 0], [0, -1, 1]]]
    """
    cycles = list(_cycles(count, rotation))
    components = []
    for divisor in (d for d in range(1, order + 1) if order % d == 0):
        columns = list(chain.from_iterable(_columns(count, divisor, *cycle) for cycle in cycles))
        if not columns:
            continue
        matrix = np.array(columns).T
        if reflection is None:
            components.append(_component(matrix))
            continue
        mirrored = np.empty_like(matrix)
        mirrored[reflection.targets] = matrix * reflection.signs[:, None]
        parts = [matrix + mirrored, matrix - mirrored] if divisor <= 2 else [matrix + mirrored]
        components += [_component(independent) for part in parts if (independent := _independent(part)).size]
    return components


def _component(columns: Int64[np.ndarray, "k m"]) -> Component:
    alive = np.flatnonzero(columns.any(axis=1))
    return Component(columns, alive, np.ones(len(alive), np.int64))


def _cycles(count: int, rotation: Action) -> Iterator[tuple[list[int], list[int], int]]:
    """Members of each cycle, the signs with which powers of the rotation reach them from the first one, and the sign
    with which it comes back."""
    seen = np.zeros(count, bool)
    for start in range(count):
        if seen[start]:
            continue
        members, signs = [start], [1]
        while True:
            last, sign = members[-1], signs[-1] * int(rotation.signs[members[-1]])
            seen[last] = True
            if (following := int(rotation.targets[last])) == start:
                yield members, signs, sign
                break
            members.append(following)
            signs.append(sign)


def _columns(
    count: int, divisor: int, members: Sequence[int], signs: Sequence[int], back: int
) -> Iterator[Int64[np.ndarray, " k"]]:
    """A basis of the kernel of Phi_d(r) on one cycle: multiples of (t^length - back) / Phi_d, as sums of powers."""
    length = len(members)
    whole = fmpz_poly([-back] + [0] * (length - 1) + [1])
    cyclotomic = fmpz_poly.cyclotomic(divisor)
    quotient, rest = divmod(whole, cyclotomic)
    if rest != 0:
        return
    coefficients = [int(x) for x in quotient.coeffs()]
    for shift in range(cyclotomic.degree()):
        column = np.zeros(count, np.int64)
        for power, value in enumerate(coefficients, shift):
            column[members[power]] = value * signs[power]
        yield column


def _independent(columns: Int64[np.ndarray, "k m"]) -> Int64[np.ndarray, "k rank"]:
    """Columns that span the same space: the pivots of the echelon form."""
    echelon, _, rank = fmpz_mat(columns.tolist()).rref()
    pivots, column = [], 0
    for row in range(rank):
        while echelon[row, column] == 0:
            column += 1
        pivots.append(column)
    return columns[:, pivots]
