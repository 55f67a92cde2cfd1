"""Sets {g_1 >= 0, ..., h_1 = 0, ...} with the products of inequalities that sums of squares stand before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import fmpq

from nsos_jax.certificates import reader
from nsos_jax.certificates.data import (
    BeyondLimits,
    InvalidCertificate,
    PolynomialLike,
    Terms,
    aligned_terms,
    count_text,
    describe,
)
from nsos_jax.certificates.expansion import Work, multiply

MAX_PRODUCTS = 100_000
"""Of inequalities; also inequalities and equalities themselves."""
MAX_FACTORS = 100
"""Of one product."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class StatedSet:
    """A set and its multipliers.

    Attributes:
        inequalities: polynomials that are nonnegative on the set.
        products: indices of inequalities, with repetition, that are multiplied; none is empty.
        equalities: polynomials that are zero on the set.
    """

    inequalities: tuple[Terms, ...] = ()
    products: tuple[tuple[int, ...], ...] = ()
    equalities: tuple[Terms, ...] = ()

    def check_set(self, variables: int, prefix: str = "") -> None:
        """Refuse products of what is no inequality, and polynomials over other variables."""
        for key, polynomials in (("inequalities", self.inequalities), ("equalities", self.equalities)):
            for i, terms in enumerate(polynomials):
                if terms.exponents.ndim != 2 or terms.exponents.shape[1] != variables:
                    raise InvalidCertificate(f"{prefix}{key}[{i}]: expected {variables} exponents for each term")
        for i, product in enumerate(self.products):
            place, last = f"{prefix}products[{i}]", len(self.inequalities) - 1
            if not product:
                raise InvalidCertificate(f"{place}: expected the indices of one or more inequalities, got none")
            if len(product) > MAX_FACTORS:
                raise BeyondLimits(f"{place}: expected at most {MAX_FACTORS} factors, got {len(product)}")
            for index in product:
                if not 0 <= index <= last:
                    raise InvalidCertificate(f"{place}: expected inequalities from 0 to {last}, got {index}")

    def multiplier(self, index: int, variables: int, work: Work, prefix: str = "") -> Terms:
        """The polynomial before a sum of squares: 1 for -1, else the product of inequalities with this index."""
        total = Terms(np.zeros((1, variables), np.int32), (fmpq(1),))
        for position, factor in enumerate(self.products[index] if index >= 0 else ()):
            other = self.inequalities[factor]
            total = other if position == 0 else multiply(total, other, f"{prefix}products[{index}]", work)
        return total

    def set_values(self) -> dict[str, Any]:
        """As in the file."""
        return {
            "inequalities": [terms.to_list() for terms in self.inequalities],
            "products": [list(product) for product in self.products],
            "equalities": [terms.to_list() for terms in self.equalities],
        }

    def set_text(self) -> str:
        """The set for messages."""
        return f"a set of {count_text(len(self.inequalities) + len(self.equalities), 'constraint')}"


SET_KEYS = ("inequalities", "products", "equalities")


def create_set(
    variables: Sequence[str],
    inequalities: Iterable[PolynomialLike],
    products: Iterable[Iterable[int]] | None,
    equalities: Iterable[PolynomialLike],
) -> StatedSet:
    """The set from polynomials; without `products` each inequality has one multiplier (Putinar)."""
    return StatedSet(**set_parts(variables, inequalities, products, equalities))


def read_set(record: dict[str, Any], variables: int) -> StatedSet:
    """The set from the keys of a file."""
    return StatedSet(**read_set_parts(record, variables))


def set_parts(
    variables: Sequence[str],
    inequalities: Iterable[PolynomialLike],
    products: Iterable[Iterable[int]] | None,
    equalities: Iterable[PolynomialLike],
) -> dict[str, Any]:
    """The attributes of a `StatedSet` from polynomials."""
    known = tuple(aligned_terms(polynomial, variables) for polynomial in inequalities)
    chosen = [(i,) for i in range(len(known))] if products is None else [tuple(map(int, one)) for one in products]
    zeros = tuple(aligned_terms(polynomial, variables) for polynomial in equalities)
    return {"inequalities": known, "products": tuple(chosen), "equalities": zeros}


def read_set_parts(record: dict[str, Any], variables: int, prefix: str = "") -> dict[str, Any]:
    """The attributes of a `StatedSet` from the keys of a file."""
    parts: dict[str, Any] = {}
    for key in ("inequalities", "equalities"):
        listed = reader.read_list(record[key], f"{prefix}{key}", MAX_PRODUCTS)
        parts[key] = tuple(
            reader.read_polynomial(value, variables, f"{prefix}{key}[{i}]") for i, value in enumerate(listed)
        )
    products = []
    for i, value in enumerate(reader.read_list(record["products"], f"{prefix}products", MAX_PRODUCTS)):
        place = f"{prefix}products[{i}]"
        for index in reader.read_list(value, place, MAX_FACTORS):
            if type(index) is not int:
                raise InvalidCertificate(f"{place}: expected indices of inequalities, got {describe(index)}")
        products.append(tuple(value))
    return {**parts, "products": tuple(products)}
