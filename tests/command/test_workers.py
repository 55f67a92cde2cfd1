"""`--workers`: the records of one process, from several, also when one of them dies."""

import json
import os
import signal
import threading
import time

import pytest
from command_runs import run

from nsos_jax.engines import Processes

pytestmark = pytest.mark.usefixtures("own_folder")
INPUTS = ("x^2 + y^2 + 1", "x^2 - y", "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1", "x^ + 1", "1")


def records(*arguments):
    done = run(*arguments, "--json")
    return [{**json.loads(line), "seconds": None, "compile_seconds": None} for line in done.stdout.splitlines()]


def test_records_are_those_of_one_process():
    assert records("certify", *INPUTS, "--workers", 2) == records("certify", *INPUTS)


def test_lines_and_summary_are_those_of_one_process():
    done = run("certify", *INPUTS, "--workers", 2)
    assert done.exit_code == 2
    assert [line.split()[0] for line in done.stdout.splitlines()[1:5]] == ["SOS", "NEGATIVE", "NOT_SOS", "bad"]
    assert "bad input       1" in done.stdout


def test_a_single_input_has_its_answer():
    """As without workers, which are not started."""
    done = run("certify", "x^2 + 1", "--workers", 2)
    assert done.exit_code == 0
    assert done.stdout.startswith("SOS: a sum of squares, proven exactly\n")


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("solve", {"variables": ["x"], "minimize": "x^2 - 2*x"}),
        ("control", {"question": "lyapunov", "states": ["x"], "dynamics": ["-x^3"]}),
    ],
)
def test_other_commands_have_workers(tmp_path, command, line):
    (tmp_path / "in.jsonl").write_text("\n".join([json.dumps(line)] * 2))
    assert records(command, "in.jsonl", "--workers", 2) == records(command, "in.jsonl")


def test_a_killed_worker_loses_nothing(tmp_path, monkeypatch):
    """Whichever worker starts is killed once, soon after."""
    victims = []
    start = Processes.start

    def start_and_kill(self):
        number = start(self)
        if len(victims) < 2:
            victims.append(self._running[number].process.pid)
            threading.Thread(
                target=lambda pid: (time.sleep(1.5), os.kill(pid, signal.SIGKILL)), args=[victims[-1]]
            ).start()
        return number

    monkeypatch.setattr(Processes, "start", start_and_kill)
    (tmp_path / "in.jsonl").write_text("\n".join(json.dumps({"id": i, "polynomial": f"x^2 + {i}"}) for i in range(40)))
    assert run("certify", "in.jsonl", "--workers", 2, "-o", "out.jsonl").exit_code == 0
    written = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [record["id"] for record in written] == list(range(40))
    assert len(victims) == 2
    assert run("verify", "out.jsonl").exit_code == 0


def test_tasks_are_written_by_one_process():
    done = run("certify", "x^2", "--workers", 2, "--write-task", "folder")
    assert done.exit_code == 2
    assert "leave workers out" in done.output
