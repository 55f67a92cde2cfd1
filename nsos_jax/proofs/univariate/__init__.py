"""Polynomials in one variable, and all that are such in disguise: decided without a solver.

In: a polynomial and a deadline. Out: a certificate, of squares or of a negative point, or None where it is another kind
of polynomial. May import what `proofs` may, and the files of that room.
"""

from nsos_jax.proofs.univariate.line import univariate_certificate

__all__ = ["univariate_certificate"]
