"""The certificate kind `joint_spectral_radius`: no product of matrices grows faster than a bound."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

import numpy as np
from flint import fmpq

from nsos_jax.certificates import reader
from nsos_jax.certificates.data import (
    BeyondLimits,
    InvalidCertificate,
    PolynomialLike,
    Rational,
    Terms,
    aligned_terms,
    as_fraction,
    as_rational,
    number_text,
)
from nsos_jax.certificates.expansion import Work, combine
from nsos_jax.certificates.kinds.control.claims import ByClaims, Claim, Identities
from nsos_jax.certificates.kinds.control.derived import composed, scaled
from nsos_jax.certificates.kinds.control.sets import expect_over
from nsos_jax.certificates.kinds.control.system import MAX_MODES, MAX_STATES
from nsos_jax.certificates.statements import StatedSet

MatrixRows = tuple[tuple[fmpq, ...], ...]


@dataclass(frozen=True, eq=False, repr=False)
class JointSpectralRadiusCertificate(ByClaims):
    """V - c sum_i x_i^2d and bound^2d V - V(A x) for every matrix A are nonnegative, V being a form of degree 2d."""

    kind = "joint_spectral_radius"
    status = "BOUNDED"
    evidence_keys = ("matrices", "bound", "V", "positive", "identities")
    identity_keys = ("positive", "decrease")
    _matrices: tuple[MatrixRows, ...]
    _bound: fmpq
    V: Terms
    _positive: fmpq

    @classmethod
    def create(
        cls,
        matrices: Iterable[Sequence[Sequence[Rational]]],
        bound: Rational,
        V: PolynomialLike,
        positive: Rational,
        *,
        identities: Identities,
        variables: Iterable[str] | None = None,
    ) -> Self:
        """The certificate from its parts.

        Args:
            matrices: of exact numbers, all square and of one size.
            bound: of the joint spectral radius.
            V: a form of even degree 2d, in as many variables as the matrices have rows.
            positive: c > 0.
            identities: "positive": V - c sum_i x_i^2d; "decrease", one for each matrix A: bound^2d V - V(A x).
            variables: in the order of the rows; those of V by default.
        """
        names = tuple(V.variables if variables is None else variables)
        rows = tuple(tuple(tuple(map(as_rational, row)) for row in matrix) for matrix in matrices)
        found = cls._as_identities(identities)
        return cls(names, found, rows, as_rational(bound), aligned_terms(V, names), as_rational(positive))

    @classmethod
    def _from_record(cls, variables: tuple[str, ...], record: dict[str, Any]) -> Self:
        side, matrices = len(variables), []
        for k, matrix in enumerate(reader.read_list(record["matrices"], "matrices", MAX_MODES)):
            rows = []
            for i, row in enumerate(reader.read_list(matrix, f"matrices[{k}]", length=side)):
                numbers = reader.read_list(row, f"matrices[{k}][{i}]", length=side)
                rows.append(tuple(reader.read_number(one, f"matrices[{k}][{i}][{j}]") for j, one in enumerate(numbers)))
            matrices.append(tuple(rows))
        return cls(
            variables,
            cls._read_identities(record["identities"], side),
            tuple(matrices),
            reader.read_number(record["bound"], "bound"),
            reader.read_polynomial(record["V"], side, "V"),
            reader.read_number(record["positive"], "positive"),
        )

    def _evidence(self) -> dict[str, Any]:
        return {
            "matrices": [[[str(value) for value in row] for row in matrix] for matrix in self._matrices],
            "bound": str(self._bound),
            "V": self.V.to_list(),
            "positive": str(self._positive),
            "identities": self._identity_values(),
        }

    @property
    def bound(self) -> Fraction:
        """gamma."""
        return as_fraction(self._bound)

    @property
    def matrices(self) -> tuple[tuple[tuple[Fraction, ...], ...], ...]:
        """The rows of each."""
        return tuple(tuple(tuple(map(as_fraction, row)) for row in matrix) for matrix in self._matrices)

    @property
    def positive(self) -> Fraction:
        """c."""
        return as_fraction(self._positive)

    @property
    def degree(self) -> int:
        """2d."""
        return int(self.V.exponents.sum(axis=1, dtype=np.int64).max(initial=0))

    @property
    def _function(self) -> Terms:
        return self.V

    def _check_statement(self, work: Work) -> None:
        side = len(self.variables)
        if side > MAX_STATES:
            raise BeyondLimits(f"variables: expected at most {MAX_STATES}, got {side}")
        if not side or not self._matrices:
            raise InvalidCertificate("matrices: expected one or more, not empty")
        for k, matrix in enumerate(self._matrices):
            if len(matrix) != side or any(len(row) != side for row in matrix):
                raise InvalidCertificate(f"matrices[{k}]: expected {side} rows and columns, one for each variable")
        for place, value in (("bound", self._bound), ("positive", self._positive)):
            if value <= 0:
                raise InvalidCertificate(f"{place}: expected a positive number, got {number_text(value)}")
        expect_over(self.V, None, self.variables, "V", "")
        degrees = set(self.V.exponents.sum(axis=1, dtype=np.int64).tolist())
        if len(degrees) != 1 or self.degree % 2 or not self.degree:
            raise InvalidCertificate("V: expected a form of even, positive degree: all terms of the same degree")

    def claims(self, work: Work | None = None) -> Iterator[Claim]:
        """V - c sum_i x_i^2d, and bound^2d V - V(A x) for each matrix."""
        work, side = work or Work(), len(self.variables)
        powers = Terms(self.degree * np.eye(side, dtype=np.int32), side * (self._positive,))
        target = combine([(1, self.V), (-1, powers)], side, "V - positive", work)
        yield Claim("positive", f"V - positive * sum x_i^{self.degree}", target, StatedSet())
        work.spend(1, 0, self.degree * (self._bound.p.bit_length() + self._bound.q.bit_length()), "bound")
        larger = scaled(self.V, self._bound**self.degree, "bound", work)
        for k, matrix in enumerate(self._matrices):
            place = f"matrices[{k}]"
            images = {i: _linear_form(row) for i, row in enumerate(matrix)}
            moved = composed(self.V, images, place, work)
            text = f"bound^{self.degree} V - V(A_{k + 1} x)"
            yield Claim("decrease", text, combine([(1, larger), (-1, moved)], side, place, work), StatedSet())

    @property
    def conclusion(self) -> str:
        """The theorem."""
        count = "the matrix" if len(self._matrices) == 1 else f"{len(self._matrices)} matrices"
        return f"the joint spectral radius of {count} is at most {number_text(self._bound)}"


def _linear_form(row: Sequence[fmpq]) -> Terms:
    """row . x"""
    kept = [j for j, value in enumerate(row) if value != 0]
    return Terms(np.eye(len(row), dtype=np.int32)[kept], tuple(row[j] for j in kept))
