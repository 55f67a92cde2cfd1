"""Worker processes: all answers, in order, whatever dies."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from engine_work import obey

from nsos_jax.engines import Failure, Kept, Processes, Schedule, available_cores, run_batches


def run(items, count=2, **schedule):
    return list(run_batches(items, Processes(obey, count), count, Schedule(**schedule)))


def values(answers):
    return [answer if isinstance(answer, Failure) else answer[0] for answer in answers]


def test_answers_come_in_order_from_several_processes(tmp_path):
    items = [*[("meet", str(tmp_path))] * 2, *range(40)]
    answers = run(items, size=4, first=1)
    assert values(answers) == items
    assert len({process for _, process in answers} - {os.getpid()}) == 2


def test_no_items():
    assert run([]) == []


def test_the_item_that_kills_is_found():
    items = [*range(10), "die", *range(11, 20), "exit", "raise"]
    answers = values(run(items, size=8))
    reasons = [answer.reason for answer in answers if isinstance(answer, Failure)]
    assert [a for a in answers if not isinstance(a, Failure)] == [i for i in items if not isinstance(i, str)]
    assert "SIGKILL" in reasons[0]
    assert "memory" in reasons[0]
    assert "status 3" in reasons[1]
    assert reasons[2] == "RuntimeError: as it was told"


def test_the_item_that_exhausts_memory_is_found():
    """Where Python is told so; where the system kills the process, it is as with all that kill."""
    answers = values(run([0, 1, "exhaust", 3], size=4, first=4))
    assert answers[2].reason.startswith("MemoryError")
    assert [*answers[:2], answers[3]] == [0, 1, 3]


def test_what_died_by_chance_is_done_again(tmp_path):
    items = [*range(5), ("once", str(tmp_path / "mark")), *range(6, 9)]
    assert values(run(items, size=3)) == items


def test_a_worker_that_dies_while_it_starts_costs_no_try():
    class Killed(Processes):
        def start(self):
            number = super().start()
            if number < 3:
                self._running[number].process.kill()
            return number

    assert values(run_batches(range(3), Killed(obey, 1), 1, Schedule(first=3, tries=1))) == [0, 1, 2]


def test_a_worker_may_die_with_nothing_to_do():
    items = [("slow", 3.0), ("later", 0.2)]
    assert values(run(items, first=1)) == items


def test_a_kept_worker_may_die_between_runs():
    kept = Kept(Processes(obey, 1))
    try:
        assert values(list(run_batches([("later", 0.1)], kept, 1))) == [("later", 0.1)]
        time.sleep(1.0)
        assert values(list(run_batches([1, 2], kept, 1))) == [1, 2]
    finally:
        kept.end()


def test_a_hanging_item_is_given_up():
    answers = values(run([0, "hang", 2], size=1, patience=4.0, tries=1))
    assert answers[::2] == [0, 2]
    assert answers[1] == Failure("no answer within 4 s")


def test_a_batch_that_is_not_read_holds_nobody_up():
    """A pipe takes a part of a large batch, and the rest when the worker, which may still start, reads it."""
    workers = Processes(obey, 1)
    worker = workers.start()
    workers.send(worker, ["hang"])
    sending = threading.Thread(target=workers.send, args=(worker, ["x" * 10**7]), daemon=True)
    sending.start()
    sending.join(30.0)
    assert not sending.is_alive()
    workers.close()


def test_large_batches_arrive():
    items = ["x" * 10**6, "y" * 10**7, "z"]
    assert values(run(items, size=1)) == items


def test_workers_share_the_cores():
    found = [answer for answer in run([("cores", 0), ("cores", 1), ("slow", 0.2)] * 4, size=1) if len(answer) == 2]
    assert {tuple(cores) for cores, _ in found if isinstance(cores, list)} <= {
        tuple(available_cores()[part::2]) or tuple(available_cores()) for part in range(2)
    }


def test_a_caller_that_stops_leaves_no_process():
    workers = Processes(obey, 2)
    answers = run_batches(iter(range(10**9)), workers, 2)
    assert [next(answers)[0] for _ in range(3)] == [0, 1, 2]
    answers.close()
    assert not workers._running


def test_items_are_read_as_they_are_needed():
    read = []

    def items():
        for number in range(10**6):
            read.append(number)
            yield number

    answers = run_batches(items(), Processes(obey, 1), 1, Schedule(size=2, window=3))
    next(answers)
    assert len(read) <= 20
    answers.close()


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks for processes in /proc")
def test_workers_end_with_the_process_that_started_them(tmp_path):
    text = (
        "import os, time\n"
        "from engine_work import obey\n"
        "from nsos_jax.engines import Processes\n"
        "if __name__ == '__main__':\n"
        "    workers = Processes(obey, 1)\n"
        "    worker = workers.start()\n"
        "    workers.send(worker, [0])\n"
        "    print(workers.wait(None)[0].answers[0][1], flush=True)\n"
        "    workers.send(worker, ['hang'])\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    script = tmp_path / "script.py"
    script.write_text(text)
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(__file__)}
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, env=environment, check=False)
    worker = int(done.stdout)
    for _ in range(100):
        state = Path(f"/proc/{worker}/stat")
        if not state.exists() or " Z " in state.read_text():
            return
        time.sleep(0.05)
    raise AssertionError(f"process {worker} goes on")
