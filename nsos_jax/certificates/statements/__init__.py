"""What certificates about sets and programs share: the statement, and the identities and functionals that settle it.

In: exact data, or the parts of a file. Out: statements, their polynomials expanded by the checker itself, and checks
that raise `InvalidCertificate`. May import the files of `certificates`, not its kinds.
"""

from nsos_jax.certificates.statements.affine import AffineTerms
from nsos_jax.certificates.statements.certificates import AboutProgram
from nsos_jax.certificates.statements.functionals import Bases
from nsos_jax.certificates.statements.identity import Identity
from nsos_jax.certificates.statements.program import (
    ProgramStatement,
    StatedConstraint,
    StatedObjective,
    StatedUnknown,
)
from nsos_jax.certificates.statements.sets import StatedSet

__all__ = [
    "AboutProgram",
    "AffineTerms",
    "Bases",
    "Identity",
    "ProgramStatement",
    "StatedConstraint",
    "StatedObjective",
    "StatedSet",
    "StatedUnknown",
]
