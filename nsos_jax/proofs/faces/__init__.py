"""Gram matrices on faces of the cone, exactly: for polynomials on the boundary, where rounding fails.

In: a `GramSystem`. Out: an exact Gram matrix for the checker, or what was tried. May import what `proofs` may, and the
files of that room. Nothing here is trusted: what floating point is misread for can cost time only.
"""

from nsos_jax.proofs.faces.affine import Inconsistent, IntegerEquations
from nsos_jax.proofs.faces.external import check_last_resort
from nsos_jax.proofs.faces.points import real_zeros
from nsos_jax.proofs.faces.prove import FaceProof, estimated_seconds, prove_on_faces
from nsos_jax.proofs.faces.rational import recognise, simplest_fraction

__all__ = [
    "FaceProof",
    "Inconsistent",
    "IntegerEquations",
    "check_last_resort",
    "estimated_seconds",
    "prove_on_faces",
    "real_zeros",
    "recognise",
    "simplest_fraction",
]
