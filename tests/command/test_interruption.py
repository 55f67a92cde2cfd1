"""Interruptions are announced at once, raised late rather than in foreign code, again where they were dropped, and not
held up for long; the handlers return."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from engine_work import obey

from nsos_jax.command import interruption
from nsos_jax.command.interruption import prompt_interruption
from nsos_jax.engines import Processes, Schedule, run_batches

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer")

INTERRUPT = "import signal; signal.raise_signal(signal.SIGINT)"
FOREVER = "import time\nend = time.monotonic() + 20\nwhile time.monotonic() < end: pass"
ANNOUNCED = "stopping; Ctrl-C again ends it at once\n"


@pytest.fixture(autouse=True)
def undisturbed_signals():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGALRM)]
    yield
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGALRM)] == handlers
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    signal.signal(signal.SIGINT, before)


@prompt_interruption(lambda: "")
def run(*codes):
    """Runs (code, name of its module, and of its file if that is another) one after the other."""
    for code, module, *file in codes:
        exec(compile(code, *file or [f"{module}.py"], "exec"), {"__name__": module})


def seconds_until_interrupted(*codes):
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(*codes)
    return time.monotonic() - started


@pytest.mark.parametrize("where", [("jax",), ("nsos_jax.membership.results", "<string>")])
def test_foreign_and_generated_code_may_finish(where, monkeypatch, capsys):
    monkeypatch.setattr(interruption, "SECONDS_TO_STOP", 60.0)
    done = []
    monkeypatch.setattr(interruption, "done", done, raising=False)
    foreign = f"{INTERRUPT}; from nsos_jax.command.interruption import done; done.append(1)"
    seconds_until_interrupted((foreign, *where), (FOREVER, "nsos_jax.membership.search"))
    assert done == [1]
    assert capsys.readouterr().err == ANNOUNCED


def test_dropped_interruption_is_repeated():
    dropped = f"try:\n  {INTERRUPT}\n  while True: pass\nexcept KeyboardInterrupt: pass"
    assert (
        seconds_until_interrupted((dropped, "nsos_jax.membership.search"), (FOREVER, "nsos_jax.membership.search"))
        >= interruption.SECONDS_TO_REPEAT
    )


def test_another_handler_stays():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with prompt_interruption(lambda: ""):
            signal.raise_signal(signal.SIGINT)
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_handlers_serve_again_after_an_interruption():
    for _ in range(2):
        seconds_until_interrupted((f"{INTERRUPT}\n{FOREVER}", "nsos_jax.membership.search"))


def test_waiting_for_workers_is_interrupted(monkeypatch):
    monkeypatch.setattr(interruption, "SECONDS_TO_STOP", 60.0)
    workers = Processes(obey, 1)
    answers = run_batches([0, "hang"], workers, 1, Schedule(size=1))

    @prompt_interruption(lambda: "")
    def wait():
        next(answers)
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        next(answers)

    with pytest.raises(KeyboardInterrupt):
        wait()
    assert not workers._running


LOCKED = "import collections, itertools; collections.deque(itertools.repeat(0), maxlen=0)"  # keeps Python's lock
UNLOCKED = "import numpy; numpy.linalg.eigvals(numpy.random.default_rng(0).standard_normal((4000, 4000)))"


def started(code, before="pass"):
    """A process that runs a code for long within `prompt_interruption`."""
    program = (
        f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {before}\n"
        "from nsos_jax.command.interruption import prompt_interruption\n"
        f"with prompt_interruption(lambda: '7 inputs are finished'): print('ready', flush=True); {code}"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    return process


def test_long_call_is_announced_and_ended():
    process = started(UNLOCKED)
    process.send_signal(signal.SIGINT)
    assert process.stderr.readline() == ANNOUNCED
    assert process.communicate(timeout=20) == ("", "interrupted: 7 inputs are finished\n")
    assert process.returncode == 130


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs sysv_signal")
def test_second_interruption_ends_what_keeps_the_lock():
    process = started(LOCKED)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == -signal.SIGINT  # which a shell calls 130


def test_second_interruption_without_help_of_the_c_library():
    process = started(UNLOCKED, before="import ctypes; del ctypes.CDLL.__getattr__")
    process.send_signal(signal.SIGINT)
    assert process.stderr.readline() == ANNOUNCED
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=20) == ("", "interrupted: 7 inputs are finished\n")
    assert process.returncode == 130


def test_interrupted_run_in_a_terminal_keeps_its_records(tmp_path):
    """A polynomial that takes minutes comes after two that are finished."""
    pty = pytest.importorskip("pty")
    thin = " + ".join(f"(x{i}^2 - 2*x{i + 1}*x{i} + x{i + 1}^3/7 - 3)^2*(x{i}^2 + 1)" for i in range(9))
    lines = ["x^2 + 1", "-x^2", f"({thin})*(x0^2 + 1) - 1/10^9"]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps({"polynomial": line}) + "\n" for line in lines))
    options = ["--chunk", "1", "--time-limit", "600", "--max-iterations", "1000000"]
    ours, theirs = pty.openpty()
    in_terminal = f"import os, sys; os.login_tty({theirs}); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    command = [sys.executable, "-c", in_terminal, "-m", "nsos_jax", "certify", "in.jsonl", "-o", "out.jsonl", *options]
    process = subprocess.Popen(command, cwd=tmp_path, pass_fds=[theirs])
    os.close(theirs)
    out = tmp_path / "out.jsonl"
    while not out.exists() or out.read_bytes().count(b"\n") < 2:
        assert process.poll() is None
        time.sleep(0.05)
    os.write(ours, b"\x03")
    shown = b""
    try:
        while part := os.read(ours, 10_000):
            shown += part
    except OSError:  # the other side was closed
        pass
    assert process.wait(timeout=20) == 130
    text = shown.decode()
    assert ANNOUNCED.strip() in text
    assert "2 inputs are finished; the same command with --resume goes on from there" in text
    assert text.rfind("\x1b[?25h") >= text.rfind("\x1b[?25l")  # the cursor is back
    assert [json.loads(line)["status"] for line in out.read_text().splitlines()] == ["SOS", "NEGATIVE"]
