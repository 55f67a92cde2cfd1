"""Scalars as a TensorBoard file, written at once: the thread of tensorboardX's own writer ends where a disk is full,
and whoever waits for it waits forever."""

import time
from pathlib import Path


class TensorBoard:
    """One file of scalars in a folder.

    Raises:
      ImportError: tensorboardX is not installed.
      OSError: the file cannot be written; every method may raise it.
    """

    def __init__(self, folder: Path, start: int) -> None:
        from tensorboardX.event_file_writer import EventsWriter
        from tensorboardX.proto.event_pb2 import Event, SessionLog
        from tensorboardX.summary import scalar

        folder.mkdir(parents=True, exist_ok=True)
        self._event, self._scalar = Event, scalar
        self._file = EventsWriter(str(folder / "events"))
        # so that TensorBoard drops what an interrupted run has written of later steps
        self._write(step=start + 1, session_log=SessionLog(status=SessionLog.START))

    def add(self, step: int, numbers: dict[str, float]) -> None:
        """The numbers of a step, by their names."""
        for name, number in numbers.items():
            self._write(step=step, summary=self._scalar(name, number))
        self._file.flush()

    def close(self) -> None:
        """Ends the file."""
        self._file.close()

    def _write(self, **content: object) -> None:
        self._file.write_event(self._event(wall_time=time.time(), **content))
