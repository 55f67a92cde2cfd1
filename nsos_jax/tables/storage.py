"""Files of this machine, and those elsewhere that fsspec reaches by their URLs: `s3://`, `gs://`, `https://`, `memory://`.

fsspec comes with the extra `data`; what reaches a store, such as s3fs, is a package of its own. Whatever is missing or
goes wrong is an OSError that says so.
"""

import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import IO, Any, cast

PART = "part-*.jsonl"
"""The record files of a folder of results."""
_BUFFER = 2**20
"""Bytes that are read at once."""
_URL = re.compile(r"[a-z][a-z0-9+.-]*://")


def is_elsewhere(path: str) -> bool:
    """Whether it is a URL."""
    return bool(_URL.match(path))


@contextmanager
def opened(path: str, **text: Any) -> Iterator[IO[Any]]:
    """A file to read, here or elsewhere: as bytes, or as text where `text` has what `open` wants for it."""
    if not is_elsewhere(path):
        with open(path, "r" if text else "rb", **text) as file:
            yield file
        return
    with reached(path):
        remote = _Remote(_fsspec().open(path, "rb").open(), path)
    with io.BufferedReader(remote, _BUFFER) as buffered:
        yield io.TextIOWrapper(buffered, **text) if text else buffered


class _Remote(io.RawIOBase):
    """A file of fsspec to read; what its store raises meanwhile is an OSError."""

    def __init__(self, file: Any, url: str) -> None:
        self._file, self._url = file, url

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._file.seekable()

    def readinto(self, buffer: Any) -> int:
        with reached(self._url):
            found = self._file.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        with reached(self._url):
            return cast(int, self._file.seek(offset, whence))

    def tell(self) -> int:
        return cast(int, self._file.tell())

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def file_system(url: str) -> tuple[Any, str]:
    """The file system of fsspec that reaches a URL, and its path there."""
    with reached(url):
        return _fsspec().core.url_to_fs(url)


def is_folder(path: str) -> bool:
    """Whether there is such a folder."""
    if not is_elsewhere(path):
        return os.path.isdir(path)
    system, place = file_system(path)
    with reached(path):
        return system.isdir(place)


def exists(path: str) -> bool:
    """Whether there is such a file or folder."""
    if not is_elsewhere(path):
        return os.path.exists(path)
    system, place = file_system(path)
    with reached(path):
        return system.exists(place)


def matching(url: str) -> list[str]:
    """The URLs that a URL with * stands for, in order; it alone where it has none."""
    if "*" not in url:
        return [url]
    system, place = file_system(url)
    with reached(url):
        return sorted(map(system.unstrip_protocol, system.glob(place)))


def parts(folder: str | Path) -> list[str]:
    """The record files of a folder of results, in order."""
    if not is_elsewhere(str(folder)):
        return sorted(map(str, Path(folder).glob(PART)))
    system, place = file_system(str(folder))
    with reached(str(folder)):
        system.invalidate_cache()
        found = system.ls(place, detail=False) if system.isdir(place) else []
    return sorted(system.unstrip_protocol(name) for name in found if fnmatch(name.rpartition("/")[2], PART))


@contextmanager
def reached(url: str) -> Iterator[None]:
    """Within it, whatever a store raises is an OSError that says so."""
    try:
        yield
    except OSError:
        raise
    except ImportError as error:
        raise OSError(f"{url.partition('://')[0]}:// cannot be reached: {error}") from None
    except Exception as error:
        raise OSError(f"cannot be reached: {type(error).__name__}: {error}") from error


def _fsspec() -> Any:
    try:
        import fsspec
    except ImportError:
        raise ImportError("it needs the package fsspec: pip install 'nsos-jax[data]'") from None
    return fsspec
