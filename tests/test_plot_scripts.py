"""What the scripts that compare proposers and draw trainings refuse, and how wide their tables are."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

SCRIPTS = Path(__file__).parents[1] / "scripts"


@pytest.fixture
def script(monkeypatch):
    """Imports a script by its name."""
    monkeypatch.syspath_prepend(SCRIPTS)
    return importlib.import_module


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("eval_proposers --draws 0", "argument --draws: expected a whole number, at least 1, got '0'"),
        ("eval_proposers --draws=-3", "argument --draws: expected a whole number"),
        ("eval_proposers --certify=-1", "argument --certify: expected a whole number"),
        ("eval_proposers --ratio 0.5", "argument --ratio: expected a finite number above 1, got '0.5'"),
        ("eval_proposers --ratio nan", "argument --ratio: expected a finite number above 1"),
        ("eval_proposers --temperature 0", "argument --temperature: expected a finite number above 0"),
        ("eval_proposers --json nowhere/x.json", "argument --json: there is no folder 'nowhere'"),
        ("eval_proposers --plot nowhere/x.png", "argument --plot: there is no folder 'nowhere'"),
        ("eval_proposers --plot .", "argument --plot: expected a file, got the folder '.'"),
        ("eval_proposers --weights nowhere", "argument --weights: there is no folder 'nowhere'"),
        ("paper_experiments exp2 --draws 0", "argument --draws: expected a whole number, at least 1, got '0'"),
        ("paper_experiments exp2 --json nowhere/x.jsonl", "argument --json: there is no folder 'nowhere'"),
        ("paper_d5 --json nowhere/x.jsonl", "argument --json: there is no folder 'nowhere'"),
        ("paper_page . -o .", "argument -o/--output: expected a file, got the folder '.'"),
        ("paper_experiments exp2 --weights nowhere", "argument --weights: there is no folder 'nowhere'"),
    ],
)
def test_bad_options_are_refused_at_once(script, monkeypatch, capsys, command, message):
    monkeypatch.setattr(sys, "argv", command.split())
    with pytest.raises(SystemExit) as refused:
        script(command.split()[0]).main()
    assert refused.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "draws"),
    [([], 500), (["--quick"], 20), (["--draws", "7"], 7), (["--quick", "--draws", "7"], 7)],
)
def test_quick_changes_only_the_default_draws(script, monkeypatch, arguments, draws):
    monkeypatch.setattr(sys, "argv", ["eval_proposers", *arguments])
    assert script("eval_proposers")._options().draws == draws


@pytest.mark.parametrize(("only", "found"), [("sparse 4,6,20", 1), ("sparse 4,6,2", 4)])
def test_only_takes_the_family_of_that_name_or_all_with_the_text(script, monkeypatch, only, found):
    monkeypatch.setattr(sys, "argv", ["eval_proposers", "--families", "all", "--only", only])
    evaluation = script("eval_proposers")
    assert len(evaluation.selection(evaluation._options())) == found


@pytest.mark.parametrize("width", [80, 110])
def test_no_table_loses_anything(script, width):
    evaluation = script("eval_proposers")
    names = ["peel", "even_support", "gram_graph", "sequence", "portfolio"]
    row = {"seconds": 12.345, "certified_basis": 1.05, "proven": 499, "certified_of": 500}
    family = "block-diagonal 3,12,20±2 cancel=1"
    console = Console(width=width)
    with console.capture() as shown:
        console.print(evaluation.certified({family: dict.fromkeys(names, row)}))
    text = shown.get()
    assert "block 3,12,20±2 cancel=1" in text
    assert text.count("12.345") == text.count("499/500") == 5
    assert "…" not in text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "has no record of a training yet"),
        ("garbage", "has no record of a training yet"),
        ("garbage\n{}\n", "line 1: not readable as JSON"),
        ("3\n", "line 1: expected a record with kind and step, got 3"),
    ],
)
def test_metrics_that_cannot_be_drawn(tmp_path, content, message):
    pytest.importorskip("matplotlib")
    (tmp_path / "metrics.jsonl").write_text(content)
    command = [sys.executable, SCRIPTS / "plot_training.py", tmp_path, "-o", tmp_path / "picture.png"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert message in told.stderr
    assert not (tmp_path / "picture.png").exists()
