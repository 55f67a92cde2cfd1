"""What the provers hand over: exact values of the unknowns and exact Gram matrices."""

from dataclasses import dataclass

import numpy as np
from flint import fmpq


@dataclass(frozen=True, eq=False)
class ExactGram:
    """Q = core / denominator, or V core V' / denominator with V = `range`.

    Attributes:
      core: integers [k, k] or [rank, rank], object array.
      denominator: positive.
      range: integers [k, rank], object array, or None.
    """

    core: np.ndarray
    denominator: int
    range: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class ExactPoint:
    """A point that satisfies all equations of a presolved program; whether its Gram matrices are positive semidefinite
    is for the checker to say.

    Attributes:
      values: of all unknowns of the system, those of cofactors included.
      grams: one per block of the presolved system.
    """

    values: list[fmpq]
    grams: list[ExactGram]
