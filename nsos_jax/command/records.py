"""From entries to output records, one JSON object per input.

A record has the keys of its job and then the other keys of the input. A key of the input that is also one of ours is
copied as `input_KEY`, so neither overwrites the other; only `id` and what was given, the text of a polynomial or the
statement of a program, are taken over. The record of a bad input has the status null and its `error` says why.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib.metadata import version
from itertools import islice
from typing import Any, NamedTuple

from nsos_jax.command.claims import CERTIFICATE_KEYS
from nsos_jax.command.entries import Entry
from nsos_jax.compilation_cache import enable_compilation_cache
from nsos_jax.devices import NoDevice, no_device
from nsos_jax.engines import Failure

FIRST_CHUNK = 16
INTERNAL_ERROR = "internal error, please report it"


class Refused(ValueError):
    """An item that was read, but turned out to be bad when it was to be solved; the message is for its record."""


@dataclass(frozen=True)
class Job:
    """What is done with entries.

    Attributes:
      command: its name.
      keys: of a record, in order; among them `id`, `status`, `options`, `error`, `seconds` and `key`.
      key: under which a record holds what was given.
      read: what was given to what is solved; raises ValueError.
      solve: several of these to as many results; `Refused` where one is bad.
      to_record: the keys of a record that a result gives.
      options: what goes into every record.
      cost: what something given is expected to cost, as `command.sharing` counts.
      chunk: most of what is read that is solved together.
    """

    command: str
    keys: tuple[str, ...]
    key: str
    read: Callable[[Any], Any]
    solve: Callable[[Sequence[Any]], Sequence[Any]]
    to_record: Callable[[Any], dict[str, Any]]
    options: dict[str, Any]
    cost: Callable[[Any], float]
    chunk: int = 1

    def record(self, entry: Entry, values: dict[str, Any]) -> dict[str, Any]:
        """The record of an entry."""
        known = {"id": entry.id, self.key: entry.given, "options": self.options}
        record = {**dict.fromkeys(self.keys), **values, **known}
        for key, value in entry.extra.items():
            while key in record:
                key = f"input_{key}"
            record[key] = value
        return record


ELSEWHERE = object()
"""The result of a record that another process made."""


class Outcome(NamedTuple):
    """What became of one entry; `result` is None where the input was bad, the solver broke down, or an earlier run made
    the record."""

    record: dict[str, Any]
    result: Any
    written: str | None = None
    """The whole record as text, where another process wrote it; then `record` lacks its certificates."""

    @property
    def line(self) -> str:
        """The record as text."""
        return to_json(self.record) if self.written is None else self.written

    @property
    def is_bug(self) -> bool:
        return str(self.record["error"]).startswith(INTERNAL_ERROR)


def recorded_options(options: Any) -> dict[str, Any]:
    """Options as JSON data: the version of this package, and what differs from the defaults of their dataclass.

    >>> from nsos_jax.membership import CertifyOptions
    >>> recorded_options(CertifyOptions(time_limit=5.0)).keys()
    dict_keys(['version', 'time_limit'])
    """
    changed = {f.name: getattr(options, f.name) for f in fields(options) if getattr(options, f.name) != f.default}
    return {"version": version("nsos-jax")} | {name: _as_json(value) for name, value in changed.items()}


def _as_json(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value if not isinstance(value, float) or math.isfinite(value) else str(value)


def answer_entries(entries: Iterable[Entry], job: Job, first: int = FIRST_CHUNK) -> Iterator[Outcome]:
    """The outcomes in order. At most `job.chunk` entries are read and solved at a time, at first only `first`, so that
    some are finished soon.

    Raises:
      NoDevice: JAX has none.
    """
    waiting = iter(entries)
    size = min(first, job.chunk)
    while part := list(islice(waiting, size)):
        size = min(2 * size, job.chunk)
        items: dict[int, Any] = {}
        problems: dict[int, str] = {}
        for position, entry in enumerate(part):
            try:
                items[position] = entry.read(job.read)
            except ValueError as error:
                problems[position] = str(error)
        results = dict(zip(items, _guarded(list(items.values()), job.solve), strict=True))
        for position, entry in enumerate(part):
            if position in problems:
                yield Outcome(job.record(entry, {"error": problems[position]}), None)
            elif isinstance(result := results[position], str):
                yield Outcome(job.record(entry, {"error": result}), None)
            elif isinstance(result, Refused):
                yield Outcome(job.record(entry, {"error": f"{entry.place}: {result}"}), None)
            else:
                yield Outcome(job.record(entry, job.to_record(result)), result)


def make_records(entries: Sequence[Entry], job: Job) -> list[dict[str, Any]]:
    """The records of all entries: the work of another process, which keeps what it compiles for the next ones."""
    _keep_compiled()
    return [outcome.record for outcome in answer_entries(entries, job, job.chunk)]


_keep_compiled = cache(enable_compilation_cache)
"""Once for each process: on another machine nobody else does it."""


class Recorded(NamedTuple):
    """A record as text, and without its certificates: one process serves hundreds of others, and to unpickle what they
    found and to write it as text takes ten times as long as to hand on the text."""

    line: str
    short: dict[str, Any]


def make_lines(entries: Sequence[Entry], job: Job) -> Sequence[Recorded | NoDevice]:
    """As `make_records`, for the process that writes them to a file; without a device of JAX, that for each entry."""
    try:
        records = make_records(entries, job)
    except NoDevice as error:
        return [error] * len(entries)
    return [
        Recorded(to_json(record), {key: value for key, value in record.items() if key not in CERTIFICATE_KEYS})
        for record in records
    ]


def recorded_outcome(entry: Entry, job: Job, answer: dict[str, Any] | Recorded | Failure | NoDevice) -> Outcome:
    """What became of an entry in another process.

    Raises:
      NoDevice: JAX has none there.
    """
    if isinstance(answer, NoDevice):
        raise answer
    if isinstance(answer, Failure):
        return Outcome(job.record(entry, {"error": f"{INTERNAL_ERROR}: {answer.reason}"}), None)
    record, line = (answer.short, answer.line) if isinstance(answer, Recorded) else (answer, None)
    return Outcome(record, ELSEWHERE if record["error"] is None else None, line)


def _guarded(items: list[Any], solve: Callable[[Sequence[Any]], Sequence[Any]]) -> list[Any]:
    """The results; where `solve` breaks down the items go one by one, so that one cannot stop a batch, and texts or
    `Refused` say why."""
    if not items:
        return []
    try:
        return list(solve(items))
    except Exception as error:
        if missing := no_device(error):
            raise missing from None
        if len(items) == 1:
            if isinstance(error, Refused):
                return [error]
            return [f"{INTERNAL_ERROR}: {type(error).__name__}: {error}"]
        return [result for item in items for result in _guarded([item], solve)]


def to_json(record: dict[str, Any]) -> str:
    """The record as one line of ASCII, without the line break."""
    return json.dumps(record, separators=(",", ":"), allow_nan=False)
