"""Polynomials that follow from others: derivatives, compositions, Lie derivatives, all expanded exactly."""

from collections.abc import Mapping, Sequence

import numpy as np
from flint import fmpq

from nsos_jax.certificates.data import Terms
from nsos_jax.certificates.expansion import Work, combine, multiply, over_common, selected
from nsos_jax.certificates.integers import over, products

_CALL = 5000
"""Products of terms as which one product of polynomials counts at least, however short they are."""


def constant(value: fmpq | int, variables: int) -> Terms:
    """A number as a polynomial, the zero polynomial without terms."""
    count = int(value != 0)
    return Terms(np.zeros((count, variables), np.int32), (fmpq(value),)[:count])


def variable(index: int, variables: int) -> Terms:
    """x_index."""
    return Terms(np.eye(1, variables, index, dtype=np.int32), (fmpq(1),))


def lie_derivative(terms: Terms, field: Sequence[Terms], place: str, work: Work) -> Terms:
    """grad p . field, where the field has one component for each of the first variables."""
    parts = []
    for i, component in enumerate(field):
        work.spend(_CALL, 0, 0, place)
        parts.append((1, multiply(_derivative(terms, i, place, work), component, place, work)))
    return combine(parts, terms.exponents.shape[1], place, work)


def composed(terms: Terms, images: Mapping[int, Terms], place: str, work: Work) -> Terms:
    """The polynomial with images in the place of some variables, all at once."""
    zeros = [index for index, image in images.items() if not image.num_terms]
    if zeros and terms.exponents[:, zeros].any():
        rows = np.asarray(~terms.exponents[:, zeros].any(axis=1))
        left = selected(terms, rows, terms.exponents[rows], place, work)
        terms = combine([(1, left)], terms.exponents.shape[1], place, work)
    powers: dict[tuple[int, int], Terms] = {(index, 1): image for index, image in images.items()}

    def times(left: Terms, right: Terms) -> Terms:
        work.spend(_CALL, 0, 0, place)
        return multiply(left, right, place, work)

    def power(index: int, exponent: int) -> Terms:
        if (index, exponent) not in powers:
            half = exponent // 2
            powers[index, exponent] = times(power(index, half), power(index, exponent - half))
        return powers[index, exponent]

    def nested(left: Terms, order: list[int]) -> Terms:
        """By powers of the first variable in the order, whose factors have the images of the others."""
        while order and not left.exponents[:, order[0]].any():
            order = order[1:]
        if not order:
            return left
        column, parts = left.exponents[:, order[0]], []
        for exponent in np.unique(column).tolist():
            rows = left.exponents[column == exponent]
            rows[:, order[0]] = 0
            factor = nested(selected(left, column == exponent, rows, place, work), order[1:])
            parts.append((1, times(power(order[0], exponent), factor) if exponent else factor))
        return combine(parts, left.exponents.shape[1], place, work)

    return nested(terms, list(images))


def scaled(terms: Terms, factor: fmpq, place: str, work: Work) -> Terms:
    """The polynomial times a number."""
    return multiply(constant(factor, terms.exponents.shape[1]), terms, place, work)


def depends_on(terms: Terms) -> set[int]:
    """The variables that occur."""
    return set(np.flatnonzero(terms.exponents.any(axis=0)).tolist())


def _derivative(terms: Terms, index: int, place: str, work: Work) -> Terms:
    """By one variable."""
    numerators, denominator = over_common(terms, place, work)
    kept = terms.exponents[:, index] > 0
    rows = terms.exponents[kept]
    factors = rows[:, index].astype(np.int64)
    rows[:, index] -= 1
    chosen = numerators[kept]
    return Terms(rows, over(products(chosen, factors.reshape(-1, *(1,) * (chosen.ndim - 1)), 1), denominator))
