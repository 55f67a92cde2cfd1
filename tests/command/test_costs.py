"""What inputs are expected to cost: more for larger ones, and something for whatever JSON holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsos_jax.command.sharing import (
    cost_of_checking,
    cost_of_polynomial,
    cost_of_program,
    cost_of_question,
    schedule_by_cost,
)
from nsos_jax.engines import Answered, run_batches

COSTS = (cost_of_polynomial, cost_of_program, cost_of_question, cost_of_checking)
KEYS = st.sampled_from(["variables", "minimize", "constraints", "relaxation_order", "states", "matrices", "basis"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.just("x^9999*y"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)


@given(JSON)
def test_whatever_is_given_has_a_cost(value):
    assert all(0 <= cost(value) < float("inf") for cost in COSTS)


def bound(names, text, **others):
    return {"variables": list(names), "minimize": text, **others}


LYAPUNOV = {"question": "lyapunov", "states": ["x", "y"], "dynamics": ["-x^3 - y", "x - y^3"]}


@pytest.mark.parametrize(
    ("cost", "growing"),
    [
        (cost_of_polynomial, ["x^2", "x^2 + 1", "x^4 - x^2*y + y^2 + x - 3"]),
        (
            cost_of_program,
            [
                bound("x", "x^4"),
                bound("xy", "x^4"),
                bound("xy", "x^4*y^2"),
                bound("xy", "x^4*y^2", inequalities=["x"]),
                bound("xy", "x^4*y^2", inequalities=["x"], relaxation_order=5),
            ],
        ),
        (cost_of_program, [{"variables": ["x"], "constraints": [{"sos": text}]} for text in ("x^2 + a", "x**20 + a")]),
        (
            cost_of_question,
            [
                LYAPUNOV,
                LYAPUNOV | {"degree": 4},
                LYAPUNOV | {"states": ["x", "y", "z"], "degree": 4},
                LYAPUNOV | {"states": ["x", "y", "z"], "degree": 4, "question": "region_of_attraction"},
            ],
        ),
        (cost_of_question, [{"degree": 4, "matrices": [[[0] * side] * side]} for side in (1, 2, 20)]),
        (cost_of_checking, [{}, {"basis": [[1]]}, {"a": {"blocks": [{"basis": [[1], [2]]}, {"basis": [[1]]}]}}]),
    ],
)
def test_what_is_larger_costs_more(cost, growing):
    found = [cost(value) for value in growing]
    assert found == sorted(found)
    assert len(set(found)) == len(found)


class Recorder:
    """A worker that answers at once, and keeps what it was given."""

    def __init__(self):
        self.batches = []

    def start(self):
        return 0

    def send(self, worker, items):
        self.batches.append(len(items))

    def wait(self, seconds):
        return [Answered(0, [None] * self.batches[-1])]

    def close(self):
        pass


@pytest.mark.parametrize(
    ("cost", "cheap", "dear"),
    [
        (cost_of_polynomial, "x^2 + y^2", " + ".join(["x"] * 20_000)),
        (cost_of_program, bound("x", "x^2"), bound("wxyz", "x^8 + y^8")),
        (cost_of_question, LYAPUNOV, LYAPUNOV | {"question": "region_of_attraction", "degree": 12}),
        (cost_of_checking, {"basis": [[0]]}, {"basis": [[0]] * 200}),
    ],
)
def test_the_cheap_share_a_batch_and_the_dear_are_alone(cost, cheap, dear):
    worker = Recorder()
    items = [cheap] * 200 + [dear, dear] + [cheap] * 30
    list(run_batches(items, worker, 1, schedule_by_cost(cost)))
    assert max(worker.batches) > 32
    assert worker.batches[-3:-1] == [1, 1]
