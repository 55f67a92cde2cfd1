"""The sequence Transformer learns, reads terms whatever their order, scale and padding, and computes its losses."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from nsos_jax.proposers.padding import pad_polynomials
from nsos_jax.proposers.sequence.decode import decode
from nsos_jax.proposers.sequence.model import (
    SEQUENCE_CONFIGS,
    SequenceConfig,
    SequenceTransformer,
    sequence_loss,
    targets,
)
from nsos_jax.sampling.planted import STRUCTURES, plant

pytestmark = pytest.mark.usefixtures("quick_compilation")

TINY = SequenceConfig(width=32, encoder_layers=1, decoder_layers=1, heads=2, mlp_ratio=2, variables=6, exponent=12)
SIZE, COUNT = 6, 16


def planted_batch(count, variables=3, degree=6, terms=32, width=4):
    """exponents, coefficients, candidates, valid, labels of planted polynomials; candidates are the m with 2m in p."""
    planted = [
        plant(np.random.default_rng([7, i]), variables, degree, SIZE, STRUCTURES[i % len(STRUCTURES)])
        for i in range(count)
    ]
    padded = pad_polynomials([item.polynomial for item in planted], terms=terms, variables=width)
    candidates = np.zeros((count, COUNT, width), np.int32)
    valid, labels = np.zeros((2, count, COUNT), bool)
    for i, item in enumerate(planted):
        even = item.polynomial.exponents[(item.polynomial.exponents % 2 == 0).all(axis=1)] // 2
        basis = set(map(tuple, item.basis.tolist()))
        candidates[i, : len(even), :variables] = even
        valid[i, : len(even)] = True
        labels[i, : len(even)] = [row in basis for row in map(tuple, even.tolist())]
    return tuple(map(jnp.asarray, (padded.exponents, padded.coefficients, candidates, valid, labels)))


def trained(model, batch, steps, rate=4e-3) -> list[dict[str, float]]:
    """The loss and the metrics of each step."""
    optimiser = nnx.Optimizer(model, optax.adamw(rate), wrt=nnx.Param)

    @nnx.jit
    def step(model, optimiser):
        def loss_of(model):
            return sequence_loss(model, *batch, size=SIZE)

        (loss, metrics), gradients = nnx.value_and_grad(loss_of, has_aux=True)(model)
        optimiser.update(model, gradients)
        return metrics | {"loss": loss}

    return [jax.tree.map(float, step(model, optimiser)) for _ in range(steps)]


@pytest.fixture(scope="module")
def batch():
    return planted_batch(4)


@pytest.fixture(scope="module")
def loss_of() -> Callable:
    """A compiled `sequence_loss`."""
    return nnx.jit(partial(sequence_loss, size=SIZE))


def test_twenty_polynomials_are_learned():
    model, batch = SequenceTransformer(TINY, nnx.Rngs(0)), planted_batch(20)
    curve = trained(model, batch, steps=40)
    assert curve[0]["loss"] > 1.5
    assert curve[-1]["loss"] < 0.15
    assert curve[-1]["cross_entropy"] < 0.05
    assert curve[-1]["coefficient_mse"] < 0.5 * curve[0]["coefficient_mse"]
    assert curve[-1]["exact"] == 1.0
    assert curve[-1]["token_accuracy"] == 1.0
    assert np.array_equal(decode(model, *batch[:4], size=SIZE).chosen[:, 0], batch[4])


@pytest.fixture(scope="module")
def model():
    return SequenceTransformer(TINY, nnx.Rngs(1))


@nnx.jit
def run(model, exponents, coefficients, candidates, valid, inputs):
    """The context, the states and the unmasked pointer scores of whole sequences."""
    context = model.encode(exponents, coefficients, candidates, valid)
    states = model(context, inputs)
    free = jnp.ones((*inputs.shape, candidates.shape[1]), bool)
    return context, states, model.logits(context, states, free), model.coefficient_head(states)[..., 0]


def test_loss_is_the_cross_entropy_of_the_sequences_and_the_error_of_the_coefficients(model, batch, loss_of):
    """The same numbers, one token at a time in NumPy."""
    loss, metrics = loss_of(model, *batch)
    exponents, coefficients, candidates, valid, labels = map(np.asarray, batch)
    orders = [
        sorted(np.flatnonzero(labels[b]), key=lambda i, b=b: (candidates[b, i].sum(), *candidates[b, i]), reverse=True)
        for b in range(len(labels))
    ]
    inputs = np.full((len(labels), SIZE + 1), COUNT)
    for b, order in enumerate(orders):
        inputs[b, 1 : len(order) + 1] = order
    scores, predictions = map(np.asarray, run(model, *batch[:4], jnp.asarray(inputs))[2:])
    losses, squares = [], []
    for b, order in enumerate(orders):
        terms = {tuple(row): c for row, c in zip(exponents[b].tolist(), coefficients[b].tolist(), strict=True) if c}
        scale = np.sort(np.abs(list(terms.values())))[(len(terms) - 1) // 2]
        allowed = np.append(valid[b], True)
        for k, choice in enumerate([*order, COUNT]):
            losses.append(np.log(np.exp(scores[b, k, allowed]).sum()) - scores[b, k, choice])
            if choice < COUNT:
                allowed[choice] = False
                c = terms[tuple((2 * candidates[b, choice]).tolist())]
                wanted = np.sign(c) * np.log1p(abs(c) / scale)
                squares.append((predictions[b, k] - wanted) ** 2)
    assert metrics["cross_entropy"] == pytest.approx(np.mean(losses), rel=1e-4)
    assert metrics["coefficient_mse"] == pytest.approx(np.mean(squares), rel=1e-4)
    assert loss == pytest.approx(np.mean(losses) + TINY.coefficient_weight * np.mean(squares), rel=1e-4)


def test_targets_are_descending_then_end_then_ignored():
    labels = jnp.array([[True, True, False, True], [False] * 4, [True] * 4])
    ranks = jnp.array([[3, 0, 1, 2], [0, 1, 2, 3], [1, 0, 3, 2]])
    assert targets(labels, ranks, 3).tolist() == [[1, 3, 0, 4], [4, -1, -1, -1], [1, 0, 3, 2]]
    assert targets(labels, ranks, 5)[2].tolist() == [1, 0, 3, 2, 4, -1]


def test_padding_order_and_scale_change_nothing(model, batch, loss_of):
    loss, metrics = loss_of(model, *batch)
    exponents, coefficients, candidates, valid, labels = batch
    key = jax.random.key(3)
    rows, columns = jax.random.permutation(key, exponents.shape[1]), jax.random.permutation(key, COUNT)
    moved = (exponents[:, rows], coefficients[:, rows], candidates[:, columns], valid[:, columns], labels[:, columns])
    wider = (
        jnp.pad(exponents, ((0, 0), (0, 16), (0, 2)), constant_values=0),
        jnp.pad(coefficients, ((0, 0), (0, 16))),
        jnp.pad(candidates, ((0, 0), (0, 8), (0, 2))),
        jnp.pad(valid, ((0, 0), (0, 8))),
        jnp.pad(labels, ((0, 0), (0, 8))),
    )
    for other in (moved, wider, (exponents, 64 * coefficients, candidates, valid, labels)):
        got, values = loss_of(model, *other)
        assert got == pytest.approx(float(loss), rel=1e-4)
        assert values["coefficient_mse"] == pytest.approx(float(metrics["coefficient_mse"]), rel=1e-4)
    # what must matter does
    assert abs(loss_of(model, exponents, -coefficients, *batch[2:])[0] - loss) > 1e-3
    assert abs(loss_of(model, exponents[..., ::-1], coefficients, candidates[..., ::-1], *batch[3:])[0] - loss) > 1e-3


def test_batch_item_equals_solo(model, batch):
    inputs = jnp.arange(COUNT, COUNT - SIZE - 1, -1) + jnp.zeros((len(batch[0]), 1), int)
    here = jnp.arange(len(inputs)) == 2
    alone = [x * here.reshape(-1, *[1] * (x.ndim - 1)).astype(x.dtype) for x in batch[:4]]
    for one, solo in zip(run(model, *batch[:4], inputs)[1:], run(model, *alone, inputs)[1:], strict=True):
        assert np.allclose(one[2], solo[2], atol=1e-4)


def test_states_do_not_see_later_positions(model, batch):
    same = [jnp.repeat(x[:1], len(x), axis=0) for x in batch[:4]]
    rows = jnp.array([[0, 1, 2, 3, 4, 5], [0, 1, 2, 6, 7, 8], [1, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5]])
    states = run(model, *same, jnp.pad(rows, ((0, 0), (1, 0)), constant_values=COUNT))[1]
    assert np.allclose(states[0, :4], states[1, :4], atol=1e-5)
    assert not np.allclose(states[0, 4], states[1, 4], atol=1e-3)
    assert not np.allclose(states[0, 4], states[2, 4], atol=1e-3)
    assert np.allclose(states[0], states[3], atol=1e-5)


def test_bfloat16_follows_float32(batch, loss_of):
    half = SequenceTransformer(SequenceConfig(**{**vars(TINY), "dtype": "bfloat16"}), nnx.Rngs(1))
    shapes = nnx.eval_shape(lambda model: model.encode(*batch[:4]), half)
    assert shapes.keys.dtype == jnp.bfloat16
    full = loss_of(SequenceTransformer(TINY, nnx.Rngs(1)), *batch)[0]
    assert full.dtype == jnp.float32
    assert loss_of(half, *batch)[0] == pytest.approx(float(full), rel=0.05)


def test_configurations_are_the_sizes_of_the_paper():
    sizes = {k: (c.width, c.encoder_layers, c.decoder_layers, c.heads) for k, c in SEQUENCE_CONFIGS.items()}
    assert sizes["paper"] == (512, 6, 6, 8)
    assert sizes["paper-deep"] == (1024, 12, 8, 16)
    assert sizes["paper-wide"] == (768, 6, 6, 12)
    assert sizes["small"][:3] == (128, 2, 2)


def test_what_the_model_does_not_know_is_refused(model, batch):
    assert TINY.misfit(6, 12) is None
    assert TINY.misfit(6, 13) == "exponent 13, the model knows exponents up to 12"
    exponents, coefficients, candidates, valid, _ = batch
    wide = [jnp.pad(x, ((0, 0), (0, 0), (0, 3))) for x in (exponents, candidates)]
    with pytest.raises(ValueError, match="exponents: got 7 variables, the model knows 6"):
        model.encode(wide[0], coefficients, wide[1], valid)
    with pytest.raises(ValueError, match="width: got 20, wanted a multiple of 8"):
        SequenceConfig(width=20, heads=4)
