"""What an adapted basis consists of."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int64


class Component(NamedTuple):
    """Vectors that carry one kind of irreducible representations of a group on monomials.

    Take the components of a group together. An invariant symmetric matrix Q is psd exactly if W' Q W is for all of
    them, and then it is the mean over the group of the sum of W A W' for some psd A: the semidefinite program of an
    invariant polynomial falls apart into these blocks (K. Gatermann and P. A. Parrilo, Symmetry groups, semidefinite
    programs, and sums of squares, 2004).

    Attributes:
      columns: W, integers [monomials, m] with independent columns.
      leaders: monomials that stand for all on which W does not vanish: what is summed over monomials against columns of
        W may be summed over these, with weights.
      weights: how many monomials each stands for.
    """

    columns: Int64[np.ndarray, "k m"]
    leaders: Int64[np.ndarray, " leaders"]
    weights: Int64[np.ndarray, " leaders"]
