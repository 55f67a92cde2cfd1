"""The answers for the members of a family, as arrays and one by one."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from nsos_jax.certificates import LyapunovCertificate
from nsos_jax.control.answers import ControlStatus
from nsos_jax.control.dynamics import Stability
from nsos_jax.control.lyapunov import LyapunovResult
from nsos_jax.polynomials import Polynomial


class LyapunovFamilyResult(Sequence[LyapunovResult]):
    """The answers for N values of the parameters; item i is the `LyapunovResult` of the i-th.

    Attributes:
      status: `ControlStatus` [N].
      is_asymptotic: bool [N], whether asymptotic stability was proven.
      certificates: [N], None without a proof.
      stability: of the linearisations [N], exactly; None where they depend on inputs or other parameters, and of
        members that are not finite.
      errors: [N], None with a proof.
      seconds: in all.
    """

    def __init__(self, count: int, positive: Polynomial, decrease: Polynomial) -> None:
        self.status = np.array([ControlStatus.UNDECIDED] * count, dtype=object)
        self.is_asymptotic = np.zeros(count, bool)
        self.certificates: list[LyapunovCertificate | None] = [None] * count
        self.stability: list[Stability | None] = [None] * count
        self.errors: list[str | None] = [None] * count
        self.seconds = 0.0
        self._phis = [(positive, decrease)] * count
        self._alone: dict[int, LyapunovResult] = {}

    def weaken(self, index: int, positive: Polynomial, decrease: Polynomial) -> None:
        """Other margins phi1 and phi2, that a member was proven with."""
        self._phis[index] = positive, decrease

    def take(self, index: int, alone: LyapunovResult) -> None:
        """The answer for a member that was asked alone."""
        self._alone[index] = alone
        self.status[index], self.is_asymptotic[index] = alone.status, alone.is_asymptotic
        proof = alone.certificate
        self.certificates[index] = proof if isinstance(proof, LyapunovCertificate) else None
        self.stability[index], self.errors[index] = alone.stability, alone.error

    def __len__(self) -> int:
        return len(self.certificates)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        at = range(len(self))[index]
        if at in self._alone:
            return self._alone[at]
        certificate = self.certificates[at]
        seconds = self.seconds / len(self)
        if certificate is None:
            return LyapunovResult(self.status[at], error=self.errors[at], stability=self.stability[at], seconds=seconds)
        positive, decrease = self._phis[at]
        return LyapunovResult(
            ControlStatus.PROVEN,
            certificate.conclusion,
            certificate.function,
            certificate,
            seconds=seconds,
            positive=positive,
            decrease=decrease,
            is_asymptotic=certificate.is_asymptotic,
            stability=self.stability[at],
        )

    def __repr__(self) -> str:
        counts = Counter(self.status.tolist())
        words = ", ".join(f"{counts[status]} {status}" for status in ControlStatus if counts[status])
        return f"<LyapunovFamilyResult: {words}>"
