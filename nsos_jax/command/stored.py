"""The verdict of `nsos verify` on what a file holds: a certificate, or a record with all that it claims."""

from typing import Any

from nsos_jax.certificates import Certificate, Checked, StoredCertificate, Verdict, judge
from nsos_jax.command.claims import CERTIFICATE_KEYS
from nsos_jax.command.control import check_question
from nsos_jax.command.programs import check_program


def check_stored(stored: StoredCertificate) -> Checked:
    """The verdict on a certificate, or on all that a record about a program or a question of control claims."""
    record = stored.record
    return stored.check() if record is None else judge(lambda: _check(record))


def _check(record: dict[str, Any]) -> tuple[str, Certificate | None]:
    stated = record["statement"]
    return check_question(record) if isinstance(stated, dict) and "question" in stated else check_program(record)


def certificates_of(stored: StoredCertificate, checked: Checked) -> list[Certificate]:
    """All certificates of what holds."""
    if checked.verdict is not Verdict.HOLDS or checked.certificate is None:
        return []
    if stored.record is None:
        return [checked.certificate]
    return [Certificate.from_dict(stored.record[key]) for key in CERTIFICATE_KEYS if stored.record.get(key) is not None]
