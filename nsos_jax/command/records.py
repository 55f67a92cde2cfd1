"""From entries to output records, one JSON object per input, and the file they are written to.

A record is {"id", "status", "over", "proof", "margin", "basis_size", "proposer", "seconds", "certificate", "error"} and
then the other keys of the input. A key of the input that is also one of ours is copied as `input_KEY`, so neither
overwrites the other; only `id` is taken over. The record of a bad input has the status null and its `error` says why.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from types import TracebackType
from typing import Any, NamedTuple, Self

from nsos_jax.command.inputs import Entry
from nsos_jax.membership import Result
from nsos_jax.polynomials import Polynomial

FIRST_CHUNK = 16
KEYS = ("id", "status", "over", "proof", "margin", "basis_size", "proposer", "seconds", "certificate", "error")

Certify = Callable[[Sequence[Polynomial]], Sequence[Result]]


class Outcome(NamedTuple):
    """What became of one entry; `result` is None where the input was bad or `certify` broke down (`is_bug`)."""

    record: dict[str, Any]
    result: Result | None
    is_bug: bool = False


def certify_entries(entries: Iterable[Entry], certify: Certify, chunk: int) -> Iterator[Outcome]:
    """The outcomes in order. At most `chunk` entries are read and certified at a time, at first fewer, so that some are
    finished soon."""
    waiting = iter(entries)
    size = min(FIRST_CHUNK, chunk)
    while part := list(islice(waiting, size)):
        size = min(2 * size, chunk)
        polynomials: dict[int, Polynomial] = {}
        problems: dict[int, str] = {}
        for position, entry in enumerate(part):
            try:
                polynomials[position] = entry.polynomial()
            except ValueError as error:
                problems[position] = str(error)
        outcomes = dict(zip(polynomials, _guarded(list(polynomials.values()), certify), strict=True))
        for position, entry in enumerate(part):
            if position in problems:
                yield Outcome(_record(entry, {"error": problems[position]}), None)
            elif isinstance(result := outcomes[position], Result):
                yield Outcome(_record(entry, result.to_record()), result)
            else:
                yield Outcome(_record(entry, {"error": result}), None, is_bug=True)


def _guarded(polynomials: list[Polynomial], certify: Certify) -> list[Result | str]:
    """The results; where `certify` breaks down the polynomials go one by one, so that one cannot stop a batch."""
    if not polynomials:
        return []
    try:
        return list(certify(polynomials))
    except Exception as error:
        if len(polynomials) == 1:
            return [f"internal error, please report it: {type(error).__name__}: {error}"]
        return [result for polynomial in polynomials for result in _guarded([polynomial], certify)]


def _record(entry: Entry, values: dict[str, Any]) -> dict[str, Any]:
    record = {**dict.fromkeys(KEYS), **values, "id": entry.id}
    for key, value in entry.extra.items():
        while key in record:
            key = f"input_{key}"
        record[key] = value
    return record


def to_json(record: dict[str, Any]) -> str:
    """The record as one line of ASCII, without the line break."""
    return json.dumps(record, separators=(",", ":"), allow_nan=False)


class RecordFile:
    """A JSON lines file that holds whole records only, whenever it is looked at and however the run ends."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "wb", buffering=0)  # noqa: SIM115, closed by __exit__
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None) -> None:
        self._file.close()

    def write(self, record: dict[str, Any]) -> None:
        """Appends one record; when that fails or is interrupted, what was written of it is taken back."""
        line = memoryview(to_json(record).encode() + b"\n")
        rest = line
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except BaseException:
            with suppress(OSError):  # a pipe cannot take anything back
                self._file.truncate(self._size)
            raise
        self._size += len(line)
