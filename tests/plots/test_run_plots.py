"""Pictures of how it went: what is drawn are the numbers that were given."""

import json

import numpy as np
import pytest

from nsos_jax import plots
from nsos_jax.solvers.batch import SosSolver
from nsos_jax.solvers.problem import margin_problem

pytest.importorskip("matplotlib").use("Agg")


def line(axes, name):
    [drawn] = [one for one in axes.lines if one.get_gid() == name]
    return np.asarray(drawn.get_xdata(), float), np.asarray(drawn.get_ydata(), float)


def test_a_bracket_of_the_solver():
    hankel = np.add.outer(np.arange(3), np.arange(3))
    solver = SosSolver([margin_problem((hankel,), np.array([1.0, 3.0, -1.0, 2.0, 7.0]))])
    rows = []
    while solver.running:
        for _ in solver.advance():
            found = solver.solutions[0]
            rows.append((found.iterations, found.lower, found.upper))
    iterations, lower, upper = np.array(rows).T
    [axes] = plots.margin_bracket(iterations, lower, upper, title="a quartic").axes
    assert np.array_equal(line(axes, "lower")[1], lower[np.isfinite(lower)])
    assert np.array_equal(line(axes, "upper")[1], upper[np.isfinite(upper)])


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        (([1, 2], [0.0], [1.0, 2.0]), "got the shapes"),
        (([1, 2], [0.0, 3.0], [1.0, 2.0]), "above the upper one"),
        (([1], [-np.inf], [np.inf]), "no bound is finite"),
        (([], [], []), "no bound is finite"),
    ],
)
def test_brackets_that_are_none(bounds, message):
    with pytest.raises(ValueError, match=message):
        plots.margin_bracket(*map(np.array, bounds))


def test_infinite_bounds_are_left_out():
    [axes] = plots.margin_bracket(np.arange(3), np.array([-np.inf, -1, 0]), np.array([np.inf, np.inf, 0])).axes
    assert line(axes, "lower")[0].tolist() == [1, 2]
    assert line(axes, "upper")[0].tolist() == [2]


def test_dots_by_family():
    ranks = {"dense": {"peel": 1.5, "gram_graph": 1.0}, "sparse": {"peel": float("inf")}, "chain": {"gram_graph": 2.0}}
    [axes] = plots.family_dots(ranks).axes
    assert [text.get_text() for text in axes.get_yticklabels()] == list(ranks)
    assert [part.tolist() for part in line(axes, "peel")] == [[1.5], [0]]
    assert [part.tolist() for part in line(axes, "gram_graph")] == [[1.0, 2.0], [0, 2]]
    for bad in ({}, {"dense": {}}, {"dense": {str(i): 1.0 for i in range(10)}}):
        with pytest.raises(ValueError, match="wanted 1 to 9"):
            plots.family_dots(bad)


def test_a_roofline():
    work = {"product": plots.Work(1e12, 1e9, 2.0), "copy": plots.Work(1e6, 1e9, 0.02)}
    [axes] = plots.roofline(work, rate=1e12, bandwidth=1e11).axes
    x, y = line(axes, "roof")
    assert np.allclose(y, np.minimum(1e12, 1e11 * x))
    assert line(axes, "product")[1].tolist() == [5e11]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "product: 50% of the roof",
        "copy: 50% of the roof",
    ]
    for bad in ({}, {"none": plots.Work(0, 1, 1)}, {"nan": plots.Work(1, 1, float("nan"))}):
        with pytest.raises(ValueError, match="wanted positive numbers"):
            plots.roofline(bad, 1.0, 1.0)


def test_curves_of_trainings(tmp_path):
    for run, losses in (("one", [3.0, 2.0]), ("two", [4.0, 1.0])):
        folder = tmp_path / run
        folder.mkdir()
        records = [{"kind": "train", "step": 10 * i, "loss": loss, "loss/0": loss} for i, loss in enumerate(losses)]
        (folder / "metrics.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    figure = plots.training_curves([tmp_path / "one", tmp_path / "two"])
    drawn = [one for one in figure.axes[0].lines if one.get_linewidth() == 1]
    assert [list(one.get_ydata()) for one in drawn] == [[3.0, 2.0], [4.0, 1.0]]
    with pytest.raises(ValueError, match="is no run folder"):
        plots.training_curves([tmp_path])
