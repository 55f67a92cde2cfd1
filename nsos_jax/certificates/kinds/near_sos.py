"""The certificate of `NEAR_SOS`: p + epsilon z'z = sum_k z_k'Q_k z_k with every Q_k positive semidefinite."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Self

import numpy as np
from flint import fmpq

from nsos_jax.certificates import reader
from nsos_jax.certificates.certificate import PolynomialCertificate
from nsos_jax.certificates.checks import check_blocks, check_shift, square_sum
from nsos_jax.certificates.data import (
    Block,
    GramBlock,
    InvalidCertificate,
    PolynomialLike,
    RangeBlock,
    Rational,
    Terms,
    as_blocks,
    as_fraction,
    as_rational,
    as_terms,
    blocks_text,
    count_text,
    number_text,
)


@dataclass(frozen=True, eq=False, repr=False)
class NearSosCertificate(PolynomialCertificate):
    """`polynomial` is SOS and equals `of` + epsilon z'z, z being the union of the bases, each monomial counted once.

    In the file this is kind "sos" with the two keys `epsilon` and `of` added.
    """

    kind = "near_sos"
    status = "NEAR_SOS"
    evidence_keys = ("blocks", "epsilon", "of")
    blocks: tuple[Block, ...]
    _epsilon: fmpq
    of: Terms

    @cached_property
    def epsilon(self) -> Fraction:
        """The positive factor of z'z."""
        return as_fraction(self._epsilon)

    @classmethod
    def create(cls, of: PolynomialLike, epsilon: Rational, blocks: Iterable[GramBlock | RangeBlock]) -> Self:
        """The certificate for p = `of` from Gram blocks of p + epsilon z'z."""
        terms, shift, parts = as_terms(of), as_rational(epsilon), as_blocks(blocks)
        coefficients = terms.by_monomial()
        for key in square_sum(parts, len(of.variables)):
            coefficients[key] = coefficients.get(key, fmpq(0)) + shift
        shifted = {key: value for key, value in coefficients.items() if value != 0}
        exponents = np.frombuffer(b"".join(shifted), dtype=np.int32).reshape(len(shifted), len(of.variables))
        return cls(tuple(of.variables), Terms(exponents, tuple(shifted.values())), parts, shift, terms)

    @classmethod
    def _read(cls, variables: tuple[str, ...], polynomial: Terms, record: dict[str, Any]) -> Self:
        blocks = reader.read_blocks(record["blocks"], len(variables))
        epsilon = reader.read_number(record["epsilon"], "epsilon")
        return cls(variables, polynomial, blocks, epsilon, reader.read_polynomial(record["of"], len(variables), "of"))

    def _evidence(self) -> dict[str, Any]:
        blocks = [block.to_dict() for block in self.blocks]
        return {"blocks": blocks, "epsilon": str(self._epsilon), "of": self.of.to_list()}

    def verify(self) -> str:
        """Check epsilon > 0, `polynomial` - `of` = epsilon z'z, and the blocks, all exactly."""
        if not self._epsilon > 0:
            raise InvalidCertificate(f"epsilon: expected a positive number, got {number_text(self._epsilon)}")
        check_shift(self.polynomial, self.of, self._epsilon, self.blocks, self.variables)
        check_blocks(self.polynomial, self.blocks, self.variables)
        left = f"{count_text(self.of.num_terms, 'term')} + {number_text(self._epsilon)} z'z"
        return f"near_sos: {left} = {blocks_text(self.blocks)}"
