"""The certificate kind `lower_bound_on_set`: p >= gamma wherever inequalities and equalities hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from nsos_jax.certificates import reader
from nsos_jax.certificates.checks import evaluate
from nsos_jax.certificates.data import (
    InvalidCertificate,
    PolynomialLike,
    Rational,
    Terms,
    as_rational,
    as_terms,
    blocks_text,
    count_text,
    number_text,
)
from nsos_jax.certificates.exact_work import Effort
from nsos_jax.certificates.expansion import Work
from nsos_jax.certificates.statements import Identity, StatedSet
from nsos_jax.certificates.statements.bounds import BoundCertificate, as_point, read_point
from nsos_jax.certificates.statements.identity import Names
from nsos_jax.certificates.statements.sets import SET_KEYS, create_set, read_set


@dataclass(frozen=True, eq=False, repr=False)
class LowerBoundOnSetCertificate(BoundCertificate):
    """p - gamma = s_0 + sum_k g_k s_k + sum_j l_j h_j; a point of the set bounds the minimum there from above."""

    kind = "lower_bound_on_set"
    evidence_keys = ("bound", *SET_KEYS, "identity", "point")
    on: StatedSet
    identity: Identity

    @classmethod
    def create(
        cls,
        polynomial: PolynomialLike,
        bound: Rational,
        identity: Identity,
        inequalities: Iterable[PolynomialLike] = (),
        products: Iterable[Iterable[int]] | None = None,
        equalities: Iterable[PolynomialLike] = (),
        point: Iterable[Rational] | None = None,
    ) -> Self:
        """The certificate for p = `polynomial`, whose variables are those of all parts.

        Args:
            polynomial: p.
            bound: gamma.
            identity: of p - gamma.
            inequalities: nonnegative on the set.
            products: indices of the inequalities that are multiplied; without them each has one multiplier (Putinar).
            equalities: zero on the set.
            point: one of the set, or none.
        """
        variables = tuple(polynomial.variables)
        on = create_set(variables, inequalities, products, equalities)
        return cls(variables, as_terms(polynomial), as_rational(bound), as_point(point), on, identity)

    @classmethod
    def _read(cls, variables: tuple[str, ...], polynomial: Terms, record: dict[str, Any]) -> Self:
        bound, point = reader.read_number(record["bound"], "bound"), read_point(record["point"], len(variables))
        on = read_set(record, len(variables))
        return cls(
            variables, polynomial, bound, point, on, Identity.read(record["identity"], len(variables), "identity")
        )

    def _evidence(self) -> dict[str, Any]:
        return {**self._bound_values(), **self.on.set_values(), "identity": self.identity.to_dict()}

    def verify(self) -> str:
        """Check the identity of p - gamma, its matrices, and that the point is one of the set, all exactly."""
        effort, work = Effort(), Work()
        self.on.check_set(len(self.variables))
        names = Names(target="polynomial - bound")
        self.identity.check(self.remainder(work), self.on, self.variables, names, effort, work)
        upper = self.upper_text()
        self._check_point(work)
        blocks = blocks_text(self.identity.blocks)
        terms = count_text(self.polynomial.num_terms, "term")
        return f"lower_bound_on_set: {terms} - {self.bound_text()} = {blocks} on {self.on.set_text()}{upper}"

    def _check_point(self, work: Work) -> None:
        """Refuse a point outside of the set."""
        if self._point is None:
            return
        length = max((value.p.bit_length() + value.q.bit_length() for value in self._point), default=0)
        for terms in (*self.on.inequalities, *self.on.equalities):
            degree = int(terms.exponents.sum(axis=1, dtype=np.int64).max(initial=0))
            work.spend(terms.num_terms, len(self.variables), degree * length, "point")
        for i, terms in enumerate(self.on.inequalities):
            if (value := evaluate(terms, self._point)) < 0:
                raise InvalidCertificate(f"point: expected inequalities[{i}] >= 0 there, it is {number_text(value)}")
        for j, terms in enumerate(self.on.equalities):
            if (value := evaluate(terms, self._point)) != 0:
                raise InvalidCertificate(f"point: expected equalities[{j}] = 0 there, it is {number_text(value)}")
