"""From entries to output records, one JSON object per input.

A record has the keys `KEYS` and then the other keys of the input. A key of the input that is also one of ours is copied
as `input_KEY`, so neither overwrites the other; only `id` and `polynomial`, the text as it was given, are taken over.
The record of a bad input has the status null and its `error` says why.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from importlib.metadata import version
from itertools import islice
from typing import Any, NamedTuple

from nsos_jax.command.inputs import Entry
from nsos_jax.membership import CertifyOptions, Result
from nsos_jax.polynomials import Polynomial

FIRST_CHUNK = 16
KEYS = (
    "id",
    "polynomial",
    "status",
    "over",
    "proof",
    "margin",
    "basis_size",
    "proposer",
    "seconds",
    "compile_seconds",
    "options",
    "reference",
    "certificate",
    "error",
)
INTERNAL_ERROR = "internal error, please report it"

Certify = Callable[[Sequence[Polynomial]], Sequence[Result]]


class Outcome(NamedTuple):
    """What became of one entry; `result` is None where the input was bad, `certify` broke down, or an earlier run made
    the record."""

    record: dict[str, Any]
    result: Result | None

    @property
    def is_bug(self) -> bool:
        return str(self.record["error"]).startswith(INTERNAL_ERROR)


def recorded_options(options: CertifyOptions) -> dict[str, Any]:
    """The options as JSON data: the version of this package, and what differs from its defaults.

    >>> recorded_options(CertifyOptions(time_limit=5.0)).keys()
    dict_keys(['version', 'time_limit'])
    """
    changed = {f.name: getattr(options, f.name) for f in fields(options) if getattr(options, f.name) != f.default}
    return {"version": version("nsos-jax")} | {name: _as_json(value) for name, value in changed.items()}


def _as_json(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value if not isinstance(value, float) or math.isfinite(value) else str(value)


def certify_entries(
    entries: Iterable[Entry], certify: Certify, chunk: int, options: dict[str, Any]
) -> Iterator[Outcome]:
    """The outcomes in order. At most `chunk` entries are read and certified at a time, at first fewer, so that some are
    finished soon; `options` go into every record."""
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
                yield Outcome(_record(entry, {"error": problems[position]}, options), None)
            elif isinstance(result := outcomes[position], Result):
                yield Outcome(_record(entry, result.to_record(), options), result)
            else:
                yield Outcome(_record(entry, {"error": result}, options), None)


def _guarded(polynomials: list[Polynomial], certify: Certify) -> list[Result | str]:
    """The results; where `certify` breaks down the polynomials go one by one, so that one cannot stop a batch."""
    if not polynomials:
        return []
    try:
        return list(certify(polynomials))
    except Exception as error:
        if len(polynomials) == 1:
            return [f"{INTERNAL_ERROR}: {type(error).__name__}: {error}"]
        return [result for polynomial in polynomials for result in _guarded([polynomial], certify)]


def _record(entry: Entry, values: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    record = {**dict.fromkeys(KEYS), **values, "id": entry.id, "polynomial": entry.given, "options": options}
    for key, value in entry.extra.items():
        while key in record:
            key = f"input_{key}"
        record[key] = value
    return record


def to_json(record: dict[str, Any]) -> str:
    """The record as one line of ASCII, without the line break."""
    return json.dumps(record, separators=(",", ":"), allow_nan=False)
