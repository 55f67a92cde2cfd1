"""What a page says of each record."""

import importlib.util
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nsos_jax.certificates import Certificate, PolynomialCertificate, Verdict, stored_certificate
from nsos_jax.command.explain import explain
from nsos_jax.command.reports import BAD_INPUT, printable, shorten
from nsos_jax.command.stored import certificates_of, check_stored
from nsos_jax.command.verification import subject_text
from nsos_jax.tables import read_rows

SUBJECT = 160
"""Characters of what it is about."""
SHORT = 300
"""Characters of what was proven, in the table."""


@dataclass(frozen=True)
class Reported:
    """One record.

    Attributes:
      line: in the file, from 1.
      id: of the record.
      about: the polynomial, or what else it is about.
      status: its answer.
      verdict: on its certificates, which were checked.
      proven: what the checker says, or why there is no proof.
      seconds: that it took, None where that is not known.
      lines: the proof in words.
      picture: an SVG text, or empty.
    """

    line: int
    id: str
    about: str
    status: str
    verdict: Verdict
    proven: str
    seconds: float | None
    lines: tuple[str, ...]
    picture: str

    @property
    def holds(self) -> bool:
        return self.verdict is Verdict.HOLDS


def can_draw() -> bool:
    """Whether there is matplotlib."""
    return importlib.util.find_spec("matplotlib") is not None


def read_reported(path: str, pictures: int) -> Iterator[Reported]:
    """The records of a file, each checked; the first ones with pictures.

    Raises:
      TableError: a line is no record.
      OSError: the file cannot be read.
    """
    left = pictures if can_draw() else 0
    for number, row in enumerate(read_rows(path), 1):
        stored = stored_certificate(row, path, number)
        checked = check_stored(stored)
        certificates = certificates_of(stored, checked)
        drawn = _polytope(certificates) if left else ""
        left -= bool(drawn)
        seconds = row.get("seconds")
        yield Reported(
            number,
            str(row.get("id", f"line {number}")),
            _about(row, certificates),
            str(row.get("status") or BAD_INPUT),
            checked.verdict,
            shorten(checked.reason, SHORT),
            seconds if isinstance(seconds, int | float) else None,
            tuple(printable(line) for certificate in certificates for line in explain(certificate)),
            drawn,
        )


def _about(row: dict[str, Any], certificates: list[Certificate]) -> str:
    """What was proven about, else what was asked."""
    if certificates:
        return shorten(subject_text(certificates[0], SUBJECT), SUBJECT)
    given = row.get("polynomial", row.get("statement", ""))
    return shorten(given if isinstance(given, str) else json.dumps(given), SUBJECT)


def _polytope(certificates: list[Certificate]) -> str:
    """The Newton polytope of a polynomial in two or three variables as SVG."""
    certificate = certificates[0] if certificates else None
    if not isinstance(certificate, PolynomialCertificate) or len(certificate.variables) not in (2, 3):
        return ""
    from nsos_jax.plots import newton_polytope

    try:
        figure: Any = newton_polytope(certificate)
    except ValueError:  # the zero polynomial
        return ""
    text = io.StringIO()
    figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return text.getvalue()[text.getvalue().index("<svg") :]
