"""Many certificates of one shape as one whose numbers are stacks: what is checked of it, by the same rules and exactly,
is checked of each of them.

Certificates are of one shape where they agree in everything but the coefficients of polynomials and the numbers of Gram
matrices. Then monomials are multiplied and told apart once for all, and only numbers are computed many times.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import numpy as np
from flint import fmpq

from nsos_jax.certificates.data import Block, InvalidCertificate, Quotients, Terms, integer_array, monomial_keys

if TYPE_CHECKING:
    from nsos_jax.certificates.certificate import Certificate

AT_ONCE = 128
"""Certificates in one stack."""
Part = TypeVar("Part")


class NotStacked(InvalidCertificate):
    """Something that cannot be done with all numbers of a stack at once."""


@dataclass(frozen=True, eq=False)
class Stacked(Collection[fmpq]):
    """The numbers numerators[t, m] / denominators[m] of terms t in certificates m.

    Attributes:
        numerators: integers [terms, certificates], int64 or objects.
        denominators: positive integers [certificates], objects.
    """

    numerators: np.ndarray
    denominators: np.ndarray

    def __len__(self) -> int:
        return len(self.numerators)

    def __iter__(self) -> Iterator[fmpq]:
        self._refuse()

    def __contains__(self, value: object) -> bool:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise NotStacked("the numbers of a stack of certificates were asked for one by one")


@dataclass(frozen=True, eq=False, repr=False)
class StackedBlock(Block):
    """Blocks with one basis: `core` is [size, size, certificates], `denominator` an object array [certificates]."""

    def __post_init__(self) -> None:
        """Nothing is left to be seen: the blocks that it is made of were checked."""


def stack(parts: Sequence[Part]) -> Part:
    """One in place of many of one shape; what is equal in all of them stays as it is.

    Raises:
        NotStacked: they differ in more than numbers.
    """
    first = parts[0]
    if all(part is first for part in parts):
        return first
    if any(type(part) is not type(first) for part in parts):
        raise NotStacked("certificates of different kinds")
    chosen: Any = parts
    if isinstance(first, Terms):
        return _stacked_terms(chosen)  # type: ignore[return-value]
    if isinstance(first, Block):
        return _stacked_block(chosen)  # type: ignore[return-value]
    if isinstance(first, Mapping):
        if any(part.keys() != first.keys() for part in chosen):
            raise NotStacked("different keys")
        return {key: stack([part[key] for part in chosen]) for key in first}  # type: ignore[return-value]
    if type(first) is tuple:
        if len({len(part) for part in chosen}) > 1:
            raise NotStacked("different numbers of parts")
        return tuple(stack(row) for row in zip(*chosen, strict=True))  # type: ignore[return-value]
    if is_dataclass(first):
        other = object.__new__(type(first))
        for field in fields(first):
            object.__setattr__(other, field.name, stack([getattr(part, field.name) for part in parts]))
        return other
    if not all(_equal(part, first) for part in parts):
        raise NotStacked("different numbers outside of polynomials and Gram matrices")
    return first


def _equal(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    return bool(one == other)


def _stacked_terms(parts: Sequence[Terms]) -> Terms:
    numbers = [_over_common(part) for part in parts]
    exponents, first = parts[0].exponents, numbers[0]
    if not all(np.array_equal(part.exponents, exponents) for part in parts):
        if not all(part.num_terms for part in parts):
            raise NotStacked("some polynomials are zero")
        exponents = np.unique(np.concatenate([part.exponents for part in parts]), axis=0)
        keys = {key: index for index, key in enumerate(monomial_keys(exponents))}
        for at, part in enumerate(parts):
            row = [0] * len(exponents)
            for key, numerator in zip(monomial_keys(part.exponents), numbers[at][0], strict=True):
                if row[keys[key]]:
                    raise NotStacked("a monomial appears twice")
                row[keys[key]] = numerator
            numbers[at] = row, numbers[at][1]
    elif all(own == first for own in numbers):
        return parts[0]
    flat = integer_array(number for row, _ in numbers for number in row)
    return Terms(
        exponents, Stacked(flat.reshape(len(parts), -1).T, _objects([denominator for _, denominator in numbers]))
    )


def _over_common(part: Terms) -> tuple[Sequence[int], int]:
    """Numerators and their denominator."""
    values = part.rationals()
    if isinstance(values, Quotients):
        return values.numerators, int(values.denominator)
    pairs = [(int(value.p), int(value.q)) for value in values]
    common = math.lcm(*(denominator for _, denominator in pairs))
    return tuple(numerator * (common // denominator) for numerator, denominator in pairs), common


def _stacked_block(parts: Sequence[Block]) -> Block:
    first = parts[0]
    if any(part.range is not None for part in parts):
        raise NotStacked("a Gram matrix is given on its range")
    if not all(np.array_equal(part.basis, first.basis) for part in parts):
        raise NotStacked("blocks with different bases")
    cores = [part.core for part in parts]
    small = all(core.dtype != object for core in cores)
    joined = np.stack([core if small else core.astype(object) for core in cores], axis=-1)
    return StackedBlock(first.basis, joined, _objects([part.denominator for part in parts]))  # type: ignore[arg-type]


def _objects(integers: Sequence[int]) -> np.ndarray:
    result = np.empty(len(integers), dtype=object)
    result[:] = [int(number) for number in integers]
    return result


def verify_together(certificates: Sequence["Certificate"]) -> list[InvalidCertificate | None]:
    """What `verify` says of each: None where it holds, else why not.

    Those of one shape are checked as stacks, if their kind is `stackable`; where a stack is refused, its certificates
    are checked one by one.
    """
    verdicts: list[InvalidCertificate | None] = [None] * len(certificates)
    for start in range(0, len(certificates), AT_ONCE):
        chosen = certificates[start : start + AT_ONCE]
        if len(chosen) > 1 and _hold(chosen):
            continue
        for index, certificate in enumerate(chosen, start):
            try:
                certificate.verify()
            except InvalidCertificate as error:
                verdicts[index] = error
    return verdicts


def _hold(certificates: Sequence["Certificate"]) -> bool:
    """Whether all of them are of one shape and hold; what is not shown for all may hold for some."""
    if not all(certificate.stackable for certificate in certificates):
        return False
    try:
        stack(certificates).verify()
    except InvalidCertificate:
        return False
    return True
