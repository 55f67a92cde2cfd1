"""Ctrl-C is answered at once, stops the work within seconds at a safe place, and a second one ends the process at once.

Python runs the handler of a signal only between its own instructions, and `KeyboardInterrupt` is dropped or crashes the
process when it is raised within callbacks of JAX. So the first interruption is

1. announced by a thread, which hears of it although the main thread is within a long call of JAX or LAPACK;
2. raised in the main thread when code of this package runs there, and again where it was dropped;
3. else, after `SECONDS_TO_STOP`, followed by the end of the process.

A call that keeps Python's lock, as python-flint's do, holds up all three. The second interruption ends the process, and
where the C library lets it, it needs no Python for that: the first one restores what the system does by default.
"""

import ctypes
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

SECONDS_TO_STOP = 1.5
SECONDS_TO_RETRY = 0.02
SECONDS_TO_REPEAT = 0.5
INTERRUPTED = 130
_CLOSE = 0
_WAITING = ("selectors", "multiprocessing.connection", "ray.")
"""Modules that wait for other processes: if code of this package has called them, an interruption may be raised."""
_SHOW_CURSOR = "\x1b[?25h"


@contextmanager
def prompt_interruption(stopped: Callable[[], str], hide: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Within it, an interruption is announced, raised as `KeyboardInterrupt` where that is safe, and not held up long.

    Changes nothing where something else handles SIGINT, and where there are no timers.

    Args:
      stopped: says what is finished, for the case that the process ends here.
      hide: takes off the terminal what would stand in the way of the announcement.
    """
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler and hasattr(signal, "setitimer")
    if not ours or threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        is_safe = _is_ours(frame)
        signal.setitimer(signal.ITIMER_REAL, SECONDS_TO_REPEAT if is_safe else SECONDS_TO_RETRY)
        if is_safe:
            raise KeyboardInterrupt

    handlers = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGALRM)}
    _restore_default_after_first(signal.SIGINT)
    watch = _Watch(stopped, hide)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        watch.close()
        for number, handler in handlers.items():
            signal.signal(number, handler)


class _Watch:
    """A thread that hears of the interruption from the system, whatever the main thread does."""

    def __init__(self, stopped: Callable[[], str], hide: Callable[[], None]) -> None:
        self._stopped, self._hide = stopped, hide
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._writing, False)
        self._previous = signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Lets the main thread go on, whether or not it was interrupted."""
        signal.set_wakeup_fd(self._previous)
        os.write(self._writing, bytes([_CLOSE]))
        self._thread.join()
        os.close(self._reading)
        os.close(self._writing)

    def _run(self) -> None:
        if self._hear() == _CLOSE:
            return
        self._hide()
        _say("stopping; Ctrl-C again ends it at once")
        if self._hear(SECONDS_TO_STOP) != _CLOSE:
            _say(f"interrupted: {self._stopped()}")
            os._exit(INTERRUPTED)

    def _hear(self, seconds: float = threading.TIMEOUT_MAX) -> int | None:
        """The next SIGINT, or _CLOSE; None when the time is over."""
        end = time.monotonic() + seconds
        while select.select([self._reading], [], [], max(end - time.monotonic(), 0.0))[0]:
            [number] = os.read(self._reading, 1)
            if number in (signal.SIGINT, _CLOSE):
                return number
        return None


def _say(text: str) -> None:
    """A line on stderr; on a terminal it takes the place of the bar, which had hidden the cursor."""
    with suppress(OSError, ValueError):  # nobody reads it
        if sys.stderr.isatty():
            text = f"\r\x1b[K{_SHOW_CURSOR}{text}"
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def _restore_default_after_first(number: int) -> None:
    """Makes the handler of a signal serve once, in the way of System V, where the C library offers that."""
    try:
        library = ctypes.CDLL(None)
        library.signal.restype = ctypes.c_void_p
        current = library.signal(number, None)  # to learn where Python's own handler is
        library.sysv_signal(number, ctypes.c_void_p(current))
    except (AttributeError, OSError, TypeError):
        signal.signal(number, signal.getsignal(number))  # a second interruption is like the first


def _is_ours(frame: FrameType | None) -> bool:
    """Whether code of this package runs, or waits for other processes: from a file, for what is made from text runs
    within imports and decorators."""
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_WAITING):
        frame = frame.f_back
    if frame is None:
        return False
    return frame.f_globals.get("__name__", "").startswith("nsos_jax.") and frame.f_code.co_filename[:1] != "<"
