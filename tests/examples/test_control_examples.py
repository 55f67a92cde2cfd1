"""The tutorials of examples/control run, in a short form, and save certificates that hold."""

import runpy
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from nsos_jax import Certificate
from nsos_jax.command.cli import main

FOLDER = Path(__file__).parents[2] / "examples" / "control"
CASES = {
    "van_der_pol": (["--degrees", "2"], "within the limit cycle, 4", "van_der_pol_2.json"),
    "pendulum": ([], "everywhere: (sin_th, cos_th, w) = (0, 1, 0) is stable and all", "pendulum.json"),
    "rigid_body": ([], "rates: the origin is globally asymptotically stable", "rigid_body.json"),
    "docking": ([], "PROVEN: every trajectory from the initial set reaches the target within time", "docking.json"),
    "inverted_pendulum": ([], "found: with u = ", "inverted_pendulum.json"),
    "two_rooms": ([], "PROVEN: no trajectory from the initial set reaches an unsafe set", "two_rooms.json"),
    "quadrotor": ([], "at rest the region has all tilts up to 8", "quadrotor.json"),
    "random_cubics": (["--count", "60"], "of 60: the origin is globally asymptotically stable", "random_cubics.jsonl"),
    "learned_gains": (["--steps", "3"], "PROVEN: the origin is locally asymptotically stable", "learned_gains.json"),
}


def test_all_examples_are_run():
    assert CASES.keys() == {path.stem for path in FOLDER.glob("*.py")}


@pytest.mark.parametrize("name", CASES)
def test_example(name, tmp_path, monkeypatch, capsys):
    arguments, told, saved = CASES[name]
    picture = name in ("two_rooms", "docking") and find_spec("matplotlib") is not None
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [name, *arguments, *(["--plot"] if picture else [])])
    runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
    assert told in capsys.readouterr().out
    text = (tmp_path / saved).read_text("utf-8")
    for one in text.splitlines() if saved.endswith(".jsonl") else [text]:
        assert Certificate.from_json(one).verify()
    if picture:
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_questions_are_answered(tmp_path, monkeypatch):
    monkeypatch.setenv("NSOS_CACHE_DIR", "")
    asked = (FOLDER / "questions.jsonl").read_text("utf-8").splitlines()
    found = tmp_path / "answers.jsonl"
    chosen = "".join(line + "\n" for line in asked if '"pendulum"' not in line and '"van der Pol"' not in line)
    (tmp_path / "questions.jsonl").write_text(chosen)
    done = CliRunner().invoke(main, ["control", str(tmp_path / "questions.jsonl"), "-o", str(found)])
    assert done.exit_code == 0, done.output
    assert CliRunner().invoke(main, ["verify", str(found)]).exit_code == 0
