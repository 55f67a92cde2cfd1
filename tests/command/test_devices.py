"""JAX without a device: one line that says what to do, whoever does the work, and no record."""

import json
import os
import subprocess
import sys

import pytest
from command_runs import run

pytestmark = pytest.mark.usefixtures("own_folder")
LARGE = "x^6 + y^6 + z^6 + x^2*y^2*z^2 + x*y*z + {} - x^3*y^2"


def certify(platforms, *arguments):
    """The finished command in a process of its own, which asks for these platforms."""
    command = [sys.executable, "-m", "nsos_jax", "certify", "--proposer", "gram_graph", *arguments]
    environment = os.environ | {"JAX_PLATFORMS": platforms}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("platforms", ["nonsense", "cpu,nonsense"])
def test_a_platform_that_is_not_here_is_told(platforms):
    done = certify(platforms, LARGE.format(1))
    told = f"JAX finds no device for JAX_PLATFORMS={platforms}: unset JAX_PLATFORMS, or set it to cpu"
    assert done.stderr == f"error: {told}; no input is finished\n"
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_run_ends_at_once_and_goes_on_later(workers, tmp_path):
    lines = [json.dumps({"polynomial": LARGE.format(constant)}) + "\n" for constant in range(1, 4)]
    (tmp_path / "in.jsonl").write_text("".join(lines))
    arguments = ("in.jsonl", "-o", "out.jsonl", "--workers", workers)
    done = certify("nonsense", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("error: JAX finds no device for JAX_PLATFORMS=nonsense")
    assert len(done.stderr.splitlines()) == 1
    assert (tmp_path / "out.jsonl").read_text() == ""
    assert run("certify", *arguments, "--resume").exit_code == 0
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == len(lines)
