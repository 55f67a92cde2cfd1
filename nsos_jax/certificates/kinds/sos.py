"""The certificate kind `sos`: p = sum_k z_k'Q_k z_k with every Q_k positive semidefinite."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

from nsos_jax.certificates import reader
from nsos_jax.certificates.certificate import PolynomialCertificate
from nsos_jax.certificates.checks import check_blocks
from nsos_jax.certificates.data import (
    Block,
    GramBlock,
    PolynomialLike,
    RangeBlock,
    Terms,
    as_blocks,
    as_terms,
    blocks_text,
    count_text,
)
from nsos_jax.certificates.squares import block_squares
from nsos_jax.polynomials import Polynomial


@dataclass(frozen=True, eq=False, repr=False)
class SosCertificate(PolynomialCertificate):
    """p = sum over the blocks of z'Qz, exactly, with every Q positive semidefinite. Blocks may share monomials."""

    kind = "sos"
    status = "SOS"
    over = "Q"
    evidence_keys = ("blocks",)
    blocks: tuple[Block, ...]

    @classmethod
    def create(cls, polynomial: PolynomialLike, blocks: Iterable[GramBlock | RangeBlock]) -> Self:
        """The certificate for p = `polynomial` from its Gram blocks, which `verify` will check."""
        return cls(tuple(polynomial.variables), as_terms(polynomial), as_blocks(blocks))

    @classmethod
    def _read(cls, variables: tuple[str, ...], polynomial: Terms, record: dict[str, Any]) -> Self:
        return cls(variables, polynomial, reader.read_blocks(record["blocks"], len(variables)))

    def _evidence(self) -> dict[str, Any]:
        return {"blocks": [block.to_dict() for block in self.blocks]}

    def squares(self) -> list[tuple[Fraction, Polynomial]]:
        """p as a sum of weight * square ** 2 with positive weights, from an exact LDL' of each block."""
        return block_squares(self.blocks, self.variables)

    def verify(self) -> str:
        """Check that the blocks add up to the polynomial and are positive semidefinite, both exactly."""
        check_blocks(self.polynomial, self.blocks, self.variables)
        terms = count_text(self.polynomial.num_terms, "term")
        return f"sos: {terms} = {blocks_text(self.blocks)}"
