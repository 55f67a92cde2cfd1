"""The certificate kind `nonneg`: sigma p and sigma are sums of squares, and sigma is not zero, so p is nonnegative."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

from nsos_jax.certificates import reader
from nsos_jax.certificates.certificate import PolynomialCertificate
from nsos_jax.certificates.checks import check_psd, check_sum
from nsos_jax.certificates.data import (
    Block,
    GramBlock,
    InvalidCertificate,
    PolynomialLike,
    RangeBlock,
    Terms,
    as_blocks,
    as_terms,
    blocks_text,
    count_text,
)
from nsos_jax.certificates.exact_work import Effort
from nsos_jax.certificates.expansion import Work, expand, multiply
from nsos_jax.certificates.squares import block_squares
from nsos_jax.polynomials import Polynomial


@dataclass(frozen=True, eq=False, repr=False)
class NonnegCertificate(PolynomialCertificate):
    """sigma = sum of z'Sz over the blocks of `multiplier` is not zero, sigma p = sum of z'Qz over those of `product`.

    With all S and Q positive semidefinite p(x) >= 0 wherever sigma(x) > 0. That is a dense set, so p >= 0 everywhere.
    """

    kind = "nonneg"
    status = "NONNEGATIVE"
    evidence_keys = ("sos_multiplier", "product")
    multiplier: tuple[Block, ...]
    product: tuple[Block, ...]

    @classmethod
    def create(
        cls,
        polynomial: PolynomialLike,
        multiplier: Iterable[GramBlock | RangeBlock],
        product: Iterable[GramBlock | RangeBlock],
    ) -> Self:
        """The certificate for p = `polynomial` from Gram blocks of sigma and of sigma p, which `verify` will check."""
        return cls(tuple(polynomial.variables), as_terms(polynomial), as_blocks(multiplier), as_blocks(product))

    @classmethod
    def _read(cls, variables: tuple[str, ...], polynomial: Terms, record: dict[str, Any]) -> Self:
        parts = []
        for key in cls.evidence_keys:
            inner = reader.read_object(record[key], ("blocks",), key)
            parts.append(reader.read_blocks(inner["blocks"], len(variables), f"{key}.blocks"))
        return cls(variables, polynomial, *parts)

    def _evidence(self) -> dict[str, Any]:
        parts = (self.multiplier, self.product)
        return {
            key: {"blocks": [block.to_dict() for block in blocks]}
            for key, blocks in zip(self.evidence_keys, parts, strict=True)
        }

    def sigma(self) -> Terms:
        """The multiplier, expanded."""
        return expand(self.multiplier, len(self.variables), "sos_multiplier", Work())

    def sigma_times_p(self) -> Terms:
        """The product, expanded."""
        return multiply(self.sigma(), self.polynomial, "sos_multiplier * polynomial", Work())

    def multiplier_squares(self) -> list[tuple[Fraction, Polynomial]]:
        """sigma as a sum of weight * square ** 2 with positive weights."""
        return block_squares(self.multiplier, self.variables)

    def product_squares(self) -> list[tuple[Fraction, Polynomial]]:
        """sigma p as a sum of weight * square ** 2 with positive weights."""
        return block_squares(self.product, self.variables)

    def verify(self) -> str:
        """Check sigma != 0, sigma p = the sum of the blocks, and positive semidefiniteness, all exactly."""
        effort, sigma = Effort(), self.sigma()
        if not sigma.num_terms:
            raise InvalidCertificate("sos_multiplier: expected a polynomial that is not zero")
        check_psd(self.multiplier, effort, "sos_multiplier.blocks")
        check_sum(self.sigma_times_p(), self.product, self.variables, "sos_multiplier * polynomial")
        check_psd(self.product, effort, "product.blocks")
        terms = [count_text(part.num_terms, "term") for part in (self.polynomial, sigma)]
        return f"nonneg: {terms[0]} times sum of squares of {terms[1]} = {blocks_text(self.product)}"
