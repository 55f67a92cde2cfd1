"""The Gram-graph Transformer: symmetry, padding, batches, gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from nsos_jax.proposers.candidates import NUM_FEATURES, Pairs, candidates, pair_features
from nsos_jax.proposers.gram_graph.model import PADDING_LOGIT, GramGraphConfig, GramGraphTransformer
from nsos_jax.sampling.planted import plant

pytestmark = pytest.mark.usefixtures("quick_compilation")

TERMS, SIZE = 64, 16


def small(dtype="float32", layers=2):
    return GramGraphTransformer(GramGraphConfig(layers, width=8, heads=2, edge_width=4, dtype=dtype), nnx.Rngs(0))


@pytest.fixture(scope="module")
def model():
    return nnx.jit(small())


@pytest.fixture(scope="module")
def polynomials():
    """(exponents [3 TERMS n], coefficients [3 TERMS]) of three draws with different numbers of candidates."""
    rng = np.random.default_rng(0)
    exponents, coefficients = np.zeros((3, TERMS, 4), np.int32), np.zeros((3, TERMS), np.float32)
    for k, size in enumerate((6, 8, 10)):
        p = plant(rng, 4, 6, size, "sparse").polynomial
        exponents[k, : p.num_terms], coefficients[k, : p.num_terms] = p.exponents, p.float_coefficients
    return jnp.array(exponents), jnp.array(coefficients)


@jax.jit
def prepare(exponents, coefficients):
    found = jax.vmap(lambda e, c: candidates(e, c, SIZE))(exponents, coefficients)
    return jax.vmap(pair_features)(exponents, coefficients, found), found


def test_renaming_variables_changes_no_logit(model, polynomials):
    exponents, coefficients = polynomials
    pairs, found = prepare(exponents, coefficients)
    renamed, renamed_found = prepare(exponents[:, :, jnp.array([3, 1, 0, 2])], coefficients)
    np.testing.assert_allclose(model(pairs, found.valid), model(renamed, renamed_found.valid), atol=1e-5)


def test_permuting_terms_permutes_logits(model, polynomials):
    exponents, coefficients = polynomials
    pairs, found = prepare(exponents, coefficients)
    order = jnp.array(np.random.default_rng(1).permutation(TERMS))
    shuffled, other = prepare(exponents[:, order], coefficients[:, order])
    before, after = model(pairs, found.valid), model(shuffled, other.valid)
    assert not np.array_equal(found.exponents, other.exponents)
    for k in range(len(exponents)):
        rows = {tuple(m): float(x) for m, x in zip(found.exponents[k].tolist(), before[k], strict=True) if x > -1e8}
        same = {tuple(m): float(x) for m, x in zip(other.exponents[k].tolist(), after[k], strict=True) if x > -1e8}
        assert rows == pytest.approx(same, abs=1e-5)
        assert np.ptp(list(rows.values())) > 1e-3


def test_padding_changes_nothing(model, polynomials):
    pairs, found = prepare(*polynomials)
    logits = model(pairs, found.valid)
    extra = 7
    margins = ((0, 0), (0, extra), (0, extra))
    wide = Pairs(
        jnp.pad(pairs.features, (*margins, (0, 0)), constant_values=3.0),
        jnp.pad(pairs.products, margins, constant_values=2),
    )
    padded = model(wide, jnp.pad(found.valid, ((0, 0), (0, extra))))
    np.testing.assert_allclose(padded[:, :SIZE], logits, atol=1e-5)
    assert np.all(padded[:, SIZE:] == PADDING_LOGIT)
    assert np.all((logits == PADDING_LOGIT) == ~found.valid)
    assert len({int(n) for n in found.count}) > 1


def test_batch_items_equal_single_ones(model, polynomials):
    pairs, found = prepare(*polynomials)
    together = model(pairs, found.valid)
    for k in range(len(found.valid)):
        alone = jax.tree.map(lambda values, k=k: values[k : k + 1], pairs)
        np.testing.assert_allclose(model(alone, found.valid[k : k + 1])[0], together[k], atol=1e-5)


def test_an_item_without_candidates_is_finite(model):
    pairs = Pairs(jnp.zeros((1, 4, 4, NUM_FEATURES)), jnp.zeros((1, 4, 4), jnp.int32))
    logits = model(pairs, jnp.zeros((1, 4), bool))
    assert np.all(logits == PADDING_LOGIT)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_gradients_are_finite_and_reach_every_parameter(polynomials, dtype):
    pairs, found = prepare(*polynomials)
    valid = found.valid.at[2].set(False)

    @nnx.jit
    def gradient(model):
        return nnx.grad(lambda m: jnp.where(valid, jnp.sin(m(pairs, valid)), 0.0).sum())(model)

    for path, value in nnx.to_flat_state(gradient(small(dtype, layers=1))):
        assert value[...].dtype == jnp.float32, path
        assert jnp.isfinite(value[...]).all(), path
        assert jnp.abs(value[...]).max() > 0, path


def test_bfloat16_stays_near_float32(model, polynomials):
    pairs, found = prepare(*polynomials)
    logits, rough = model(pairs, found.valid), nnx.jit(small("bfloat16"))(pairs, found.valid)
    assert rough.dtype == jnp.float32
    assert 0 < jnp.abs(logits - rough).max() < 0.1


@pytest.mark.parametrize(
    ("setting", "message"),
    [({"heads": 5}, "multiple of heads = 5"), ({"layers": 0}, "layers must"), ({"dtype": "float16"}, "dtype must")],
)
def test_bad_configurations_are_refused(setting, message):
    with pytest.raises(ValueError, match=message):
        GramGraphConfig(**setting)
