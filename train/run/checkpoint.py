"""Checkpoints of a train state: written in the background by Orbax, renamed when complete, the newest ones kept."""

import logging
import re
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import jax
import jax.numpy as jnp
import orbax.checkpoint as ocp

from nsos_jax.train.config import Checkpoints
from nsos_jax.train.errors import RunFolderError, TrainingStopped

ATTEMPTS, SECONDS_BETWEEN = 5, 0.5
"""Of making a new manager after a failure."""


def state_bytes(abstract_state: Any) -> int:
    """Size of one checkpoint, but for Orbax's own metadata."""
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(abstract_state))


class CheckpointFolder:
    """The checkpoints in one folder, by the number of steps done.

    With `reads_only`, half-written ones of a training that goes on meanwhile are left alone.
    """

    def __init__(self, folder: Path, options: Checkpoints, *, reads_only: bool = False) -> None:
        logging.getLogger("absl").setLevel(logging.CRITICAL)  # what Orbax tells of errors, it also raises
        self.folder = folder.absolute()
        self._options = ocp.CheckpointManagerOptions(
            max_to_keep=options.keep,
            cleanup_tmp_directories=not reads_only,
            read_only=reads_only,
            async_options=ocp.AsyncOptions(barrier_sync_fn=_barrier) if jax.process_count() > 1 else None,
        )
        self._manager = ocp.CheckpointManager(self.folder, options=self._options)
        self._writing = 0
        """Step of the checkpoint that may still be on its way."""

    def latest(self) -> int | None:
        """Steps done at the newest complete checkpoint."""
        return self._manager.latest_step()

    def restore(self, abstract_state: Any, step: int) -> Any:
        """The state after so many steps, placed as `abstract_state` says, wherever its parts were when it was saved.

        Raises:
          RunFolderError: the files are damaged or belong to a state of another form.
        """
        try:
            return self._manager.restore(step, args=ocp.args.StandardRestore(abstract_state))
        except Exception as error:  # Orbax, TensorStore and JSON raise many types for damaged files
            others = [str(other) for other in self._manager.all_steps() if other != step]
            last = f"from step {others[-1]}" if others else "from the start"
            raise RunFolderError(
                f"the checkpoint {self.folder / str(step)} cannot be read ({_reason(error)}). "
                f"Remove that folder to go on {last}"
            ) from error

    def save(self, step: int, state: Any) -> None:
        """Starts to write a checkpoint; returns as soon as the state may be changed.

        Raises:
          RunFolderError: it could not be written, or the one before it, which says nothing about this one; but then
            it was not begun where there are several processes, for the others wait for the one before.
        """
        earlier = None
        try:
            self.wait()
        except RunFolderError as error:
            if jax.process_count() > 1:
                raise
            earlier = error
        if jax.default_backend() == "cpu":
            # else Orbax would read, in the background, the very buffers that the next step is allowed to overwrite
            state = jax.tree.map(jnp.copy, state)
        self._writing = step
        self._guard(lambda: self._manager.save(step, args=ocp.args.StandardSave(state)))
        if earlier is not None:
            raise earlier

    def wait(self) -> None:
        """Until everything is on disk; `RunFolderError` if that failed."""
        self._guard(self._manager.wait_until_finished)

    def close(self) -> None:
        """Waits for what is written, and ends the background threads."""
        self._manager.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Closes, but not where one of several processes fails: it would wait for the others."""
        if kind is None or issubclass(kind, TrainingStopped) or jax.process_count() == 1:
            self.close()

    def _guard(self, action: Callable[[], object]) -> None:
        try:
            action()
        except Exception as error:  # from a thread of Orbax, of any type
            if jax.process_count() == 1:
                with suppress(Exception):
                    self._manager.close()
                self._manager = self._new_manager()
            raise RunFolderError(
                f"the checkpoint of step {self._writing} could not be written to {self.folder}: {_reason(error)}"
            ) from error

    def _new_manager(self) -> ocp.CheckpointManager:
        """One that removes what was begun, and counts what there is.

        Threads of the manager before may still write into what it removes, which then is not empty: it tries again.
        """
        for _ in range(ATTEMPTS - 1):
            try:
                return ocp.CheckpointManager(self.folder, options=self._options)
            except OSError:
                time.sleep(SECONDS_BETWEEN)
        return ocp.CheckpointManager(self.folder, options=self._options)


def _barrier(*, key: str, timeout_ms: int) -> None:
    """Where the processes wait for each other: but one that is here because it failed tells that at once, for Orbax
    would have it wait until the time is out, twenty minutes, for others that wait for it elsewhere."""
    failure = sys.exc_info()[1]
    if failure is not None:
        raise failure
    ocp.multihost.get_barrier_sync_fn()(key=key, timeout_ms=timeout_ms)


def _reason(error: Exception, longest: int = 300) -> str:
    """The first line of an error, without the specifications that TensorStore appends, its middle left out if it is
    long: what the system said comes last."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    text = re.sub(r" \[(tensorstore_spec|source locations)=.*", "", lines[0])
    return text if len(text) <= longest else f"{text[: longest // 3]} ... {text[-2 * longest // 3 :]}"
