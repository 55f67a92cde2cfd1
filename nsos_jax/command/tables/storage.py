"""Files of this machine, and those elsewhere that fsspec reaches by their URLs: `s3://`, `gs://`, `https://`, `memory://`.

fsspec comes with the extra `data`; what reaches a store, such as s3fs, is a package of its own. Whatever is missing or
goes wrong is an OSError that says so.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import IO, Any

PART = "part-*.jsonl"
"""The record files of a folder of results."""
_URL = re.compile(r"[a-z][a-z0-9+.-]*://")


def is_elsewhere(path: str) -> bool:
    """Whether it is a URL."""
    return bool(_URL.match(path))


@contextmanager
def opened(path: str, mode: str = "rb", **text: Any) -> Iterator[IO[Any]]:
    """A file, here or elsewhere; `text` are the encoding and newlines of `open`."""
    if not is_elsewhere(path):
        with open(path, mode, **text) as file:
            yield file
        return
    with _reached(path):
        reached = _fsspec().open(path, mode, **text).open()
    with reached:
        yield reached


def file_system(url: str) -> tuple[Any, str]:
    """The file system of fsspec that reaches a URL, and its path there."""
    with _reached(url):
        return _fsspec().core.url_to_fs(url)


def is_folder(path: str) -> bool:
    """Whether there is such a folder."""
    if not is_elsewhere(path):
        return os.path.isdir(path)
    system, place = file_system(path)
    with _reached(path):
        return system.isdir(place)


def exists(path: str) -> bool:
    """Whether there is such a file or folder."""
    if not is_elsewhere(path):
        return os.path.exists(path)
    system, place = file_system(path)
    with _reached(path):
        return system.exists(place)


def matching(url: str) -> list[str]:
    """The URLs that a URL with * stands for, in order; it alone where it has none."""
    if "*" not in url:
        return [url]
    system, place = file_system(url)
    with _reached(url):
        return sorted(map(system.unstrip_protocol, system.glob(place)))


def parts(folder: str | Path) -> list[str]:
    """The record files of a folder of results, in order."""
    if not is_elsewhere(str(folder)):
        return sorted(map(str, Path(folder).glob(PART)))
    system, place = file_system(str(folder))
    with _reached(str(folder)):
        system.invalidate_cache()
        found = system.ls(place, detail=False) if system.isdir(place) else []
    return sorted(system.unstrip_protocol(name) for name in found if fnmatch(name.rpartition("/")[2], PART))


@contextmanager
def _reached(url: str) -> Iterator[None]:
    """Whatever a store raises, as an OSError."""
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
