"""The model on lists of edges: on all pairs what it is on square arrays, on a sample near it, at any size finite."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from nsos_jax.bases import TooLarge, even_support
from nsos_jax.proposers.candidates import Candidates, pair_features
from nsos_jax.proposers.gram_graph.listed import listed_logits
from nsos_jax.proposers.gram_graph.listing import Listed, list_pairs
from nsos_jax.proposers.gram_graph.model import PADDING_LOGIT, GramGraphConfig, GramGraphTransformer
from nsos_jax.sampling import plant

pytestmark = pytest.mark.usefixtures("quick_compilation")


@pytest.fixture(scope="module")
def model():
    return GramGraphTransformer(GramGraphConfig(2, width=8, heads=2, edge_width=4), nnx.Rngs(0))


@pytest.fixture(scope="module")
def crowded():
    p = plant(np.random.default_rng(0), 2, 16, 9, "dense").polynomial
    return p.exponents, p.float_coefficients, even_support(p.exponents)


@pytest.fixture(scope="module")
def on_square_arrays(model, crowded):
    """(pairs, logits) of the same polynomial by `GramGraphTransformer`."""
    exponents, coefficients, pool = crowded
    found = Candidates(jnp.array(pool), jnp.ones(len(pool), bool), jnp.int32(len(pool)))
    pairs = jax.jit(pair_features)(jnp.array(exponents), jnp.array(coefficients, jnp.float32), found)
    together = jax.tree.map(lambda leaf: leaf[None], pairs)
    return pairs, nnx.jit(model)(together, found.valid[None])[0]


def padded(pairs, length):
    return Listed(*(np.pad(c, [(0, length - len(c)), *[(0, 0)] * (c.ndim - 1)]) for c in pairs))


def ask(model, pairs, valid):
    return nnx.jit(listed_logits)(model, jax.tree.map(jnp.asarray, pairs), jnp.asarray(valid))


def test_the_list_of_all_pairs_is_that_of_the_square_arrays(crowded, on_square_arrays):
    pairs, (square, _) = list_pairs(*crowded, meetings=100), on_square_arrays
    size = len(crowded[2])
    assert size < len(crowded[0]) < len(pairs.here) == size**2
    np.testing.assert_allclose(pairs.features.reshape(size, size, 5), square.features, atol=1e-5)
    assert (pairs.weight == 1).all()
    assert (pairs.copies == 1).all()
    rows = {(int(a), int(b)) for a, b in zip(pairs.row, np.ravel(square.products), strict=True)}
    assert len(rows) == len({a for a, _ in rows}) == len({b for _, b in rows})


def test_all_pairs_and_padding_give_the_same_logits(model, crowded, on_square_arrays):
    size = len(crowded[2])
    pairs = padded(list_pairs(*crowded, meetings=100), size**2 + 50)
    logits = ask(model, pairs, np.arange(size + 3) < size)
    np.testing.assert_allclose(logits[:size], on_square_arrays[1], atol=1e-4)
    assert (logits[size:] == PADDING_LOGIT).all()


def test_chunks_change_nothing(model, crowded, on_square_arrays, monkeypatch):
    size = len(crowded[2])
    monkeypatch.setattr("nsos_jax.proposers.gram_graph.listed.CHUNK", 128)
    pairs = padded(list_pairs(*crowded, meetings=100), 128 * (size**2 // 128 + 1))
    np.testing.assert_allclose(ask(model, pairs, np.ones(size, bool)), on_square_arrays[1], atol=1e-4)


def test_a_sample_stands_for_all_pairs(crowded):
    size = len(crowded[2])
    everything, some = list_pairs(*crowded, meetings=100), list_pairs(*crowded, meetings=8)
    assert len(some.here) < len(everything.here)
    np.testing.assert_allclose(np.bincount(some.here, some.weight), np.full(size, size), rtol=1e-6)
    own = some.features[:, 0] > 0
    assert own.sum() == (everything.features[:, 0] > 0).sum(), "terms are never left out"
    assert (some.weight[own] == 1).all()
    total = np.bincount(everything.row).max()
    assert np.bincount(some.row, some.copies).max() <= total + 1e-5


@pytest.mark.parametrize("size", [0, 1, 2])
def test_hardly_any_candidates(size):
    pool = np.arange(size)[:, None]
    pairs = list_pairs(2 * pool, np.ones(size), pool)
    assert len(pairs.here) == size**2


def test_what_is_too_long_is_refused_before_it_is_listed(monkeypatch):
    monkeypatch.setattr("nsos_jax.proposers.gram_graph.listing.MOST_LISTED", 1000)
    pool = np.arange(60)[:, None]
    with pytest.raises(TooLarge, match="pairs of candidates are terms, the limit is 1000"):
        list_pairs(np.arange(119)[:, None], np.ones(119), pool)
    sparse = np.concatenate([2 * pool, [[1]]])
    assert len(list_pairs(sparse, np.ones(61), pool).here) > 60


def test_a_sample_stands_for_no_more_than_the_model_knows(monkeypatch):
    monkeypatch.setattr("nsos_jax.proposers.gram_graph.listing.MOST_OTHERS", 10)
    monkeypatch.setattr("nsos_jax.proposers.gram_graph.listing.MOST_COPIES", 3)
    pool = np.arange(80)[:, None]
    pairs = list_pairs(2 * pool, np.ones(80), pool, meetings=4)
    own = pairs.features[:, 0] > 0
    assert (np.bincount(pairs.here[~own], pairs.weight[~own], 80) < 10.001).all()
    assert pairs.copies.max() == 3
