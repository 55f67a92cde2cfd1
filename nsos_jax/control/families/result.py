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
      stability: of the linearisations [N], exactly; None where they depend on inputs or other parameters, and of members
        that are not finite.
      errors: [N], None with a proof.
      seconds: in all.
    """

    def __init__(self, count: int, positive: Polynomial, decrease: Polynomial) -> None:
        self.status = np.full(count, ControlStatus.UNDECIDED, dtype=object)
        self.is_asymptotic = np.zeros(count, bool)
        self.certificates: list[LyapunovCertificate | None] = [None] * count
        self.stability: list[Stability | None] = [None] * count
        self.errors: list[str | None] = [None] * count
        self.seconds = 0.0
        self._phis = positive, decrease

    def __len__(self) -> int:
        return len(self.certificates)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        at = range(len(self))[index]
        certificate = self.certificates[at]
        seconds = self.seconds / len(self)
        if certificate is None:
            return LyapunovResult(self.status[at], error=self.errors[at], stability=self.stability[at], seconds=seconds)
        positive, decrease = self._phis
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
