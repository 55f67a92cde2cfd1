"""From a configuration to a certificate: a model that was trained for seconds orders candidates of its family better
than chance and than the model that it was, and the command proves with it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from line_task import tiny

from nsos_jax.command.cli import main
from nsos_jax.polynomials import contained
from nsos_jax.proposers import find_proposer
from nsos_jax.sampling import Family, Shape, plant
from nsos_jax.train.config import Bucket
from nsos_jax.train.main import train

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_compilation")]

FAMILY = Family(3, 12, 8, "block-diagonal", even=True)


def drawn(count):
    """Draws of the family by the host's sampler, which no training sees: twice the exponents of what it plants."""
    planted = [plant(np.random.default_rng(i), 3, 6, 8, "block-diagonal") for i in range(count)]
    return [
        (type(d.polynomial).from_arrays(2 * d.polynomial.exponents, d.polynomial.numerators), 2 * d.basis)
        for d in planted
    ]


def places(path, draws):
    """Where the members of the planted bases stand among the candidates, from 0 for the first to 1 for the last."""
    found = []
    for (_, basis), ranked in zip(draws, find_proposer(path).rank([p for p, _ in draws]), strict=True):
        found += (np.flatnonzero(contained(ranked.pool, basis)) / (len(ranked.pool) - 1)).tolist()
    return np.mean(found)


def test_a_model_that_was_trained_proves_and_beats_chance(tmp_path):
    stream = (Bucket(1.0, Shape(3, 36, 8), 24, ((1.0, FAMILY),), name="even"),)
    for name, steps in (("untrained", 1), ("trained", 120)):
        config = replace(tiny(), stream=stream, steps=steps)
        train(config, tmp_path / name, command="python -m nsos_jax.train")
    draws = drawn(24)
    weights = {name: str(tmp_path / name / "weights" / "latest") for name in ("untrained", "trained")}
    before, after = (places(weights[name], draws) for name in ("untrained", "trained"))
    # members are a bit more than a third of the candidates: places of a random order have the mean 0.5, the best 0.2
    assert after < 0.4 < before + 0.1
    assert after < before
    output = tmp_path / "results.jsonl"
    inputs = tmp_path / "polynomials.jsonl"
    inputs.write_text("".join(json.dumps({"polynomial": str(p)}) + "\n" for p, _ in draws[:4]), "utf-8")
    done = CliRunner().invoke(main, ["certify", str(inputs), "--proposer", weights["trained"], "-o", str(output)])
    assert done.exit_code == 0, done.output
    records = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    assert [record["status"] for record in records] == ["SOS"] * 4
    assert {record["proposer"] for record in records} == {weights["trained"]}
