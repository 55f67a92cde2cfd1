"""Signed permutations of variables, what they do to monomials, and whether they fix a polynomial.

A signed permutation g replaces x_i by signs[i] x_images[i]. It sends the monomial x^a to plus or minus x^b, with
b[images[i]] = a[i]; the sign is that of the product of the signs[i]^a[i].
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Int, Int64

from nsos_jax.polynomials import Polynomial, RowTable


@dataclass(frozen=True)
class SignedPermutation:
    """x_i -> signs[i] x_images[i].

    >>> turn = SignedPermutation((1, 0), (1, -1))
    >>> [part.tolist() for part in turn.on_monomials(np.array([[3, 1], [0, 2]]))]
    [[[1, 3], [2, 0]], [-1, 1]]
    >>> turn.order
    4
    """

    images: tuple[int, ...]
    signs: tuple[int, ...]

    @staticmethod
    def plain(images: Sequence[int]) -> "SignedPermutation":
        """Without signs."""
        return SignedPermutation(tuple(int(i) for i in images), (1,) * len(images))

    @cached_property
    def is_identity(self) -> bool:
        return self.images == tuple(range(len(self.images))) and min(self.signs, default=1) > 0

    def then(self, other: "SignedPermutation") -> "SignedPermutation":
        """This one first, then the other."""
        signs = tuple(sign * other.signs[image] for image, sign in zip(self.images, self.signs, strict=True))
        return SignedPermutation(tuple(other.images[image] for image in self.images), signs)

    @cached_property
    def inverse(self) -> "SignedPermutation":
        images, signs = [0] * len(self.images), [1] * len(self.images)
        for i, (image, sign) in enumerate(zip(self.images, self.signs, strict=True)):
            images[image], signs[image] = i, sign
        return SignedPermutation(tuple(images), tuple(signs))

    @cached_property
    def order(self) -> int:
        """The least k > 0 whose k-th power is the identity."""
        power, order = self, 1
        while not power.is_identity:
            power, order = power.then(self), order + 1
        return order

    def cycles(self) -> Iterator[list[int]]:
        """The variables that powers of it send to one another."""
        seen: set[int] = set()
        for start in range(len(self.images)):
            if start not in seen:
                cycle = [start]
                while (following := self.images[cycle[-1]]) != start:
                    cycle.append(following)
                seen.update(cycle)
                yield cycle

    def on_monomials(self, rows: Int[np.ndarray, "k n"]) -> tuple[Int[np.ndarray, "k n"], Int64[np.ndarray, " k"]]:
        """The monomials that these become, and their signs."""
        moved = np.empty_like(rows)
        moved[:, list(self.images)] = rows
        return moved, sign_of(rows, np.array(self.signs))

    def on_point(self, point: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
        """The point y at which p has the value that the new polynomial has at x: y_i = signs[i] x_images[i]."""
        return np.array(self.signs) * point[list(self.images)]


def sign_of(rows: Int[np.ndarray, "k n"], signs: Int[np.ndarray, " n"]) -> Int64[np.ndarray, " k"]:
    """The values of monomials at a point of coordinates 1 and -1.

    >>> sign_of(np.array([[1, 2], [2, 3]]), np.array([1, -1])).tolist()
    [1, -1]
    """
    return 1 - 2 * (rows[:, signs < 0].sum(axis=1, dtype=np.int64) % 2)


class Support:
    """The terms of a polynomial, to look up where permutations send them.

    Attributes:
      exponents: [terms, n].
      sizes: equal numbers, from 0 on, for coefficients of equal absolute value.
      negative: which coefficients are.
    """

    def __init__(self, polynomial: Polynomial) -> None:
        self.exponents = polynomial.exponents
        self.negative: Bool[np.ndarray, " terms"] = np.array([x < 0 for x in polynomial.numerators], bool)
        numbers: dict[int, int] = {}
        sizes = [numbers.setdefault(abs(x), len(numbers)) for x in polynomial.numerators]
        self.sizes: Int64[np.ndarray, " terms"] = np.array(sizes, np.int64)

    @property
    def num_variables(self) -> int:
        return self.exponents.shape[1]

    @cached_property
    def _table(self) -> RowTable:
        # the largest exponent in every place: variables may go anywhere
        largest = np.full(self.num_variables, self.exponents.max(initial=0))
        return RowTable(self.exponents, largest)

    def moved(self, images: Sequence[int]) -> Int[np.ndarray, " terms"] | None:
        """Where a plain permutation sends each term, if it keeps the support and all absolute values; else None."""
        rows = np.empty_like(self.exponents)
        rows[:, list(images)] = self.exponents
        found = self._table.find(rows)
        if found.min(initial=0) < 0 or (self.sizes[found] != self.sizes).any():
            return None
        return found
