"""Is a polynomial a sum of squares? The pipeline from polynomials to proven answers.

In: polynomials and `CertifyOptions`. Out: a `Result` for each, whose certificate the checker has accepted. May import
the rooms `polynomials`, `certificates`, `bases`, `proposers` and `proofs`, and `solvers`. The pipeline, which loads
JAX, is loaded on first use.
"""

from typing import TYPE_CHECKING, Any

from nsos_jax.membership.results import LAST_RESORTS, Attempt, CertifyOptions, Result, Status

if TYPE_CHECKING:
    from nsos_jax.membership.pipeline import certify, certify_batch, certify_stream

__all__ = [
    "LAST_RESORTS",
    "Attempt",
    "CertifyOptions",
    "Result",
    "Status",
    "certify",
    "certify_batch",
    "certify_stream",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from nsos_jax.membership import pipeline

        return getattr(pipeline, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
