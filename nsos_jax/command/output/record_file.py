"""The file of `-o`: new, replaced, or gone on with; whole records only, whenever it is looked at."""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from nsos_jax.command.entries import Entry
from nsos_jax.command.records import Job, to_json

_STREAMS = {"/dev/stdout": 1, "/dev/stderr": 2}
_TORN = b'{"id":'
"""How a record begins."""


class OutputRefused(ValueError):
    """The file may not or cannot be written, or its records are not those of this run; says why."""


class RecordFile:
    """A file of JSON lines, one record each.

    Args:
      path: of a file, a pipe or a device.
      resume: keep the records that the file holds, to be read with `finished` before any is written.
      overwrite: drop them.

    Raises:
      OutputRefused: the file cannot be written, or holds something and neither `resume` nor `overwrite` is set.
    """

    def __init__(self, path: str, resume: bool = False, overwrite: bool = False) -> None:
        self.path, self._resume, self._size = path, resume, 0
        try:
            self._file = _open(path)
        except OSError as error:
            raise OutputRefused(f"cannot be written: {error.strerror or error}") from None
        status = os.fstat(self._file.fileno())
        self.is_regular = stat.S_ISREG(status.st_mode) and path not in _STREAMS
        try:
            if resume and not self.is_regular:
                raise OutputRefused("is no regular file, so there is nothing to resume")
            if self.is_regular:
                _lock(self._file.fileno())
                if status.st_size and not (resume or overwrite):
                    raise OutputRefused("exists; --resume goes on behind its finished records, --overwrite replaces it")
                if not resume:
                    self._file.truncate(0)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Lets others write it."""
        self._file.close()

    def is_in_place(self) -> bool:
        """Whether its path leads to it, and not to another file, or none."""
        with suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(self._file.fileno()), os.stat(self.path))
        return False

    def finished(self, entries: Iterator[Entry], job: Job) -> Iterator[dict[str, Any]]:
        """The records of an interrupted run, each checked against the next entry, which it takes; then a torn last line
        is cut, and what is written goes behind the others.

        Raises:
          OutputRefused: names the first line that is not the record of its entry under the options of this job. The
            file stays as it was.
        """
        if not self._resume:
            return
        with open(self.path, "rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.endswith(b"\n") and (line.startswith(_TORN) or _TORN.startswith(line)):
                    break
                try:
                    record = _record_of(line, next(entries, None), job)
                except OutputRefused as error:
                    raise OutputRefused(f"line {number}: {error}; --overwrite replaces the file") from None
                self._size += len(line)
                yield record
        self._file.truncate(self._size)
        self._file.seek(self._size)

    def write(self, record: dict[str, Any]) -> None:
        """Appends one record, as `write_line` does."""
        self.write_line(to_json(record))

    def write_line(self, text: str) -> None:
        """Appends the text of a record; when that fails or is interrupted, what was written of it is taken back.

        Raises:
          OSError: with `filename`, which tells it from errors of other streams.
        """
        line = memoryview(text.encode() + b"\n")
        rest = line
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except BaseException as error:
            if self.is_regular:  # a pipe cannot take anything back, and what stands in another's file stays
                with suppress(OSError):
                    self._file.truncate(self._size)
            if isinstance(error, OSError):
                error.filename = self.path
            raise
        self._size += len(line)


def _open(path: str) -> Any:
    """Unbuffered, and without cutting a file."""
    if path in _STREAMS:
        return open(os.dup(_STREAMS[path]), "wb", buffering=0)
    if os.path.exists(path) and not os.path.isfile(path):
        return open(path, "wb", buffering=0)
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666), "wb", buffering=0)


def _lock(descriptor: int) -> None:
    """Keeps another run from writing into the same file, where the system has such locks."""
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OutputRefused("another run is writing it") from None
    except (ImportError, OSError):
        return


def _record_of(line: bytes, entry: Entry | None, job: Job) -> dict[str, Any]:
    """The record on a line, if it is that of the entry."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):  # also what is not UTF-8
        record = None
    if not isinstance(record, dict) or tuple(record)[: len(job.keys)] != job.keys or not _is_timed(record):
        raise OutputRefused(f"is no record of this version of nsos {job.command}")
    if entry is None:
        raise OutputRefused("there are fewer inputs than records")
    for key, found, wanted in (
        ("id", record["id"], entry.id),
        (job.key, record[job.key], entry.given),
        ("options", record["options"], job.options),
    ):
        if json.dumps(found) != json.dumps(wanted):
            raise OutputRefused(f"has the {key} {_short(found)}, this run has {_short(wanted)} there")
    return record


def _is_timed(record: dict[str, Any]) -> bool:
    """Whether a summary can show the record."""
    seconds = [record["seconds"], record.get("compile_seconds")]
    return isinstance(record["status"], str | None) and all(isinstance(value, int | float | None) for value in seconds)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
