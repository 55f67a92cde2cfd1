"""Workers that are processes of this machine, started anew so that each has its own JAX and its own cores."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from typing import Any

from nsos_jax.engines.workers import Answered, Died, Event, Work

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
STARTED = "started"
"""What a worker says first, its work loaded: from then on it reads its batch."""
_XLA = "--xla_cpu_multi_thread_eigen=false"


def available_cores() -> list[int]:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


@dataclass(frozen=True)
class _Process:
    process: Any
    pipe: Connection


class Processes:
    """Workers of this machine.

    Args:
      work: what they do.
      count: how many share the cores: each is bound to its part of them, and starts as many threads.
      threads: that each starts instead, bound to no cores, where other programs have a part of them.
    """

    def __init__(self, work: Work, count: int, threads: int | None = None) -> None:
        cores = available_cores()
        self._parts = [cores[part::count] or cores for part in range(count)] if threads is None else [cores] * count
        self._threads = threads
        self._context = multiprocessing.get_context("spawn")
        self._work = work
        self._running: dict[int, _Process] = {}
        self._places: dict[int, int] = {}
        self._sending: dict[int, threading.Thread] = {}
        self._began: set[int] = set()
        self._started = 0

    def start(self) -> int:
        number = self._started
        self._started += 1
        taken = list(self._places.values())
        place = min(range(len(self._parts)), key=taken.count)
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, self._work, self._parts[place]), daemon=True)
        with _environment(self._threads or len(self._parts[place])):
            process.start()
        theirs.close()
        self._running[number] = _Process(process, ours)
        self._places[number] = place
        return number

    def send(self, worker: int, items: Sequence[Any]) -> None:
        """By a thread: a pipe takes a large batch only as fast as the worker, which may still start, reads it."""
        sender = threading.Thread(target=_send, args=(self._running[worker].pipe, ForkingPickler.dumps(items)))
        sender.daemon = True
        self._sending[worker] = sender
        sender.start()

    def wait(self, seconds: float | None) -> list[Event]:
        pipes = {one.pipe: number for number, one in self._running.items()}
        while True:
            told = [self._event(pipes[pipe]) for pipe in wait(list(pipes), seconds)]  # type: ignore[index]
            events = [event for event in told if event is not None]
            if events or seconds is not None:
                return events

    def _event(self, worker: int) -> Event | None:
        """None if it only says that it has started."""
        one = self._running[worker]
        try:
            message = one.pipe.recv()
        except (EOFError, OSError):
            one.process.join()
            return Died(worker, _ended(one.process.exitcode), worker in self._began)
        if message == STARTED:
            self._began.add(worker)
            return None
        answers, problem = message
        return Died(worker, problem) if problem else Answered(worker, answers)

    def stop(self, worker: int) -> None:
        one = self._running.pop(worker)
        self._began.discard(worker)
        del self._places[worker]
        one.process.kill()
        one.process.join()
        if sender := self._sending.pop(worker, None):
            sender.join()  # at once, for nobody reads any more
        one.pipe.close()

    def close(self) -> None:
        for one in self._running.values():
            one.process.kill()
        for worker in list(self._running):
            self.stop(worker)


def _send(pipe: Connection, items: bytes) -> None:
    with contextlib.suppress(OSError):  # the worker is gone, which `wait` will tell
        pipe.send_bytes(items)


@contextlib.contextmanager
def _environment(threads: int) -> Iterator[None]:
    """While a process starts: how many threads its libraries may start, which they read when they are loaded."""
    wanted = dict.fromkeys(_THREADS, str(threads))
    flags = os.environ.get("XLA_FLAGS", "")
    if threads == 1 and _XLA not in flags:
        wanted["XLA_FLAGS"] = f"{flags} {_XLA}".strip()
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ.update({} if value is None else {name: value})


def _ended(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        hint = ", which is what Linux does when memory is exhausted" if name == "SIGKILL" else ""
        return f"the process that worked on it was ended by {name}{hint}"
    return f"the process that worked on it ended with the status {code}"


def _serve(pipe: Connection, work: Work, cores: Sequence[int]) -> None:
    """The life of a worker: batches in, answers out, until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted, and ends this process
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)
    with contextlib.suppress(OSError):
        pipe.send(STARTED)
    while True:
        try:
            items = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            message: tuple[Sequence[Any], str] = work(items), ""
        except Exception as error:
            message = (), f"{type(error).__name__}: {error}"
        try:
            pipe.send(message)
        except OSError:
            return


def _end_with_parent() -> None:
    """At once, whatever this process does, however its parent ends: nobody waits for the answer."""
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)
