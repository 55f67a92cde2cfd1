"""What `nsos verify` prints: a verdict for each certificate, the polynomial it is about, and the count of all."""

from collections import Counter
from collections.abc import Iterator

from nsos_jax.certificates import Certificate, Checked, NearSosCertificate, StoredCertificate, Terms, Verdict
from nsos_jax.command.explain import Room, terms_text
from nsos_jax.command.reports import shorten

NEAR = "holds for p + epsilon z'z only"
ZERO = "proves only 0 = 0"
_INDENT = 11
_PIPE_WIDTH = 200


class Tally:
    """Counts what became of certificates; what proves less than the others is counted apart."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, checked: Checked) -> None:
        self._counts[_counted_as(checked)] += 1

    @property
    def total(self) -> int:
        return self._counts.total()

    def __str__(self) -> str:
        words = [Verdict.HOLDS, NEAR, ZERO, *(verdict for verdict in Verdict if verdict is not Verdict.HOLDS)]
        return ", ".join(f"{self._counts[word]} {word}" for word in words if self._counts[word])


def verdict_lines(stored: StoredCertificate, checked: Checked, width: int | None) -> Iterator[str]:
    """The verdict with the record's own id; below it the polynomial of a certificate that holds.

    These are shortened to the width of the terminal; None is for a file or pipe. What does not hold is told in full.
    """
    known = not isinstance(stored.id, str | int) or stored.id == stored.place
    name = "" if known else f"[{shorten(str(stored.id), 60 if checked.certificate is None else 24)}] "
    line = f"{checked.verdict:<{_INDENT}}{stored.place}: {name}{checked.reason}"
    if checked.certificate is None:
        yield shorten(line, max(len(line), 3))
        return
    yield shorten(line, width or max(len(line), 3))
    variables, room = checked.certificate.variables, (width or _PIPE_WIDTH) - _INDENT
    text = f"p = {terms_text(variables, proven(checked.certificate), Room(room - 4))}"
    if _counted_as(checked) == ZERO:
        text += ": nothing but 0 = 0 is proven"
    yield f"{'':<{_INDENT}}{shorten(text, room)}"


def proven(certificate: Certificate) -> Terms:
    """The polynomial p that the certificate is about."""
    return certificate.of if isinstance(certificate, NearSosCertificate) else certificate.polynomial


def _counted_as(checked: Checked) -> str:
    if checked.certificate is None:
        return checked.verdict
    if not len(proven(checked.certificate).values):
        return ZERO
    return NEAR if isinstance(checked.certificate, NearSosCertificate) else checked.verdict
