"""Whether a model is asked is decided by counts: the rule at its edges, and what the measured map says of it."""

import pytest

from nsos_jax.membership import costs
from nsos_jax.membership.costs import ASK_SHARE, Sizes, asking_pays


def test_more_to_win_is_never_a_reason_not_to_ask():
    answers = [asking_pays([Sizes((size,), (20,))], ready=True)[0] for size in range(20, 6000, 7)]
    assert answers == sorted(answers)
    assert not answers[0]
    assert answers[-1]


@pytest.mark.parametrize("tried", [(), (30,), (10, 10, 10), (500,)])
def test_asking_takes_a_small_share_of_what_it_may_win(tried):
    for size in (10, 100, 500, 1000, 5000, 16_000):
        own = Sizes((size,), tried)
        if asking_pays([own], ready=True)[0]:
            assert own.to_ask <= ASK_SHARE * own.to_win


def test_nothing_is_to_win_where_all_candidates_were_tried():
    assert Sizes((900,), (900,)).to_win == Sizes((900,), (300, 300, 300)).to_win == 0
    assert asking_pays([Sizes((900,), (900,))], ready=True) == [False]


def test_a_model_that_is_not_loaded_has_to_win_that_too(monkeypatch):
    own = Sizes((1000,), (100,))
    won = own.to_win - own.to_ask
    monkeypatch.setattr(costs, "LEARNING_SECONDS", 3.5 * won)
    count = 4
    assert asking_pays([own] * count, ready=False) == [True] * count
    assert asking_pays([own] * (count - 1), ready=False) == [False] * (count - 1)
    assert asking_pays([], ready=False) == []


def test_signs_bound_what_can_be_won():
    one, many = Sizes((2000,), (100,)), Sizes((20,) * 100, (100,))
    assert one.to_ask == many.to_ask
    assert many.to_win < one.to_win
    assert asking_pays([one, many], ready=True) == [True, False]
