"""Several processes as one training: they find each other, decide together, stop at the same step, and end together.

All of it is `jax.distributed`, which asks Slurm, TPU pods and MPI by itself; with one process nothing here waits.
"""

import os
import re
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn, TypeVar

import jax
import numpy as np
from jax.experimental import multihost_utils

from nsos_jax.devices import NoDevice, no_device
from nsos_jax.train.errors import RunFolderError, TrainingError, TrainingStopped

HEARTBEAT_SECONDS = 60
"""A process that was silent for so long counts as dead, and JAX ends all others."""
STOPPED, TRY_AGAIN = 130, 75
"""Exit statuses: a signal ended the training after a checkpoint; another process died. The same command goes on."""

_Answer = TypeVar("_Answer")
_MESSAGE_BYTES = 4096
_LINGER_SECONDS = 3.0
"""JAX ends everyone as soon as the first process is gone: so long it waits, for others to say why they leave."""
_FROM_OTHERS = re.compile("Gloo|NCCL|[Bb]arrier|coordination service|UNAVAILABLE|DEADLINE_EXCEEDED|ABORTED|CANCELLED")
"""In errors of collectives and of Orbax, of whatever type, when another process is gone."""


def connect(coordinator: str | None = None, processes: int | None = None, process: int | None = None) -> None:
    """Makes this process one of several, before JAX has looked for devices.

    Args:
      coordinator: HOST:PORT of the first process; without it, JAX asks Slurm, the TPU pod, Kubernetes or MPI.

    Raises:
      ValueError: the others cannot be found.
    """
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    try:
        jax.distributed.initialize(
            coordinator,
            processes,
            process,
            heartbeat_timeout_seconds=HEARTBEAT_SECONDS,
            shutdown_timeout_seconds=HEARTBEAT_SECONDS,
        )
        jax.devices()
    except (ValueError, RuntimeError) as error:
        raise ValueError(f"the processes cannot find each other: {error}") from error


def first_decides(decide: Callable[[], _Answer]) -> _Answer | None:
    """What `decide` returns, which is called in the first process only; None in all others.

    Raises:
      RunFolderError: `decide` raised it: in all processes, with the same message.
    """
    answer, refusal = None, ""
    if jax.process_index() == 0:
        try:
            answer = decide()
        except RunFolderError as error:
            refusal = str(error) or "the folder cannot be used"
    if refusal := from_first(refusal):
        raise RunFolderError(refusal)
    return answer


def from_first(text: str) -> str:
    """The text of the first process, in all; at most 4 kB of it."""
    if jax.process_count() == 1:
        return text
    told = np.zeros(_MESSAGE_BYTES, np.uint8)
    encoded = np.frombuffer(text.encode()[:_MESSAGE_BYTES], np.uint8)
    told[: len(encoded)] = encoded
    return bytes(multihost_utils.broadcast_one_to_all(told)).rstrip(b"\0").decode(errors="replace")


def all_must(fulfilled: bool, wanted: str) -> None:
    """`RunFolderError` in all processes unless `fulfilled` is true in each of them; `wanted` says what is wrong."""
    if jax.process_count() == 1:
        return
    everyone = multihost_utils.process_allgather(np.array(fulfilled))
    if not everyone.all():
        raise RunFolderError(f"process {', '.join(map(str, np.flatnonzero(~everyone)))} {wanted}")


@contextmanager
def stop_requests(start: int) -> Iterator[Callable[[int], bool]]:
    """Within it, SIGINT and SIGTERM only ask to stop: a function of the number of steps done tells when.

    Of several processes it is enough that one gets the signal: JAX tells the others, and all are told to stop after the
    same step, one that none of them has begun. A second signal acts at once.
    """
    if not jax.distributed.is_initialized():
        with _own_signals() as asked:
            yield lambda _: asked()
        return

    def ask(_: int, __: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        signal.raise_signal(signal.SIGTERM)  # which JAX listens to

    before = signal.signal(signal.SIGINT, ask)
    try:
        multihost_utils.reached_preemption_sync_point(start)
        yield multihost_utils.reached_preemption_sync_point
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def exit_statuses() -> Iterator[None]:
    """Around a training: an error becomes a message and an exit status, which tells whether to try again.

    One of several processes leaves at once, since an orderly end would wait for the others, who wait for this one.
    """
    try:
        yield
    except KeyboardInterrupt as stop:
        print(str(stop) or "interrupted, without a checkpoint of this moment", flush=True)
        _leave(STOPPED, at_once=not isinstance(stop, TrainingStopped))
    except Exception as error:
        _leave(_explain(no_device(error) or error), at_once=True)


def _explain(error: Exception) -> int:
    """Says what happened; the exit status."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    if jax.distributed.is_initialized() and _FROM_OTHERS.search(str(cause)):
        print(
            f"Error: process {jax.process_index()} of {jax.process_count()} lost another one "
            f"({str(cause).splitlines()[0][:300]}). What that one printed says why it ended. "
            "The same command in all processes goes on from the last checkpoint",
            file=sys.stderr,
        )
        return TRY_AGAIN
    if not isinstance(error, ValueError | TrainingError | NoDevice):
        traceback.print_exception(error)
    print(f"Error: {error}", file=sys.stderr)
    return 1


def _leave(status: int, *, at_once: bool) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    if at_once and jax.distributed.is_initialized():
        if jax.process_index() == 0:
            time.sleep(_LINGER_SECONDS)
        os._exit(status)
    sys.exit(status)


@contextmanager
def _own_signals() -> Iterator[Callable[[], bool]]:
    seen: list[int] = []

    def handle(number: int, _: FrameType | None) -> None:
        seen.append(number)
        signal.signal(number, old[signal.Signals(number)])

    numbers = (signal.SIGINT, signal.SIGTERM)
    try:
        old = {number: signal.signal(number, handle) for number in numbers}
    except ValueError:  # not the main thread
        yield lambda: False
        return
    try:
        yield lambda: bool(seen)
    finally:
        for number in numbers:
            signal.signal(number, old[number])
