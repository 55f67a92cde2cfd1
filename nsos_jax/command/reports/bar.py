"""How far a run is, on a terminal: a table of what is finished, and below it a bar with the rate and the time left."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.text import Text

REFRESHES = 4
"""In a second."""


class Bar:
    """Counts what is finished; shown while it is open, gone afterwards.

    Args:
      name: of the command.
      total: how many there will be, None where that is not known.
      console: of the terminal.
      table: what stands above the bar, made anew for each refresh.
    """

    def __init__(self, name: str, total: int | None, console: Console, table: Callable[[], RenderableType]) -> None:
        told = TextColumn("{task.fields[told]}")
        columns = (SpinnerColumn(), TextColumn(name), BarColumn(bar_width=None), MofNCompleteColumn(), _Pace(), told)
        self._progress = Progress(*columns, console=console, expand=True)
        self._task = self._progress.add_task(name, total=total, kept=0, told="")
        self._kept = 0
        self._live = Live(
            get_renderable=lambda: Group(table(), self._progress),
            console=console,
            refresh_per_second=REFRESHES,
            transient=True,
            redirect_stdout=console.is_terminal,
            redirect_stderr=console.is_terminal,
        )

    @contextmanager
    def open(self) -> Iterator[None]:
        """Shows it."""
        with self._live:
            yield

    def close(self) -> None:
        """Takes it off the terminal, from any thread."""
        with suppress(Exception):  # the terminal may be gone, and nothing depends on this
            self._live.stop()

    def advance(self, kept: bool = False) -> None:
        """One is finished, now or, if it is kept, in an earlier run."""
        self._kept += kept
        self._progress.update(self._task, advance=1, kept=self._kept)

    def tell(self, text: str) -> None:
        """What stands behind the time that is left."""
        self._progress.update(self._task, told=text)


class _Pace(ProgressColumn):
    """The rate since the beginning and the time left at that rate, `12.5/s, 0:04:10 left`."""

    def render(self, task: Task) -> Text:
        seconds, finished = task.elapsed or 0.0, task.completed - task.fields["kept"]
        if not finished or not seconds:
            return Text(clock(seconds))
        rate = finished / seconds
        text = f"{clock(seconds)}, {rate:.3g}/s"
        return Text(text if task.remaining is None else f"{text}, {clock(task.remaining / rate)} left")


def clock(seconds: float) -> str:
    """Hours, minutes and seconds.

    >>> clock(59.7), clock(3661), clock(90_000)
    ('0:01:00', '1:01:01', '25:00:00')
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
