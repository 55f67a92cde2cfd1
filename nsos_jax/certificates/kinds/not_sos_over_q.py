"""The certificate kind `not_sos_over_q`: p has a real zero that leaves no rational squares to write it with.

p may still be a sum of squares of polynomials with real coefficients, as Scheiderer's quartic is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Self

import numpy as np
from flint import fmpq, fmpq_poly, fmpz_mat

from nsos_jax.certificates import reader
from nsos_jax.certificates.certificate import PolynomialCertificate
from nsos_jax.certificates.checks import MAX_BITS, moment_matrix, pairing
from nsos_jax.certificates.completeness import check_complete
from nsos_jax.certificates.data import (
    BeyondLimits,
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
from nsos_jax.certificates.exact_psd import is_psd, longest_entry
from nsos_jax.certificates.number_field import RealField, as_element, coefficients, vanishing
from nsos_jax.polynomials import Polynomial


@dataclass(frozen=True, eq=False, repr=False)
class NotSosOverQCertificate(PolynomialCertificate):
    """A zero z of p in a real field, a complete basis B, and a functional L that is negative on p.

    If p = sum_k c_k f_k^2 with rational c_k > 0 and rational polynomials f_k then all f_k vanish at z, so they lie in
    W, the rational combinations of B that do. L is nonnegative on all squares of W, so L(p) >= 0: a contradiction. If W
    is 0 then p would be 0, and no functional is needed.
    """

    kind = "not_sos_over_q"
    status = "NOT_SOS"
    over = "Q"
    evidence_keys = ("field", "zero", "basis", "halfspaces", "functional")
    field: RealField
    _zero: tuple[fmpq_poly, ...]
    basis: np.ndarray
    halfspaces: tuple[tuple[int, ...], ...]
    functional: Terms | None

    @cached_property
    def zero(self) -> tuple[tuple[Fraction, ...], ...]:
        """The coordinates of z as polynomials in theta: coefficients, constant first."""
        return tuple(map(coefficients, self._zero))

    @classmethod
    def create(
        cls,
        polynomial: PolynomialLike,
        minimal_polynomial: Sequence[int],
        interval: tuple[Rational, Rational],
        zero: Iterable[Sequence[Rational]],
        basis: np.ndarray,
        halfspaces: np.ndarray,
        functional: tuple[np.ndarray, Iterable[Rational]] | None = None,
    ) -> Self:
        """The certificate for p = `polynomial`.

        Args:
            polynomial: p.
            minimal_polynomial: of theta, integers, constant first, irreducible.
            interval: two numbers with no other root between them than theta.
            zero: the coordinates of z as polynomials in theta, constant first.
            basis: int [size, variables], the complete basis B.
            halfspaces: int [halfspaces, variables], as in `NotSosCertificate`.
            functional: monomials, int [moments, variables], and the value of L at each; None if nothing vanishes at z.
        """
        return cls(
            tuple(polynomial.variables),
            as_terms(polynomial),
            RealField.create(minimal_polynomial, interval),
            tuple(map(as_element, zero)),
            as_monomials(basis),
            tuple(map(tuple, np.asarray(halfspaces).tolist())),
            functional and Terms(as_monomials(functional[0]), tuple(map(as_rational, functional[1]))),
        )

    @classmethod
    def _read(cls, variables: tuple[str, ...], polynomial: Terms, record: dict[str, Any]) -> Self:
        field = RealField.read(record["field"])
        coordinates = reader.read_list(record["zero"], "zero", length=len(variables))
        given = record["functional"]
        return cls(
            variables,
            polynomial,
            field,
            tuple(field.read_element(value, f"zero[{i}]") for i, value in enumerate(coordinates)),
            reader.read_basis(record["basis"], len(variables), "basis"),
            reader.read_halfspaces(record["halfspaces"], len(variables)),
            None if given is None else reader.read_terms(given, len(variables), "functional"),
        )

    def _evidence(self) -> dict[str, Any]:
        return {
            "field": self.field.to_dict(),
            "zero": [[str(number) for number in coordinate.coeffs()] for coordinate in self._zero],
            "basis": self.basis.tolist(),
            "halfspaces": [[digits(weight) for weight in row] for row in self.halfspaces],
            "functional": None if self.functional is None else self.functional.to_list(),
        }

    def vanishing_polynomials(self) -> list[Polynomial]:
        """W, by polynomials that span it."""
        kernel = vanishing(self.field, self._zero, self.basis)
        columns = kernel.transpose().tolist()
        return [Polynomial.from_arrays(self.basis, list(map(int, column)), self.variables) for column in columns]

    def verify(self) -> str:
        """Check the field, p(z) = 0, that the basis is complete, and the functional, all exactly."""
        self.field.check()
        if len(self._zero) != len(self.variables):
            raise InvalidCertificate(f"zero: expected {len(self.variables)} coordinates, got {len(self._zero)}")
        for i, coordinate in enumerate(self._zero):
            self.field.check_element(coordinate, f"zero[{i}]")
        if not self.polynomial.num_terms:
            raise InvalidCertificate("polynomial: expected a polynomial that is not zero")
        values = self.field.values(self._zero, self.polynomial.exponents)
        addends = zip(values, self.polynomial.rationals(), strict=True)
        if sum((value * coefficient for value, coefficient in addends), fmpq_poly([0])) != 0:
            raise InvalidCertificate("zero: the polynomial is not 0 there")
        check_complete(self.polynomial, self.basis, self.halfspaces, self.variables)
        dimension = self._check_functional()
        place = f"a zero of degree {self.field.degree}"
        left = f"{dimension} of {count_text(len(self.basis), 'polynomial')} left"
        return f"not_sos_over_q: {count_text(self.polynomial.num_terms, 'term')}, {place}, {left} for rational squares"

    def _check_functional(self) -> int:
        """Check that L(p) < 0 and that L is nonnegative on all squares of W, whose dimension is returned."""
        kernel = vanishing(self.field, self._zero, self.basis)
        dimension = kernel.ncols()
        if self.functional is None:
            if dimension:
                left = f"{count_text(dimension, 'independent polynomial')} over the basis vanish at the zero"
                raise InvalidCertificate(f"functional: expected one, for {left}")
            return 0
        value: fmpq = pairing(self.polynomial, self.functional)
        if not value < 0:
            raise InvalidCertificate(f"functional: expected L(polynomial) < 0, it is {number_text(value)}")
        moments = moment_matrix(self.functional, self.basis)
        longest = 2 * longest_entry(kernel.entries()) + longest_entry(moments.ravel().tolist())
        longest += 2 * len(self.basis).bit_length()
        if len(self.basis) ** 2 * longest > MAX_BITS:
            raise BeyondLimits("functional: its moments over the polynomials that vanish at the zero are too long")
        if not is_psd(kernel.transpose() * fmpz_mat(moments.tolist()) * kernel):
            wanted = "a positive semidefinite moment matrix over the polynomials that vanish at the zero"
            raise InvalidCertificate(f"functional: expected {wanted}")
        return int(dimension)
