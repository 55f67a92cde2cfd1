"""The checker: certificates, one file a kind, and the exact arithmetic that verifies them.

In: certificate files, or exact data of a proof. Out: `Certificate` with `verify`, or `InvalidCertificate`. May import
the room `polynomials`; depends on NumPy and python-flint alone, so that checking needs neither JAX nor a solver.
"""

from nsos_jax.certificates.certificate import Certificate, PolynomialCertificate
from nsos_jax.certificates.checks import evaluate, pairing
from nsos_jax.certificates.data import (
    BeyondLimits,
    Block,
    GramBlock,
    InvalidCertificate,
    Quotients,
    RangeBlock,
    Rational,
    Terms,
    as_blocks,
    as_fraction,
    as_rational,
    count_text,
    digits,
    monomial_text,
)
from nsos_jax.certificates.exact_psd import is_psd, ldl
from nsos_jax.certificates.few_digits import IndexedSquare, few_digit_squares, primitive_square
from nsos_jax.certificates.files import (
    Checked,
    StoredCertificate,
    Verdict,
    find_certificate,
    judge,
    read_certificates,
    stored_certificate,
)
from nsos_jax.certificates.kinds.control import (
    AboutSystem,
    BarrierCertificate,
    ByClaims,
    Claim,
    DissipationCertificate,
    EvenPowers,
    JointSpectralRadiusCertificate,
    LyapunovCertificate,
    ReachAvoidCertificate,
    RegionOfAttractionCertificate,
    StatedMode,
    StatedSystem,
    StateFeedbackCertificate,
)
from nsos_jax.certificates.kinds.empty_set import EmptySetCertificate
from nsos_jax.certificates.kinds.infeasible_program import InfeasibleProgramCertificate
from nsos_jax.certificates.kinds.lower_bound import LowerBoundCertificate
from nsos_jax.certificates.kinds.lower_bound_on_set import LowerBoundOnSetCertificate
from nsos_jax.certificates.kinds.near_sos import NearSosCertificate
from nsos_jax.certificates.kinds.negative_point import NegativePointCertificate
from nsos_jax.certificates.kinds.nonneg import NonnegCertificate
from nsos_jax.certificates.kinds.not_sos import NotSosCertificate
from nsos_jax.certificates.kinds.not_sos_over_q import NotSosOverQCertificate
from nsos_jax.certificates.kinds.program import ProgramCertificate
from nsos_jax.certificates.kinds.program_bound import ProgramBoundCertificate
from nsos_jax.certificates.kinds.sos import SosCertificate
from nsos_jax.certificates.kinds.sos_over_field import SosOverFieldCertificate
from nsos_jax.certificates.number_field import RealField, vanishing
from nsos_jax.certificates.reader import MAX_BASIS
from nsos_jax.certificates.squares import block_squares
from nsos_jax.certificates.stacks import verify_together
from nsos_jax.certificates.statements import (
    AboutProgram,
    AffineTerms,
    Bases,
    Identity,
    ProgramStatement,
    StatedConstraint,
    StatedObjective,
    StatedSet,
    StatedUnknown,
)

__all__ = [
    "MAX_BASIS",
    "AboutProgram",
    "AboutSystem",
    "AffineTerms",
    "BarrierCertificate",
    "Bases",
    "BeyondLimits",
    "Block",
    "ByClaims",
    "Certificate",
    "Checked",
    "Claim",
    "DissipationCertificate",
    "EmptySetCertificate",
    "EvenPowers",
    "GramBlock",
    "Identity",
    "IndexedSquare",
    "InfeasibleProgramCertificate",
    "InvalidCertificate",
    "JointSpectralRadiusCertificate",
    "LowerBoundCertificate",
    "LowerBoundOnSetCertificate",
    "LyapunovCertificate",
    "NearSosCertificate",
    "NegativePointCertificate",
    "NonnegCertificate",
    "NotSosCertificate",
    "NotSosOverQCertificate",
    "PolynomialCertificate",
    "ProgramBoundCertificate",
    "ProgramCertificate",
    "ProgramStatement",
    "Quotients",
    "RangeBlock",
    "Rational",
    "ReachAvoidCertificate",
    "RealField",
    "RegionOfAttractionCertificate",
    "SosCertificate",
    "SosOverFieldCertificate",
    "StateFeedbackCertificate",
    "StatedConstraint",
    "StatedMode",
    "StatedObjective",
    "StatedSet",
    "StatedSystem",
    "StatedUnknown",
    "StoredCertificate",
    "Terms",
    "Verdict",
    "as_blocks",
    "as_fraction",
    "as_rational",
    "block_squares",
    "count_text",
    "digits",
    "evaluate",
    "few_digit_squares",
    "find_certificate",
    "is_psd",
    "judge",
    "ldl",
    "monomial_text",
    "pairing",
    "primitive_square",
    "read_certificates",
    "stored_certificate",
    "vanishing",
    "verify_together",
]
