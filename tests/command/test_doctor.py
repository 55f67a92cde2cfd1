"""The doctor: it names what is missing and how to get it, and a trial that goes wrong fails."""

import pytest
from command_runs import run

from nsos_jax.command.doctor.facts import EXTRAS
from nsos_jax.command.doctor.trials import TRIALS, Trial

pytestmark = pytest.mark.usefixtures("own_folder")


@pytest.fixture(autouse=True)
def no_known_cache(monkeypatch):
    """What earlier tests told JAX of a folder is forgotten."""
    monkeypatch.setattr("nsos_jax.compilation_cache._known_folder", lambda: None)


def test_it_shows_what_there_is(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setitem(EXTRAS, "no_such_module", ("extra", "tests"))
    done = run("doctor", "--quick")
    assert done.exit_code == 0
    for part in ("jax ", "clarabel", "none, as NSOS_CACHE_DIR is empty", "nsos-jax[extra]", "'1'", "NSOS_CACHE_DIR"):
        assert part in done.output, part
    assert "self-test" not in done.output


def test_the_trials_pass(monkeypatch):
    monkeypatch.setattr("nsos_jax.command.doctor.trials.BATCH", 3)
    done = run("doctor")
    assert done.exit_code == 0, done.output
    assert done.output.count("passed in") == len(TRIALS)
    assert "all is well" in done.output


@pytest.mark.parametrize("ask", [lambda: "NOT_SOS", lambda: 1 / 0])
def test_a_wrong_answer_fails(ask, monkeypatch):
    monkeypatch.setattr("nsos_jax.command.doctor.TRIALS", (Trial("proof", "SOS", ask),))
    done = run("doctor")
    assert done.exit_code == 1
    assert "FAILED" in done.output
    assert "1 of 1 trials failed" in done.output


def test_a_folder_that_cannot_be_written_is_named(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NSOS_CACHE_DIR", str(tmp_path / "file" / "folder"))
    assert "set NSOS_CACHE_DIR to a folder that can be written" in run("doctor", "--quick").output
