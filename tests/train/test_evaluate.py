"""Scores and losses against their definitions, computed the slow way."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsos_jax.train.evaluate import Outcomes, best_threshold, outcomes, summarise
from nsos_jax.train.gram_task import cross_entropy, ordering_loss
from nsos_jax.train.task import Judged

pytestmark = pytest.mark.usefixtures("quick_compilation")


def random_judged(seed, batch=40, size=9):
    rng = np.random.default_rng(seed)
    scores = np.round(rng.normal(size=(batch, size)), 1).astype(np.float32)  # with ties
    valid = rng.random((batch, size)) < 0.8
    labels = valid & (rng.random((batch, size)) < 0.5)
    missing = (rng.random(batch) < 0.2).astype(np.int32)
    return Judged(scores, labels, valid, missing)


def test_coverage_rank_is_the_shortest_prefix():
    judged = random_judged(0)
    found = outcomes(judged)
    for scores, labels, valid, rank in zip(judged.scores, judged.labels, judged.valid, found.rank, strict=True):
        order = sorted(np.flatnonzero(valid), key=lambda i: (-scores[i], labels[i]))
        members = set(np.flatnonzero(labels))
        shortest = next(k for k in range(len(order) + 1) if members <= set(order[:k]))
        assert rank == shortest


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_threshold_has_the_most_exact_predictions(seed):
    found = outcomes(random_judged(seed, batch=12, size=5))
    tried = np.concatenate([found.last_member, found.first_other, [0.0]])
    tried = tried[np.isfinite(tried)]
    most = max(summarise(found, float(threshold)).exact for threshold in tried)
    assert summarise(found, best_threshold(found)).exact == most


def test_summary_counts_predictions():
    judged = random_judged(3)
    threshold = 0.05
    predicted = judged.valid & (judged.scores >= threshold)
    has_all = ~(judged.labels & ~predicted).any(-1) & (judged.missing == 0) & judged.labels.any(-1)
    exact = has_all & (predicted == judged.labels).all(-1)
    got = summarise(outcomes(judged), threshold)
    assert got.exact == pytest.approx(exact.mean())
    assert got.insufficient == pytest.approx(1 - has_all.mean())
    assert got.missing == pytest.approx((judged.missing > 0).mean())


def test_no_exact_prediction_is_possible():
    zeros = np.zeros(2, int)
    found = Outcomes(zeros + 2, zeros + 1, zeros + 2, zeros, np.array([0.0, 1.0]), np.array([1.0, 2.0]))
    assert best_threshold(found) == 0.0
    assert summarise(found, 0.0).exact == 0.0


def test_losses_are_their_definitions():
    judged = random_judged(5)
    arguments = jnp.asarray(judged.scores), jnp.asarray(judged.labels), jnp.asarray(judged.valid)
    entropies, orders = jax.jit(lambda *a: (cross_entropy(*a), ordering_loss(*a)))(*arguments)
    for row in range(len(judged.scores)):
        s, members, valid = (np.float64(judged.scores[row]), judged.labels[row], judged.valid[row])
        each = [np.log1p(np.exp(-s[i] if members[i] else s[i])) for i in np.flatnonzero(valid)]
        assert entropies[row] == pytest.approx(np.mean(each), rel=1e-5)
        pairs = [np.exp(s[i] - s[j]) for i in np.flatnonzero(valid & ~members) for j in np.flatnonzero(members)]
        assert orders[row] == pytest.approx(np.log1p(np.sum(pairs)), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("loss", [cross_entropy, ordering_loss])
def test_losses_pull_the_right_way_and_are_finite(loss):
    members, valid = jnp.array([True, True, False, False, False]), jnp.array([True, True, True, True, False])
    slope = jax.jit(jax.grad(loss))
    gradient = slope(jnp.array([0.3, -0.2, 0.1, -1.0, -1e9]), members, valid)
    assert (gradient[:2] < 0).all()
    assert (gradient[2:4] > 0).all()
    assert gradient[4] == 0
    for labels in (jnp.zeros(5, bool), valid):
        assert np.isfinite(slope(jnp.zeros(5), labels, valid)).all()
