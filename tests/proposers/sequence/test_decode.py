"""Decoding with a cache equals whole sequences without one; wide beams are exhaustive; votes are shares of decodes."""

import itertools
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from nsos_jax.proposers.sequence.decode import decode, draw_permutations, votes
from nsos_jax.proposers.sequence.model import SequenceConfig, SequenceTransformer

pytestmark = pytest.mark.usefixtures("quick_compilation")

CONFIG = SequenceConfig(width=32, encoder_layers=1, decoder_layers=2, heads=2, mlp_ratio=2, variables=6, exponent=12)
BATCH, TERMS, COUNT, SIZE = 5, 12, 7, 3


@pytest.fixture(scope="module")
def model():
    """Untrained, with sharper scores, so that its sequences differ in content and length."""
    model = SequenceTransformer(CONFIG, nnx.Rngs(5))
    model.pointer.kernel[...] = 6 * model.pointer.kernel[...]
    return model


@pytest.fixture(scope="module")
def problem():
    """exponents, coefficients, candidates, valid of polynomials with 2, 3, 4, 3 and 2 variables."""
    rng = np.random.default_rng(0)
    exponents, candidates = np.zeros((BATCH, TERMS, 4), np.int32), np.zeros((BATCH, COUNT, 4), np.int32)
    coefficients, valid = np.zeros((BATCH, TERMS), np.float32), np.zeros((BATCH, COUNT), bool)
    for b, (variables, terms, count) in enumerate([(2, 8, 5), (3, 12, 7), (4, 10, 7), (3, 9, 2), (2, 6, 4)]):
        rows = np.array(list(itertools.product(range(4), repeat=variables)))
        candidates[b, :count, :variables] = rng.permutation(rows)[:count]
        exponents[b, :terms, :variables] = rng.permutation(rows)[:terms]
        exponents[b, 0] = 2 * candidates[b, 0]
        coefficients[b, :terms] = rng.choice([-3.0, 1.0, 2.0, 20.0], terms)
        valid[b, :count] = True
    return tuple(map(jnp.asarray, (exponents, coefficients, candidates, valid)))


@nnx.jit
def log_probabilities(model, exponents, coefficients, candidates, valid, inputs):
    """[B S N+1] of the next token after each position of whole sequences: no cache, no loop."""
    context = model.encode(exponents, coefficients, candidates, valid)
    before = jnp.cumsum(jax.nn.one_hot(inputs, valid.shape[1], dtype=int), axis=1) > 0
    return jax.nn.log_softmax(model.logits(context, model(context, inputs), valid[:, None] & ~before))


def test_greedy_decoding_equals_the_computation_without_a_cache(model, problem):
    found = decode(model, *problem, size=SIZE)
    sequence, total = np.full((BATCH, SIZE + 1), COUNT), np.zeros(BATCH)
    ended = np.zeros(BATCH, bool)
    for k in range(SIZE + 1):
        inputs = np.concatenate([np.full((BATCH, 1), COUNT), sequence[:, :SIZE]], axis=1)
        scores = np.asarray(log_probabilities(model, *problem, jnp.asarray(inputs)))[:, k]
        choice = np.where(ended | (k == SIZE), COUNT, scores.argmax(axis=1))
        if k < SIZE:
            total += np.where(ended, 0.0, scores[np.arange(BATCH), choice])
        sequence[:, k] = choice
        ended |= choice == COUNT
    assert np.array_equal(found.sequence[:, 0], sequence)
    assert np.allclose(found.log_probability[:, 0], total, atol=1e-4)
    assert len({tuple(row) for row in sequence.tolist()}) == BATCH
    assert len(set((sequence < COUNT).sum(axis=1).tolist())) > 1


def test_a_wide_beam_finds_every_sequence_in_order_of_probability(model, problem):
    few = (*problem[:2], problem[2][:, :3], problem[3][:, :3])
    sequences = [order for count in range(4) for order in itertools.permutations(range(3), count)]
    found = decode(model, *few, size=3, beams=20)
    tokens = np.array([[*order, *[3] * (4 - len(order))] for order in sequences])
    inputs = jnp.pad(jnp.asarray(tokens[:, :3]), ((0, 0), (1, 0)), constant_values=3)
    for b in range(BATCH):
        repeated = [jnp.repeat(x[b : b + 1], len(tokens), axis=0) for x in few]
        scores = np.asarray(log_probabilities(model, *repeated, inputs))
        totals = {
            tuple(row): sum(scores[i, k, row[k]] for k in range(len(order) + 1))
            for i, (order, row) in enumerate(zip(sequences, tokens.tolist(), strict=True))
            if np.asarray(few[3])[b, list(order)].all()
        }
        ordered = sorted(totals, key=totals.__getitem__, reverse=True)
        assert list(map(tuple, found.sequence[b, : len(totals)].tolist())) == ordered
        assert np.allclose(found.log_probability[b, : len(totals)], [totals[order] for order in ordered], atol=1e-4)
        assert np.isneginf(found.log_probability[b, len(totals) :]).all()
        assert not found.chosen[b, len(totals) :].any()
    assert np.allclose(jax.nn.logsumexp(found.log_probability, axis=1), 0, atol=1e-4)


def test_sequences_are_legal_without_repeats_and_end(model, problem):
    found = decode(model, *problem, size=SIZE, beams=3)
    valid = np.asarray(problem[3])
    for b, w in np.ndindex(BATCH, 3):
        tokens = found.sequence[b, w].tolist()
        written = tokens[: tokens.index(COUNT)]
        assert tokens[len(written) :] == [COUNT] * (SIZE + 1 - len(written))
        assert len(set(written)) == len(written) <= SIZE
        assert valid[b, written].all()
        assert np.flatnonzero(found.chosen[b, w]).tolist() == sorted(written)
    assert (np.diff(found.log_probability, axis=1) <= 0).all()
    lengths = np.asarray(found.chosen.sum(axis=-1))
    assert lengths.max() == SIZE
    assert lengths.min() < 2


def test_beams_find_what_greedy_decoding_misses(model, problem):
    greedy, wide = (decode(model, *problem, size=SIZE, beams=beams).log_probability[:, 0] for beams in (1, 3))
    assert (wide >= greedy - 1e-5).all()
    assert (wide > greedy + 1e-3).any()


def padded(problem):
    """The same problem with more of everything, and one more polynomial that is all padding."""
    exponents, coefficients, candidates, valid = problem
    return (
        jnp.pad(exponents, ((0, 1), (0, 4), (0, 2))),
        jnp.pad(coefficients, ((0, 1), (0, 4))),
        jnp.pad(candidates, ((0, 1), (0, 3), (0, 2))),
        jnp.pad(valid, ((0, 1), (0, 3))),
    )


KEY = jax.random.key(8)


def test_padding_changes_nothing_and_batch_item_equals_solo(model, problem):
    ask = partial(votes, model, key=KEY, permutations=4, size=SIZE, chunk=3)
    plain, wide = ask(*problem), ask(*padded(problem))
    assert np.array_equal(plain.scores, wide.scores[:BATCH, :COUNT])
    assert np.array_equal(plain.basis, wide.basis[:BATCH, :COUNT])
    assert not wide.scores[BATCH].any()
    assert not wide.scores[:, COUNT:].any()
    for b in (1, 2):
        here = jnp.arange(BATCH) == b
        alone = ask(*(x * here.reshape(-1, *[1] * (x.ndim - 1)) for x in problem[:3]), problem[3] & here[:, None])
        assert np.array_equal(alone.scores, plain.scores * here[:, None])
        assert np.array_equal(alone.basis, plain.basis & here[:, None])


def test_votes_are_the_share_of_permuted_decodes(model, problem):
    exponents, coefficients, candidates, valid = problem
    chosen = []
    for order in np.asarray(draw_permutations(KEY, exponents, 4)):
        moved = [np.take_along_axis(np.asarray(x), order[:, None], axis=2) for x in (exponents, candidates)]
        found = decode(model, jnp.asarray(moved[0]), coefficients, jnp.asarray(moved[1]), valid, size=SIZE)
        chosen.append(np.asarray(found.chosen[:, 0]))
    got = votes(model, *problem, key=KEY, permutations=4, size=SIZE)
    assert np.allclose(got.scores, np.mean(chosen, axis=0))
    assert np.array_equal(got.basis, chosen[0])
    assert np.array_equal(got.basis, decode(model, *problem, size=SIZE).chosen[:, 0])
    assert ((got.scores > 0) & (got.scores < 1)).any()


def test_permutations_move_the_variables_that_occur(problem):
    exponents = problem[0]
    orders = np.asarray(draw_permutations(jax.random.key(1), exponents, 40))
    assert orders.shape == (40, BATCH, 4)
    assert (orders[0] == np.arange(4)).all()
    assert (np.sort(orders, axis=-1) == np.arange(4)).all()
    for b, used in enumerate((2, 3, 4, 3, 2)):
        assert (orders[:, b, used:] == np.arange(used, 4)).all()
        assert len(np.unique(orders[1:, b], axis=0)) >= {2: 2, 3: 6, 4: 16}[used]
    assert not np.array_equal(orders, draw_permutations(jax.random.key(2), exponents, 40))
