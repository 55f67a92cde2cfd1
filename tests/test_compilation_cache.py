"""Compiled programs are kept in a folder and loaded by the next process, whenever that is asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import nsos_jax

SETTINGS = ("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES")
COMPILE = """
import jax
from jax._src import monitoring
seen = []
monitoring.register_event_listener(lambda event, **_: seen.append(event))
import jax.numpy as jnp
jax.jit(lambda x: jnp.sin(x) @ x)(jnp.ones((7, 7))).block_until_ready()
kept = [event.rpartition("/")[2] for event in seen]
print(folder, kept.count("cache_hits"), kept.count("cache_misses"))
"""
BEFORE = "import nsos_jax as nsos; folder = nsos.enable_compilation_cache({}); " + COMPILE
AFTER = "import jax; import nsos_jax as nsos; folder = nsos.enable_compilation_cache({}); " + COMPILE
PLACE = "import nsos_jax as nsos; print(nsos.enable_compilation_cache({}), 0, 0)"
MOVED = """
import jax
jax.config.update("jax_compilation_cache_dir", "first")
jax.jit(lambda x: x + 3)(1.0)
import nsos_jax as nsos
folder = nsos.enable_compilation_cache({})
"""


def run(code, folder="", **environment):
    """The folder that the process names, what it loaded from there, and what it compiled."""
    names = {name: value for name, value in os.environ.items() if not name.startswith(("JAX_", "NSOS_", "XDG_"))}
    command = [sys.executable, "-c", code.format(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env={**names, **environment}, check=False)
    assert done.returncode == 0, done.stderr
    kept, hits, misses = done.stdout.split()
    return kept, int(hits), int(misses)


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (*SETTINGS, "JAX_COMPILATION_CACHE_DIR", "NSOS_CACHE_DIR"):
        monkeypatch.setenv(name, "")  # so that it is restored
        monkeypatch.delenv(name)


@pytest.mark.parametrize("code", [BEFORE, AFTER], ids=["before JAX", "after JAX"])
def test_a_second_process_loads_what_the_first_compiled(code, tmp_path):
    folder, hits, misses = run(code, NSOS_CACHE_DIR="kept")
    assert folder == str(tmp_path / "kept")
    assert hits == 0
    assert misses > 0
    assert run(code, NSOS_CACHE_DIR="kept") == (folder, misses, 0)


def test_another_folder_is_taken_in_a_running_process(tmp_path):
    folder, hits, misses = run(MOVED + COMPILE, "'second'")
    assert (folder, hits) == (str(tmp_path / "second"), 0)
    assert run(BEFORE, "'second'") == (folder, misses, 0)
    assert any((tmp_path / "second").iterdir())


def test_which_folder_is_taken(tmp_path):
    jax, given = str(tmp_path / "jax"), str(tmp_path / "given")
    assert run(f"import jax; {PLACE}", f"'{given}'", JAX_COMPILATION_CACHE_DIR=jax, NSOS_CACHE_DIR="")[0] == given
    assert run(PLACE, JAX_COMPILATION_CACHE_DIR=jax, NSOS_CACHE_DIR="kept")[0] == jax
    assert run(PLACE, JAX_COMPILATION_CACHE_DIR="", NSOS_CACHE_DIR="kept")[0] == "None"
    assert run(PLACE, NSOS_CACHE_DIR="")[0] == "None"
    assert run(PLACE, XDG_CACHE_HOME=str(tmp_path / "cache"))[0] == str(tmp_path / "cache" / "nsos-jax")


def test_settings_of_the_user_stay(monkeypatch):
    monkeypatch.setenv(SETTINGS[1], "7")
    monkeypatch.setattr(sys, "modules", {name: module for name, module in sys.modules.items() if name != "jax"})
    assert nsos_jax.enable_compilation_cache("cache/here") == Path("cache/here").absolute()
    assert os.environ["JAX_COMPILATION_CACHE_DIR"] == str(Path("cache/here").absolute())
    assert [os.environ[name] for name in SETTINGS] == ["0", "7"]


def test_a_folder_that_cannot_be_made(monkeypatch):
    """The default is given up; a folder that was asked for is an error."""
    monkeypatch.setattr(sys, "modules", {name: module for name, module in sys.modules.items() if name != "jax"})
    monkeypatch.setenv("NSOS_CACHE_DIR", "file/folder")
    Path("file").touch()
    assert nsos_jax.enable_compilation_cache() is None
    assert "JAX_COMPILATION_CACHE_DIR" not in os.environ
    with pytest.raises(OSError, match="file"):
        nsos_jax.enable_compilation_cache("file/folder")
