"""The certificate kind `lower_bound`: p >= gamma everywhere, for p - gamma is a sum of squares."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

from nsos_jax.certificates import reader
from nsos_jax.certificates.checks import check_blocks
from nsos_jax.certificates.data import (
    Block,
    GramBlock,
    PolynomialLike,
    RangeBlock,
    Rational,
    Terms,
    as_blocks,
    as_rational,
    as_terms,
    blocks_text,
    count_text,
)
from nsos_jax.certificates.squares import block_squares
from nsos_jax.certificates.statements.bounds import BoundCertificate, as_point, read_point
from nsos_jax.polynomials import Polynomial


@dataclass(frozen=True, eq=False, repr=False)
class LowerBoundCertificate(BoundCertificate):
    """p - gamma = sum over the blocks of z'Qz; a point bounds the minimum from above."""

    kind = "lower_bound"
    evidence_keys = ("bound", "blocks", "point")
    blocks: tuple[Block, ...]

    @classmethod
    def create(
        cls,
        polynomial: PolynomialLike,
        bound: Rational,
        blocks: Iterable[GramBlock | RangeBlock],
        point: Iterable[Rational] | None = None,
    ) -> Self:
        """The certificate for p = `polynomial` from gamma = `bound`, Gram blocks of p - gamma, and a point or none."""
        variables, terms = tuple(polynomial.variables), as_terms(polynomial)
        return cls(variables, terms, as_rational(bound), as_point(point), as_blocks(blocks))

    @classmethod
    def _read(cls, variables: tuple[str, ...], polynomial: Terms, record: dict[str, Any]) -> Self:
        bound, point = reader.read_number(record["bound"], "bound"), read_point(record["point"], len(variables))
        return cls(variables, polynomial, bound, point, reader.read_blocks(record["blocks"], len(variables)))

    def _evidence(self) -> dict[str, Any]:
        return {**self._bound_values(), "blocks": [block.to_dict() for block in self.blocks]}

    def squares(self) -> list[tuple[Fraction, Polynomial]]:
        """p - gamma as a sum of weight * square ** 2 with positive weights."""
        return block_squares(self.blocks, self.variables)

    def verify(self) -> str:
        """Check that the blocks add up to p - gamma and are positive semidefinite, and the point, all exactly."""
        check_blocks(self.remainder(), self.blocks, self.variables, "polynomial - bound")
        terms = count_text(self.polynomial.num_terms, "term")
        return f"lower_bound: {terms} - {self.bound_text()} = {blocks_text(self.blocks)}{self.upper_text()}"
