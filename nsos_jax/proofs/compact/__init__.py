"""Shorter certificates for what is proven: fewer monomials, fewer entries, fewer digits.

In: an `SosCertificate` that holds, and orders of monomials from proposers. Out: one that the checker accepts too and
whose file is not longer. May import what `proofs` may. Nothing here is trusted: every step is proven anew.
"""

from nsos_jax.proofs.compact.shortening import Compacted, compact_certificate

__all__ = ["Compacted", "compact_certificate"]
