"""The Transformers as proposers, with random weights: whatever they say, proposals cover and answers hold."""

import numpy as np
import pytest
from flax import nnx

from nsos_jax import CertifyOptions, Polynomial, Status, certify_batch, propose
from nsos_jax.bases.coverage import even_support
from nsos_jax.bases.matching import covers
from nsos_jax.membership import asking, costs
from nsos_jax.membership.tasks import Task
from nsos_jax.polynomials.exponents import contained
from nsos_jax.proposers import registry
from nsos_jax.proposers.gram_graph import proposer as gram_graph_proposer
from nsos_jax.proposers.gram_graph.model import GramGraphConfig, GramGraphTransformer
from nsos_jax.proposers.gram_graph.proposer import GramGraphProposer
from nsos_jax.proposers.learned import Ranked, room
from nsos_jax.proposers.pretrained import WeightsError
from nsos_jax.proposers.proposal import Proposal, StepsAside, scored_proposal
from nsos_jax.proposers.sequence.model import SequenceConfig, SequenceTransformer
from nsos_jax.proposers.sequence.proposer import SequenceProposer
from nsos_jax.sampling.planted import plant

pytestmark = pytest.mark.usefixtures("quick_compilation")

GRAPH = GramGraphConfig(layers=1, width=8, heads=2, edge_width=4)
SEQUENCE = SequenceConfig(width=16, encoder_layers=1, decoder_layers=1, heads=2, variables=5, exponent=8)
DRAWS = [plant(np.random.default_rng(i), 3, 6, 8, "sparse").polynomial for i in range(3)]
LEARNED_FIRST = CertifyOptions(proposers=("gram_graph", "peel", "even_support"))
CANCELLED = Polynomial.parse("(x^4 + x^2*y^2 + 1)^2 + (x^4 - x^2*y^2 - 1)^2")


@pytest.fixture(scope="module")
def model():
    return nnx.jit(lambda: GramGraphTransformer(GRAPH, nnx.Rngs(0)))()


@pytest.fixture(scope="module")
def gram_graph(model):
    return GramGraphProposer(model, threshold=0.0)


@pytest.fixture(scope="module")
def sequence():
    model = nnx.jit(lambda: SequenceTransformer(SEQUENCE, nnx.Rngs(0)))()
    return SequenceProposer(model, threshold=0.5, permutations=2)


@pytest.fixture(params=["gram_graph", "sequence"])
def proposer(request):
    return request.getfixturevalue(request.param)


def test_proposals_cover_and_keep_all_candidates(proposer):
    for p, answer in zip(DRAWS, proposer.propose(DRAWS), strict=True):
        assert isinstance(answer, Proposal)
        assert covers(p.exponents, answer.order[: answer.first])
        assert len(np.unique(answer.order, axis=0)) == len(answer.order)
        assert contained(even_support(p.exponents), answer.order).all()
        assert answer.order.shape[1] == p.num_variables


def test_a_batch_item_equals_asking_alone(proposer):
    mixed = DRAWS[:2] if proposer.name == "sequence" else [DRAWS[0], Polynomial.parse("x^2 + 1"), CANCELLED]
    for p, answer in zip(mixed, proposer.propose(mixed), strict=True):
        (alone,) = proposer.propose([p])
        assert isinstance(answer, Proposal)
        assert isinstance(alone, Proposal)
        assert (answer.order.tolist(), answer.first) == (alone.order.tolist(), alone.first)
        np.testing.assert_allclose(answer.chances, alone.chances)


def test_many_candidates_are_read_as_a_list(gram_graph, monkeypatch):
    alone = gram_graph.rank([DRAWS[0]])[0]
    monkeypatch.setattr(gram_graph_proposer, "MOST_SQUARE", room(DRAWS[0]) - 1)
    monkeypatch.setattr(gram_graph_proposer, "SHORTEST_LIST", 1024)
    small = Polynomial.parse("x^2 + 1")
    listed, other = gram_graph.rank([DRAWS[0], small])
    assert isinstance(other, Ranked)
    assert len(other.pool) == 2
    order = [listed.pool.tolist().index(monomial) for monomial in alone.pool.tolist()]
    np.testing.assert_allclose(listed.chances[order], alone.chances, atol=0.01)
    (proposal,) = gram_graph.propose([DRAWS[0]])
    assert covers(DRAWS[0].exponents, proposal.order[: proposal.first])


def test_the_threshold_moves_the_chances(model):
    crowded = plant(np.random.default_rng(0), 2, 12, 10, "dense").polynomial
    everything, nothing = (GramGraphProposer(model, bound).propose([crowded])[0] for bound in (-1e6, 1e6))
    assert isinstance(everything, Proposal)
    assert isinstance(nothing, Proposal)
    assert [len(rung) for rung in everything.rungs()] == [len(everything.order)]
    assert nothing.first == len(nothing.rungs()[0]) < len(nothing.order), "only what coverage needs"


def test_no_polynomials(proposer):
    assert proposer.propose([]) == []


def test_what_is_too_large_is_left_to_others(proposer, monkeypatch, caplog):
    monkeypatch.setattr(type(proposer), "max_candidates", 4)
    small = Polynomial.parse("x^2 + 1")
    aside, answered = proposer.propose([DRAWS[0], small])
    assert isinstance(aside, StepsAside)
    assert "candidates, the limit is 4" in aside.reason
    assert isinstance(answered, Proposal)
    monkeypatch.setattr(registry, "_load", lambda name, version: proposer)
    monkeypatch.setattr(asking, "asking_pays", lambda sizes, ready: [True] * len(sizes))
    name = proposer.name
    assert propose([DRAWS[0]], name)[0][0].tolist() == propose([DRAWS[0]], "peel")[0][0].tolist()
    assert f"{name} steps aside" in caplog.text
    (result,) = certify_batch([DRAWS[0]], CertifyOptions(proposers=(name, "even_support")))
    assert (result.attempts[0].proposer, result.attempts[0].outcome[:13]) == (name, "stepped aside")
    assert (result.status, result.proposer) == (Status.SOS, "even_support")


@pytest.mark.parametrize(
    ("text", "reason"),
    [("+".join(f"x{i}^2" for i in range(6)), "6 variables, the model knows 5"), ("x^10 + 1", "exponent 10, the model")],
)
def test_what_the_sequence_model_cannot_read_is_left_to_others(sequence, text, reason):
    (aside,) = sequence.propose([Polynomial.parse(text)])
    assert isinstance(aside, StepsAside)
    assert reason in aside.reason


def test_what_nothing_nearby_covers_is_left_to_others():
    hurwitz = Polynomial.parse("x^6 + y^6 + z^6 + w^6 + u^6 + v^6 - 6*x*y*z*w*u*v")
    assert isinstance(scored_proposal(hurwitz, even_support(hurwitz.exponents)[:0], np.zeros(0)), StepsAside | Proposal)
    odd = Polynomial.parse("x^3*y^3*z^3*u^3 + x")
    pool = even_support(odd.exponents)
    assert scored_proposal(odd, pool, np.zeros(len(pool))) == StepsAside("no monomials nearby cover the support")


def test_the_first_rung_is_the_shortest_cover_and_nothing_is_left_out():
    p = Polynomial.parse("(x^2 + y)^2 + (y^2 + 1)^2 + z^2")
    pool = even_support(p.exponents)
    proposal = scored_proposal(p, pool, np.full(len(pool), 0.9))
    assert isinstance(proposal, Proposal)
    assert covers(p.exponents, proposal.order[: proposal.first])
    assert not covers(p.exponents, proposal.order[: proposal.first - 1])
    (lacking,) = [scored_proposal(p, pool[:1], np.array([0.9]))]
    assert isinstance(lacking, Proposal)
    assert contained(pool, lacking.order).all()
    assert lacking.chances is not None
    assert len(lacking.chances) == len(lacking.order)


def test_it_is_not_asked_where_all_candidates_can_be_tried(monkeypatch):
    class Unexpected:
        name = "gram_graph"

        def is_ready(self, polynomials):
            return True

        def propose(self, polynomials):
            raise AssertionError("it was asked")

    monkeypatch.setattr(registry, "_load", lambda name, version: Unexpected())
    (result,) = certify_batch([DRAWS[0]], LEARNED_FIRST)
    assert result.status is Status.SOS


def test_it_is_asked_where_that_pays(gram_graph, monkeypatch):
    monkeypatch.setattr(registry, "_load", lambda name, version: gram_graph)
    large = plant(np.random.default_rng(0), 2, 20, 25, "dense").polynomial
    monkeypatch.setattr(asking, "is_ready", lambda name, polynomials: False)
    monkeypatch.setattr(costs, "ASK_SECONDS", 0.0)
    monkeypatch.setattr(costs, "PAIR_SECONDS", 0.0)
    to_win = costs.Sizes(Task(large, 1.0).classes).to_win
    for seconds, expected in ((1.5 * to_win, "gram_graph"), (2.5 * to_win, "peel")):  # of loading, for two of them
        monkeypatch.setattr(costs, "LEARNING_SECONDS", seconds)
        for result in certify_batch([large, large], LEARNED_FIRST):
            assert result.attempts[0].proposer == expected
            assert result.status is Status.SOS


def test_weights_that_cannot_be_read_leave_it_to_the_rules(monkeypatch):
    def broken(name, version):
        raise WeightsError("the file is damaged")

    monkeypatch.setattr(registry, "_load", broken)
    monkeypatch.setattr(asking, "asking_pays", lambda sizes, ready: [True] * len(sizes))
    (result,) = certify_batch([DRAWS[0]], LEARNED_FIRST)
    assert (result.status, result.attempts[0].outcome) == (Status.SOS, "stepped aside: the file is damaged")


@pytest.mark.parametrize("kind", ["gram_graph", pytest.param("sequence", marks=pytest.mark.slow)])
def test_random_scores_cost_time_but_no_answers(kind, request, monkeypatch):
    proposer = request.getfixturevalue(kind)
    monkeypatch.setattr(registry, "_load", lambda name, version: proposer)
    monkeypatch.setattr(asking, "asking_pays", lambda sizes, ready: [True] * len(sizes))
    polynomials = [*DRAWS, CANCELLED, Polynomial.parse("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1")]
    wanted = [Status.SOS] * 4 + [Status.NOT_SOS]
    for names in ((proposer.name,), ("peel", proposer.name, "even_support")):
        results = certify_batch(polynomials, CertifyOptions(proposers=names))
        assert [result.status for result in results] == wanted
        for result in results:
            assert result.certificate.verify()
            assert result.status is Status.NOT_SOS or result.proposer in (*names, "complete", "expansion")


def test_a_full_device_gets_fewer_at_a_time(gram_graph, monkeypatch):
    room, calls = 1, []
    score = gram_graph.score

    def full(padded, places):
        calls.append(len(padded.exponents))
        if len(padded.exponents) > room:
            raise MemoryError
        return score(padded, places)

    expected = gram_graph.propose(DRAWS)
    monkeypatch.setattr(gram_graph, "score", full)
    for answer, alone in zip(gram_graph.propose(DRAWS), expected, strict=True):
        np.testing.assert_array_equal(answer.order, alone.order)
    assert max(calls) > 1
    room = 0
    assert gram_graph.propose(DRAWS) == [StepsAside("out of memory")] * len(DRAWS)


def test_without_time_it_is_not_asked():
    (result,) = certify_batch(DRAWS[:1], CertifyOptions(proposers=("gram_graph",), time_limit=5.0))
    assert result.status is Status.SOS
    assert "too little time" in result.attempts[0].outcome


def test_coverage_that_takes_too_long_is_left_to_others(monkeypatch):
    monkeypatch.setattr("nsos_jax.bases.coverage.MOST_VOTES", 1)
    answer = scored_proposal(DRAWS[0], even_support(DRAWS[0].exponents)[:1], np.array([0.9]))
    assert isinstance(answer, StepsAside)
    assert "not covered" in answer.reason
    (result,) = certify_batch([CANCELLED], CertifyOptions(proposers=("peel",)))
    assert result.status is Status.SOS
