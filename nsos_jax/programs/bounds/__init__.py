"""Bounds on the minimum of a polynomial: proven from below by sums of squares, from above by rational points.

In: a polynomial, a set, an order. Out: `lower_bound` and its `BoundResult`, with minimisers and moments. May import the
files of `programs`, and the rooms that these may import.
"""

from nsos_jax.programs.bounds.atoms import Atoms, MomentMatrix, atoms_of
from nsos_jax.programs.bounds.falling import FallingCurve
from nsos_jax.programs.bounds.lower import lower_bound
from nsos_jax.programs.bounds.results import BoundResult, BoundStatus, Minimiser

__all__ = [
    "Atoms",
    "BoundResult",
    "BoundStatus",
    "FallingCurve",
    "Minimiser",
    "MomentMatrix",
    "atoms_of",
    "lower_bound",
]
