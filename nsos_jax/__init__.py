"""Sum-of-squares certificates: learned and rule-made bases, a batched JAX solver, proofs in exact arithmetic.

Names are loaded on first use, so that checking a certificate imports neither JAX nor a solver.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nsos_jax.certificates import Certificate, InvalidCertificate
    from nsos_jax.pipeline import certify, certify_batch, certify_stream
    from nsos_jax.polynomials import ParseError, Polynomial
    from nsos_jax.proposers import propose
    from nsos_jax.results import Attempt, CertifyOptions, Result, Status

_HOMES = {
    "Attempt": "results",
    "Certificate": "certificates",
    "CertifyOptions": "results",
    "InvalidCertificate": "certificates",
    "ParseError": "polynomials",
    "Polynomial": "polynomials",
    "Result": "results",
    "Status": "results",
    "certify": "pipeline",
    "certify_batch": "pipeline",
    "certify_stream": "pipeline",
    "propose": "proposers",
}
__all__ = [
    "Attempt",
    "Certificate",
    "CertifyOptions",
    "InvalidCertificate",
    "ParseError",
    "Polynomial",
    "Result",
    "Status",
    "certify",
    "certify_batch",
    "certify_stream",
    "propose",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"nsos_jax.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'nsos_jax' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
