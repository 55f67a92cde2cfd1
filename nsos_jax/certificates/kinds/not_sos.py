"""The certificate kind `not_sos`: a functional L with L(p) < 0 and a positive semidefinite moment matrix."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from nsos_jax.certificates import reader
from nsos_jax.certificates.certificate import PolynomialCertificate
from nsos_jax.certificates.checks import moment_matrix, pairing
from nsos_jax.certificates.completeness import check_complete
from nsos_jax.certificates.data import (
    InvalidCertificate,
    PolynomialLike,
    Rational,
    Terms,
    as_monomials,
    as_rational,
    as_terms,
    count_text,
    digits,
    number_text,
)
from nsos_jax.certificates.exact_psd import is_psd_array
from nsos_jax.certificates.exact_work import Effort


@dataclass(frozen=True, eq=False, repr=False)
class NotSosCertificate(PolynomialCertificate):
    """A functional L with L(p) < 0 that is nonnegative on all squares over a basis proven complete (`completeness`)."""

    kind = "not_sos"
    status = "NOT_SOS"
    over = "R"
    evidence_keys = ("basis", "functional", "halfspaces")
    basis: np.ndarray
    functional: Terms
    halfspaces: tuple[tuple[int, ...], ...]

    @classmethod
    def create(
        cls,
        polynomial: PolynomialLike,
        basis: np.ndarray,
        exponents: np.ndarray,
        values: Iterable[Rational],
        halfspaces: np.ndarray,
    ) -> Self:
        """The certificate for p = `polynomial`.

        Args:
            polynomial: p.
            basis: int [size, variables], the complete basis B.
            exponents: int [moments, variables], distinct monomials; L is 0 at all others.
            values: the value of L at each of them.
            halfspaces: int [halfspaces, variables]; w cuts off a monomial m if 2 w.m > max of w.a over the support.
        """
        functional = Terms(as_monomials(exponents), tuple(map(as_rational, values)))
        cuts = tuple(map(tuple, np.asarray(halfspaces).tolist()))
        return cls(tuple(polynomial.variables), as_terms(polynomial), as_monomials(basis), functional, cuts)

    @classmethod
    def _read(cls, variables: tuple[str, ...], polynomial: Terms, record: dict[str, Any]) -> Self:
        basis = reader.read_basis(record["basis"], len(variables), "basis")
        functional = reader.read_terms(record["functional"], len(variables), "functional")
        halfspaces = reader.read_halfspaces(record["halfspaces"], len(variables))
        return cls(variables, polynomial, basis, functional, halfspaces)

    def _evidence(self) -> dict[str, Any]:
        halfspaces = [[digits(weight) for weight in row] for row in self.halfspaces]
        return {"basis": self.basis.tolist(), "functional": self.functional.to_list(), "halfspaces": halfspaces}

    def verify(self) -> str:
        """Check L(p) < 0, the moment matrix, and that the basis is complete, all exactly."""
        value = pairing(self.polynomial, self.functional)
        if not value < 0:
            raise InvalidCertificate(f"functional: expected L(polynomial) < 0, it is {number_text(value)}")
        if not is_psd_array(moment_matrix(self.functional, self.basis), Effort()):
            raise InvalidCertificate("functional: expected a positive semidefinite moment matrix over the basis")
        check_complete(self.polynomial, self.basis, self.halfspaces, self.variables)
        terms, size = count_text(self.polynomial.num_terms, "term"), count_text(len(self.basis), "monomial")
        return f"not_sos: L({terms}) < 0, complete basis of {size}"
