"""Workers that are actors of Ray, on one machine or a cluster. Ray comes with the extra `ray`."""

import logging
import signal
import threading
from collections.abc import Sequence
from typing import Any

from nsos_jax.engines.workers import Answered, Died, Event, Work


class RayWorkers:
    """Actors that keep their compiled programs from batch to batch.

    Args:
      work: what they do; nsos must be installed where they run.
      address: of a cluster ("auto" for the one that this machine belongs to); None starts Ray on this machine, or takes
        the one that this process has started.
      cores: for each worker.
      gpus: for each worker.

    Raises:
      ImportError: Ray is missing; says how it is installed.
      ConnectionError: there is no cluster at this address, or Ray does not start here.
    """

    def __init__(self, work: Work, address: str | None = None, cores: float = 1, gpus: float = 0) -> None:
        try:
            import ray
        except ImportError as error:
            raise ImportError("the engine ray needs Ray: pip install 'nsos-jax[ray]'") from error
        self._ray = ray
        self._ours = not ray.is_initialized()
        if self._ours:
            local: dict[str, Any] = {"include_dashboard": False} if address is None else {}
            self._on_termination = signal.getsignal(signal.SIGTERM)  # which Ray replaces, and does not give back
            try:
                ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **local)
            except ConnectionError:
                raise
            except Exception as error:  # nothing more special where its processes do not start in time
                raise ConnectionError(f"Ray does not start: {error}") from error
        threads = {"OMP_NUM_THREADS": str(max(1, int(cores)))}
        options = {"num_cpus": cores, "num_gpus": gpus, "max_restarts": 0, "runtime_env": {"env_vars": threads}}
        self._make = ray.remote(_Actor).options(**options).remote
        self._work = ray.put(work)
        self._actors: dict[int, Any] = {}
        self._running: dict[Any, int] = {}
        self._started = 0

    def start(self) -> int:
        number = self._started
        self._started += 1
        self._actors[number] = self._make(self._work)
        return number

    def send(self, worker: int, items: Sequence[Any]) -> None:
        self._running[self._actors[worker].do.remote(items)] = worker

    def wait(self, seconds: float | None) -> list[Event]:
        first, others = self._ray.wait(list(self._running), num_returns=1, timeout=seconds)
        more = self._ray.wait(others, num_returns=len(others), timeout=0)[0] if first and others else []
        return [self._event(answer) for answer in [*first, *more]]

    def _event(self, answer: Any) -> Event:
        worker = self._running.pop(answer)
        try:
            answers, problem = self._ray.get(answer)
        except self._ray.exceptions.RayError as error:
            told = str(error).strip().splitlines()
            return Died(worker, f"the worker died: {told[0] if told else type(error).__name__}")
        return Died(worker, problem) if problem else Answered(worker, answers)

    def stop(self, worker: int) -> None:
        self._ray.kill(self._actors.pop(worker))
        self._running = {answer: one for answer, one in self._running.items() if one != worker}

    def close(self) -> None:
        for worker in list(self._actors):
            self.stop(worker)
        if self._ours:
            self._ray.shutdown()
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGTERM, self._on_termination)


class _Actor:
    def __init__(self, work: Work) -> None:
        self._work = work

    def do(self, items: Sequence[Any]) -> tuple[Sequence[Any], str]:
        try:
            return self._work(items), ""
        except Exception as error:
            return (), f"{type(error).__name__}: {error}"
