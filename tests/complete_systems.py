"""Gram equations on complete bases."""

import numpy as np

from nsos_jax import Polynomial
from nsos_jax.proofs import GramSystem, complete_basis


def complete_system(polynomial):
    """Those of a polynomial, which may be text."""
    p = Polynomial.parse(polynomial) if isinstance(polynomial, str) else polynomial
    return GramSystem.build(p, complete_basis(p, 10**6, np.inf).basis)
