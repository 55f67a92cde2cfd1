"""What `nsos certify`, `bound` and `solve` show to people: the answer for one input; lines and a summary for many."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table

from nsos_jax.certificates import count_text
from nsos_jax.command.records import ELSEWHERE, Outcome, to_json
from nsos_jax.command.reports.bar import Bar
from nsos_jax.command.reports.text import printable, shorten, terminal_width
from nsos_jax.engines import RunState

BAD_INPUT, BUG = "bad input", "internal error"
SECONDS_BETWEEN_LINES = 60.0
"""About workers, where there is no bar."""


@dataclass(frozen=True)
class Display:
    """How the outcomes of a command are shown.

    Attributes:
      command: its name.
      statuses: of its records, in the order of the summary.
      head: of the columns between the status and the seconds.
      width: of the column of the status.
      columns: these columns for an outcome, as wide as their head.
      answer: the lines for a single result, and the width there is for them.
    """

    command: str
    statuses: tuple[str, ...]
    head: str
    width: int
    columns: Callable[[Outcome], str]
    answer: Callable[[Any, int], Iterator[str]]

    def heading(self) -> str:
        return f"{'status':<{self.width}} {self.head} {'seconds':>9}  input"

    def line(self, outcome: Outcome) -> str:
        """One outcome within 80 columns."""
        seconds = "-" if outcome.result is None else f"{outcome.record['seconds']:.3f}"
        start = f"{_status(outcome):<{self.width}} {self.columns(outcome)} {seconds:>9}  "
        return start + shorten(str(outcome.record["id"]), 79 - len(start))


@dataclass
class _Times:
    """How many there were, and how long they took, in seconds."""

    count: int = 0
    seconds: float = 0.0
    longest: float = 0.0

    @staticmethod
    def together(parts: "Iterable[_Times]") -> "_Times":
        """Of all parts."""
        found = list(parts)
        longest = max((part.longest for part in found), default=0.0)
        return _Times(sum(part.count for part in found), sum(part.seconds for part in found), longest)

    def add(self, seconds: float) -> None:
        """One more."""
        self.count, self.seconds = self.count + 1, self.seconds + seconds
        self.longest = max(self.longest, seconds)

    def columns(self) -> tuple[str, str, str]:
        """Number, mean and maximum."""
        return str(self.count), f"{self.seconds / max(self.count, 1):.3f}", f"{self.longest:.3f}"


class _Console(Console):
    """Leaves a closed pipe to the command."""

    def on_broken_pipe(self) -> None:
        raise  # the BrokenPipeError that is being handled


class Report:
    """Shows outcomes as they come on stdout, bad inputs and progress on stderr.

    Args:
        display: of the command.
        as_json: print the records and nothing else on stdout.
        is_list: print a line per outcome, if there is more than one.
    """

    def __init__(self, display: Display, as_json: bool, is_list: bool) -> None:
        self._display = display
        self._as_json, self._is_list = as_json, is_list
        self._errors = _Console(stderr=True)
        self._times: dict[str, _Times] = {}
        self._compile_seconds = 0.0
        self._opinions: Counter[str] = Counter()
        self._kept = 0
        self._bar: Bar | None = None
        self._last_line = time.monotonic()
        self._first: Outcome | None = None

    @property
    def total(self) -> int:
        return sum(times.count for times in self._times.values())

    def finished_text(self) -> str:
        """How far the run has come."""
        if not self.total:
            return "no input is finished"
        return f"{count_text(self.total, 'input')} {'is' if self.total == 1 else 'are'} finished"

    def count(self, status: str) -> int:
        """How many outcomes have this status, or are BAD_INPUT or BUG."""
        return self._times[status].count if status in self._times else 0

    @contextmanager
    def progress(self, total: int | None) -> Iterator[None]:
        """A table and a bar on stderr, where that is a terminal to which no records are printed."""
        to_terminal = sys.stdout.isatty()
        if not sys.stderr.isatty() or (self._as_json and to_terminal):
            yield
            return
        self._bar = Bar(self._display.command, total, self._errors, lambda: "" if self._is_list else self._summary())
        try:
            with self._bar.open():
                yield
        finally:
            self._bar = None

    def hide(self) -> None:
        """Takes the bar off the terminal, from any thread."""
        if self._bar is not None:
            self._bar.close()

    def watch(self, state: RunState) -> None:
        """Shows what workers do: on the bar, or without one in a line on stderr once a minute."""
        text = f"{state.busy} of {state.busy + state.idle} workers busy{f', {state.died} died' if state.died else ''}"
        if self._bar is not None:
            self._bar.tell(text)
        elif not (self._as_json or self._is_list) and time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            click.echo(f"{self._display.command}: {self.finished_text()}, {text}", err=True)

    def keep(self, record: dict[str, Any]) -> None:
        """Counts a record of an earlier run, and shows it where records are all that is shown."""
        self._kept += 1
        self._count(Outcome(record, None), kept=True)
        if self._as_json:
            click.echo(to_json(record))

    def add(self, outcome: Outcome) -> None:
        """Counts and shows one outcome; the first waits until it is known whether it is the only one."""
        self._count(outcome)
        if self._as_json:
            click.echo(outcome.line)
            self._show_problem(outcome)
        elif self.total == 1:
            self._first = outcome
        else:
            if self._first is not None:
                if self._is_list:
                    click.echo(self._display.heading())
                self._show_line(self._first)
                self._first = None
            self._show_line(outcome)

    def finish(self) -> None:
        """Shows the answer for a single input, the summary for several."""
        if self._first is not None and self._first.result is ELSEWHERE:
            if self._is_list:
                click.echo(self._display.heading())
            self._show_line(self._first)
        elif self._first is not None and self._first.result is not None:
            for line in self._display.answer(self._first.result, terminal_width()):
                click.echo(printable(line))
        elif self._first is not None:
            click.echo(f"error: {self._first.record['error']}", err=True)
        elif not self._as_json and self.total:
            _Console().print(self._summary(), end="")
            for line in self._notes():
                click.echo(line)

    def _count(self, outcome: Outcome, kept: bool = False) -> None:
        self._times.setdefault(_status(outcome), _Times()).add(outcome.record["seconds"] or 0.0)
        self._compile_seconds += outcome.record.get("compile_seconds") or 0.0
        if reference := outcome.record.get("reference"):
            self._opinions[{True: "agrees", False: "DISAGREES", None: "has no solution"}[reference["agrees"]]] += 1
        if self._bar is not None:
            self._bar.advance(kept)

    def _notes(self) -> Iterator[str]:
        """What stands below the summary."""
        if self._compile_seconds >= 0.05:
            yield f"  compiling, or loading what was compiled, took {self._compile_seconds:.1f} s besides"
        for verdict, count in self._opinions.items():
            yield f"  the reference solver {verdict} with the proof of {count}"
        if self._kept:
            yield f"  {self._kept} of {self.total} records were finished before"

    def _show_line(self, outcome: Outcome) -> None:
        if self._is_list:
            click.echo(self._display.line(outcome))
        self._show_problem(outcome)

    def _show_problem(self, outcome: Outcome) -> None:
        if outcome.result is None:
            reason, *snippet = outcome.record["error"].split("\n")
            if outcome.is_bug:
                reason = f"{outcome.record['id']}: {reason}"
            shown = f" in: {shorten(snippet[0].strip(), 40)}" if snippet and snippet[0].strip() else ""
            click.echo(f"error: {printable(reason)}{shown}", err=True)

    def _summary(self) -> Table:
        """One row per status that occurred, and the total."""
        every = dict(self._times)
        several = len(every) > 1
        table = Table(box=box.SIMPLE, show_footer=several)
        footers = ("all", *_Times.together(every.values()).columns())
        for i, (name, footer) in enumerate(zip(("status", "count", "mean s", "longest s"), footers, strict=True)):
            table.add_column(name, footer, justify="right" if i else "left")
        for status in [*self._display.statuses, BAD_INPUT, BUG]:
            if times := every.get(status):
                table.add_row(status, *times.columns())
        return table


def _status(outcome: Outcome) -> str:
    return outcome.record["status"] or (BUG if outcome.is_bug else BAD_INPUT)
