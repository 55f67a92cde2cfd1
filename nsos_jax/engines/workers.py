"""What the scheduler asks of workers: processes that do one batch at a time and may die."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Work = Callable[[Sequence[Any]], Sequence[Any]]
"""Several items to as many answers. It goes to other processes: a function of a module, or a partial of one."""


@dataclass(frozen=True)
class Answered:
    """A worker has finished its batch."""

    worker: int
    answers: Sequence[Any]


@dataclass(frozen=True)
class Died:
    """A worker is gone, or its work raised an exception; says why.

    Attributes:
      began: whether it may have looked at its batch; if not, nothing in that is to blame.
    """

    worker: int
    reason: str
    began: bool = True


Event = Answered | Died


class Workers(Protocol):
    """Processes that do one batch at a time."""

    def start(self) -> int:
        """A new worker, by number; numbers are used once."""

    def send(self, worker: int, items: Sequence[Any]) -> None:
        """Gives a worker that has nothing to do a batch. What is wrong with it comes as an event."""

    def wait(self, seconds: float | None) -> list[Event]:
        """What happened, after at most so many seconds; None waits for the first event."""

    def stop(self, worker: int) -> None:
        """Ends a worker at once, whatever it does; no event follows."""

    def close(self) -> None:
        """Ends them all."""
