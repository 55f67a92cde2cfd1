"""Heads of the Gram-graph Transformer: their answers do not depend on names and padding, and they steer nothing."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from nsos_jax.bases import covers
from nsos_jax.proposers.candidates import Pairs, candidates, pair_features
from nsos_jax.proposers.gram_graph.model import HEADS, GramGraphConfig, GramGraphTransformer
from nsos_jax.proposers.gram_graph.proposer import GramGraphProposer
from nsos_jax.proposers.pretrained import load_pretrained
from nsos_jax.sampling import plant

pytestmark = pytest.mark.usefixtures("quick_compilation")

SIZE = 12
PLANTED = plant(np.random.default_rng(0), 3, 6, 8, "sparse").polynomial


def made(**heads):
    return GramGraphTransformer(GramGraphConfig(1, width=8, heads=2, edge_width=4, **heads), nnx.Rngs(0))


@pytest.fixture(scope="module")
def model():
    return made(**dict.fromkeys(HEADS, True))


@pytest.fixture(scope="module")
def batch():
    """(pairs, valid, sets) of one polynomial, [1 ...]."""
    found = candidates(jnp.array(PLANTED.exponents), jnp.array(PLANTED.float_coefficients), SIZE)
    pairs = pair_features(jnp.array(PLANTED.exponents), jnp.array(PLANTED.float_coefficients), found)
    sets = jnp.array(np.random.default_rng(1).random((1, 3, SIZE)) < 0.5)
    return jax.tree.map(lambda leaf: leaf[None], pairs), found.valid[None], sets


@nnx.jit
def ask(model, pairs, valid, sets):
    reading = model.read(pairs, valid)
    return reading.logits, model.cover(reading), model.margin(reading, sets), model.boundary(reading)


def test_permuting_candidates_permutes_pairs_and_nothing_else(model, batch):
    pairs, valid, sets = batch
    logits, cover, margins, boundary = ask(model, pairs, valid, sets)
    order = np.random.default_rng(2).permutation(SIZE)
    moved = jax.tree.map(lambda leaf: leaf[:, order][:, :, order], pairs)
    other = ask(model, moved, valid[:, order], sets[..., order])
    for found, wanted in zip(other, (logits[:, order], cover[:, order][:, :, order], margins, boundary), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5)
    np.testing.assert_allclose(cover, cover.mT, atol=1e-6)
    assert np.ptp(margins) > 0


def test_padding_changes_nothing(model, batch):
    pairs, valid, sets = batch
    margins = ((0, 0), (0, 3), (0, 3))
    wide = Pairs(jnp.pad(pairs.features, (*margins, (0, 0)), constant_values=2.0), jnp.pad(pairs.products, margins))
    logits, cover, works, boundary = ask(model, pairs, valid, sets)
    more = ask(
        model, wide, jnp.pad(valid, ((0, 0), (0, 3))), jnp.pad(sets, ((0, 0), (0, 0), (0, 3)), constant_values=1)
    )
    for found, wanted in zip(more, (logits, cover, works, boundary), strict=True):
        cut = tuple(slice(0, side) for side in wanted.shape)
        np.testing.assert_allclose(found[cut], wanted, atol=1e-5)


def test_no_gradient_leaves_a_head(model, batch):
    @nnx.jit
    def gradient(model):
        return nnx.grad(lambda m: sum(jnp.sin(answer).sum() for answer in ask(m, *batch)[1:]))(model)

    largest = {path[0]: 0.0 for path, _ in nnx.to_flat_state(nnx.state(model))}
    for path, value in nnx.to_flat_state(gradient(model)):
        largest[path[0]] = max(largest[path[0]], float(jnp.abs(value[...]).max()))
    assert {name for name, size in largest.items() if size > 0} == set(HEADS)


def test_heads_leave_the_logits_alone(model, batch):
    pairs, valid, sets = batch
    np.testing.assert_array_equal(nnx.jit(made())(pairs, valid), ask(model, pairs, valid, sets)[0])


def test_weights_from_before_the_heads_load():
    model, _ = load_pretrained("gram_graph")
    assert [getattr(model.config, name) for name in HEADS] == [getattr(model, name) is not None for name in HEADS]


def test_the_schedule_asks_the_head_for_margins(model):
    """A head that believes in no prefix leaves the whole pool, one that believes in all of them the first cover."""
    rungs = []
    for bias in (-20.0, 20.0):
        graph, state = nnx.split(model)
        changed = nnx.merge(graph, jax.tree.map(lambda leaf: leaf, state))
        changed.margin.narrow.bias[...] = jnp.array([bias])
        (proposal,) = GramGraphProposer(changed, threshold=-50.0).propose([PLANTED])
        rungs.append(proposal.rungs())
        assert proposal.works is not None
        assert len(proposal.works) == len(proposal.order)
    assert [len(rung) for rung in rungs[0]] == [len(proposal.order)]
    assert len(rungs[1][0]) == proposal.first
    assert covers(PLANTED.exponents, rungs[1][0])
