"""What files hold for `nsos verify`, and its verdict on it: a certificate, or a record with all that it claims."""

from collections.abc import Iterator
from typing import Any

from nsos_jax.certificates import (
    Certificate,
    Checked,
    StoredCertificate,
    Verdict,
    judge,
    read_certificates,
    stored_certificate,
)
from nsos_jax.command.claims import CERTIFICATE_KEYS
from nsos_jax.command.control import check_question
from nsos_jax.command.programs import check_program
from nsos_jax.tables import TableError, is_elsewhere, is_folder, is_table, parts, read_rows

VERDICT_STATUS = {Verdict.HOLDS: 0, Verdict.FAILS: 1, Verdict.MISSING: 1, Verdict.UNREADABLE: 2}
"""The exit status of a command that checks."""


def read_stored(path: str) -> Iterator[StoredCertificate]:
    """All certificates of a certificate file, a results file, a table of results, or the parts of a folder."""
    try:
        found = parts(path) if is_folder(path) else None
    except OSError as error:
        yield StoredCertificate(path, unreadable=str(error))
        return
    if found is not None:
        if not found:
            yield StoredCertificate(
                path, unreadable="is a folder without results of nsos certify, bound, solve or control"
            )
        for part in found:
            yield from read_stored(part)
        return
    yield from _read_table(path) if is_table(path) or is_elsewhere(path) else read_certificates(path)


def _read_table(path: str) -> Iterator[StoredCertificate]:
    number = 0
    try:
        for number, row in enumerate(read_rows(path), 1):
            yield stored_certificate(row, path, number)
        if not number:
            yield StoredCertificate(path, unreadable="the file has no rows, expected certificates or results")
    except TableError as error:
        yield StoredCertificate(f"{path}:{number + 1}", number + 1, unreadable=str(error))
    except OSError as error:
        yield StoredCertificate(path, unreadable=f"cannot be read: {error.strerror or error}")


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
