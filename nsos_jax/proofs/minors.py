"""Bases that two of their monomials show to be too small: no solver is needed to see it."""

import numpy as np
from jaxtyping import Float

from nsos_jax.bases import Matches

DOUBT = 1e-9
"""Relative size up to which a negative minor may be an error of rounding."""


def has_negative_minor(size: int, joined: Matches, coefficients: Float[np.ndarray, " terms"]) -> bool:
    """Whether some principal minor of order 2 is negative and the same for all Gram matrices on a basis.

    Where a product of two monomials of the basis is that of no other two, its Gram entry is half p's coefficient, or
    all of it on the diagonal: if both squares and the product of two monomials are so, a minor is known.

    Args:
      size: of the basis.
      joined: its pairs whose product is a term of p or the square of a member (`term_sparsity`).
      coefficients: of p, in floating point; what is joined beyond the terms has the coefficient 0.

    >>> from nsos_jax.bases import term_sparsity
    >>> support, basis = np.array([[4], [3], [2]]), np.array([[2], [1]])
    >>> joined = term_sparsity(basis, support)
    >>> [has_negative_minor(2, joined, np.array([1.0, middle, 1.0])) for middle in (1.9, 2.1)]
    [False, True]
    """
    left, right, product = joined
    alone = np.bincount(product)[product] == 1
    values = np.zeros(len(product))
    terms = product < len(coefficients)
    values[terms] = coefficients[product[terms]]
    squares = alone & (left == right)
    diagonal = np.full(size, np.inf)
    diagonal[left[squares]] = np.maximum(values[squares], 0.0)
    pairs = alone & (left != right) & np.isfinite(diagonal[left]) & np.isfinite(diagonal[right])
    most = 4 * diagonal[left[pairs]] * diagonal[right[pairs]]
    return bool((values[pairs] ** 2 > (1 + DOUBT) * most).any())
