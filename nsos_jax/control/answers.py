"""What the questions of control answer."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from html import escape
from typing import Any, Self

from nsos_jax.certificates import ByClaims, Certificate, InvalidCertificate
from nsos_jax.polynomials import Polynomial, card, polynomial_html


class ControlStatus(StrEnum):
    """What was proven; no status rests on a solver's word."""

    PROVEN = "PROVEN"
    """The conclusion is a theorem, and the certificate its proof."""
    REFUTED = "REFUTED"
    """The opposite is true, as exact arithmetic on the statement showed; `error` says how."""
    UNDECIDED = "UNDECIDED"
    """Nothing was proven; `error` says what was tried. It says nothing about the system."""


@dataclass(frozen=True, repr=False)
class ControlResult:
    """What all answers have in common.

    Attributes:
      status: see `ControlStatus`.
      conclusion: the theorem in words, as the checker proved it; None without a proof.
      function: the polynomial that shows it, exact: a Lyapunov function, a barrier, a storage function.
      certificate: that the checker has accepted; None without a proof.
      error: why there is no proof.
      seconds: in all.
    """

    status: ControlStatus
    conclusion: str | None = None
    function: Polynomial | None = None
    certificate: Certificate | None = None
    error: str | None = None
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """What the function is called."""
        return "V"

    def facts(self) -> list[str]:
        """Further lines of `explain`."""
        return []

    def proven_by(self, create: Callable[[], ByClaims], **known: Any) -> Self:
        """With a certificate and further fields, PROVEN if the checker accepts it; else UNDECIDED, with its reason.

        Args:
          create: makes the certificate; what it refuses counts as a refusal of the checker.
          known: fields that the certificate proves.
        """
        try:
            certificate = create()
            certificate.verify()
        except InvalidCertificate as error:
            refused = f"the checker refused the proof: {error}"
            return replace(self, status=ControlStatus.UNDECIDED, error=refused)
        proof: dict[str, Any] = {"conclusion": certificate.conclusion, "certificate": certificate, "error": None}
        return replace(self, status=ControlStatus.PROVEN, **proof, **known)

    def explain(self) -> str:
        """The answer in a few lines."""
        lines = [f"{self.status}: {self.conclusion or self.error}"]
        if self.function is not None:
            lines.append(f"{self.name} = {self.function}")
        return "\n".join(lines + self.facts())

    def __repr__(self) -> str:
        parts = [str(self.status), brief(self.conclusion or self.error or "")]
        if self.function is not None:
            parts.append(f"{self.name} = {brief(str(self.function))}")
        return f"<{type(self).__name__}: {', '.join(filter(None, parts))}>"

    def _repr_html_(self) -> str:
        """What notebooks show: the theorem, the function that shows it, further facts."""
        facts = [
            ("conclusion", escape(self.conclusion or "")),
            ("error", escape(self.error or "")),
            (self.name, "" if self.function is None else polynomial_html(self.function)),
            ("facts", "<br>".join(map(escape, self.facts()))),
        ]
        return card(str(self.status), facts)


def brief(text: str, most: int = 100) -> str:
    """The text, cut where it is longer than one line of a screen.

    >>> brief("x^2 + y^2", 5)
    'x^2 +...'
    """
    return text if len(text) <= most else f"{text[:most]}..."
