"""What Clarabel takes, wherever its own interface is used: triangles of symmetric matrices, and settings.

A symmetric matrix is written as its *triangle*: the entries i <= j, column after column, those off the diagonal times
sqrt 2, so that inner products stay what they are.
"""

from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float, Int


@cache
def triangle(side: int) -> tuple[Int[np.ndarray, " entries"], Int[np.ndarray, " entries"]]:
    """Rows and columns, i <= j, of the entries of a triangle.

    >>> [part.tolist() for part in triangle(2)]
    [[0, 0, 1], [0, 1, 1]]
    """
    column, row = np.tril_indices(side)
    row.flags.writeable = column.flags.writeable = False
    return row, column


def to_triangle(matrix: Float[np.ndarray, "side side"]) -> Float[np.ndarray, " entries"]:
    """The triangle of a symmetric matrix."""
    row, column = triangle(len(matrix))
    return matrix[row, column] * np.where(row == column, 1.0, np.sqrt(2.0))


def from_triangle(entries: Float[np.ndarray, " entries"], side: int) -> Float[np.ndarray, "side side"]:
    """The symmetric matrix of a triangle."""
    row, column = triangle(side)
    matrix = np.zeros((side, side))
    matrix[row, column] = matrix[column, row] = entries / np.where(row == column, 1.0, np.sqrt(2.0))
    return matrix


def clarabel_settings(tolerance: float | None = None, time_limit: float = np.inf) -> Any:
    """Silent, on one thread; with a tolerance of all residuals and the gap, and seconds, where these are given."""
    import clarabel

    settings = clarabel.DefaultSettings()
    settings.verbose, settings.max_threads = False, 1
    if tolerance is not None:
        settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = tolerance
    if np.isfinite(time_limit):
        settings.time_limit = time_limit
    return settings
