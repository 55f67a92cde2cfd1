"""The table of methods that settle polynomials of a special form exactly, without a solver."""

from collections.abc import Callable

from nsos_jax.certificates import NegativePointCertificate, SosCertificate
from nsos_jax.polynomials import Polynomial
from nsos_jax.proofs.circuits import circuit_certificate
from nsos_jax.proofs.univariate import univariate_certificate

ExactMethod = Callable[[Polynomial, float], SosCertificate | NegativePointCertificate | None]
"""(non-zero polynomial, deadline) -> the proof, or None where the method does not apply or finds none. May raise
`DeadlineExceeded`, `TooLarge` and `ArithmeticError`."""

EXACT_METHODS: dict[str, ExactMethod] = {
    "univariate": univariate_certificate,
    "circuits": circuit_certificate,
}
"""By the name that `Result.proposer` gives."""
