"""The scripts for clusters, with programs in the place of Slurm's and a shell in the place of a pod."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from line_task import losses
from train_processes import ROOT, TINY, slurm_job

from nsos_jax.train import cluster
from nsos_jax.train import main as loop
from nsos_jax.train.__main__ import main as train_command

SCRIPTS = ROOT / "scripts" / "cluster"


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A folder before all others in the search for programs."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def add(name, *lines):
        (folder / name).write_text("\n".join(["#!/usr/bin/env bash", *lines]))
        (folder / name).chmod(0o755)

    return add


@pytest.fixture
def training(monkeypatch):
    """What the command asks of the cluster and of the training, which does not happen."""
    asked = []
    monkeypatch.setattr(cluster, "connect", lambda *several: asked.append(several))
    monkeypatch.setattr(
        loop, "train", lambda config, folder, command: asked.append((type(config).__name__, str(folder)))
    )
    monkeypatch.chdir(ROOT)
    return asked


def bash(*arguments, **environment):
    return subprocess.run(["bash", *map(str, arguments)], env=os.environ | environment, text=True, capture_output=True)


def test_slurm_script_starts_the_command_in_every_task(programs, training):
    programs("srun", 'printf "%s\\n" "$@"')
    told = bash(SCRIPTS / "slurm.sh", "--config", "configs/tiny.py", "--dir", "runs/a b", SLURM_JOB_ID="5", PYTHON="py")
    kill, python, flag, module, *options = told.stdout.splitlines()
    assert (told.returncode, kill, python, flag, module) == (0, "--kill-on-bad-exit=1", "py", "-m", "nsos_jax.train")
    assert CliRunner().invoke(train_command, options).exit_code == 0
    assert training == [(None, None, None), ("TrainConfig", "runs/a b")]


@pytest.mark.parametrize("status", [0, 1, 2, 75, 130, 134, 137])
def test_slurm_script_gives_the_job_back_where_that_helps(programs, status, tmp_path):
    programs("srun", f"exit {status}")
    programs("scontrol", f'echo "$@" > {tmp_path / "told"}')
    assert bash(SCRIPTS / "slurm.sh", SLURM_JOB_ID="5").returncode == status
    told = tmp_path / "told"
    assert told.exists() == (status in (cluster.TRY_AGAIN, cluster.STOPPED, 134, 137))
    assert not told.exists() or told.read_text() == "requeue 5\n"


def test_kubernetes_manifest_starts_the_command_in_every_pod(programs, training):
    service, job = yaml.safe_load_all((SCRIPTS / "kubernetes.yaml").read_text("utf-8"))
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    given = {each["name"]: each["value"] for each in container["env"]}
    name = job["metadata"]["name"]
    assert service["spec"]["selector"] == {"job-name": name}
    assert given["COORDINATOR"].split(":")[0] == f"{name}-0.{service['metadata']['name']}"
    assert pod["subdomain"] == service["metadata"]["name"]
    assert job["spec"]["completions"] == job["spec"]["parallelism"] == int(given["PROCESSES"])
    final = [
        rule["onExitCodes"]["values"] for rule in job["spec"]["podFailurePolicy"]["rules"] if "onExitCodes" in rule
    ]
    assert final == [[1, 2]]
    programs("python", 'printf "%q " "$@"')
    _, module, *options = shlex.split(bash(*container["command"][1:], **given, JOB_COMPLETION_INDEX="1").stdout)
    assert module == "nsos_jax.train"
    assert CliRunner().invoke(train_command, options).exit_code == 0
    assert training == [(given["COORDINATOR"], 2, 1), ("TrainConfig", "/runs/large")]


def test_tpu_script_goes_on_until_the_end(programs, tmp_path):
    counter = tmp_path / "calls"
    programs("gcloud", f'echo "$*" >> {counter}', f"[ $(wc -l < {counter}) = 1 ] && exit 75", "exit 0")
    programs("sleep", "exit 0")
    told = bash(SCRIPTS / "tpu_pod.sh", "pod", "zone", "--config", "configs/tiny.py", "--dir", "runs/a b")
    assert told.returncode == 0, told.stderr
    first, second = counter.read_text().splitlines()
    assert first == second
    assert "ssh pod --zone zone --worker=all" in first
    assert r"-m nsos_jax.train --cluster --config configs/tiny.py --dir runs/a\ b" in first


@pytest.mark.slow
def test_slurm_script_trains_with_two_tasks(programs, tmp_path):
    """The real command and model."""
    programs(
        "srun",
        "shift; export SLURM_STEP_NODELIST=localhost SLURM_NTASKS=2",
        'SLURM_PROCID=1 SLURM_LOCALID=1 "$@" & second=$!',
        'SLURM_PROCID=0 SLURM_LOCALID=0 "$@" && wait $second',
    )
    python = Path(ROOT, ".venv", "bin", "python")
    settings = ["--set", "steps=6", "--set", "evaluation.examples=16"]
    arguments = ["--config", TINY, "--dir", tmp_path / "run", *settings]
    told = bash(
        SCRIPTS / "slurm.sh", *arguments, SLURM_JOB_ID=str(slurm_job()), PYTHON=str(python), JAX_PLATFORMS="cpu"
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "2 process(es)" in told.stdout
    assert losses(tmp_path / "run")[:, 0].tolist() == list(range(1, 7))
