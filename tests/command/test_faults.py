"""Runs of several processes that end as nobody wanted, and go on with other numbers of them: nothing lost or twice."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_runs import run

from nsos_jax.command.answers import CERTIFIED
from nsos_jax.command.reports import Report, report
from nsos_jax.engines import RunState

pytestmark = pytest.mark.usefixtures("own_folder")
COUNT = 30


@pytest.fixture
def inputs():
    """The ids, and a file of them, each third one bad or negative."""
    texts = ["x^4 + {}*x^2 + 1", "x^2 - {}", "x^ + {}"]
    lines = [json.dumps({"id": n, "polynomial": texts[n % 3].format(n + 1)}) + "\n" for n in range(COUNT)]
    Path("in.jsonl").write_text("".join(lines))
    return lines


def lines():
    return [line for part in sorted(Path("out").glob("part-*.jsonl")) for line in part.read_bytes().splitlines()]


def untimed(texts):
    found = map(json.loads, texts)
    return [{key: value for key, value in record.items() if "seconds" not in key} for record in found]


@pytest.fixture
def alone(inputs):
    """The records of one process that nothing disturbs."""
    return untimed(run("certify", "in.jsonl", "--json").stdout.splitlines())


def test_a_full_disk_ends_a_run_that_goes_on_with_other_workers(alone):
    resource = pytest.importorskip("resource")
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, most))
    try:
        done = run("certify", "in.jsonl", "-o", "out/", "--workers", 2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    assert done.exit_code == 2
    assert "cannot write out/: File too large" in done.stderr
    assert "--resume goes on from there" in done.stderr
    kept = lines()
    assert 0 < len(kept) < COUNT
    assert untimed(kept) == alone[: len(kept)]
    assert not Path("out", "manifest.json").exists()
    assert run("certify", "in.jsonl", "-o", "out/", "--resume", "--workers", 3).exit_code == 2  # for the bad inputs
    assert lines()[: len(kept)] == kept
    assert untimed(lines()) == alone
    assert Path("out", "manifest.json").exists()


def test_a_killed_driver_goes_on_with_other_workers_but_no_other_question(inputs, alone):
    command = [sys.executable, "-m", "nsos_jax", "certify", "in.jsonl", "-o", "out/"]
    driver = subprocess.Popen([*command, "--workers", "2"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not lines():
        assert driver.poll() is None
        time.sleep(0.01)
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    kept = lines()
    swapped = [inputs[1], inputs[0], *inputs[2:]]
    Path("swapped.jsonl").write_text("".join(swapped))
    for other, told in (
        (["swapped.jsonl"], "line 1: has the id 0, this run has 1 there"),
        (["in.jsonl", "--seed", "3"], "line 1: has the options"),
    ):
        refused = run("certify", *other, "-o", "out/", "--resume", "--workers", 2)
        assert refused.exit_code == 2
        assert told in refused.stderr
        assert lines() == kept
    run("certify", "in.jsonl", "-o", "out/", "--resume", "--workers", 1)
    assert untimed(lines()) == alone


def test_what_workers_do_is_told(monkeypatch, capsys):
    """Where there is no terminal for a table: in lines, not more than one a minute."""
    told = Report(CERTIFIED, as_json=False, is_list=False)
    told.watch(RunState(answered=9, busy=1, idle=1, died=0, split=0))
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(report, "SECONDS_BETWEEN_LINES", 0.0)
    told.watch(RunState(answered=9, busy=1, idle=1, died=4, split=0))
    assert capsys.readouterr().err == "certify: no input is finished, 1 of 2 workers busy, 4 died\n"
