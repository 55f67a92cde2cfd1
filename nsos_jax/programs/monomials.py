"""All monomials of given degrees."""

from collections.abc import Sequence
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
