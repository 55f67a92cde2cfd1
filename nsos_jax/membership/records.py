"""The records that `nsos certify -o` wrote, read back with types.

Reading proves nothing: a certificate is checked by its `verify`. What is no record is refused, with file and line.
"""

import json
import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from nsos_jax.certificates import Certificate, InvalidCertificate, count_text
from nsos_jax.membership.results import Status
from nsos_jax.tables import TableError, is_table, parts, read_rows

NEEDED = {"id", "status", "certificate"}
"""Keys of every record."""


@dataclass(frozen=True, eq=False, repr=False)
class Record:
    """One line of a results file: the answer for one input.

    Attributes:
      place: `file:line`.
      id: of the input, any JSON value.
      polynomial: the text as it was given; None where the file does not say.
      status: the answer; None for a bad input or an internal error.
      over: "Q" or "R", as in `Result`.
      proof: "exact" beside a certificate.
      margin: as in `Result`; infinite where unknown.
      basis_size: monomials of the basis; None where `status` is.
      proposer: who proposed that basis, as in `Result`; None where `status` is.
      seconds: for this input, without compilation; None where `status` is.
      compile_seconds: of compilation.
      reference: what another solver says, as JSON values, or None.
      certificate: the evidence, not yet checked, or None.
      error: what was wrong with the input, or why the answer is `UNDECIDED`.
      options: what `nsos certify` recorded of its options.
      extra: the other keys of the input.
    """

    place: str
    id: Any
    status: Status | None
    over: str | None = None
    polynomial: str | None = None
    proof: str | None = None
    margin: tuple[float, float] = (-math.inf, math.inf)
    basis_size: int | None = None
    proposer: str | None = None
    seconds: float | None = None
    compile_seconds: float | None = None
    reference: dict[str, Any] | None = None
    certificate: Certificate | None = None
    error: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Record {self.place:.40}: {self.status or 'no answer'}, id {str(self.id)!r:.30}>"


class Records(Mapping[Any, Record]):
    """The records of a file by id; `in_order` has them all, as they stand in the file.

    An id that is a list or an object is looked up by its JSON text. A repeated id is an error when it is looked up, for
    there is more than one answer.
    """

    def __init__(self, records: list[Record]) -> None:
        self.in_order = tuple(records)

    @cached_property
    def _by_id(self) -> dict[Any, list[Record]]:
        found: dict[Any, list[Record]] = {}
        for record in self.in_order:
            key = json.dumps(record.id) if isinstance(record.id, list | dict) else record.id
            found.setdefault(key, []).append(record)
        return found

    def __getitem__(self, id: Any) -> Record:
        records = self._by_id[id]
        if len(records) > 1:
            places = f"{records[0].place} and {records[1].place}"
            raise ValueError(f"the id {id!r:.60} stands at {places}: take the records from `in_order`")
        return records[0]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)

    def __repr__(self) -> str:
        return f"<Records: {count_text(len(self.in_order), 'record')}>"


def read_results(path: str | Path, torn_end: bool = False) -> Records:
    """The records that `nsos certify -o` wrote: of a file, of the parts of a folder, or of a table made of them.

    Args:
      path: a file with one JSON object a line, empty lines do not count; a folder of `-o FOLDER/`; or a table, whose
        ending says so (.csv, .tsv, .parquet, .arrow, .feather).
      torn_end: leave out a last line that was cut off, as the file of a run that is going on may have.

    Raises:
      OSError: the file cannot be read.
      ValueError: a line or row is no record; names file and line. A folder holds none.
    """
    if Path(path).is_dir():
        found = parts(str(path))
        if not found:
            raise ValueError(f"{path}: a folder without results of nsos certify, expected part-*.jsonl")
        return Records([record for part in found for record in _line_records(part, torn_end)])
    return Records(list(_row_records(str(path)) if is_table(str(path)) else _line_records(path, torn_end)))


def _row_records(path: str) -> Iterator[Record]:
    """Of a table, where a key that is null is not there."""
    number = 0
    try:
        for number, row in enumerate(read_rows(path), 1):
            values = {key: value for key, value in row.items() if value is not None or key in NEEDED}
            yield _record_of(values, f"{path}:{number}")
    except TableError as error:
        raise ValueError(f"{path}: {error}") from None
    except ValueError as error:
        raise ValueError(f"{path}:{number}: {error}") from None


def _line_records(path: str | Path, torn_end: bool) -> Iterator[Record]:
    with Path(path).open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            place = f"{path}:{number}"
            try:
                yield _record_of(_decoded(line), place)
            except _Torn as error:
                if line.endswith(b"\n"):
                    raise ValueError(f"{place}: {error}") from None
                if not torn_end:
                    raise ValueError(f"{place}: {error}; the line is cut off (torn_end=True leaves it out)") from None
            except ValueError as error:
                raise ValueError(f"{place}: {error}") from None


class _Torn(ValueError):
    """No JSON."""


def _decoded(line: bytes) -> Any:
    try:
        return json.loads(line)
    except UnicodeDecodeError:
        raise _Torn("not UTF-8 text, expected a record of nsos certify") from None
    except json.JSONDecodeError as error:
        raise _Torn(f"not JSON: {error}") from None
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def _record_of(values: Any, place: str) -> Record:
    if not isinstance(values, dict) or not values.keys() >= NEEDED:
        kind = "a certificate (Certificate.load reads it)" if _is_certificate(values) else "something else"
        raise ValueError(f"expected a record of nsos certify (keys id, status, certificate), got {kind}")
    record = Record(
        place=place,
        id=values.pop("id"),
        status=_status(values.pop("status")),
        over=_take(values, "over", str),
        polynomial=_take(values, "polynomial", str),
        proof=_take(values, "proof", str),
        margin=_margin(values.pop("margin", None)),
        basis_size=_take(values, "basis_size", int),
        proposer=_take(values, "proposer", str),
        seconds=_take(values, "seconds", int | float),
        compile_seconds=_take(values, "compile_seconds", int | float),
        reference=_take(values, "reference", dict),
        certificate=_certificate(values.pop("certificate")),
        error=_take(values, "error", str),
        options=_take(values, "options", dict) or {},
        extra=values,
    )
    certificate = record.certificate
    if certificate is not None and not certificate.proves(record.status, record.over):
        claim = f"{record.status} over {record.over}" if record.over else str(record.status)
        proven = f"{certificate.status} over {certificate.over}" if certificate.over else certificate.status
        raise ValueError(f"status: got {claim}, its certificate is one of {proven}")
    return record


def _is_certificate(values: object) -> bool:
    return isinstance(values, dict) and "format" in values


def _take(values: dict[str, Any], key: str, wanted: Any) -> Any:
    """What stands there, null if it is missing."""
    value = values.pop(key, None)
    if value is None or (isinstance(value, wanted) and not isinstance(value, bool)):
        return value
    raise ValueError(f"{key}: got {json.dumps(value):.40}, wanted {getattr(wanted, '__name__', 'a number')} or null")


def _status(value: object) -> Status | None:
    if value is None or (isinstance(value, str) and value in set(Status)):
        return None if value is None else Status(value)
    raise ValueError(f"status: got {json.dumps(value):.40}, wanted null or one of {', '.join(Status)}")


def _margin(value: Any) -> tuple[float, float]:
    if value is None:
        return -math.inf, math.inf
    most = sys.float_info.max
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(v is None or (type(v) in (int, float) and -most <= v <= most) for v in value)
    ):
        raise ValueError(f"margin: got {json.dumps(value):.40}, wanted two numbers or nulls")
    lower, upper = value
    return -math.inf if lower is None else float(lower), math.inf if upper is None else float(upper)


def _certificate(value: object) -> Certificate | None:
    try:
        return None if value is None else Certificate.from_dict(value)
    except InvalidCertificate as error:
        raise ValueError(f"certificate: {error}") from None
