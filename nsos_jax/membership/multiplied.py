"""Nonnegativity of polynomials that are no sums of squares: p times a multiplier is a polynomial as any other."""

import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from nsos_jax.certificates import Certificate, GramBlock, NegativePointCertificate, NonnegCertificate, SosCertificate
from nsos_jax.membership.results import Result
from nsos_jax.polynomials import Polynomial
from nsos_jax.proofs import Multiplier, Quotient, free_multipliers, multipliers, without_lineality

Decide = Callable[[Sequence[Polynomial], float], Sequence[Result]]
"""Results for polynomials, each with so many seconds of time."""


def nonnegativity_proof(
    polynomial: Polynomial, decide: Decide, deadline: float
) -> tuple[Certificate, Multiplier] | None:
    """A certificate that p >= 0, or of a point where p < 0, and the multiplier that led to it.

    Directions in which p is constant are divided out first: there is no multiplier of few variables that sees them.

    Args:
      polynomial: p.
      decide: what answers for the products sigma p.
      deadline: a value of `time.monotonic()` after which nothing new is tried.
    """
    quotient = without_lineality(polynomial)
    reduced = quotient.reduced if quotient else polynomial
    for group in _groups(reduced, deadline):
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            return None
        if not group:
            continue
        results = decide([multiplier.polynomial * reduced for multiplier in group], remaining / len(group))
        for multiplier, result in zip(group, results, strict=True):
            certificate = _certificate(polynomial, quotient, multiplier, result.certificate)
            if certificate:
                return certificate, multiplier
    return None


def _groups(polynomial: Polynomial, deadline: float) -> Iterator[list[Multiplier]]:
    """Fixed multipliers, then those that programs find, of degree 2 and 4."""
    yield from multipliers(polynomial)
    for half_degree in (1, 2):
        yield list(free_multipliers(polynomial, half_degree, deadline))


def _certificate(
    polynomial: Polynomial, quotient: Quotient | None, multiplier: Multiplier, found: Certificate | None
) -> Certificate | None:
    """What a proof about sigma p says of p; where sigma p < 0 so is p."""
    if isinstance(found, NegativePointCertificate):
        return NegativePointCertificate.create(polynomial, _whole_point(polynomial, quotient, found.point))
    if not isinstance(found, SosCertificate):
        return None
    product: list[GramBlock] = [(block.basis, block.gram, block.denominator) for block in found.blocks]
    squares = [multiplier.block]
    if quotient:
        product = [quotient.pull_back(block, polynomial.variables) for block in product]
        squares = [quotient.pull_back(block, polynomial.variables) for block in squares]
    return NonnegCertificate.create(polynomial, squares, product)


def _whole_point(polynomial: Polynomial, quotient: Quotient | None, point: Sequence[Fraction]) -> list[Fraction]:
    """A point in all variables; those that were eliminated are 0."""
    if quotient is None:
        return list(point)
    values = dict(zip(quotient.reduced.variables, point, strict=True))
    return [values.get(name, Fraction(0)) for name in polynomial.variables]
