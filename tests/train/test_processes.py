"""Trainings as processes of their own: killed, preempted and resumed, on other numbers of devices and processes."""

import shutil
import signal
import time

import numpy as np
import pytest
from click.testing import CliRunner
from line_task import losses
from train_processes import TINY, finish, finish_alone, start_line, start_pair, start_tiny

from nsos_jax.train import main as loop
from nsos_jax.train.__main__ import main as train_command
from nsos_jax.train.cluster import STOPPED
from nsos_jax.train.main import TrainingStopped

STEPS = ["steps=100", "checkpoints.every=20"]


@pytest.fixture(scope="module", autouse=True)
def one_compilation(tmp_path_factory):
    """What one process has compiled, the next one reads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
        patch.setenv("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
        yield


@pytest.fixture(scope="module")
def one_device(tmp_path_factory):
    """An uninterrupted run on one device."""
    folder = tmp_path_factory.mktemp("one")
    finish(start_line(folder, *STEPS))
    assert losses(folder)[:, 0].tolist() == list(range(1, 101))
    return folder


def assert_same_losses(folder, whole):
    np.testing.assert_allclose(losses(folder), losses(whole), rtol=1e-4)


def test_killed_run_goes_on_bit_for_bit(one_device, tmp_path):
    finish(start_line(tmp_path, *STEPS, SIGNAL_AT=f"30,{signal.SIGKILL:d}"), -signal.SIGKILL)
    assert 20 <= len(losses(tmp_path)) < 100
    output = finish(start_line(tmp_path, *STEPS))
    assert "steps 0 .. 100" not in output
    assert losses(tmp_path).tolist() == losses(one_device).tolist()


def test_one_of_two_processes_dies_and_one_process_goes_on(one_device, tmp_path):
    first, second = start_pair([tmp_path] * 2, *STEPS, "mesh.model=2", SIGNAL_AT=f"30,{signal.SIGKILL:d}")
    finish(second, -signal.SIGKILL)
    output = finish_alone(first)
    assert "8 cpu device(s), 2 process(es)" in output
    assert "Traceback" not in output
    output = finish(start_line(tmp_path, *STEPS, devices=4))
    assert "4 cpu device(s), 1 process(es), steps 20 .. 100" in output
    assert_same_losses(tmp_path, one_device)


@pytest.mark.slow
def test_preempted_runs_go_on_on_other_devices_and_processes(one_device, tmp_path):
    """8 devices, 4, 8 of two processes, of which one gets the signal, and again of two."""
    at = [f"{step},{signal.SIGTERM:d}" for step in (10, 20, 30)]
    output = finish(start_line(tmp_path, *STEPS, devices=8, SIGNAL_AT=at[0]), STOPPED)
    assert "stopped after step 11; the same command goes on from there" in output
    finish(start_line(tmp_path, *STEPS, "mesh.model=2", devices=4, SIGNAL_AT=at[1]), STOPPED)
    both = start_pair([tmp_path] * 2, *STEPS, "mesh.model=4", SIGNAL_AT=at[2])
    outputs = [finish(process, STOPPED) for process in both]
    step = len(losses(tmp_path))
    assert 31 <= step < 100
    assert all(f"stopped after step {step}; the same command goes on from there" in output for output in outputs)
    outputs = [finish(process) for process in start_pair([tmp_path] * 2, *STEPS)]
    assert f"8 cpu device(s), 2 process(es), steps {step} .. 100" in outputs[0]
    assert "loss" not in outputs[1]
    assert_same_losses(tmp_path, one_device)


@pytest.mark.slow
def test_first_process_dies(tmp_path):
    both = start_pair([tmp_path] * 2, *STEPS, "steps=3000")
    while not (tmp_path / "checkpoints" / "20").exists():
        assert both[0].poll() is None, both[0].communicate()
        time.sleep(0.01)
    both[0].kill()
    finish_alone(both[1])
    finish(both[0], -signal.SIGKILL)
    assert finish(start_line(tmp_path, *STEPS, "steps=3000", SIGNAL_AT=f"60,{signal.SIGTERM:d}"), STOPPED)


@pytest.mark.slow
def test_folders_that_are_not_shared_are_refused(tmp_path):
    for index, process in enumerate(start_pair([tmp_path / "here", tmp_path / "there"], *STEPS)):
        output = finish(process, 1)
        assert (
            f"Error: process 1 does not see the run folder {tmp_path / ('here', 'there')[index]} of process 0" in output
        )
    assert not list(tmp_path.rglob("metrics.jsonl"))


@pytest.mark.slow
def test_refusal_of_the_first_process_is_that_of_all(one_device, tmp_path):
    shutil.copytree(one_device, tmp_path / "run")
    for process in start_pair([tmp_path / "run"] * 2, *STEPS, "seed=1"):
        assert "seed: 0 there, 1 here" in finish(process, 1)


@pytest.mark.slow
def test_disk_of_one_process_that_cannot_write_ends_all(tmp_path):
    both = start_pair([tmp_path] * 2, "steps=3000", "checkpoints.every=20", "mesh.model=8", QUOTA_AT="30,3000")
    output = finish(both[1], 1)
    assert "could not be written" in output
    assert "File too large" in output
    finish_alone(both[0])
    assert (tmp_path / "checkpoints" / "20").is_dir()


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


def test_a_platform_that_is_not_here_is_told_in_a_line(tmp_path):
    output = finish(start_tiny(tmp_path / "run", JAX_PLATFORMS="nonsense"), 1)
    assert output.startswith("Error: JAX finds no device for JAX_PLATFORMS=nonsense: unset JAX_PLATFORMS")
    assert len(output.splitlines()) == 1


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
