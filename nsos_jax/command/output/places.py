"""Where the parts of an output folder are: on this machine, or where fsspec reaches. A part appears whole."""

import os
import shutil
import socket
import tempfile
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from nsos_jax.command.output.record_file import OutputRefused, RecordFile
from nsos_jax.tables import file_system, is_elsewhere, parts, reached

_LOCK = ".lock"
SECONDS_TO_SETTLE = 2.0
"""Until a store shows which of two runs that started together wrote its lock last."""


class Place(Protocol):
    """A folder for one run at a time; files are known by their names."""

    def lock(self) -> None:
        """Makes the folder, and refuses it with `OutputRefused` where another run is writing it."""

    def unlock(self) -> None:
        """Lets others in."""

    def names(self) -> list[str]:
        """Of the parts, in order."""

    def fetch(self, name: str) -> str:
        """The path on this machine under which a part is read and written."""

    def store(self, name: str) -> None:
        """What was written of a part is kept from now on."""

    def release(self, name: str) -> None:
        """Nothing more is written to a part."""

    def remove(self, name: str) -> None:
        """Drops a file, if there is one."""

    def write(self, name: str, text: str) -> None:
        """Writes a small file; it appears whole."""


def place_of(path: str) -> Place:
    """The place that a path means."""
    return Elsewhere(path) if is_elsewhere(path) else Here(path)


class Here:
    """A folder of this machine."""

    def __init__(self, path: str) -> None:
        self._folder = Path(path)

    def lock(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputRefused(f"cannot be made: {error.strerror or error}") from None
        self._lock = RecordFile(self.fetch(_LOCK), overwrite=True)
        while not self._lock.is_in_place():  # the run before removed it as it ended
            self._lock.close()
            self._lock = RecordFile(self.fetch(_LOCK), overwrite=True)

    def unlock(self) -> None:
        with suppress(PermissionError):  # of systems that remove no open file
            self.remove(_LOCK)  # before it is closed: what another run locks afterwards is a file that stays
        self._lock.close()

    def names(self) -> list[str]:
        return [os.path.basename(part) for part in parts(self._folder)]

    def fetch(self, name: str) -> str:
        return str(self._folder / name)

    def store(self, name: str) -> None:
        pass

    def release(self, name: str) -> None:
        pass

    def remove(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)

    def write(self, name: str, text: str) -> None:
        unfinished = self._folder / f".{name}"
        unfinished.write_text(text)
        unfinished.replace(self._folder / name)


class Elsewhere:
    """A folder that fsspec reaches: parts are written here and copied there as a whole.

    The file `.lock` keeps other runs out; what ends without Python's help, such as a machine that is lost, leaves it
    behind. It is made exclusively where the store can do that. Where it cannot, each run writes its own name there,
    and looks `SECONDS_TO_SETTLE` later whose name it is: two that start together are both let in only if one of them
    takes longer than that between looking for a lock and having made its own.

    Whatever the store raises is an OSError.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._system: Any = None
        self._name = f"{socket.gethostname()} {os.getpid()} {uuid.uuid4()}\n".encode()

    def lock(self) -> None:
        try:
            self._system, self._root = file_system(self._url)
            with reached(self._url):
                self._system.makedirs(self._root, exist_ok=True)
                self._make_lock()
            self._copies = tempfile.mkdtemp(prefix="nsos-")
        except BaseException as error:
            if self._system is not None:
                with suppress(OSError):
                    self._remove_lock()
            if isinstance(error, FileExistsError):
                raise OutputRefused(
                    f"another run is writing it; if that has died, remove {self._url}/{_LOCK} before you go on"
                ) from None
            if isinstance(error, OSError):
                raise OutputRefused(f"cannot be written: {error.strerror or error}") from None
            raise

    def _make_lock(self) -> None:
        path = self._path(_LOCK)
        self._system.invalidate_cache()
        if self._system.exists(path):
            raise FileExistsError(path)
        try:
            with self._system.open(path, "xb") as file:
                file.write(self._name)
        except (ValueError, NotImplementedError):  # a store that cannot make a file exclusively
            self._system.pipe_file(path, self._name)
        time.sleep(SECONDS_TO_SETTLE)
        if not self._is_ours():
            raise FileExistsError(path)

    def _is_ours(self) -> bool:
        """Whether the lock is that of this run."""
        self._system.invalidate_cache()
        try:
            return self._system.cat_file(self._path(_LOCK)) == self._name
        except FileNotFoundError:
            return False

    def _remove_lock(self) -> None:
        with reached(self._url):
            if self._is_ours():
                self._system.rm_file(self._path(_LOCK))

    def unlock(self) -> None:
        shutil.rmtree(self._copies, ignore_errors=True)
        self._remove_lock()

    def names(self) -> list[str]:
        return [part.rpartition("/")[2] for part in parts(self._url)]

    def fetch(self, name: str) -> str:
        copy = Path(self._copies, name)
        with reached(self._url):
            if not copy.exists() and self._system.exists(self._path(name)):
                self._system.get_file(self._path(name), str(copy))
        return str(copy)

    def store(self, name: str) -> None:
        with reached(self._url):
            self._system.put_file(str(Path(self._copies, name)), self._path(name))

    def release(self, name: str) -> None:
        Path(self._copies, name).unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        with reached(self._url):
            if self._system.exists(self._path(name)):
                self._system.rm_file(self._path(name))

    def write(self, name: str, text: str) -> None:
        with reached(self._url):
            self._system.pipe_file(self._path(name), text.encode())

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"
