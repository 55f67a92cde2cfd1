"""Evidence for polynomials that no proposed basis proved: complete bases, functionals on them, almost-certificates."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from nsos_jax.bases import (
    MAX_CANDIDATES,
    DeadlineExceeded,
    TooLarge,
    diagonal_consistency,
    half_newton_polytope,
    uncovered,
)
from nsos_jax.certificates import NearSosCertificate, NotSosCertificate
from nsos_jax.polynomials import Polynomial
from nsos_jax.proofs.gram_system import GramSystem
from nsos_jax.proofs.rounding import interior_grams

MAX_POLYTOPE = 10_000
"""Diagonal consistency looks at all pairs of these monomials."""
NEAR_SOS_SHARE = 1e-6
"""Largest epsilon of an almost-certificate, as part of what it is compared with."""


class CompleteBasis(NamedTuple):
    """The complete basis of a polynomial, and why it is complete."""

    basis: Int[np.ndarray, "k n"]
    halfspaces: Int[np.ndarray, "h n"]


def complete_basis(polynomial: Polynomial, max_candidates: int, deadline: float) -> CompleteBasis:
    """The half Newton polytope after diagonal consistency, and the halfspaces that justify it.

    Raises what `half_newton_polytope` raises, with the option that a limit comes from; `TooLarge` also beyond
    `MAX_POLYTOPE` monomials.
    """
    try:
        polytope = half_newton_polytope(polynomial.exponents, max_candidates=max_candidates, deadline=deadline)
    except TooLarge as error:
        raise TooLarge(f"{error} (memory_limit)" if max_candidates < MAX_CANDIDATES else str(error)) from None
    except DeadlineExceeded as error:
        raise DeadlineExceeded(f"{error} (time_limit)") from None
    if len(polytope.monomials) > MAX_POLYTOPE:
        raise TooLarge(f"the half Newton polytope has {len(polytope.monomials)} monomials, the limit is {MAX_POLYTOPE}")
    positive = np.array([numerator > 0 for numerator in polynomial.numerators], bool)
    kept = diagonal_consistency(polytope.monomials, polynomial.exponents, positive)
    return CompleteBasis(polytope.monomials[kept], polytope.halfspaces)


def not_sos_certificate(
    polynomial: Polynomial,
    complete: CompleteBasis,
    system: GramSystem | None,
    functional: Sequence[Fraction] | None,
) -> NotSosCertificate | None:
    """A functional on the complete basis: on a term that it does not cover, else the one that is given, a value for
    each row of the system on that basis."""
    missing = uncovered(polynomial.exponents, complete.basis)
    if missing.any():
        index = int(np.argmax(missing))
        exponents = polynomial.exponents[index : index + 1]
        values = [Fraction(-1 if polynomial.numerators[index] > 0 else 1)]
    elif system is None or functional is None:
        return None
    else:
        nonzero = [i for i, value in enumerate(functional) if value != 0]
        exponents, values = system.row_exponents[nonzero], [functional[i] for i in nonzero]
    return NotSosCertificate.create(polynomial, complete.basis, exponents, values, complete.halfspaces)


def near_sos_certificates(
    system: GramSystem, lower: float, scaled: Sequence[np.ndarray]
) -> Iterator[NearSosCertificate]:
    """p + epsilon z'z on the basis of a lossless system, with epsilon a power of two just above what is missing.

    Nothing where epsilon would not be tiny against every block of the Gram matrix (`scaled`, as the solver left it; its
    margin is at least `lower`) and against every coefficient that p has at the square of a basis monomial.
    """
    if not lower > -NEAR_SOS_SHARE:
        return
    p = system.polynomial
    grams = system.unscale(scaled)
    size = min(float(np.abs(gram).max()) for gram in grams)
    missing = max(-min(float(np.linalg.eigvalsh(gram)[0]) for gram in grams), 1e-13 * size)
    if not 0 < missing < np.inf:
        return
    lift = int(np.ceil(np.log2(4 * missing)))
    if 2.0**lift > NEAR_SOS_SHARE * size:
        return
    epsilon = Fraction(2) ** (lift + system.scaling.unit)
    at_squares = system.targets[np.concatenate([rows.diagonal() for rows in system.rows])].tolist()
    if any(epsilon * p.denominator > Fraction(NEAR_SOS_SHARE) * abs(value) for value in at_squares if value):
        return
    squares = Polynomial.from_arrays(2 * system.basis, [epsilon] * system.size, p.variables)
    shifted = GramSystem.build(p + squares, system.basis, system.scaling)
    raised = [gram + 2.0**lift * np.eye(len(gram)) for gram in grams]
    for exact in interior_grams(shifted, raised, missing):
        yield NearSosCertificate.create(p, epsilon, exact.blocks(shifted))
