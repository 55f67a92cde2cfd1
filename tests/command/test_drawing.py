"""`nsos plot` draws what holds, and says what cannot be drawn."""

import sys

import pytest
from command_runs import run

pytestmark = pytest.mark.usefixtures("own_folder")
pytest.importorskip("matplotlib").use("Agg")


@pytest.fixture
def results():
    run("certify", "x^2 + y^2*x^4 + 1", "x^2 - y", "x^3 + )", "-o", "results.jsonl")
    return "results.jsonl"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--line", 1, "-o", "out.svg"),
        ("--line", 2, "-o", "out.png"),
        ("--line", 1, "--picture", "gram", "-o", "out.pdf"),
        ("--line", 1, "--picture", "cliques", "-o", "out.svg"),
        ("--line", 1, "--picture", "squares", "-o", "out.svg"),
        ("--id", "x^2 - y", "--axes", "y, x", "-o", "out.svg"),
    ],
)
def test_pictures(results, arguments, tmp_path):
    done = run("plot", results, *arguments)
    assert done.exit_code == 0, done.output
    assert (tmp_path / arguments[-1]).stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("-o", "out.svg"), 2, "more than one line"),
        (("--line", 1, "-o", "out.bmp"), 2, "expected a file that ends in .svg"),
        (("--line", 1, "--axes", "x,w", "-o", "out.svg"), 2, "axes: got x, w"),
        (("--line", 1, "--axes", "x,y", "--picture", "gram", "-o", "out.svg"), 2, "leave it out"),
        (("--line", 2, "--picture", "gram", "-o", "out.svg"), 2, "no Gram matrix"),
        (("--line", 3, "-o", "out.svg"), 1, "bad input"),
        (("--line", 1, "-o", "no_folder/out.svg"), 2, "cannot write no_folder/out.svg: No such file or directory"),
        (("--line", 1, "-o", "none/out.svg"), 2, "No such file"),
        (("--line", 1, "-o", "results.svg"), 2, "--overwrite replaces it"),
    ],
)
def test_what_cannot_be_drawn(results, arguments, status, message, tmp_path):
    (tmp_path / "results.svg").write_text("kept")
    done = run("plot", results, *arguments)
    assert (done.exit_code, message in done.output) == (status, True), done.output
    assert (tmp_path / "results.svg").read_text() == "kept"


def test_a_picture_is_replaced_when_asked(results, tmp_path):
    (tmp_path / "out.svg").write_text("old")
    assert run("plot", results, "--line", 1, "-o", "out.svg", "--overwrite").exit_code == 0
    assert "<svg" in (tmp_path / "out.svg").read_text()


def test_without_matplotlib_the_extra_is_named(results, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    done = run("plot", results, "--line", 1, "-o", "out.svg")
    assert done.exit_code == 2
    assert 'Error: plots need matplotlib: pip install "nsos-jax[plot]"' in done.stderr


def test_what_does_not_hold_is_not_drawn(results, tmp_path):
    text = (tmp_path / results).read_text().splitlines()[0].replace('"polynomial":[["1"', '"polynomial":[["2"')
    (tmp_path / "spoilt.jsonl").write_text(text)
    done = run("plot", "spoilt.jsonl", "-o", "out.svg")
    assert done.exit_code == 1
    assert "FAILS" in done.output
    assert not (tmp_path / "out.svg").exists()
