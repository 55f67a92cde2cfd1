"""Certificates of bounds, from identities that were found for programs or by membership."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from nsos_jax.certificates import (
    Certificate,
    EmptySetCertificate,
    Identity,
    InvalidCertificate,
    LowerBoundCertificate,
    LowerBoundOnSetCertificate,
    ProgramCertificate,
    SosCertificate,
)
from nsos_jax.programs.bounds.problem import BoundProblem


@dataclass(frozen=True, eq=False)
class Found:
    """An identity of p - gamma, or of -1, and which products of inequalities its multipliers stand before."""

    identity: Identity
    products: tuple[tuple[int, ...], ...] = ()

    @staticmethod
    def of_program(certificate: ProgramCertificate) -> "Found":
        """Of a program with one constraint."""
        [identity], [constraint] = certificate.identities, certificate.statement.constraints
        return Found(identity, constraint.products)

    @staticmethod
    def of_squares(certificate: SosCertificate) -> "Found":
        blocks = tuple(certificate.blocks)
        return Found(Identity((-1,) * len(blocks), blocks, ()))


def bound_certificate(
    problem: BoundProblem, bound: Fraction, found: Found, point: Sequence[Fraction] | None
) -> Certificate | None:
    """That p >= bound, and its value at the point; None where the checker refuses it."""
    p, on, identity = problem.polynomial, problem.on, found.identity
    if not problem.unconstrained:
        return _accepted(
            LowerBoundOnSetCertificate.create(p, bound, identity, on.inequalities, found.products, on.equalities, point)
        )
    blocks = [
        (block.basis, block.core, block.denominator)
        if block.range is None
        else (block.basis, block.core, block.denominator, block.range)
        for block in identity.blocks
    ]
    return _accepted(LowerBoundCertificate.create(p, bound, blocks, point))


def empty_certificate(problem: BoundProblem, found: Found) -> Certificate | None:
    """That the set is empty; None where the checker refuses it."""
    on = problem.on
    return _accepted(
        EmptySetCertificate.create(problem.variables, found.identity, on.inequalities, found.products, on.equalities)
    )


def _accepted(certificate: Certificate) -> Certificate | None:
    try:
        certificate.verify()
    except InvalidCertificate:
        return None
    return certificate
