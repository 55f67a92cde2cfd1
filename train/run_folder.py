"""The folder of a run: who may use it, whether it can hold the run, and whether it holds this run."""

import fcntl
import json
import os
import secrets
import shutil
import time
from pathlib import Path
from typing import IO, Any

from nsos_jax.train.config import FREE_TO_CHANGE, TrainConfig
from nsos_jax.train.errors import RunFolderError
from nsos_jax.train.overrides import as_tree, differences

CONFIG_FILE, LOCK_FILE = "config.json", "lock"
_FREE = tuple(f"{name}." for name in FREE_TO_CHANGE)
_SPARE_BYTES = 50_000_000
"""For metrics and other small files."""


def open_run_folder(folder: Path, config: TrainConfig, state_bytes: int) -> IO[str]:
    """Checks the folder before any work is done, and makes it if there is none; `write_config` makes it that of a run.

    Args:
      state_bytes: size of one checkpoint.

    Returns:
      the lock on the folder, which ends when it is closed or the process ends.

    Raises:
      RunFolderError: the folder cannot be written, is too small, is in use, or holds another run.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK_FILE).open("a", encoding="utf-8")
    except OSError as error:
        raise RunFolderError(f"the run folder {folder} cannot be written: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise RunFolderError(f"the run folder {folder} is in use by another process") from None
    try:
        check_space(folder, state_bytes * (config.checkpoints.keep + 1))
        check_same_run(folder, config)
        lock.truncate(0)
        lock.write(secrets.token_hex(8))
        lock.flush()
    except BaseException:
        lock.close()
        raise
    return lock


def lock_token(folder: Path) -> str:
    """What tells this run of the folder from all others; empty if nobody has opened the folder."""
    try:
        return (folder / LOCK_FILE).read_text("utf-8")
    except OSError:
        return ""


def sees_token(folder: Path, token: str, seconds: float = 30.0) -> bool:
    """Whether the token of the run is, or within so many seconds comes to be, in this folder, as file systems of
    networks show what another machine has written with a delay."""
    give_up = time.monotonic() + seconds
    while lock_token(folder) != token:
        if time.monotonic() > give_up:
            return False
        time.sleep(0.2)
    return True


def check_space(folder: Path, needed: int) -> None:
    """`RunFolderError` unless the disk has room for so many bytes and some spare ones."""
    free = shutil.disk_usage(folder).free
    if free < needed + _SPARE_BYTES:
        megabytes = (needed + _SPARE_BYTES) / 1e6
        raise RunFolderError(
            f"the disk of {folder} has {free / 1e6:.0f} MB left, the checkpoints need {megabytes:.0f} MB: make room, "
            "take another --dir, or lower checkpoints.keep"
        )


def check_same_run(folder: Path, config: TrainConfig) -> None:
    """`RunFolderError` if the folder is that of a run with another configuration."""
    path = folder / CONFIG_FILE
    if not path.exists():
        return
    try:
        old: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except ValueError:
        raise RunFolderError(f"{path} is not readable as JSON: take another --dir, or mend the file") from None
    changed = differences(old, as_tree(config))
    found = [line for line in changed if not f"{line.split(':')[0]}.".startswith(_FREE)]
    if found:
        raise RunFolderError(
            f"the run in {folder} was started with another configuration; take another --dir, or undo:\n  "
            + "\n  ".join(found[:20])
        )


def write_config(folder: Path, config: TrainConfig) -> None:
    """Makes the folder that of this run; `RunFolderError` if that fails."""
    replace_text(folder / CONFIG_FILE, json.dumps(as_tree(config), indent=1) + "\n")


def replace_text(path: Path, text: str) -> None:
    """Writes a file whole or not at all; `RunFolderError` if that fails."""
    new = path.with_suffix(".new")
    try:
        new.write_text(text, "utf-8")
        os.replace(new, path)
    except OSError as error:
        raise RunFolderError(f"the run folder {path.parent} cannot be written: {error.strerror}") from None
