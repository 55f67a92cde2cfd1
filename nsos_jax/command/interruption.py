"""Ctrl-C at a safe place. Raised within callbacks of JAX, `KeyboardInterrupt` is dropped or crashes the process."""

import itertools
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SECONDS_TO_RETRY = 0.02
MOST_RETRIES = 150
SECONDS_TO_REPEAT = 0.5


@contextmanager
def safe_interruption() -> Iterator[None]:
    """Within it, an interruption waits until code of this package runs, but not for long, and is repeated until heard.

    Changes nothing where something else handles SIGINT, and where there are no timers.
    """
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler and hasattr(signal, "setitimer")
    if not ours or threading.current_thread() is not threading.main_thread():
        yield
        return
    tries = itertools.count()

    def interrupt(number: int, frame: FrameType | None) -> None:
        is_safe = (frame is not None and _is_ours(frame)) or next(tries) >= MOST_RETRIES
        signal.setitimer(signal.ITIMER_REAL, SECONDS_TO_REPEAT if is_safe else SECONDS_TO_RETRY)
        if is_safe:
            raise KeyboardInterrupt

    handlers = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGALRM)}
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _is_ours(frame: FrameType) -> bool:
    """Whether code of this package runs, from a file: what is made from text runs within imports and decorators."""
    return frame.f_globals.get("__name__", "").startswith("nsos_jax.") and frame.f_code.co_filename[:1] != "<"
