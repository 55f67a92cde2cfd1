"""What a run tells: a line per record in metrics.jsonl, TensorBoard if it is installed, a progress line for people."""

import json
import math
import os
import sys
import time
from collections import defaultdict
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any, NamedTuple

from nsos_jax.train.run_folder import replace_text
from nsos_jax.train.tensorboard import TensorBoard

METRICS_FILE = "metrics.jsonl"


class Work(NamedTuple):
    """What a step does, on all devices together."""

    examples: int
    tokens: int
    """Padded positions of the Transformer."""
    flops: float
    """Floating point operations as XLA counts them before it optimises; 0 where it cannot tell."""


class RunLog:
    """Writes metrics; in all processes but the first one (`writes` False) it does nothing.

    A resumed run drops the records after the step that it resumes from, so that no step is told twice.
    """

    def __init__(self, folder: Path, start: int, steps: int, *, peak_flops: float = 0.0, writes: bool = True) -> None:
        self._writes, self._steps = writes, steps
        self._peak_flops = peak_flops
        """Of all devices together; 0 if it is not known."""
        self._sums: dict[str, list[float]] = defaultdict(list)
        self.restart_clock()
        self._open_line = False
        self.step_seconds = math.nan
        """Mean of the last window."""
        if not writes:
            return
        path = folder / METRICS_FILE
        kept = [line for line in _lines(path) if json.loads(line)["step"] <= start]
        replace_text(path, "".join(kept))
        self._file = path.open("ab", buffering=0)
        self._unwritten: list[str] = []
        """Records that the disk had no room for."""
        self._board = _tensorboard(folder / "tensorboard", start)

    def add(self, metrics: dict[str, float], bucket: str, work: Work | None) -> None:
        """The metrics of one step, and its work; None leaves it out of the rates."""
        for name, value in metrics.items():
            self._sums[name].append(value)
        self._sums[f"loss/{bucket}"].append(metrics["loss"])
        if work is not None:
            self._work.append(work)

    def restart_clock(self) -> None:
        """Leaves what was before this (compilation, evaluation) out of the times of the window."""
        self._since, self._work = time.perf_counter(), list[Work]()

    def flush(self, step: int) -> None:
        """Writes the means since the last flush."""
        if not self._sums:
            return
        seconds = time.perf_counter() - self._since
        record = {name: sum(values) / len(values) for name, values in self._sums.items()}
        if self._work:
            self.step_seconds = seconds / len(self._work)
            record["step_seconds"] = self.step_seconds
            for name, amounts in zip(Work._fields, zip(*self._work, strict=True), strict=True):
                record[f"{name}_per_second"] = sum(amounts) / seconds
            if self._peak_flops:
                record["utilisation"] = record["flops_per_second"] / self._peak_flops
        self._sums.clear()
        self.restart_clock()
        self.write("train", step, record)
        text = f"step {step}/{self._steps}  loss {record['loss']:.4f}"
        if math.isfinite(self.step_seconds):
            minutes = (self._steps - step) * self.step_seconds / 60
            text += f"  {1e3 * self.step_seconds:.0f} ms a step  {minutes:.0f} min left"
        self._progress(text)

    def write(self, kind: str, step: int, values: dict[str, Any]) -> None:
        """One record; the numbers of `values` also go to TensorBoard. What cannot be written is told, and written with
        a later record."""
        if not self._writes:
            return
        self._unwritten.append(json.dumps({"kind": kind, "step": step} | values) + "\n")
        end = self._file.seek(0, os.SEEK_END)
        try:
            _write_all(self._file, "".join(self._unwritten).encode())
            self._unwritten.clear()
        except OSError as error:
            with suppress(OSError):
                self._file.truncate(end)
            if len(self._unwritten) == 1:
                self.say(f"WARNING: {METRICS_FILE} cannot be written: {error.strerror}. Training goes on")
        if self._board is not None:
            numbers = {f"{kind}/{name}": value for name, value in values.items() if isinstance(value, float)}
            try:
                self._board.add(step, numbers)
            except OSError as error:
                self.say(f"WARNING: no more TensorBoard files: {error.strerror}. Training goes on")
                self._board = None

    def say(self, text: str) -> None:
        """A message for people."""
        if self._writes:
            _print(("\n" if self._open_line else "") + text)
            self._open_line = False

    def close(self) -> None:
        """Ends the files."""
        if self._writes:
            if self._open_line:
                _print("")
            self._file.close()
            if self._board is not None:
                with suppress(OSError):
                    self._board.close()

    def _progress(self, text: str) -> None:
        if not self._writes:
            return
        on_terminal = sys.stdout.isatty()
        _print(f"\r{text:<79}" if on_terminal else text, end="" if on_terminal else "\n")
        self._open_line = on_terminal


def was_evaluated(folder: Path, step: int) -> bool:
    """Whether the metrics in a run folder have the evaluation after so many steps."""
    records = map(json.loads, _lines(folder / METRICS_FILE))
    return any(record["kind"] == "evaluation" and record["step"] == step for record in records)


def _lines(path: Path) -> list[str]:
    """The complete lines of a file that may have been cut off."""
    if not path.exists():
        return []
    return [line for line in path.read_text("utf-8").splitlines(keepends=True) if line.endswith("}\n")]


def _print(text: str, end: str = "\n") -> None:
    """A training goes on where the output is a file on a full disk, or nobody reads it any more."""
    with suppress(OSError):
        print(text, end=end, flush=True)


def _write_all(file: FileIO, data: bytes) -> None:
    """All of it, or `OSError`: a disk may take a part of what it is given."""
    while data:
        data = data[file.write(data) :]


def _tensorboard(folder: Path, start: int) -> TensorBoard | None:
    try:
        return TensorBoard(folder, start)
    except ImportError:
        _print('TensorBoard files are left out: they need `pip install "nsos-jax[train]"`')
    except OSError as error:
        _print(f"TensorBoard files are left out: {error.strerror}")
    return None
