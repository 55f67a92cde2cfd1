"""The sets of a control certificate: read, checked to be about the states, and taken together for an identity."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from flint import fmpq

from nsos_jax.certificates import reader
from nsos_jax.certificates.checks import evaluate
from nsos_jax.certificates.data import InvalidCertificate, PolynomialLike, Terms, number_text
from nsos_jax.certificates.expansion import Work
from nsos_jax.certificates.kinds.control.derived import depends_on
from nsos_jax.certificates.statements import StatedSet
from nsos_jax.certificates.statements.sets import SET_KEYS, create_set, read_set_parts

GivenSet = tuple[Iterable[PolynomialLike], Iterable[Iterable[int]] | None, Iterable[PolynomialLike]]
"""Inequalities, products of their indices (None: each has one multiplier) and equalities."""


def make_set(variables: Sequence[str], given: GivenSet | None) -> StatedSet | None:
    """A set from polynomials."""
    return None if given is None else create_set(variables, *given)


def read_set(value: object, variables: int, place: str) -> StatedSet:
    """A set from a file."""
    return StatedSet(**read_set_parts(reader.read_object(value, SET_KEYS, place), variables, f"{place}."))


def read_optional_set(value: object, variables: int, place: str) -> StatedSet | None:
    """A set, or null for the whole space."""
    return None if value is None else read_set(value, variables, place)


def set_values(stated: StatedSet | None) -> dict[str, Any] | None:
    """As in the file."""
    return None if stated is None else stated.set_values()


def read_point(value: object, length: int, place: str) -> tuple[fmpq, ...] | None:
    """So many numbers, or null."""
    if value is None:
        return None
    numbers = reader.read_list(value, place, length=length)
    return tuple(reader.read_number(number, f"{place}[{i}]") for i, number in enumerate(numbers))


def polynomials(stated: StatedSet, prefix: str) -> Iterator[tuple[Terms, str]]:
    """Those of a set, with their places."""
    for key, listed in (("inequalities", stated.inequalities), ("equalities", stated.equalities)):
        for i, terms in enumerate(listed):
            yield terms, f"{prefix}{key}[{i}]"


def check_set(stated: StatedSet, allowed: set[int], variables: Sequence[str], place: str, wanted: str) -> None:
    """Refuse a set that is malformed or about other variables than those allowed."""
    stated.check_set(len(variables), f"{place}.")
    for terms, where in polynomials(stated, f"{place}."):
        expect_over(terms, allowed, variables, where, wanted)


def expect_over(terms: Terms, allowed: set[int] | None, variables: Sequence[str], place: str, wanted: str) -> None:
    """Refuse polynomials that are not over the variables, or depend on others than those allowed."""
    if terms.exponents.ndim != 2 or terms.exponents.shape[1] != len(variables):
        raise InvalidCertificate(f"{place}: expected {len(variables)} exponents for each term")
    strangers = set() if allowed is None else depends_on(terms) - allowed
    if strangers:
        raise InvalidCertificate(
            f"{place}: expected a polynomial in {wanted}, got one with {variables[min(strangers)]!r}"
        )


def check_member(stated: StatedSet, point: Sequence[fmpq], place: str, work: Work, strict: bool = False) -> None:
    """Refuse a point, with one number for each variable, outside of the set, or on its boundary."""
    length = max((value.p.bit_length() + value.q.bit_length() for value in point), default=0)
    for terms, where in polynomials(stated, ""):
        degree = int(terms.exponents.sum(axis=1, dtype=np.int64).max(initial=0))
        work.spend(terms.num_terms, len(point), degree * length, place)
        value, is_equality = evaluate(terms, point), where.startswith("equalities")
        if (value != 0) if is_equality else (value <= 0 if strict else value < 0):
            wanted = "= 0" if is_equality else "> 0" if strict else ">= 0"
            raise InvalidCertificate(f"{place}: expected {where} {wanted} there, it is {number_text(value)}")


def together(ideal: Sequence[Terms], sets: Sequence[StatedSet]) -> StatedSet:
    """The intersection: products and equalities one set after the other, equalities after those of the ideal."""
    inequalities: tuple[Terms, ...] = ()
    products: tuple[tuple[int, ...], ...] = ()
    equalities = tuple(ideal)
    for one in sets:
        products += tuple(tuple(len(inequalities) + index for index in product) for product in one.products)
        inequalities += one.inequalities
        equalities += one.equalities
    return StatedSet(inequalities=inequalities, products=products, equalities=equalities)
