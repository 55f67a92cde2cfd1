"""Trainings as processes of their own: killed and resumed, on eight devices, on two processes."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from line_task import losses

from nsos_jax.train import main as loop
from nsos_jax.train.__main__ import main as train_command
from nsos_jax.train.main import TrainingStopped

ROOT = Path(__file__).parents[2]
TINY = ROOT / "configs" / "tiny.py"
STEPS = 100


@pytest.fixture(scope="module", autouse=True)
def one_compilation(tmp_path_factory):
    """What one process has compiled, the next one reads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
        patch.setenv("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
        yield


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
    settings = [f"steps={STEPS}", "checkpoints.every=20", *settings]
    return start([ROOT / "tests" / "train" / "line_task.py", folder, *settings], **options)


def start_tiny(folder, *settings, **options):
    """A training of `configs/tiny.py` by its command."""
    sets = [part for setting in settings for part in ("--set", setting)]
    return start(["-m", "nsos_jax.train", "--config", TINY, "--dir", folder, *sets], **options)


def finish(process):
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 0, output
    return output


@pytest.fixture(scope="module")
def one_device(tmp_path_factory):
    """An uninterrupted run on one device."""
    folder = tmp_path_factory.mktemp("one")
    finish(start_line(folder))
    assert losses(folder)[:, 0].tolist() == list(range(1, STEPS + 1))
    return folder


def test_killed_run_goes_on_bit_for_bit(one_device, tmp_path):
    process = start_line(tmp_path)
    while not (tmp_path / "checkpoints" / "20").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.001)
    process.kill()
    process.communicate()
    assert 20 <= len(losses(tmp_path)) < STEPS, "the run was killed too late to test anything"
    output = finish(start_line(tmp_path))
    assert f"steps 0 .. {STEPS}" not in output
    assert losses(tmp_path).tolist() == losses(one_device).tolist()


@pytest.mark.slow
@pytest.mark.parametrize("model", [1, 2])
def test_eight_devices_make_the_same_curve(one_device, tmp_path, model):
    output = finish(start_line(tmp_path, f"mesh.model={model}", devices=8))
    assert "8 cpu device(s)" in output
    np.testing.assert_allclose(losses(tmp_path), losses(one_device), rtol=1e-4)


def test_eight_devices_of_two_processes_make_the_same_curve(one_device, tmp_path):
    with socket.socket() as listener:
        listener.bind(("localhost", 0))
        address = f"localhost:{listener.getsockname()[1]}"
    both = [start_line(tmp_path, "mesh.model=2", devices=4, COORDINATOR=address, PROCESS=str(i)) for i in range(2)]
    outputs = [finish(process) for process in both]
    assert "8 cpu device(s), 2 process(es)" in outputs[0]
    assert "loss" not in outputs[1]
    np.testing.assert_allclose(losses(tmp_path), losses(one_device), rtol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dir", ""], "expected a folder, got an empty name"),
        (["--coordinator", "localhost:1234"], "need --coordinator, --processes and --process, or --cluster alone"),
        (["--processes", "2", "--process", "0"], "need --coordinator, --processes and --process"),
        (["--coordinator", "here", "--processes", "2", "--process", "0"], "expected HOST:PORT, got 'here'"),
        (["--cluster", "--process", "0"], "or --cluster alone"),
        (["--coordinator", "localhost:1", "--processes", "2", "--process", "2"], "expected 0 .. 1, got 2"),
    ],
)
def test_bad_options_are_refused_at_once(arguments, message):
    told = CliRunner().invoke(train_command, ["--config", str(TINY), *arguments])
    assert told.exit_code == 2
    assert message in told.output


def test_interrupted_command_says_so_and_ends_with_130(tmp_path, monkeypatch):
    def stopped(*_, **__):
        raise TrainingStopped("stopped after step 3")

    monkeypatch.setattr(loop, "train", stopped)
    told = CliRunner().invoke(train_command, ["--config", str(TINY), "--dir", str(tmp_path)])
    assert (told.exit_code, told.output) == (130, "stopped after step 3\n")


def test_bad_key_is_told_in_a_line(tmp_path):
    process = start_tiny(tmp_path / "run", "optimiser.lr=1")
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 1
    assert "Error: --set optimiser.lr=1: unknown key 'lr'" in output
    assert "learning_rate, warmup" in output
    assert "Traceback" not in output
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_gram_graph_on_eight_devices(tmp_path):
    """The real stream and model, by the command."""
    settings = ["steps=16", "evaluation.every=1000", "evaluation.examples=16", "model.width=64", "mesh.model=2"]
    finish(start_tiny(tmp_path / "one", *settings[:-1]))
    finish(start_tiny(tmp_path / "eight", *settings, devices=8))
    np.testing.assert_allclose(losses(tmp_path / "eight"), losses(tmp_path / "one"), rtol=1e-3)
