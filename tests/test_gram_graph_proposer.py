"""The Gram-graph Transformer as a proposer, with random weights: whatever it says, proposals cover and answers hold."""

import numpy as np
import pytest
from flax import nnx

from nsos_jax import CertifyOptions, Polynomial, Status, certify_batch, pipeline, propose, proposers
from nsos_jax import gram_graph_proposer as module
from nsos_jax.bases import covers, even_support
from nsos_jax.exponents import contained
from nsos_jax.gram_graph import GramGraphConfig, GramGraphTransformer
from nsos_jax.gram_graph_proposer import GramGraphProposer, scored_proposal
from nsos_jax.proposals import Proposal, StepsAside
from nsos_jax.sampling import plant

SIZES = GramGraphConfig(layers=1, width=8, heads=2, edge_width=4)
DRAWS = [plant(np.random.default_rng(i), 3, 6, 8, "sparse").polynomial for i in range(3)]
CANCELLED = Polynomial.parse("(x^4 + x^2*y^2 + 1)^2 + (x^4 - x^2*y^2 - 1)^2")


@pytest.fixture(scope="module")
def model():
    return nnx.jit(lambda: GramGraphTransformer(SIZES, nnx.Rngs(0)))()


@pytest.fixture(scope="module")
def proposer(model):
    return GramGraphProposer(model, threshold=0.0)


def test_proposals_cover_and_keep_all_candidates(proposer):
    for p, answer in zip(DRAWS, proposer.propose(DRAWS), strict=True):
        assert isinstance(answer, Proposal)
        assert covers(p.exponents, answer.order[: answer.first])
        assert len(np.unique(answer.order, axis=0)) == len(answer.order)
        assert contained(even_support(p.exponents), answer.order).all()
        assert answer.order.shape[1] == p.num_variables


def test_a_batch_item_equals_asking_alone(proposer):
    mixed = [DRAWS[0], Polynomial.parse("x^2 + 1"), CANCELLED]
    for p, answer in zip(mixed, proposer.propose(mixed), strict=True):
        (alone,) = proposer.propose([p])
        assert isinstance(answer, Proposal)
        assert isinstance(alone, Proposal)
        assert (answer.order.tolist(), answer.first) == (alone.order.tolist(), alone.first)


def test_the_threshold_sets_the_first_rung(model):
    everything, nothing = (GramGraphProposer(model, bound).propose(DRAWS[:1])[0] for bound in (-1e6, 1e6))
    assert isinstance(everything, Proposal)
    assert isinstance(nothing, Proposal)
    assert everything.first == len(everything.order)
    assert nothing.first < everything.first, "only what coverage needs"


def test_no_polynomials(proposer):
    assert proposer.propose([]) == []


def test_what_is_too_large_is_left_to_others(proposer, monkeypatch, caplog):
    monkeypatch.setattr(module, "MAX_CANDIDATES", 4)
    small = Polynomial.parse("x^2 + 1")
    aside, answered = proposer.propose([DRAWS[0], small])
    assert isinstance(aside, StepsAside)
    assert "candidates, the limit is 4" in aside.reason
    assert isinstance(answered, Proposal)
    monkeypatch.setattr(proposers, "_load", lambda name: proposer)
    monkeypatch.setattr(pipeline, "WORTH_LEARNING", 0)
    assert propose([DRAWS[0]], "gram_graph")[0][0].tolist() == propose([DRAWS[0]], "peel")[0][0].tolist()
    assert "gram_graph steps aside" in caplog.text
    (result,) = certify_batch([DRAWS[0]], CertifyOptions(proposers=("gram_graph", "even_support")))
    assert (result.attempts[0].proposer, result.attempts[0].outcome[:13]) == ("gram_graph", "stepped aside")
    assert (result.status, result.proposer) == (Status.SOS, "even_support")


def test_what_nothing_nearby_covers_is_left_to_others():
    hurwitz = Polynomial.parse("x^6 + y^6 + z^6 + w^6 + u^6 + v^6 - 6*x*y*z*w*u*v")
    assert isinstance(scored_proposal(hurwitz, even_support(hurwitz.exponents)[:0], 0), StepsAside | Proposal)
    odd = Polynomial.parse("x^3*y^3*z^3*u^3 + x")
    assert scored_proposal(odd, even_support(odd.exponents), 0) == StepsAside("no monomials nearby cover the support")


def test_it_is_not_asked_where_all_candidates_can_be_tried(monkeypatch):
    class Unexpected:
        name = "gram_graph"

        def propose(self, polynomials):
            raise AssertionError("it was asked")

    monkeypatch.setattr(proposers, "_load", lambda name: Unexpected())
    (result,) = certify_batch([DRAWS[0]], CertifyOptions(proposers=("peel", "gram_graph", "even_support")))
    assert result.status is Status.SOS


def test_random_scores_cost_time_but_no_answers(proposer, monkeypatch):
    monkeypatch.setattr(proposers, "_load", lambda name: proposer)
    monkeypatch.setattr(pipeline, "WORTH_LEARNING", 0)
    polynomials = [*DRAWS, CANCELLED, Polynomial.parse("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1")]
    wanted = [Status.SOS] * 4 + [Status.NOT_SOS]
    for names in (("gram_graph",), ("peel", "gram_graph", "even_support")):
        results = certify_batch(polynomials, CertifyOptions(proposers=names))
        assert [result.status for result in results] == wanted
        for result in results:
            assert result.certificate.verify()
            assert result.status is Status.NOT_SOS or result.proposer in (*names, "complete", "expansion")
