"""From floating point numbers to certificates: nothing here is trusted, the checker has the last word.

In: polynomials, bases, and what a solver left. Out: exact Gram matrices, negative points, functionals, as certificates.
May import the rooms `polynomials`, `certificates` and `bases`, and `solvers`.
"""

from nsos_jax.proofs.clarabel_form import clarabel_settings, from_triangle, triangle
from nsos_jax.proofs.compact import Compacted, compact_certificate
from nsos_jax.proofs.evidence import CompleteBasis, complete_basis, near_sos_certificates, not_sos_certificate
from nsos_jax.proofs.exact_methods import EXACT_METHODS
from nsos_jax.proofs.faces import (
    BOLD,
    CAUTIOUS,
    CentralPoint,
    DenseEquations,
    FaceProof,
    Inconsistent,
    IntegerEquations,
    RangeReading,
    central_solver,
    check_last_resort,
    exposed_vectors,
    face_seconds,
    prove_on_blocks,
    prove_on_faces,
    real_zeros,
    recognise,
    shows_kernels,
    simplest_fraction,
    symmetric_blocks,
)
from nsos_jax.proofs.free_multipliers import free_multipliers
from nsos_jax.proofs.gram_system import GramSystem, Scaling, UncoveredSupport
from nsos_jax.proofs.minors import NegativeMinor, known_functional, negative_minor
from nsos_jax.proofs.multipliers import Multiplier, Quotient, multipliers, without_lineality
from nsos_jax.proofs.over_field import not_sos_over_q
from nsos_jax.proofs.powers import multiplied_point, multiplied_squares, square_factor
from nsos_jax.proofs.refutation import quick_negative_point, search_negative_point, separating_functional
from nsos_jax.proofs.repeated import prove_repeated
from nsos_jax.proofs.rounding import ExactGram, interior_grams, snapped_gram, unique_gram
from nsos_jax.proofs.short_points import simple_points
from nsos_jax.proofs.symmetric import symmetric_certificates

__all__ = [
    "BOLD",
    "CAUTIOUS",
    "EXACT_METHODS",
    "CentralPoint",
    "Compacted",
    "CompleteBasis",
    "DenseEquations",
    "ExactGram",
    "FaceProof",
    "GramSystem",
    "Inconsistent",
    "IntegerEquations",
    "Multiplier",
    "NegativeMinor",
    "Quotient",
    "RangeReading",
    "Scaling",
    "UncoveredSupport",
    "central_solver",
    "check_last_resort",
    "clarabel_settings",
    "compact_certificate",
    "complete_basis",
    "exposed_vectors",
    "face_seconds",
    "free_multipliers",
    "from_triangle",
    "interior_grams",
    "known_functional",
    "multiplied_point",
    "multiplied_squares",
    "multipliers",
    "near_sos_certificates",
    "negative_minor",
    "not_sos_certificate",
    "not_sos_over_q",
    "prove_on_blocks",
    "prove_on_faces",
    "prove_repeated",
    "quick_negative_point",
    "real_zeros",
    "recognise",
    "search_negative_point",
    "separating_functional",
    "shows_kernels",
    "simple_points",
    "simplest_fraction",
    "snapped_gram",
    "square_factor",
    "symmetric_blocks",
    "symmetric_certificates",
    "triangle",
    "unique_gram",
    "without_lineality",
]
