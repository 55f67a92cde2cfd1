"""The experiments of the paper: rows are resumed, schedules climbed, and the page drawn from rows alone."""

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from nsos_jax.polynomials import Polynomial
from nsos_jax.proposers import Proposal
from nsos_jax.sampling import STRUCTURES, Planted, plant

SCRIPTS = Path(__file__).parents[1] / "scripts"
LINE = np.arange(6)[:, None]
SHARES = {"exact": 60.0, "superset": 30.0, "insufficient": 10.0}


@pytest.fixture
def script(monkeypatch):
    """Imports a script by its name."""
    monkeypatch.syspath_prepend(SCRIPTS)
    return importlib.import_module


def test_rows_in_a_file_are_not_measured_again(script, tmp_path):
    rows = script("rows")
    path = tmp_path / "rows.jsonl"
    key = {"cell": [4, 6, 20], "draws": 5}
    assert rows.Rows(path).get(key, lambda: {"seconds": 0.5}) == key | {"seconds": 0.5}
    resumed = rows.Rows(path)
    assert resumed.get(key, pytest.fail) == key | {"seconds": 0.5}
    assert resumed.get(key | {"draws": 6}, lambda: {"seconds": 0.7})["seconds"] == 0.7
    assert [row["draws"] for row in rows.read(path)] == [5, 6]


def test_the_sequence_model_sees_few_draws(script):
    draws_for = script("paper_setting").draws_for
    assert (draws_for("gram_graph", 500), draws_for("sequence", 500), draws_for("sequence", 3)) == (500, 20, 3)


def test_schedules_end_with_the_first_rung_that_is_enough(script):
    draw = Planted(Polynomial.parse("x^10 + 1"), LINE[[0, 1, 5]], np.eye(3, dtype=int))
    proposal = Proposal(LINE[[5, 0, 4, 3, 2, 1]], 2)
    found = script("paper_experiments").climb(draw, proposal, 6, 1.5, by_chances=False)
    assert found["1.5"][0] == 3  # sizes 2, 3, 5, 6
    assert found["3.0"][0] == 1  # sizes 2, 6
    assert found["1.5"][1] > found["3.0"][1] > 1
    assert "by chances" not in found


def test_an_experiment_writes_the_rows_of_its_table(script, monkeypatch, capsys, tmp_path):
    path = tmp_path / "d6.jsonl"
    experiments = script("paper_experiments")
    monkeypatch.setattr(experiments.scores, "held_back", _plant)
    monkeypatch.setattr(sys, "argv", ["paper_experiments", "d6", "--quick", "--draws", "2", "--json", str(path)])
    experiments.main()
    first = capsys.readouterr().out
    rows = script("rows").read(path)
    assert [row["structure"] for row in rows] == [*STRUCTURES] * 2
    assert all(row["planted"] >= max(row["vertices"], row["products"]) for row in rows)
    monkeypatch.setattr(experiments, "_bounds", pytest.fail)
    experiments.main()
    assert capsys.readouterr().out == first


def _plant(family, count):
    """Draws that need no device."""
    rng = np.random.default_rng(0)
    return [plant(rng, family.variables, family.degree, family.size, family.structure) for _ in range(count)]


def _rows():
    """A row of each kind, as the experiments write them."""
    family = "sparse 8,20,30±4"
    timed = {"family": family, "draws": 2, "proven": 2, "planted": 30, "basis": 31, "alone": 0.01, "batch": 0.01}
    outcomes = [{"structure": s, "proposer": "sequence", "none": SHARES, "both": SHARES} for s in STRUCTURES]
    costs = {f"{ratio}": {"expansions": 0.1, "cost": 1.2} for ratio in (1.1, 1.25, 1.5, 2.0, 3.0)}
    return {
        "exp1": [timed],
        "exp3": outcomes,
        "exp4": [timed],
        "d1": [
            {"family": "dense 4,6,20±4 negative=0.1", "answer": "NOT_SOS", "pipeline": 0.1, "alone": 0.2, "size": 9}
        ],
        "d2": [{"family": family, "L": votes, "raw": SHARES} for votes in (1, 2)],
        "d3": [{"proposer": "gram_graph", "by chances": {"cost": 1.1}} | costs],
        "d5": [{"false terms": each, "draws": 10, "outcomes": [[9, 1, 0]] * 6} for each in (False, True)],
        "d6": [{"cell": [4, 6, 20], "structure": "dense", "over vertices": 2.0, "over products": 1.2}],
        "d7": [
            {"structure": "dense", "degree": degree, "m": m, "proposer": "peel", "first": first}
            for degree, m, first in ((10, 20, 90.0), (12, 20, 100.0), (16, 40, 80.0))
        ],
    }


def test_a_page_is_drawn_from_rows(script, monkeypatch, tmp_path):
    pytest.importorskip("matplotlib")
    for name, rows in _rows().items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    figure = script("paper_page").page(tmp_path)
    figure.savefig(tmp_path / "page.png")
    titles = [axes.get_title() for axes in figure.axes]
    assert len(titles) == 12
    assert all(titles)
    (growth,) = (axes for axes in figure.axes if axes.get_title().startswith("D.3"))
    assert list(growth.lines[0].get_ydata()) == [1.2] * 5
    ours, _, trained_on_sparse = (list(line.get_ydata()) for line in figure.axes[-1].lines[:3])
    assert (ours, trained_on_sparse) == ([95, 80], [100, 55])  # means over the degrees of a size


def test_a_page_says_which_rows_it_lacks(script, monkeypatch, capsys, tmp_path):
    (tmp_path / "exp1.jsonl").write_text("")
    monkeypatch.setattr(sys, "argv", ["paper_page", str(tmp_path), "-o", str(tmp_path / "page.png")])
    with pytest.raises(SystemExit):
        script("paper_page").main()
    message = capsys.readouterr().err
    assert "no rows of exp4, exp3, d1" in message
    assert "exp1" not in message.split("no rows of")[1]
