"""What an actor of `certify_dataset` does: tables of polynomials to tables of records, in a process of its own."""

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from nsos_jax.command import (
    POLYNOMIALS,
    Entry,
    certify_job,
    entry_of_values,
    make_records,
    recorded_outcome,
    schedule_of,
)
from nsos_jax.engines import Kept, Processes, run_batches
from nsos_jax.membership import CertifyOptions

if TYPE_CHECKING:
    import pyarrow

BATCH = 64
"""Most rows of a table that an actor is given."""
_NUMBERS = {"basis_size": "int64", "seconds": "float64", "compile_seconds": "float64"}
_TEXTS = ("status", "over", "proof", "proposer", "error")


class Certifier:
    """Answers tables. The process that solves is not this one, so that what crashes it, or exhausts its memory, ends
    neither this one nor the other rows.

    Args:
      options: for each polynomial.
      column: the name of the column of the polynomials.
      threads: of the process.
    """

    def __init__(self, options: CertifyOptions, column: str = "polynomial", threads: int = 1) -> None:
        self._job, self._column = certify_job(options), column
        self._schedule = schedule_of(self._job, options.time_limit)
        self._workers = Kept(Processes(partial(make_records, job=self._job), 1, threads))

    def __call__(self, table: "pyarrow.Table") -> "pyarrow.Table":
        entries = self._entries(table)
        answers = run_batches(entries, self._workers, 1, self._schedule)
        records = [
            recorded_outcome(entry, self._job, answer).record for entry, answer in zip(entries, answers, strict=True)
        ]
        return self._with_records(table, records)

    def _entries(self, table: "pyarrow.Table") -> list[Entry]:
        given = table[self._column].to_pylist()
        ids = table["id"].to_pylist() if "id" in table.column_names else given
        return [
            entry_of_values({POLYNOMIALS.key: value}, str(name), POLYNOMIALS)
            for name, value in zip(ids, given, strict=True)
        ]

    def _with_records(self, table: "pyarrow.Table", records: list[dict[str, Any]]) -> "pyarrow.Table":
        """The columns of records; `id` and those that no record has stay as they were."""
        import pyarrow

        columns: dict[str, Any] = {}
        for key in self._job.keys:
            values = [record[key] for record in records]
            if key == "id" and "id" in table.column_names:
                columns[key] = table["id"]
            elif key in _NUMBERS:
                columns[key] = pyarrow.array(values, _NUMBERS[key])
            elif key == "margin":
                columns[key] = pyarrow.array(values, pyarrow.list_(pyarrow.float64()))
            elif key in (*_TEXTS, "id", POLYNOMIALS.key):
                columns[key] = pyarrow.array(values, pyarrow.string())
            else:
                columns[key] = pyarrow.array([_json_or_null(value) for value in values], pyarrow.string())
        for name in table.column_names:
            if name not in ("id", self._column):
                columns[f"input_{name}" if name in self._job.keys else name] = table[name]
        return pyarrow.table(columns)

    def __del__(self) -> None:
        if workers := self.__dict__.get("_workers"):
            workers.end()


def _json_or_null(value: Any) -> str | None:
    return None if value is None else json.dumps(value, separators=(",", ":"), allow_nan=False)
