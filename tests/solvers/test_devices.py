"""The batch over eight devices and over two processes: the same answers, bit for bit."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

TASK = Path(__file__).with_name("solver_task.py")


def start(*arguments, devices=1):
    settings = {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}"}
    command = [sys.executable, str(TASK), *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, env=os.environ | settings, text=True, **pipes)


def found(process):
    return told(process, "found")


def told(process, *words):
    """The lines that begin with one of the words."""
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 0, output
    return [line for line in output.splitlines() if line.split(" ")[0] in words]


@pytest.fixture(scope="module")
def alone():
    lines = found(start())
    assert len(lines) == 20
    return lines


def test_eight_devices(alone):
    assert found(start(devices=8)) == alone


def test_two_processes(alone):
    """Also with fewer problems than processes, a share that fails in one of them, and shares that fail in both."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    for process in [start(address, 2, index) for index in range(2)]:
        lines = told(process, "found", "few", "none", "others", "warned", "raised")
        assert lines[:20] == alone
        assert lines[20] == alone[0].replace("found", "few")
        assert lines[21:26] == [line.replace("found", "others") for line in alone[:5]]
        assert lines[26:] == [
            "warned others solved the share of process 1 (MemoryError: as process 1 was told)",
            "raised no process could solve its share: process 0 (MemoryError: as process 0 was told); "
            "process 1 (MemoryError: as process 1 was told)",
            "raised problems: processes 0 to 1 were given 20, 19",
        ]
