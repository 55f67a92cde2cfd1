"""The real tasks: their data hold the planted basis, they learn, and what is exported predicts the same."""

import json
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest
from click.testing import CliRunner
from line_task import losses

from nsos_jax.proposers.pretrained import load_pretrained
from nsos_jax.proposers.sequence.model import SequenceConfig
from nsos_jax.train import export
from nsos_jax.train.config import load_config
from nsos_jax.train.data import TEST, held_back_draws, make_stream, training_draws
from nsos_jax.train.evaluate import best_threshold, outcomes
from nsos_jax.train.main import train
from nsos_jax.train.mesh import make_mesh
from nsos_jax.train.tasks import make_task

pytestmark = pytest.mark.usefixtures("quick_compilation")

TINY = Path(__file__).parents[2] / "configs" / "tiny.py"
SEQUENCE = SequenceConfig(width=32, encoder_layers=1, decoder_layers=1, heads=2, variables=3, exponent=12)


@pytest.mark.slow
def test_gram_batch_holds_the_basis():
    """Every member of the planted basis is a labelled candidate or is counted as missing."""
    config = load_config(TINY)
    bucket = config.stream[0]
    batch = make_stream(make_task(config), bucket, 16, make_mesh(config.mesh))(training_draws(config, bucket, 0))
    valid, labels, missing = map(np.asarray, batch[1:])
    assert batch.pairs.features.shape[:3] == (16, 24, 24)
    assert (labels <= valid).all()
    assert (labels.sum(1) + missing == 8).all()
    assert (missing == 0).mean() > 0.5
    assert (valid.sum(1) > labels.sum(1)).any()


def test_model_must_know_the_exponents():
    config = replace(load_config(TINY), model=replace(SEQUENCE, exponent=8))
    with pytest.raises(ValueError, match="bucket 'even' does not fit the model: exponent 12"):
        make_task(config)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["gram_graph", "sequence"])
def test_task_learns_and_its_export_predicts_the_same(tmp_path, kind):
    settings = ["steps=150", "stream.1.weight=0.001", "evaluation.every=1000"]
    config = load_config(TINY, settings)
    if kind == "sequence":
        config = replace(config, model=SEQUENCE)
    found = train(config, tmp_path, command="python -m nsos_jax.train")
    curve = losses(tmp_path)[:, 1]
    assert curve[-20:].mean() < 0.8 * curve[:10].mean()
    assert found.mean.coverage_rank < found.mean.candidates
    bucket = config.stream[0]
    draws = held_back_draws(bucket, bucket.mixture[0][1], TEST, 0)
    task = make_task(config)
    batch = make_stream(task, bucket, 16, make_mesh(config.mesh))(draws)
    model, card = load_pretrained("latest", tmp_path / "weights")
    assert card.kind == kind
    assert card.threshold == found.threshold
    judged = outcomes(jax.device_get(task.judge(model, batch)))
    assert (judged.rank[judged.missing == 0] >= judged.members[judged.missing == 0]).all()
    assert best_threshold(judged) != 0.0


@pytest.mark.slow
def test_export_command(tmp_path):
    config = load_config(TINY, ["steps=20"])
    train(config, tmp_path / "run", command="the command")
    base = ["--config", str(TINY), "--dir", str(tmp_path / "run"), "--name", "tiny", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(export.main, [*base, "--set", "steps=20", "--examples", "20", "--dtype", "float16"])
    assert done.exit_code == 0, done.output
    assert "mean of families" in done.output
    card = load_pretrained("tiny", tmp_path / "out").card
    assert (card.steps, card.command) == (20, "the command")
    assert {scores["examples"] for scores in card.scores["families"].values()} == {20}
    assert json.loads((tmp_path / "out" / "tiny.json").read_text("utf-8"))["training"]["steps"] == 20


def test_export_without_a_checkpoint(tmp_path):
    arguments = ["--config", str(TINY), "--dir", str(tmp_path), "--name", "tiny", "--out", str(tmp_path)]
    done = CliRunner().invoke(export.main, arguments)
    assert done.exit_code == 1
    assert "there is no checkpoint" in done.output
