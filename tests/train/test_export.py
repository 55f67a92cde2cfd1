"""What `python -m nsos_jax.train.export` refuses before it evaluates anything."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from nsos_jax.train.config import load_config
from nsos_jax.train.export import main, next_command
from nsos_jax.train.run_folder import write_config

TINY = Path(__file__).parents[2] / "configs" / "tiny.py"


@pytest.fixture
def run(tmp_path):
    """The folder of a run that has no checkpoint yet."""
    folder = tmp_path / "run"
    folder.mkdir()
    write_config(folder, load_config(TINY))
    return folder


def export(run, name="tiny", out=None, *arguments):
    wanted = ["--config", str(TINY), "--dir", str(run), "--name", name, "--out", str(out or run / "out")]
    return CliRunner().invoke(main, [*wanted, *arguments])


def test_the_next_command_is_one_that_a_shell_takes():
    assert next_command(Path("runs/a b/latest")) == "next: nsos certify INPUT --proposer 'runs/a b/latest'"
    assert next_command(Path("mine")) == "next: nsos certify INPUT --proposer ./mine"


def test_another_configuration_is_named(run):
    told = export(run, "tiny", None, "--set", "model.width=32")
    assert told.exit_code == 1
    assert "was started with another configuration" in told.output
    assert "model.width: 16 there, 32 here" in told.output


@pytest.mark.parametrize("name", ["", "a/b", "a/"])
def test_name_must_be_that_of_files(run, name):
    told = export(run, name)
    assert told.exit_code == 1
    assert "--name: expected the name of files, without separators" in told.output


def test_target_must_be_writable(run):
    told = export(run, out=run / "config.json" / "out")
    assert told.exit_code == 1
    assert "config.json/out cannot be written: Not a directory" in told.output


def test_folder_must_be_that_of_a_run_with_a_checkpoint(run, tmp_path):
    assert "there is no checkpoint in" in export(run).output
    assert "does not exist" in export(tmp_path / "none").output
