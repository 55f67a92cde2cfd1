"""Checkpoints of a train state: written in the background by Orbax, renamed when complete, the newest ones kept."""

import logging
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import orbax.checkpoint as ocp

from nsos_jax.train.config import Checkpoints
from nsos_jax.train.run_folder import RunFolderError, check_space


def state_bytes(abstract_state: Any) -> int:
    """Size of one checkpoint, but for Orbax's own metadata."""
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(abstract_state))


class CheckpointFolder:
    """The checkpoints in one folder, by the number of steps done.

    With `reads_only`, half-written ones of a training that goes on meanwhile are left alone.
    """

    def __init__(self, folder: Path, options: Checkpoints, *, reads_only: bool = False) -> None:
        logging.getLogger("absl").setLevel(logging.ERROR)
        self.folder = folder.absolute()
        self._manager = ocp.CheckpointManager(
            self.folder,
            options=ocp.CheckpointManagerOptions(
                max_to_keep=options.keep, cleanup_tmp_directories=not reads_only, read_only=reads_only
            ),
        )

    def latest(self) -> int | None:
        """Steps done at the newest complete checkpoint."""
        return self._manager.latest_step()

    def restore(self, abstract_state: Any) -> Any:
        """The newest state, placed as `abstract_state` says.

        Raises:
          RunFolderError: the files are damaged or belong to a state of another form.
        """
        step = self.latest()
        try:
            return self._manager.restore(step, args=ocp.args.StandardRestore(abstract_state))
        except Exception as error:  # Orbax, TensorStore and JSON raise many types for damaged files
            others = [str(other) for other in self._manager.all_steps() if other != step]
            last = f"from step {others[-1]}" if others else "from the start"
            reason = str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
            raise RunFolderError(
                f"the checkpoint {self.folder / str(step)} cannot be read ({reason}). "
                f"Remove that folder to go on {last}"
            ) from error

    def save(self, step: int, state: Any) -> None:
        """Starts to write a checkpoint; returns as soon as the state may be changed.

        Raises:
          RunFolderError: the disk is full, or the last checkpoint could not be written.
        """
        check_space(self.folder, state_bytes(state))
        # a copy, since on CPU Orbax would read the very buffers that the next step is allowed to overwrite
        self._guard(step, lambda: self._manager.save(step, args=ocp.args.StandardSave(jax.tree.map(jnp.copy, state))))

    def wait(self) -> None:
        """Until everything is on disk; `RunFolderError` if that failed."""
        self._guard(None, self._manager.wait_until_finished)

    def close(self) -> None:
        """Ends the background threads."""
        self._manager.close()

    def _guard(self, step: int | None, action: Any) -> None:
        try:
            action()
        except Exception as error:  # from a thread of Orbax, of any type
            name = "a checkpoint" if step is None else f"the checkpoint of step {step}"
            raise RunFolderError(f"{name} could not be written to {self.folder}: {error}") from error
