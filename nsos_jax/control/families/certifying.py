"""Certificates of the members of a family: what they share is made once."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from flint import fmpq

from nsos_jax.certificates import Identity, LyapunovCertificate, StatedSystem, Terms
from nsos_jax.control.dynamics import System
from nsos_jax.control.families.questions import Questions
from nsos_jax.control.identities import identities_by_name, identity_back, moved_back, numbered
from nsos_jax.control.stated import given_domain, powers, stated_system
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import Rounded, SemialgebraicSet, SosProgram


def family_statement(system: System, parameters: Sequence[str]) -> StatedSystem:
    """What the certificates of all members state about the system, but for the right-hand sides."""
    return stated_system(system.with_parameters(dict.fromkeys(parameters, 1)))


class Certifier:
    """Makes certificates from rounded points of one program.

    Args:
      system: of the family, in the user's coordinates, whose parameters have any numbers.
      program: with symbols for the parameters.
      questions: in coordinates around the equilibrium.
      point: the equilibrium.
      on: the neighbourhood.
    """

    def __init__(
        self, system: StatedSystem, program: SosProgram, questions: Questions, point: dict, on: SemialgebraicSet | None
    ) -> None:
        self.program, self.point = program, point
        self.monomials = program.declared["V"].monomials
        self.variables = system.variables
        self.template = LyapunovCertificate.create(
            system,
            point.values(),
            Polynomial.constant(0),
            powers(questions.positive),
            powers(questions.decrease),
            given_domain(on),
            identities={},
            rate=questions.rate,
        )

    def certificate(self, system: StatedSystem, rounded: Rounded) -> LyapunovCertificate:
        """That of one member, not verified."""
        found = identities_by_name(self.program, rounded.identities)
        identities = {name: self._back(numbered(found, name)) for name in ("positive", "decrease")}
        function = self._function(rounded.values["V"])
        return replace(self.template, system=system, V=function, identities={**identities, "denominators": ()})

    def _function(self, values: list[fmpq]) -> Terms:
        kept = [at for at, value in enumerate(values) if value != 0]
        terms = Terms(self.monomials[kept], tuple(values[at] for at in kept))
        if not any(self.point.values()):
            return terms
        moved = moved_back(Polynomial.from_arrays(terms.exponents, terms.values, self.variables), self.point)
        return _over(moved, self.variables)

    def _back(self, identities: Sequence[Identity]) -> tuple[Identity, ...]:
        return tuple(identity_back(one, self.variables, self.point) for one in identities)


def _over(polynomial: Polynomial, variables: Sequence[str]) -> Terms:
    exponents = np.zeros((polynomial.num_terms, len(variables)), np.int32)
    exponents[:, [variables.index(name) for name in polynomial.variables]] = polynomial.exponents
    return Terms(exponents, tuple(fmpq(value.numerator, value.denominator) for value in polynomial.coefficients))
