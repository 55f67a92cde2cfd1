"""Proofs for polynomials with symmetries, from invariant Gram matrices.

In: a polynomial, its symmetries, a complete basis. Out: certificates of the plain kinds `sos` and `not_sos`. May import
what `proofs` may.
"""

from nsos_jax.proofs.symmetric.prove import symmetric_certificates
from nsos_jax.proofs.symmetric.system import SymmetricSystem

__all__ = ["SymmetricSystem", "symmetric_certificates"]
