"""Weights of one's own, by their path, wherever a proposer is named."""

from dataclasses import asdict

import numpy as np
import pytest
from click.testing import CliRunner
from flax import nnx

from nsos_jax import CertifyOptions, Polynomial, Status, certify, propose
from nsos_jax.command.cli import main
from nsos_jax.proposers import find_proposer, is_learned
from nsos_jax.proposers.gram_graph.model import GramGraphConfig, GramGraphTransformer
from nsos_jax.proposers.pretrained import ModelCard, find_weights, save_weights
from nsos_jax.sampling import plant

pytestmark = pytest.mark.usefixtures("quick_compilation")

CONFIG = GramGraphConfig(layers=1, width=8, heads=2, edge_width=4, mlp_ratio=1)
PLANTED = plant(np.random.default_rng(0), 3, 6, 8, "sparse").polynomial


def save(folder, name, threshold=0.0):
    card = ModelCard(
        name=name,
        kind="gram_graph",
        model=asdict(CONFIG),
        threshold=threshold,
        scores={},
        command="",
        training={},
        seed=0,
        steps=1,
        parameters=1,
        date="2025-01-01",
        versions={},
    )
    save_weights(folder, card, nnx.state(nnx.jit(lambda: GramGraphTransformer(CONFIG, nnx.Rngs(0)))()))
    return str(folder / name)


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """The path of weights with the name of a rule, to be told apart from it."""
    return save(tmp_path_factory.mktemp("own"), "peel")


def test_any_exported_name_is_a_proposer(own):
    assert is_learned(own)
    assert find_proposer(own) is find_proposer(own)
    assert find_proposer(own).name == own
    assert find_proposer(f"{own}.safetensors").name == f"{own}.safetensors"
    assert find_weights(own).card.name == "peel"


def test_they_propose_and_certify(own):
    (bases,) = propose([PLANTED], own)
    assert bases
    result = certify(PLANTED, CertifyOptions(proposers=(own,)))
    assert (result.status, result.proposer, result.attempts[0].proposer) == (Status.SOS, own, own)


def test_the_command_takes_their_path(own):
    done = CliRunner().invoke(main, ["certify", "x^4 - 2*x^2*y + y^2 + 1", "--proposer", own])
    assert done.exit_code == 0, done.output
    assert "SOS" in done.output


def test_new_weights_at_the_same_path_are_loaded(tmp_path):
    first = find_proposer(save(tmp_path, "mine"))
    again = find_proposer(save(tmp_path, "mine", threshold=3.0))
    assert (first.threshold, again.threshold) == (0.0, 3.0)


def test_what_is_there_is_told(own, tmp_path):
    with pytest.raises(
        ValueError, match=r"unknown proposer .*peal.safetensors is no file, there are .*peel.safetensors"
    ):
        find_proposer(own.replace("peel", "peal"))
    with pytest.raises(ValueError, match=r"is no file$"):
        certify(Polynomial.parse("x^2"), proposers=(str(tmp_path / "none"),))


def test_a_damaged_file_leaves_it_to_the_complete_basis(tmp_path):
    path = save(tmp_path, "mine")
    (tmp_path / "mine.safetensors").write_bytes(b"0")
    result = certify(PLANTED, proposers=(path,))
    assert result.status is Status.SOS
    assert "damaged" in result.attempts[0].outcome
