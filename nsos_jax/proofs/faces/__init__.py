"""Gram matrices on faces of the cone, exactly: for polynomials on the boundary, where rounding fails.

In: a `GramSystem`. Out: an exact Gram matrix for the checker, or what was tried. May import what `proofs` may, and the
files of that room. Nothing here is trusted: what floating point is misread for can cost time only.
"""

from nsos_jax.proofs.faces.exact.affine import (
    FREE_BITS,
    Inconsistent,
    IntegerEquations,
    are_psd,
    pivot_columns,
    symmetric_blocks,
)
from nsos_jax.proofs.faces.exact.corners import shows_kernels
from nsos_jax.proofs.faces.exact.determined import BlockEquations, DeterminedBlocks, Misread
from nsos_jax.proofs.faces.exposing import BOLD, CAUTIOUS, exposed_vectors
from nsos_jax.proofs.faces.face import Frame
from nsos_jax.proofs.faces.margin.central import CentralPoint
from nsos_jax.proofs.faces.margin.combinations import ChosenRows
from nsos_jax.proofs.faces.margin.dense import DenseEquations
from nsos_jax.proofs.faces.margin.external import CentralSolver, central_solver, check_last_resort
from nsos_jax.proofs.faces.margin.row_pairs import Stacks
from nsos_jax.proofs.faces.prove import FaceProof, face_seconds, prove_on_blocks, prove_on_faces
from nsos_jax.proofs.faces.rational import integer_nullspace, recognise, simplest_fraction
from nsos_jax.proofs.faces.real_zeros.points import real_zeros
from nsos_jax.proofs.faces.restrict import RangeReading, guessed_ranges

__all__ = [
    "BOLD",
    "CAUTIOUS",
    "FREE_BITS",
    "BlockEquations",
    "CentralPoint",
    "CentralSolver",
    "ChosenRows",
    "DenseEquations",
    "DeterminedBlocks",
    "FaceProof",
    "Frame",
    "Inconsistent",
    "IntegerEquations",
    "Misread",
    "RangeReading",
    "Stacks",
    "are_psd",
    "central_solver",
    "check_last_resort",
    "exposed_vectors",
    "face_seconds",
    "guessed_ranges",
    "integer_nullspace",
    "pivot_columns",
    "prove_on_blocks",
    "prove_on_faces",
    "real_zeros",
    "recognise",
    "shows_kernels",
    "simplest_fraction",
    "symmetric_blocks",
]
