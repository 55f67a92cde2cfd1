"""Where the parts of an output folder are: on this machine, or where fsspec reaches. A part appears whole."""

import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Any, Protocol

from nsos_jax.command.output import OutputRefused, RecordFile
from nsos_jax.tables import file_system, is_elsewhere, parts

_LOCK = ".lock"


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

    def unlock(self) -> None:
        self._lock.__exit__(None, None, None)
        self.remove(_LOCK)

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
    behind. A store that cannot make a file exclusively shows it a moment late: runs that start together are not kept
    apart there.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._system: Any = None

    def lock(self) -> None:
        try:
            self._system, self._root = file_system(self._url)
            self._system.makedirs(self._root, exist_ok=True)
            self._make_lock()
        except FileExistsError:
            raise OutputRefused(
                f"another run is writing it; if that has died, remove {self._url}/{_LOCK} before you go on"
            ) from None
        except OSError as error:
            raise OutputRefused(f"cannot be written: {error.strerror or error}") from None
        self._copies = tempfile.mkdtemp(prefix="nsos-")

    def _make_lock(self) -> None:
        path, text = f"{self._root}/{_LOCK}", f"{socket.gethostname()} {os.getpid()}\n".encode()
        self._system.invalidate_cache()
        if self._system.exists(path):
            raise FileExistsError(path)
        try:
            with self._system.open(path, "xb") as file:
                file.write(text)
        except (ValueError, NotImplementedError):  # a store that cannot make a file exclusively
            self._system.pipe_file(path, text)

    def unlock(self) -> None:
        self.remove(_LOCK)
        shutil.rmtree(self._copies, ignore_errors=True)

    def names(self) -> list[str]:
        return [part.rpartition("/")[2] for part in parts(self._url)]

    def fetch(self, name: str) -> str:
        copy = Path(self._copies, name)
        if not copy.exists() and self._system.exists(f"{self._root}/{name}"):
            self._system.get_file(f"{self._root}/{name}", str(copy))
        return str(copy)

    def store(self, name: str) -> None:
        self._system.put_file(str(Path(self._copies, name)), f"{self._root}/{name}")

    def release(self, name: str) -> None:
        Path(self._copies, name).unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        if self._system.exists(f"{self._root}/{name}"):
            self._system.rm_file(f"{self._root}/{name}")

    def write(self, name: str, text: str) -> None:
        self._system.pipe_file(f"{self._root}/{name}", text.encode())
