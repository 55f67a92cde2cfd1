"""A second clone beside the installed one is named in one line, whichever of the two is in use."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import nsos_jax
from nsos_jax import clones

PACKAGE = Path(nsos_jax.__file__).resolve().parent
PRINT = "import nsos_jax; print(nsos_jax.__file__)"


@pytest.fixture
def clone(tmp_path):
    """The root of a second clone, of which there is enough to be imported."""
    for folder, files in (("nsos_jax", ("__init__.py", "clones.py")), ("solvers", ("__init__.py", "status.py"))):
        (tmp_path / folder).mkdir()
        for name in files:
            origin = PACKAGE / name if folder == "nsos_jax" else PACKAGE.parent / "solvers" / name
            shutil.copy(origin, tmp_path / folder / name)
    return tmp_path


def python(*arguments, cwd, isolated=False):
    """The standard error of a process that shall end well."""
    environment = os.environ | ({"PYTHONSAFEPATH": "1"} if isolated else {})
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=True).stderr


@pytest.mark.skipif(PACKAGE.parent.name == "site-packages", reason="needs an editable install")
def test_mixed_clones_are_named(clone):
    [line] = python("-c", PRINT, cwd=clone).splitlines()
    assert f"nsos_jax is {clone / 'nsos_jax'}, but nsos_jax.solvers is {PACKAGE.parent / 'solvers'}" in line


def test_clone_in_the_current_folder_that_is_not_used_is_named(clone):
    """As when the command of one clone's environment runs in the root of another."""
    [line] = python("-c", PRINT, cwd=clone, isolated=True).splitlines()
    assert f"nsos_jax is {PACKAGE}, not {clone / 'nsos_jax'}, which is another clone" in line
    [line] = python("-P", "-m", "nsos_jax", "--version", cwd=clone).splitlines()
    assert str(PACKAGE) in line
    assert str(clone) in line


def test_nothing_is_said_elsewhere(tmp_path):
    assert python("-c", PRINT, cwd=PACKAGE.parent) == python("-c", PRINT, cwd=tmp_path) == ""
    (tmp_path / "nsos_jax").mkdir()  # a folder of that name that holds no package
    assert python("-P", "-c", PRINT, cwd=tmp_path) == ""


def test_folder_of_the_script_counts(clone, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(clone), *sys.path])
    assert str(clone) in clones.other_clone()
    monkeypatch.setattr(sys, "path", [])
    assert clones.other_clone() is None
