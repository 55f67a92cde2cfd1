"""What certificates say about a program, as the fields of its result."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

from nsos_jax.certificates import (
    InfeasibleProgramCertificate,
    InvalidCertificate,
    ProgramBoundCertificate,
    ProgramCertificate,
)
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.modelling import SosProgram, statement_of
from nsos_jax.programs.moving import MovedProgram
from nsos_jax.programs.results import ProgramResult


def proven_values(program: SosProgram, certificate: ProgramCertificate) -> dict[str, Any]:
    """What a certificate says, as fields of a `ProgramResult`."""
    return {**proven_objective(program, certificate), "values": values_of(program, certificate)}


def proven_objective(program: SosProgram, certificate: ProgramCertificate) -> dict[str, Any]:
    """What it says about the objective."""
    known: dict[str, Any] = {"certificate": certificate}
    value = certificate.objective_value
    if value is not None:
        known |= {"lower" if program.objective.sense == "maximize" else "upper": value, "value": float(value)}
    return known


def values_of(program: SosProgram, certificate: ProgramCertificate) -> dict[str, Polynomial | Fraction]:
    """The unknowns by name."""
    return {
        name: polynomial.coefficient([0] * polynomial.num_variables) if program.is_scalar(name) else polynomial
        for name, polynomial in certificate.polynomials().items()
    }


def translated(program: SosProgram, moved: MovedProgram, found: ProgramResult) -> ProgramResult | None:
    """The answer to a moved program as one to the program itself; None where nothing was proven."""
    proof, bound, statement = found.certificate, found.bound_certificate, statement_of(program)
    known: dict[str, Any] = {"moments": {name: moved.moments(dict(own)) for name, own in found.moments.items()}}
    if isinstance(proof, ProgramCertificate):
        known |= proven_values(program, moved.certificate(statement, proof))
    elif isinstance(proof, InfeasibleProgramCertificate):
        known["certificate"] = InfeasibleProgramCertificate.create(statement, *moved.evidence(proof))
    elif bound is None:
        return None
    if isinstance(bound, ProgramBoundCertificate):
        known["bound_certificate"] = ProgramBoundCertificate.create(statement, *moved.evidence(bound), bound.bound)
    try:
        for key in known.keys() & {"certificate", "bound_certificate"}:
            known[key].verify()
    except InvalidCertificate:
        return None
    return replace(found, **known)
