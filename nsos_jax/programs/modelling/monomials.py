"""All monomials of given degrees."""

from collections.abc import Iterable, Sequence
from itertools import combinations_with_replacement
from math import comb

import numpy as np
from jaxtyping import Int

MOST_MONOMIALS = 200_000


def monomials_of_degrees(
    columns: Sequence[int], width: int, lowest: int, highest: int
) -> Int[np.ndarray, "monomials width"]:
    """The monomials in some of `width` variables, of degrees from lowest to highest, higher degrees first.

    >>> monomials_of_degrees([0, 1], 2, 1, 2).tolist()
    [[2, 0], [1, 1], [0, 2], [1, 0], [0, 1]]
    """
    count = comb(len(columns) + highest, highest) if highest >= 0 else 0
    if count > MOST_MONOMIALS:
        what = f"{count} monomials of degree up to {highest} in {len(columns)} variables"
        raise ValueError(
            f"{what} are more than {MOST_MONOMIALS}: lower the degree, or choose the variables or monomials"
        )
    rows = []
    for degree in range(highest, lowest - 1, -1):
        for chosen in combinations_with_replacement(columns, degree):
            row = [0] * width
            for column in chosen:
                row[column] += 1
            rows.append(row)
    return np.array(rows, np.int32).reshape(len(rows), width)


def leading_monomial(rows: Int[np.ndarray, "terms width"]) -> Int[np.ndarray, " width"]:
    """Of the terms of a polynomial: of the largest degree, and of these the first in the order of the variables.

    >>> leading_monomial(np.array([[0, 2], [1, 1], [3, 0], [2, 1]])).tolist()
    [3, 0]
    """
    return rows[max(range(len(rows)), key=lambda index: (rows[index].sum(), rows[index].tolist()))]


def standard_monomials(
    rows: Int[np.ndarray, "monomials width"], leading: Iterable[Int[np.ndarray, " width"]]
) -> Int[np.ndarray, "kept width"]:
    """Those that no leading monomial divides.

    Where each belongs to an equality h, multiples of h up to a degree turn all polynomials of that degree into
    combinations of these.
    """
    kept = np.ones(len(rows), bool)
    for monomial in leading:
        kept &= (rows < monomial).any(axis=1)
    return rows[kept]
