"""The options --workers, --engine, --address and --gpus-per-worker: several processes answer the items of a command."""

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from nsos_jax.engines import Processes, RayMetrics, RayWorkers, RunState, Schedule, Work, Workers, run_batches

ENGINES = ("process", "ray")
MOST_WORKERS = 10_000
LARGEST_BATCH = 64
"""Items that go to another process at once."""
LARGEST_COST = LARGEST_BATCH * 40.0**3
"""Of a batch: what a full one costs whose polynomials have bases of 40 monomials each, some seconds."""
Command = TypeVar("Command", bound=Callable[..., Any])


def engine_options(command: Command) -> Command:
    """Adds the options, which are the fields of `Engine`."""
    for option in reversed(
        (
            click.option(
                "--workers",
                type=click.IntRange(1, MOST_WORKERS),
                default=1,
                show_default=True,
                help="Processes that share the cores and the inputs. One that dies ends no other answer.",
            ),
            click.option(
                "--engine",
                type=click.Choice(ENGINES),
                default=ENGINES[0],
                show_default=True,
                help="Where they run: on this machine, or where Ray has room (the extra ray).",
            ),
            click.option("--address", help="The cluster of Ray to join, such as auto.  [default: a new one]"),
            click.option(
                "--gpus-per-worker",
                type=click.FloatRange(min=0),
                default=0,
                show_default=True,
                help="GPUs that Ray reserves for each process.",
            ),
        )
    ):
        command = option(command)
    return command


@dataclass(frozen=True)
class Engine:
    """Where the items of a command are answered; the fields are its options."""

    workers: int = 1
    engine: str = ENGINES[0]
    address: str | None = None
    gpus_per_worker: float = 0.0

    def __post_init__(self) -> None:
        if self.engine != "ray":
            for option, given in (("--address", self.address), ("--gpus-per-worker", self.gpus_per_worker)):
                if given:
                    raise click.UsageError(f"{option} is for --engine ray")

    @property
    def is_here(self) -> bool:
        """Whether this process does the work."""
        return self.engine == "process" and self.workers == 1

    def answers(
        self, items: Iterable[Any], work: Work, schedule: Schedule, name: str, watch: Callable[[RunState], None]
    ) -> Iterator[tuple[Any, Any]]:
        """The items in order, each with the answer of another process, or a `Failure` where none survived.

        Args:
          items: read as they are needed.
          work: what is done with several of them.
          schedule: how they become batches.
          name: of the command, for the metrics of Ray.
          watch: told of the progress after each event.
        """
        try:
            workers = self._start(work)
        except (ImportError, ConnectionError) as error:
            raise click.UsageError(str(error)) from None
        metrics = RayMetrics(name) if self.engine == "ray" else None
        given: deque[Any] = deque()

        def told(progress: RunState) -> None:
            watch(progress)
            if metrics:
                metrics.show(progress)

        def remembered() -> Iterator[Any]:
            for item in items:
                given.append(item)
                yield item

        for answer in run_batches(remembered(), workers, self.workers, schedule, told):
            yield given.popleft(), answer

    def _start(self, work: Work) -> Workers:
        if self.engine == "ray":
            return RayWorkers(work, self.address, gpus=self.gpus_per_worker)
        return Processes(work, self.workers)


def schedule_by_cost(cost: Callable[[Any], float], patience: float = math.inf, further: float = 0.0) -> Schedule:
    """Batches of at most `LARGEST_BATCH` items that are expected to cost at most `LARGEST_COST` together.

    Args:
      cost: of an item.
      patience, further: as of a `Schedule`.
    """
    return Schedule(size=LARGEST_BATCH, cost=cost, budget=LARGEST_COST, patience=patience, further=further)
