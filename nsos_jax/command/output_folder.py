"""The folder of `-o FOLDER/`: record files of bounded length, and a manifest once all is finished."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from nsos_jax.command.entries import Entry
from nsos_jax.command.output import OutputRefused, RecordFile
from nsos_jax.command.records import Job
from nsos_jax.tables import parts

RECORDS = 10_000
"""Of a part."""
MANIFEST = "manifest.json"
_LOCK = ".lock"


def is_folder(path: str) -> bool:
    """Whether -o means a folder: it ends in a slash, or is one."""
    return path.endswith(os.sep) or os.path.isdir(path)


class RecordFolder:
    """Record files, one after the other, with what `RecordFile` promises of each, for one run at a time.

    Args:
      path: of a folder, which is made.
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
        self._files = ExitStack()
        try:
            Path(path).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputRefused(f"cannot be made: {error.strerror or error}") from None
        self._lock = RecordFile(str(Path(path, _LOCK)), overwrite=True)
        self._file: RecordFile | None = None
        if parts(path) and not (resume or overwrite):
            self.__exit__(None, None, None)
            raise OutputRefused("holds records; --resume goes on behind them, --overwrite replaces them")
        if overwrite:
            for part in parts(path):
                part.unlink()
        Path(path, MANIFEST).unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None) -> None:
        self._files.close()
        self._lock.__exit__(None, None, None)
        Path(self.path, _LOCK).unlink(missing_ok=True)

    def finished(self, entries: Iterator[Entry], job: Job) -> Iterator[dict[str, Any]]:
        """The records of an interrupted run, as `RecordFile.finished` gives those of each part."""
        if not self._resume:
            return
        for part in parts(self.path):
            self._next_part(resume=True)
            assert self._file is not None
            try:
                for record in self._file.finished(entries, job):
                    self._count += 1
                    self._total += 1
                    yield record
            except OutputRefused as error:
                raise OutputRefused(f"{part.name}: {error}") from None

    def write(self, record: dict[str, Any]) -> None:
        """Appends one record to the last part, or to a new one. Raises what `RecordFile.write` raises."""
        if self._file is None or self._count >= RECORDS:
            self._next_part(resume=False)
        assert self._file is not None
        try:
            self._file.write(record)
        except OSError as error:
            error.filename = self.path
            raise
        self._count += 1
        self._total += 1

    def _next_part(self, resume: bool) -> None:
        self._files.close()
        self._part, self._count = self._part + 1, 0
        path = str(Path(self.path, f"part-{self._part:06d}.jsonl"))
        self._file = self._files.enter_context(RecordFile(path, resume=resume, overwrite=not resume))

    def write_manifest(self) -> None:
        """Says that the run is finished, and how many records each part holds; appears whole."""
        unfinished = Path(self.path, f".{MANIFEST}")
        names = [part.name for part in parts(self.path)]
        unfinished.write_text(json.dumps({"records": self._total, "records_of_a_part": RECORDS, "parts": names}) + "\n")
        unfinished.replace(Path(self.path, MANIFEST))
