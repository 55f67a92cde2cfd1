"""Weights on disk: what is saved is loaded, and what is damaged or foreign is refused with its name."""

import json
from dataclasses import asdict, replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from nsos_jax.proposers.gram_graph.model import GramGraphConfig, GramGraphTransformer
from nsos_jax.proposers.pretrained import (
    KINDS,
    ModelCard,
    WeightsError,
    load_pretrained,
    place_arrays,
    pretrained_names,
    save_weights,
)

pytestmark = pytest.mark.usefixtures("quick_compilation")

CONFIG = GramGraphConfig(layers=1, width=8, heads=2, edge_width=4, mlp_ratio=1)


def random_model():
    """A model with random numbers in every parameter, also in those that start as zeros."""
    model = nnx.eval_shape(lambda: GramGraphTransformer(CONFIG, nnx.Rngs(0)))
    rng = np.random.default_rng(0)
    graph, shapes = nnx.split(model)
    return nnx.merge(graph, jax.tree.map(lambda leaf: jnp.asarray(rng.normal(size=leaf.shape), jnp.float32), shapes))


@pytest.fixture
def saved(tmp_path):
    model = random_model()
    card = ModelCard(
        name="small",
        kind="gram_graph",
        model=asdict(CONFIG),
        threshold=0.25,
        scores={"mean": {"exact": 0.5}},
        command="python -m nsos_jax.train",
        training={"steps": 7},
        seed=1,
        steps=7,
        parameters=sum(leaf.size for leaf in jax.tree.leaves(nnx.state(model))),
        date="2025-01-01",
        versions={"jax": "0"},
    )
    return tmp_path, model, save_weights(tmp_path, card, nnx.state(model))


def leaves(model):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(nnx.state(model))]


def test_saved_weights_are_loaded(saved):
    folder, model, card = saved
    loaded = load_pretrained("small", folder)
    assert loaded.card == card
    assert card.sha256
    assert [np.array_equal(a, b) for a, b in zip(leaves(loaded.model), leaves(model), strict=True)] == [True] * len(
        leaves(model)
    )
    assert loaded.model.config == CONFIG
    assert sorted(path.name for path in folder.iterdir()) == ["small.json", "small.safetensors"]


def test_float16_file_is_half_as_large_and_loads_as_float32(saved):
    folder, model, card = saved
    save_weights(folder, replace(card, name="half"), nnx.state(model), "float16")
    assert pretrained_names(folder) == ["half", "small"]
    for rounded, exact in zip(leaves(load_pretrained("half", folder).model), leaves(model), strict=True):
        assert rounded.dtype == np.float32
        np.testing.assert_allclose(rounded, exact, rtol=2**-10, atol=1e-7)
    sizes = [(folder / f"{name}.safetensors").stat().st_size for name in ("half", "small")]
    assert sizes[1] - sizes[0] >= 2 * card.parameters - 8 * len(leaves(model))


def test_unknown_name_lists_the_known_ones(saved, tmp_path):
    with pytest.raises(WeightsError, match=r"no weights 'big' in .*; there are: small"):
        load_pretrained("big", saved[0])
    with pytest.raises(WeightsError, match="there are: none"):
        load_pretrained("big", tmp_path / "nowhere")


def change_card(folder, **changes):
    path = folder / "small.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "small.safetensors").write_bytes(b"x" * 100), "checksums differ"),
        (lambda folder: (folder / "small.json").unlink(), r"small\.json is missing"),
        (lambda folder: (folder / "small.json").write_text("{"), r"small\.json is damaged"),
        (lambda folder: change_card(folder, format="other"), "not of the format"),
        (lambda folder: change_card(folder, kind="other"), "not of the format"),
        (lambda folder: change_card(folder, model={"depth": 3}), "does not fit this version"),
        (lambda folder: change_card(folder, model=asdict(replace(CONFIG, width=16))), "another model: .* is "),
        (lambda folder: change_card(folder, model=asdict(replace(CONFIG, layers=2))), "only in one of the two"),
    ],
)
def test_damaged_or_foreign_weights(saved, damage, message):
    damage(saved[0])
    with pytest.raises(WeightsError, match=message):
        load_pretrained("small", saved[0])


def test_arrays_go_to_their_names():
    model = random_model()
    state = nnx.state(model)
    with pytest.raises(WeightsError, match="another model"):
        place_arrays(state, {}, "a file")


@pytest.mark.parametrize("name", pretrained_names())
def test_shipped_weights_load(name):
    """And are those of the configuration that their card tells."""
    model, card = load_pretrained(name)
    assert isinstance(model, KINDS[card.kind][1])
    assert card.parameters == sum(leaf.size for leaf in jax.tree.leaves(nnx.state(model)))
