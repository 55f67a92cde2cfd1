"""Shorter certificates for results: which are worth looking at, with the orders of the proposers."""

import time
from dataclasses import replace

import numpy as np
from jaxtyping import Int

from nsos_jax.bases import DeadlineExceeded, TooLarge
from nsos_jax.certificates import Certificate, SosCertificate
from nsos_jax.membership.asking import rule_proposal
from nsos_jax.membership.results import COMPACT_SECONDS, Attempt, CertifyOptions, Result
from nsos_jax.polynomials import Polynomial, distinct_rows
from nsos_jax.proofs import Compacted, ExactGram, compact_certificate
from nsos_jax.proposers import RULES, Proposal, find_proposer

METHOD = "compact"
"""What the attempt and its cover are called."""


def compact(certificate: Certificate, seconds: float = COMPACT_SECONDS) -> Compacted:
    """A shorter certificate for what one proves, with the orders of the rules: exact, checked, never a longer one.

    Args:
      certificate: of the kind `sos`, such as `Result.certificate` or what `Certificate.load` reads.
      seconds: for which to look, checked between steps.

    Raises:
      TypeError: the certificate is of another kind; only sums of squares are made shorter.
      ValueError: `seconds` is not a positive number.
      InvalidCertificate: the certificate does not hold.

    >>> from nsos_jax.membership import certify
    >>> found = compact(certify(Polynomial.parse("x^4 + 2*x^3 + 5*x^2 + 2*x + 7")).certificate, seconds=2)
    >>> found.after <= found.before
    True
    """
    if not isinstance(certificate, SosCertificate):
        raise TypeError(f"certificate: {does_not_apply(certificate)}")
    if not 0 < seconds < np.inf:
        raise ValueError(f"seconds must be a positive number, got {seconds!r}")
    deadline = time.monotonic() + seconds
    terms = certificate.polynomial
    polynomial = Polynomial.from_arrays(terms.exponents, list(terms.values), certificate.variables)
    return compact_certificate(certificate, _orders(polynomial, tuple(RULES), CertifyOptions()), deadline)


def does_not_apply(certificate: Certificate | None) -> str:
    """Why a certificate is not made shorter."""
    if certificate is None:
        return "there is no certificate to make shorter"
    if not isinstance(certificate, Certificate):
        return f"got {type(certificate).__name__}, wanted a certificate, such as result.certificate"
    return f"only certificates of the kind sos are made shorter, this one is of the kind {certificate.kind}"


def with_compact(result: Result, options: CertifyOptions) -> Result:
    """The result with the shortest certificate that was found in `options.compact_seconds`, or why none was sought."""
    certificate = result.certificate
    if not isinstance(certificate, SosCertificate):
        return replace(result, compacted=does_not_apply(certificate))
    started = time.monotonic()
    names = tuple(name for name in options.proposers if name in RULES or _asked(name, result, options))
    orders = _orders(result.polynomial, names, options)
    found = compact_certificate(certificate, orders, started + options.compact_seconds)
    result.seconds[METHOD] = time.monotonic() - started
    if found.certificate is certificate:
        return replace(result, compacted=found)
    blocks = tuple(block.basis for block in found.certificate.blocks)
    size = len(distinct_rows(np.concatenate(blocks)))
    attempt = Attempt(METHOD, size, tuple(map(len, blocks)), "proven", 0, METHOD)
    return replace(
        result,
        certificate=found.certificate,
        blocks=blocks,
        margin=(_least_eigenvalue(found.certificate), np.inf),
        attempts=(*result.attempts, attempt),
        compacted=found,
    )


def _asked(name: str, result: Result, options: CertifyOptions) -> bool:
    """Whether a learned proposer gives its order: it is loaded, or nobody else was asked."""
    return result.proposer == name or not any(other in RULES for other in options.proposers)


def _orders(polynomial: Polynomial, names: tuple[str, ...], options: CertifyOptions) -> list[Int[np.ndarray, "c n"]]:
    """The orders of all candidates by these proposers, of those that have one."""
    found = []
    for name in names:
        try:
            answer = rule_proposal(polynomial, name, options) if name in RULES else _learned(polynomial, name)
        except (TooLarge, DeadlineExceeded, MemoryError):
            continue
        if isinstance(answer, Proposal):
            found.append(answer.order)
    return found


def _learned(polynomial: Polynomial, name: str) -> object:
    try:
        return find_proposer(name).propose([polynomial])[0]
    except ValueError:  # the weights cannot be read, which was logged when they were asked for bases
        return None


def _least_eigenvalue(certificate: SosCertificate) -> float:
    """A lower bound on the smallest eigenvalue of all Gram matrices, at least 0 as they are proven."""
    grams = [ExactGram((block.gram,), block.denominator) for block in certificate.blocks]
    return max(min((gram.min_eigenvalue_bounds()[0] for gram in grams), default=0.0), 0.0)
