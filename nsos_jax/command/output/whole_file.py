"""Files that are written whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def written_whole(target: str) -> Iterator[str]:
    """A path beside the target, of the same ending, that takes its place once all is written; else the target stays.

    Raises:
      OSError: with the target as `filename`.
    """
    path = Path(target)
    unfinished = path.with_name(f".{path.stem}.unfinished{path.suffix}")
    try:
        yield str(unfinished)
        unfinished.replace(path)
    except OSError as error:
        error.filename = target
        raise
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
