"""The certificate kind `sos_over_field`: p is a sum of squares over the real numbers, with coefficients in Q(theta)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Self

import numpy as np
from flint import fmpq_poly

from nsos_jax.certificates import reader
from nsos_jax.certificates.certificate import PolynomialCertificate
from nsos_jax.certificates.checks import check_sum, common_denominator
from nsos_jax.certificates.data import (
    BeyondLimits,
    Block,
    InvalidCertificate,
    PolynomialLike,
    Rational,
    Terms,
    as_monomials,
    as_terms,
    blocks_text,
    count_text,
    describe,
    integer_array,
)
from nsos_jax.certificates.number_field import RealField, as_element, coefficients

MAX_FIELD_ENTRIES = 1_000_000
"""Of the Gram matrices of all blocks together, times the degree of the field."""


@dataclass(frozen=True, eq=False, repr=False)
class FieldBlock:
    """One block z'Qz with Q over a number field.

    Attributes:
        basis: z, int32 [size, variables].
    """

    basis: np.ndarray
    _entries: Mapping[tuple[int, int], fmpq_poly]

    def __post_init__(self) -> None:
        if not all(0 <= i <= j < len(self.basis) for i, j in self._entries):
            raise InvalidCertificate(f"gram: expected indices 0 <= i <= j < {len(self.basis)}")

    @cached_property
    def entries(self) -> dict[tuple[int, int], tuple[Fraction, ...]]:
        """Q_ij = Q_ji by (i, j) with i <= j, as coefficients in theta, constant first; what is missing is 0."""
        return {place: coefficients(entry) for place, entry in self._entries.items()}

    def __repr__(self) -> str:
        return f"<FieldBlock: {count_text(len(self.basis), 'monomial')}>"

    @classmethod
    def read(cls, value: object, field: RealField, variables: int, place: str) -> Self:
        """The block {"basis": monomials, "gram": [[i, j, coefficients], ...]} of a file."""
        record = reader.read_object(value, ("basis", "gram"), place)
        basis = reader.read_basis(record["basis"], variables, f"{place}.basis")
        entries: dict[tuple[int, int], fmpq_poly] = {}
        for position, entry in enumerate(reader.read_list(record["gram"], f"{place}.gram")):
            where = f"{place}.gram[{position}]"
            i, j, numbers = reader.read_list(entry, where, length=3)
            if type(i) is not int or type(j) is not int or not 0 <= i <= j < len(basis):
                wanted = f"indices 0 <= i <= j < {len(basis)}"
                raise InvalidCertificate(f"{where}: expected {wanted}, got {describe(i)} and {describe(j)}")
            if (i, j) in entries:
                raise InvalidCertificate(f"{where}: the entry {i}, {j} appears twice")
            entries[i, j] = field.read_element(numbers, f"{where}[2]")
        return cls(basis, entries)

    def to_dict(self) -> dict[str, Any]:
        """As in the file."""
        gram = [[i, j, [str(number) for number in entry.coeffs()]] for (i, j), entry in self._entries.items()]
        return {"basis": self.basis.tolist(), "gram": gram}

    def matrix(self) -> list[list[fmpq_poly]]:
        """Q, all of it."""
        zero, size = fmpq_poly([0]), range(len(self.basis))
        return [[self._entries.get((min(i, j), max(i, j)), zero) for j in size] for i in size]

    def part(self, power: int) -> Block:
        """The rational block whose entries are the coefficients of that power of theta."""
        numbers = {place: entry[power] for place, entry in self._entries.items()}
        common = common_denominator((number.q for number in numbers.values()), len(numbers), "blocks")
        gram = np.zeros((len(self.basis), len(self.basis)), object)
        for (i, j), number in numbers.items():
            gram[i, j] = gram[j, i] = int(number.p * (common // number.q))
        return Block(self.basis, integer_array(gram.ravel()).reshape(gram.shape), int(common))


@dataclass(frozen=True, eq=False, repr=False)
class SosOverFieldCertificate(PolynomialCertificate):
    """p = sum over the blocks of z'Qz with every Q over Q(theta) and, as a real matrix, positive semidefinite."""

    kind = "sos_over_field"
    status = "SOS"
    over = "R"
    evidence_keys = ("field", "blocks")
    field: RealField
    blocks: tuple[FieldBlock, ...]

    @classmethod
    def create(
        cls,
        polynomial: PolynomialLike,
        minimal_polynomial: Sequence[int],
        interval: tuple[Rational, Rational],
        blocks: Iterable[tuple[np.ndarray, Mapping[tuple[int, int], Sequence[Rational]]]],
    ) -> Self:
        """The certificate for p = `polynomial`; each block is a basis and the upper triangle of its Gram matrix.

        Args:
            polynomial: p.
            minimal_polynomial: of theta, integers, constant first, irreducible.
            interval: two numbers with no other root between them than theta.
            blocks: int [size, variables], and by (i, j), i <= j, the entry as coefficients in theta, constant first.
        """
        parts = tuple(
            FieldBlock(as_monomials(basis), {place: as_element(entry) for place, entry in entries.items()})
            for basis, entries in blocks
        )
        field = RealField.create(minimal_polynomial, interval)
        return cls(tuple(polynomial.variables), as_terms(polynomial), field, parts)

    @classmethod
    def _read(cls, variables: tuple[str, ...], polynomial: Terms, record: dict[str, Any]) -> Self:
        field = RealField.read(record["field"])
        listed = enumerate(reader.read_list(record["blocks"], "blocks", reader.MAX_BLOCKS))
        blocks = tuple(FieldBlock.read(block, field, len(variables), f"blocks[{i}]") for i, block in listed)
        return cls(variables, polynomial, field, blocks)

    def _evidence(self) -> dict[str, Any]:
        return {"field": self.field.to_dict(), "blocks": [block.to_dict() for block in self.blocks]}

    def squares(self) -> list[tuple[tuple[Fraction, ...], np.ndarray, list[tuple[Fraction, ...]]]]:
        """Weights d > 0, monomials m_i and coefficients c_i: p is the sum of all d (sum_i c_i m_i)^2.

        d and each c_i are polynomials in theta, given by their coefficients, constant first.
        """
        return [
            (coefficients(weight), block.basis[list(row)], list(map(coefficients, row.values())))
            for block in self.blocks
            for weight, row in self.field.ldl(block.matrix())
        ]

    def verify(self) -> str:
        """Check the field, that the blocks add up to p, and that they are positive semidefinite, all exactly.

        1, theta, theta^2, ... are independent over Q: the part of the blocks at each power is p at 1, else 0.
        """
        self.field.check()
        if sum(len(block.basis) ** 2 + 1 for block in self.blocks) * self.field.degree > MAX_FIELD_ENTRIES:
            raise BeyondLimits(f"blocks: expected at most {MAX_FIELD_ENTRIES} coefficients of Gram matrix entries")
        for i, block in enumerate(self.blocks):
            for entry in block._entries.values():
                self.field.check_element(entry, f"blocks[{i}].gram")
        nothing = Terms(self.polynomial.exponents[:0], ())
        for power in range(self.field.degree):
            parts = [block.part(power) for block in self.blocks]
            check_sum(nothing if power else self.polynomial, parts, self.variables, f"part at theta^{power}")
        for i, block in enumerate(self.blocks):
            try:
                list(self.field.ldl(block.matrix()))
            except ValueError as error:
                raise InvalidCertificate(f"blocks[{i}].gram: {error}") from None
        terms = count_text(self.polynomial.num_terms, "term")
        return f"sos_over_field: {terms} = {blocks_text(self.blocks)} over a field of degree {self.field.degree}"
