"""The certificate kind `empty_set`: no point satisfies inequalities and equalities."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from flint import fmpq

from nsos_jax.certificates.certificate import Certificate
from nsos_jax.certificates.data import PolynomialLike, Terms, blocks_text
from nsos_jax.certificates.exact_work import Effort
from nsos_jax.certificates.expansion import Work
from nsos_jax.certificates.statements import Identity, StatedSet
from nsos_jax.certificates.statements.identity import Names
from nsos_jax.certificates.statements.sets import SET_KEYS, create_set, read_set


@dataclass(frozen=True, eq=False, repr=False)
class EmptySetCertificate(Certificate):
    """-1 = s_0 + sum_k g_k s_k + sum_j l_j h_j."""

    kind = "empty_set"
    status = "EMPTY"
    evidence_keys = (*SET_KEYS, "identity")
    on: StatedSet
    identity: Identity

    @classmethod
    def create(
        cls,
        variables: Iterable[str],
        identity: Identity,
        inequalities: Iterable[PolynomialLike] = (),
        products: Iterable[Iterable[int]] | None = None,
        equalities: Iterable[PolynomialLike] = (),
    ) -> Self:
        """The certificate from the identity of -1; `LowerBoundOnSetCertificate.create` says what the others are."""
        names = tuple(variables)
        return cls(names, create_set(names, inequalities, products, equalities), identity)

    @classmethod
    def _from_record(cls, variables: tuple[str, ...], record: dict[str, Any]) -> Self:
        on = read_set(record, len(variables))
        return cls(variables, on, Identity.read(record["identity"], len(variables), "identity"))

    def _evidence(self) -> dict[str, Any]:
        return {**self.on.set_values(), "identity": self.identity.to_dict()}

    def verify(self) -> str:
        """Check the identity of -1 and its matrices, both exactly."""
        self.on.check_set(len(self.variables))
        target = Terms(np.zeros((1, len(self.variables)), np.int32), (fmpq(-1),))
        self.identity.check(target, self.on, self.variables, Names(target="-1"), Effort(), Work())
        return f"empty_set: -1 = {blocks_text(self.identity.blocks)} on {self.on.set_text()}"
