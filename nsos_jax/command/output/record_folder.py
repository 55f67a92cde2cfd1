"""The folder of `-o FOLDER/`: record files of bounded length, and a manifest once all is finished."""

import errno
import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType
from typing import Any, Self

from nsos_jax.command.entries import Entry
from nsos_jax.command.output.places import place_of
from nsos_jax.command.output.record_file import OutputRefused, RecordFile
from nsos_jax.command.records import Job, to_json
from nsos_jax.tables import is_elsewhere

RECORDS = 10_000
"""Of a part."""
SECONDS_BETWEEN_COPIES = 60.0
"""After which what there is of a part is copied elsewhere, where the folder is elsewhere."""
MANIFEST = "manifest.json"


def is_folder(path: str) -> bool:
    """Whether -o means a folder: it ends in a slash, or is one, or is elsewhere."""
    return path.endswith(os.sep) or is_elsewhere(path) or os.path.isdir(path)


class RecordFolder:
    """Record files, one after the other, with what `RecordFile` promises of each, for one run at a time.

    Args:
      path: of a folder, which is made, or its URL.
      resume: keep the records that it holds, to be read with `finished` before any is written.
      overwrite: drop them.

    Raises:
      OutputRefused: the folder cannot be written, another run is writing it, or it holds records and neither `resume`
        nor `overwrite` is set.
    """

    is_regular = True

    def __init__(self, path: str, resume: bool = False, overwrite: bool = False) -> None:
        self.path, self._resume = path, resume
        self._part, self._count, self._total = -1, 0, 0
        self._name, self._stored, self._is_stored = "", time.monotonic(), True
        self._files = ExitStack()
        self._file: RecordFile | None = None
        self._place = place_of(path)
        self._place.lock()
        try:
            names = self._place.names()
            if names and not (resume or overwrite):
                raise OutputRefused("holds records; --resume goes on behind them, --overwrite replaces them")
            for name in [*names, MANIFEST] if overwrite else [MANIFEST]:
                self._place.remove(name)
        except BaseException as error:
            with suppress(OSError):
                self._place.unlock()
            if isinstance(error, OSError):
                raise OutputRefused(f"cannot be read and written: {error.strerror or error}") from None
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None) -> None:
        try:
            self._finish_part()
        finally:
            self._place.unlock()

    def finished(self, entries: Iterator[Entry], job: Job) -> Iterator[dict[str, Any]]:
        """The records of an interrupted run, as `RecordFile.finished` gives those of each part."""
        if not self._resume:
            return
        for name in self._place.names():
            with self._named_errors():
                self._next_part(resume=True)
            if name != self._name:
                self._place.remove(self._name)
                raise OutputRefused(f"there is {name}, but no {self._name} before it")
            assert self._file is not None
            try:
                for record in self._file.finished(entries, job):
                    self._count += 1
                    self._total += 1
                    yield record
            except OutputRefused as error:
                raise OutputRefused(f"{name}: {error}") from None

    def write(self, record: dict[str, Any]) -> None:
        """Appends one record, as `write_line` does."""
        self.write_line(to_json(record))

    def write_line(self, text: str) -> None:
        """Appends the text of a record to the last part, or to a new one. Raises what `RecordFile.write_line` does."""
        with self._named_errors():
            if self._file is None or self._count >= RECORDS:
                self._next_part(resume=False)
            assert self._file is not None
            self._is_stored = False
            self._file.write_line(text)
            if time.monotonic() - self._stored > SECONDS_BETWEEN_COPIES:
                self._store()
        self._count += 1
        self._total += 1

    def _next_part(self, resume: bool) -> None:
        self._finish_part()
        self._part, self._count = self._part + 1, 0
        self._name = f"part-{self._part:06d}.jsonl"
        path = self._place.fetch(self._name)
        self._file = self._files.enter_context(RecordFile(path, resume=resume, overwrite=not resume))

    def _finish_part(self) -> None:
        self._files.close()
        if self._file is not None:
            self._file = None
            self._store()
            self._place.release(self._name)

    def _store(self) -> None:
        if not self._is_stored:
            self._place.store(self._name)
        self._stored, self._is_stored = time.monotonic(), True

    def write_manifest(self) -> None:
        """Says that the run is finished, and how many records each part holds; appears whole."""
        with self._named_errors():
            self._finish_part()
            names = self._place.names()
            told = {"records": self._total, "records_of_a_part": RECORDS, "parts": names}
            self._place.write(MANIFEST, json.dumps(told) + "\n")

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        """With the folder as the file name of what cannot be written, which tells it from errors of other streams."""
        try:
            yield
        except OSError as error:
            raise OSError(error.errno or errno.EIO, error.strerror or str(error), self.path) from error
