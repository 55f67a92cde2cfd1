"""Certificates in files: a certificate file, or the lines of a results file; `-` is standard input.

Nothing here trusts the file.
"""

import enum
import itertools
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import IO, Any, NamedTuple

from nsos_jax.certificates.certificate import Certificate
from nsos_jax.certificates.data import BeyondLimits, InvalidCertificate, count_text, describe
from nsos_jax.certificates.reader import MAX_BYTES, decode_json


class Verdict(enum.StrEnum):
    """What became of one certificate, in the words of `nsos verify`."""

    HOLDS = "holds"
    FAILS = "FAILS"
    MISSING = "missing"
    UNREADABLE = "unreadable"


REFUTED = "REFUTED"
"""The status of a record whose evidence is no certificate, but can be checked."""
_EXPECTED = (
    "expected a certificate (key 'format') or a record of nsos certify, bound, solve or control (key 'certificate')"
)
_NO_JSON = "certificates are JSON and begin with '{': for a polynomial, nsos certify FILE -o results.jsonl writes one"
_INPUTS = {
    "polynomial": f"holds inputs of nsos certify (key 'polynomial'), not certificates; {_EXPECTED}",
    "question": f"holds inputs of nsos control (key 'question'), not certificates; {_EXPECTED}",
    "statement": f"holds inputs of nsos solve (key 'statement'), not certificates; {_EXPECTED}",
}


class Checked(NamedTuple):
    """A verdict, why, and the certificate if it holds."""

    verdict: Verdict
    reason: str
    certificate: Certificate | None = None


@dataclass(frozen=True)
class StoredCertificate:
    """One certificate of a file, or why there is none.

    Attributes:
      place: `file`, or `file:line` in a results file.
      line: the number of the line, from 1.
      values: the certificate as JSON values.
      status: the status that its record claims, if there is a record.
      over: "Q" or "R", the numbers for which the record claims it.
      id: of that record.
      record: the whole record where it is about a program or a question of control: then `values` are one of its
        certificates, if there are any; what else it claims is not checked here.
      missing: why a record has no certificate.
      unreadable: why nothing could be read.
    """

    place: str
    line: int = 1
    values: object = None
    status: object = None
    over: object = None
    id: object = None
    record: dict[str, Any] | None = None
    missing: str | None = None
    unreadable: str | None = None

    def load(self) -> Certificate:
        """The certificate; `InvalidCertificate` if it is malformed, missing, or not what its record says."""
        problem = self.unreadable or self.missing
        if problem is not None:
            raise InvalidCertificate(problem)
        certificate = Certificate.from_dict(self.values)
        if self.status is not None and not certificate.proves(self.status, self.over):
            claim = describe(self.status) + ("" if self.over is None else f" over {describe(self.over)}")
            raise InvalidCertificate(f"the record says {claim}, its certificate is {certificate.kind}")
        return certificate

    def check(self) -> Checked:
        """The verdict; never raises, so that one bad certificate does not keep others from being checked."""
        if self.unreadable is not None:
            return Checked(Verdict.UNREADABLE, self.unreadable)
        if self.missing is not None:
            return Checked(Verdict.MISSING, self.missing)

        def verify() -> tuple[str, Certificate]:
            certificate = self.load()
            return certificate.verify(), certificate

        return judge(verify)


def judge(verify: Callable[[], tuple[str, Certificate | None]]) -> Checked:
    """The verdict on what `verify` checks; it gives a summary and a certificate, or raises. Never raises itself."""
    try:
        return Checked(Verdict.HOLDS, *verify())
    except BeyondLimits as error:
        reason = f"beyond the limits of the checker: {error}"
    except InvalidCertificate as error:
        reason = str(error)
    except Exception as error:
        reason = _unexpected(error)
    return Checked(Verdict.FAILS, reason)


def _unexpected(error: Exception) -> str:
    """An exception that is not about the certificate, by its name."""
    if isinstance(error, MemoryError):
        return f"not checked, out of memory: {error}"
    return f"not checked, internal error of the checker, please report it: {type(error).__name__}: {error}"


def read_certificates(path: str) -> Iterator[StoredCertificate]:
    """All certificates of a file, line by line; a certificate that is alone in its file may have line breaks."""
    try:
        with _open(path) as file:
            path = "stdin" if path == "-" else path
            empty = True
            for number, line in enumerate(iter(lambda: file.readline(MAX_BYTES + 1), b""), 1):
                if not line.strip():
                    continue
                try:
                    stored = _read(line, path, number)
                except InvalidCertificate as error:
                    if empty and len(line) <= MAX_BYTES:
                        yield _read_whole(line + file.read(MAX_BYTES + 1), path)
                        return
                    stored = StoredCertificate(f"{path}:{number}", number, unreadable=str(error))
                if empty and stored.unreadable in _INPUTS.values():
                    yield replace(stored, place=path)
                    return
                empty = False
                yield stored
            if empty:
                yield StoredCertificate(path, unreadable="the file is empty, expected a certificate or results")
    except OSError as error:
        yield StoredCertificate(path, unreadable=f"cannot be read: {error.strerror or error}")


def find_certificate(
    stored: Iterator[StoredCertificate], path: str, line: int | None = None, id: str | None = None
) -> StoredCertificate:
    """Among those of a file, the one on a line, or of a record with an id, or the only one; where the file cannot be
    read, why.

    Raises:
      ValueError: there is none, or more than one.
    """
    first = next(stored)
    if first.unreadable is not None and first.place in (path, "stdin"):
        return first  # of the whole file: there are no records to choose from
    stored = itertools.chain([first], stored)
    if id is not None:
        found = [one for one in stored if str(one.id) == id]
        if len(found) == 1:
            return found[0]
        lines = f" on lines {', '.join(str(one.line) for one in found[:5])}: choose one with --line N" if found else ""
        raise ValueError(f"{path} has {count_text(len(found), 'record')} with the id {id!r}{lines}")
    if line is not None:
        last = 0
        for one in stored:
            if one.line == line:
                return one
            last = one.line
        raise ValueError(f"{path} has no certificate on line {line}, it has {count_text(last, 'line')}")
    if len(list(itertools.islice(stored, 2))) > 1:
        raise ValueError(f"{path} has more than one line: choose one with --line N or --id ID")
    return first


def _open(path: str) -> AbstractContextManager[IO[bytes]]:
    return nullcontext(sys.stdin.buffer) if path == "-" else open(path, "rb")


def _read_whole(content: bytes, path: str) -> StoredCertificate:
    try:
        return _read(content, path, None)
    except InvalidCertificate as error:
        return StoredCertificate(path, unreadable=str(error))


def _read(content: bytes, path: str, number: int | None) -> StoredCertificate:
    """What some JSON text holds; `InvalidCertificate` when it is none."""
    if len(content) > MAX_BYTES:
        raise BeyondLimits(f"expected at most {MAX_BYTES >> 20} MiB")
    try:
        values: Any = decode_json(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise InvalidCertificate("not UTF-8 text (a binary file?), expected JSON") from None
    except MemoryError as error:
        raise BeyondLimits(_unexpected(error)) from None
    except InvalidCertificate as error:
        if content.lstrip()[:1] in (b"{", b"["):
            raise
        raise InvalidCertificate(f"{error}; {_NO_JSON}") from None
    return stored_certificate(values, path, number)


def stored_certificate(values: Any, path: str, number: int | None) -> StoredCertificate:
    """What the JSON values of a line, of a row, or of a whole file (`number` is None) hold."""
    place, line = (path, 1) if number is None else (f"{path}:{number}", number)
    if isinstance(values, dict) and "certificate" in values:
        about_program = "statement" in values
        found = values["certificate"]
        if found is None and about_program:
            found = values.get("bound_certificate")
        if found is None and about_program and values.get("status") == REFUTED:
            return StoredCertificate(place, line, id=values.get("id"), record=values)
        if found is not None:
            claim = (
                {"record": values} if about_program else {"status": values.get("status"), "over": values.get("over")}
            )
            return StoredCertificate(place, line, found, id=values.get("id"), **claim)
        status, told = values.get("status"), values.get("error") or "the record has no certificate"
        reason = told.split("\n")[0] if isinstance(told, str) else describe(told)
        outcome = "bad input" if status is None else status if isinstance(status, str) else describe(status)
        missing = f"not proven: {outcome:.40}: {reason:.200}"
        return StoredCertificate(place, line, id=values.get("id"), missing=missing)
    if isinstance(values, dict) and "format" in values:
        return StoredCertificate(place, line, values)
    known = next((key for key in _INPUTS if isinstance(values, dict) and key in values), None)
    return StoredCertificate(place, line, unreadable=_EXPECTED if known is None else _INPUTS[known])
