"""Starts trainings as processes of their own."""

import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TINY = ROOT / "configs" / "tiny.py"
LINE = ROOT / "tests" / "train" / "line_task.py"


def start(arguments, *, devices=1, **environment):
    """A Python process with so many CPU devices."""
    settings = {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}"}
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        env=os.environ | settings | environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def start_line(folder, *settings, **options):
    """A training of `LineTask`."""
    return start([LINE, folder, *settings], **options)


def start_tiny(folder, *settings, **options):
    """A training of `configs/tiny.py` by its command."""
    sets = [part for setting in settings for part in ("--set", setting)]
    return start(["-m", "nsos_jax.train", "--config", TINY, "--dir", folder, *sets], **options)


def start_pair(folders, *settings, devices=4, **second):
    """Two processes that find each other as on Slurm; the environment `second` is for the second one."""
    slurm = {"SLURM_JOB_ID": str(slurm_job()), "SLURM_STEP_NODELIST": "localhost", "SLURM_NTASKS": "2"}
    return [
        start_line(folder, *settings, devices=devices, SLURM_PROCID=str(i), SLURM_LOCALID=str(i), **slurm, **own)
        for i, (folder, own) in enumerate(zip(folders, ({}, second), strict=True))
    ]


def slurm_job():
    """The number of a job whose port, as JAX chooses it, is free."""
    while True:
        with socket.socket() as listener:
            listener.bind(("localhost", 0))
            number = listener.getsockname()[1] % 4096
        with socket.socket() as listener:
            try:
                listener.bind(("localhost", number + 61440))
            except OSError:
                continue
            return number


def finish(process, status=0, timeout=300):
    """The output of a process that ends with a status."""
    output, _ = process.communicate(timeout=timeout)
    assert process.returncode == status, output
    return output
