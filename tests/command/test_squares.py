"""`nsos squares` and `explain --latex`: what is written is true, and what has no squares is named."""

import json
from pathlib import Path

import pytest
from command_runs import run

from nsos_jax import Polynomial, certify

pytestmark = pytest.mark.usefixtures("own_folder")


@pytest.fixture
def results():
    run("certify", "x^4 - 2*x^2*y + y^2 + 1", "x^2 - y", "2*x^2", "x^3 + )", "-o", "results.jsonl")
    return "results.jsonl"


def test_every_record(results):
    done = run("squares", results)
    assert done.exit_code == 1  # the last one was bad input
    first, second = done.stdout.split("\n\n")
    assert first.startswith("x^4 - 2*x^2*y + y^2 + 1\n  = ")
    assert second == "2*x^2\n  = 2*(x)^2\n"
    left, right = first.split("\n  = ")
    assert Polynomial.parse(left) == Polynomial.parse(right)
    assert "results.jsonl:2: a certificate of the kind negative_point has no squares" in done.stderr
    assert "missing      results.jsonl:4: not proven: bad input" in done.stderr


def test_one_record_and_latex(results):
    done = run("squares", results, "--line", 3, "--latex")
    assert done.exit_code == 0
    assert done.stdout == run("explain", results, "--line", 3, "--latex").stdout
    assert done.stdout == run("explain", results, "--line", 3, "--format", "latex").stdout
    assert done.stdout == certify(Polynomial.parse("2*x^2")).latex()
    assert run("squares", results, "--id", "x^2 - y").exit_code == 1
    assert run("squares", results, "--line", 9).exit_code == 2
    assert "--latex is --format latex" in run("explain", results, "--line", 3, "--latex", "--format", "lean").stderr


def test_bounds_and_tables(results):
    assert run("bound", "x^4 + 10*x", "-o", "bounds.jsonl").exit_code == 0
    left, right = run("squares", "bounds.jsonl").stdout.split("\n  = ")
    assert Polynomial.parse(left) == Polynomial.parse(right)
    lower = json.loads(Path("bounds.jsonl").read_text())["lower"]
    assert Polynomial.parse(left) == Polynomial.parse("x^4 + 10*x") - Polynomial.parse(lower)
    run("convert", results, "results.csv")
    assert run("squares", "results.csv").stdout == run("squares", results).stdout


def test_a_folder(tmp_path):
    run("certify", "x^2 + 1", "x^2 - y", "-o", "results/")
    done = run("squares", "results/")
    assert (done.exit_code, done.stdout) == (0, "x^2 + 1\n  = (1)^2\n  + (x)^2\n")
    (tmp_path / "empty").mkdir()
    assert run("squares", "empty/").exit_code == 2


def test_undecided_has_no_display():
    result = certify(Polynomial.parse("x^4 - 2*x^2*y + y^2 + 1"))
    with pytest.raises(ValueError, match="UNDECIDED does not have"):
        type(result)(result.polynomial, type(result.status).UNDECIDED).latex()


def test_what_cannot_be_read():
    assert run("squares", "none.jsonl").exit_code == 2
    assert run("squares", "-", stdin="").exit_code == 2
    assert run("squares", "-", "--line", 1, "--id", "a", stdin="").exit_code == 2
