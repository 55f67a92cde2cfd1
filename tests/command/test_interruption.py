"""Interruptions are raised late rather than in foreign code, again where they were dropped, and the handlers return."""

import signal
import time

import pytest

from nsos_jax.command import interruption
from nsos_jax.command.interruption import safe_interruption

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer")

INTERRUPT = "import signal; signal.raise_signal(signal.SIGINT)"
FOREVER = "import time\nend = time.monotonic() + 20\nwhile time.monotonic() < end: pass"


@pytest.fixture(autouse=True)
def undisturbed_signals():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGALRM)]
    yield
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGALRM)] == handlers
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    signal.signal(signal.SIGINT, before)


@safe_interruption()
def run(*codes):
    """Runs (code, name of its module, and of its file if that is another) one after the other."""
    for code, module, *file in codes:
        exec(compile(code, *file or [f"{module}.py"], "exec"), {"__name__": module})


def seconds_until_interrupted(*codes):
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(*codes)
    return time.monotonic() - started


def test_foreign_code_may_finish(monkeypatch):
    monkeypatch.setattr(interruption, "MOST_RETRIES", 10**9)
    done = []
    monkeypatch.setattr(interruption, "done", done, raising=False)
    foreign = f"{INTERRUPT}; from nsos_jax.command.interruption import done; done.append(1)"
    seconds_until_interrupted((foreign, "jax"), (FOREVER, "nsos_jax.membership.search"))
    assert done == [1]


def test_generated_code_may_finish(monkeypatch):
    monkeypatch.setattr(interruption, "MOST_RETRIES", 10**9)
    done = []
    monkeypatch.setattr(interruption, "done", done, raising=False)
    generated = f"{INTERRUPT}; from nsos_jax.command.interruption import done; done.append(1)"
    seconds_until_interrupted(
        (generated, "nsos_jax.membership.results", "<string>"), (FOREVER, "nsos_jax.membership.search")
    )
    assert done == [1]


def test_foreign_code_may_not_go_on_for_long(monkeypatch):
    monkeypatch.setattr(interruption, "MOST_RETRIES", 3)
    assert seconds_until_interrupted((INTERRUPT, "jax"), (FOREVER, "jax")) >= 3 * interruption.SECONDS_TO_RETRY


def test_dropped_interruption_is_repeated():
    dropped = f"try:\n  {INTERRUPT}\n  while True: pass\nexcept KeyboardInterrupt: pass"
    assert (
        seconds_until_interrupted((dropped, "nsos_jax.membership.search"), (FOREVER, "nsos_jax.membership.search"))
        >= interruption.SECONDS_TO_REPEAT
    )


def test_another_handler_stays():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with safe_interruption():
            signal.raise_signal(signal.SIGINT)
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
