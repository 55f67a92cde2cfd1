"""The checker: certificates, one file a kind, and the exact arithmetic that verifies them.

In: certificate files, or exact data of a proof. Out: `Certificate` with `verify`, or `InvalidCertificate`. May import
the room `polynomials`; depends on NumPy and python-flint alone, so that checking needs neither JAX nor a solver.
"""

from nsos_jax.certificates.certificate import Certificate
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
    as_fraction,
    as_rational,
    count_text,
    digits,
    monomial_text,
)
from nsos_jax.certificates.exact_psd import is_psd, ldl
from nsos_jax.certificates.few_digits import IndexedSquare, few_digit_squares, primitive_square
from nsos_jax.certificates.files import Checked, StoredCertificate, Verdict, find_certificate, read_certificates
from nsos_jax.certificates.kinds.near_sos import NearSosCertificate
from nsos_jax.certificates.kinds.negative_point import NegativePointCertificate
from nsos_jax.certificates.kinds.nonneg import NonnegCertificate
from nsos_jax.certificates.kinds.not_sos import NotSosCertificate
from nsos_jax.certificates.kinds.not_sos_over_q import NotSosOverQCertificate
from nsos_jax.certificates.kinds.sos import SosCertificate
from nsos_jax.certificates.kinds.sos_over_field import SosOverFieldCertificate
from nsos_jax.certificates.number_field import RealField, vanishing
from nsos_jax.certificates.reader import MAX_BASIS

__all__ = [
    "MAX_BASIS",
    "BeyondLimits",
    "Block",
    "Certificate",
    "Checked",
    "GramBlock",
    "IndexedSquare",
    "InvalidCertificate",
    "NearSosCertificate",
    "NegativePointCertificate",
    "NonnegCertificate",
    "NotSosCertificate",
    "NotSosOverQCertificate",
    "Quotients",
    "RangeBlock",
    "Rational",
    "RealField",
    "SosCertificate",
    "SosOverFieldCertificate",
    "StoredCertificate",
    "Terms",
    "Verdict",
    "as_fraction",
    "as_rational",
    "count_text",
    "digits",
    "evaluate",
    "few_digit_squares",
    "find_certificate",
    "is_psd",
    "ldl",
    "monomial_text",
    "pairing",
    "primitive_square",
    "read_certificates",
    "vanishing",
]
