"""From floating point numbers to certificates: nothing here is trusted, the checker has the last word.

In: polynomials, bases, and what a solver left. Out: exact Gram matrices, negative points, functionals, as certificates.
May import the rooms `polynomials`, `certificates` and `bases`, and `solvers`.
"""

from nsos_jax.proofs.evidence import CompleteBasis, complete_basis, near_sos_certificates, not_sos_certificate
from nsos_jax.proofs.faces import FaceProof, estimated_seconds, prove_on_faces
from nsos_jax.proofs.gram_system import GramSystem, Scaling, UncoveredSupport
from nsos_jax.proofs.refutation import quick_negative_point, search_negative_point
from nsos_jax.proofs.rounding import ExactGram, interior_grams, snapped_gram, unique_gram

__all__ = [
    "CompleteBasis",
    "ExactGram",
    "FaceProof",
    "GramSystem",
    "Scaling",
    "UncoveredSupport",
    "complete_basis",
    "estimated_seconds",
    "interior_grams",
    "near_sos_certificates",
    "not_sos_certificate",
    "prove_on_faces",
    "quick_negative_point",
    "search_negative_point",
    "snapped_gram",
    "unique_gram",
]
