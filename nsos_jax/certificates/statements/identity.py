"""Identities p = s_0 + sum_k g_k s_k + sum_j l_j h_j with sums of squares s, products g of inequalities, any l."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

from nsos_jax.certificates import reader
from nsos_jax.certificates.checks import check_psd, check_sum
from nsos_jax.certificates.data import (
    Block,
    GramBlock,
    InvalidCertificate,
    PolynomialLike,
    RangeBlock,
    Terms,
    aligned_terms,
    as_blocks,
    describe,
)
from nsos_jax.certificates.exact_work import Effort
from nsos_jax.certificates.expansion import Work, combine, expand, multiply, spend_on_sum
from nsos_jax.certificates.squares import block_squares
from nsos_jax.certificates.statements.sets import StatedSet
from nsos_jax.polynomials import Polynomial


@dataclass(frozen=True, eq=False, repr=False)
class Identity:
    """The sums of squares and cofactors of an identity.

    Attributes:
        multipliers: for each block what its sum of squares is multiplied with: -1 is 1, k is the k-th product.
        blocks: several may share a multiplier.
        cofactors: l_j, one for each equality h_j.
    """

    multipliers: tuple[int, ...]
    blocks: tuple[Block, ...]
    cofactors: tuple[Terms, ...]

    @classmethod
    def create(
        cls,
        variables: Sequence[str],
        blocks: Iterable[tuple[int, GramBlock | RangeBlock]] = (),
        cofactors: Iterable[PolynomialLike] = (),
    ) -> Self:
        """From pairs of a multiplier and a block, and one polynomial for each equality."""
        pairs = list(blocks)
        return cls(
            tuple(multiplier for multiplier, _ in pairs),
            as_blocks(block for _, block in pairs),
            tuple(aligned_terms(polynomial, variables) for polynomial in cofactors),
        )

    @classmethod
    def read(cls, value: object, variables: int, place: str, most: int = reader.MAX_GRAM_ENTRIES) -> Self:
        """From a file; the Gram matrices may have `most` entries together."""
        record = reader.read_object(value, ("blocks", "cofactors"), place)
        multipliers: list[int] = []
        blocks: list[Block] = []
        for i, item in enumerate(reader.read_list(record["blocks"], f"{place}.blocks", reader.MAX_BLOCKS)):
            where = f"{place}.blocks[{i}]"
            if type(item) is not dict or type(item.get("multiplier")) is not int:
                raise InvalidCertificate(f"{where}: expected an object with an integer as its multiplier")
            multipliers.append(item["multiplier"])
            rest = {key: part for key, part in item.items() if key != "multiplier"}
            blocks.append(reader.read_block(rest, variables, where, most))
            most -= len(blocks[-1].basis) ** 2
        listed = reader.read_list(record["cofactors"], f"{place}.cofactors", reader.MAX_BLOCKS)
        cofactors = [
            reader.read_polynomial(terms, variables, f"{place}.cofactors[{j}]") for j, terms in enumerate(listed)
        ]
        return cls(tuple(multipliers), tuple(blocks), tuple(cofactors))

    @property
    def gram_entries(self) -> int:
        """Of all Gram matrices together."""
        return sum(len(block.basis) ** 2 for block in self.blocks)

    def to_dict(self) -> dict[str, Any]:
        """As in the file."""
        pairs = zip(self.multipliers, self.blocks, strict=True)
        blocks = [{"multiplier": multiplier, **block.to_dict()} for multiplier, block in pairs]
        return {"blocks": blocks, "cofactors": [terms.to_list() for terms in self.cofactors]}

    def of(self, multiplier: int) -> tuple[Block, ...]:
        """The blocks that have this multiplier."""
        pairs = zip(self.multipliers, self.blocks, strict=True)
        return tuple(block for own, block in pairs if own == multiplier)

    def squares(self, multiplier: int, variables: Sequence[str]) -> list[tuple[Fraction, Polynomial]]:
        """Their sum as a sum of weight * square ** 2 with positive weights."""
        return block_squares(self.of(multiplier), variables)

    def summands(self, stated: StatedSet, variables: Sequence[str]) -> list[tuple[Polynomial, Polynomial]]:
        """Pairs of a factor, 1 or a product of inequalities, and its sum of squares, then of an equality and its
        cofactor."""
        work = Work()
        pairs = []
        for multiplier in sorted(set(self.multipliers)):
            factor = stated.multiplier(multiplier, len(variables), work)
            squares = expand(self.of(multiplier), len(variables), f"multiplier {multiplier}", work)
            pairs.append((factor, squares))
        pairs += zip(stated.equalities, self.cofactors, strict=True)
        return [(_polynomial(one, variables), _polynomial(other, variables)) for one, other in pairs]

    def check(
        self, target: Terms, stated: StatedSet, variables: Sequence[str], names: "Names", effort: Effort, work: Work
    ) -> None:
        """Check exactly that the identity holds for the target and that its matrices are positive semidefinite."""
        self._check_shape(stated, len(variables), names.identity)
        blocks: dict[int, list[Block]] = {-1: []}
        for multiplier, block in zip(self.multipliers, self.blocks, strict=True):
            blocks.setdefault(multiplier, []).append(block)
        parts = [(1, target)]
        for k, own in blocks.items():
            if k < 0:
                continue
            where = f"{names.identity}.blocks of multiplier {k}"
            squares = expand(own, len(variables), where, work)
            factor = stated.multiplier(k, len(variables), work, names.stated)
            parts.append((-1, multiply(factor, squares, where, work)))
        for j, (cofactor, equality) in enumerate(zip(self.cofactors, stated.equalities, strict=True)):
            parts.append((-1, multiply(cofactor, equality, f"{names.identity}.cofactors[{j}]", work)))
        if len(parts) == 1:
            left, name = target, names.target
        else:
            left, name = combine(parts, len(variables), names.identity, work), f"{names.target} - other summands"
        place = f"{names.identity}.blocks of multiplier -1"
        spend_on_sum(blocks[-1], left, place, work)
        check_sum(left, blocks[-1], variables, name, place)
        check_psd(self.blocks, effort, f"{names.identity}.blocks")

    def _check_shape(self, stated: StatedSet, variables: int, place: str) -> None:
        last, equalities = len(stated.products) - 1, len(stated.equalities)
        for i, (multiplier, block) in enumerate(zip(self.multipliers, self.blocks, strict=True)):
            if not -1 <= multiplier <= last:
                wanted = f"-1 or the index of a product up to {last}"
                raise InvalidCertificate(
                    f"{place}.blocks[{i}].multiplier: expected {wanted}, got {describe(multiplier)}"
                )
            if block.basis.ndim != 2 or block.basis.shape[1] != variables:
                raise InvalidCertificate(f"{place}.blocks[{i}].basis: expected {variables} exponents for each monomial")
        if len(self.cofactors) != equalities:
            wanted = f"{equalities}, one for each equality"
            raise InvalidCertificate(f"{place}.cofactors: expected {wanted}, got {len(self.cofactors)}")
        for j, cofactor in enumerate(self.cofactors):
            if cofactor.exponents.ndim != 2 or cofactor.exponents.shape[1] != variables:
                raise InvalidCertificate(f"{place}.cofactors[{j}]: expected {variables} exponents for each term")


@dataclass(frozen=True)
class Names:
    """How messages name what an identity is about.

    Attributes:
        identity: its place in the file.
        target: the polynomial on its left.
        stated: what stands before the keys of its set.
    """

    identity: str = "identity"
    target: str = "polynomial"
    stated: str = ""


def _polynomial(terms: Terms, variables: Sequence[str]) -> Polynomial:
    return Polynomial.from_arrays(terms.exponents, terms.values, variables)
