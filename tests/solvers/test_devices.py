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
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 0, output
    return [line for line in output.splitlines() if line.startswith("found")]


@pytest.fixture(scope="module")
def alone():
    lines = found(start())
    assert len(lines) == 20
    return lines


def test_eight_devices(alone):
    assert found(start(devices=8)) == alone


def test_two_processes(alone):
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    for process in [start(address, 2, index) for index in range(2)]:
        assert found(process) == alone
