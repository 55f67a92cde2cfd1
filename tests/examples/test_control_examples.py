"""The tutorials of examples/control run, in a short form, and save certificates that hold."""

import runpy
import sys
from pathlib import Path

import pytest

from nsos_jax import Certificate

FOLDER = Path(__file__).parents[2] / "examples" / "control"
CASES = {
    "van_der_pol": (["--degrees", "2"], "within the limit cycle, 4", "van_der_pol_2.json"),
    "pendulum": ([], "everywhere: (sin_th, cos_th, w) = (0, 1, 0) is stable and all", "pendulum.json"),
    "rigid_body": ([], "rates: the origin is globally asymptotically stable", "rigid_body.json"),
    "two_rooms": ([], "PROVEN: no trajectory from the initial set reaches an unsafe set", "two_rooms.json"),
    "random_cubics": (["--count", "3"], "of 3: the origin is globally asymptotically stable", "random_cubics.jsonl"),
}


def test_all_examples_are_run():
    assert CASES.keys() == {path.stem for path in FOLDER.glob("*.py")}


@pytest.mark.parametrize("name", CASES)
def test_example(name, tmp_path, monkeypatch, capsys):
    arguments, told, saved = CASES[name]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
    assert told in capsys.readouterr().out
    text = (tmp_path / saved).read_text("utf-8")
    for one in text.splitlines() if saved.endswith(".jsonl") else [text]:
        assert Certificate.from_json(one).verify()


def test_a_picture_is_saved(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib").use("Agg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["two_rooms", "--plot"])
    runpy.run_path(str(FOLDER / "two_rooms.py"), run_name="__main__")
    assert (tmp_path / "two_rooms.png").read_bytes().startswith(b"\x89PNG")
