"""Workers of Ray: what those of this machine promise, and a node that is lost."""

import os
import signal

import pytest
from command_runs import run as command
from engine_work import obey

from nsos_jax.engines import Failure, RayWorkers, Schedule, run_batches

ray = pytest.importorskip("ray")


@pytest.fixture(scope="module", autouse=True)
def cluster():
    """One for all tests: starting takes seconds. Actors find the work of the tests by its path."""
    paths = os.pathsep.join([os.path.dirname(__file__), os.environ.get("PYTHONPATH", "")])
    before = signal.getsignal(signal.SIGTERM)
    os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
    try:
        ray.init(
            num_cpus=2,
            include_dashboard=False,
            log_to_driver=False,
            logging_level="ERROR",
            runtime_env={"env_vars": {"PYTHONPATH": paths}},
        )
    except Exception as error:  # Ray raises nothing more special where its processes do not start in time
        pytest.skip(f"Ray does not start on this machine: {error}")
    yield
    ray.shutdown()
    signal.signal(signal.SIGTERM, before)  # which Ray replaces


def run(items, count=2, **schedule):
    return list(run_batches(items, RayWorkers(obey, cores=0.5), count, Schedule(**schedule)))


def test_answers_come_in_order_from_actors():
    answers = run(range(20), size=4)
    assert [item for item, _ in answers] == list(range(20))
    assert os.getpid() not in {process for _, process in answers}


def test_the_item_that_kills_is_found():
    answers = run([0, 1, "exit", 3, "raise"], size=4, tries=1)
    assert [answers[i][0] for i in (0, 1, 3)] == [0, 1, 3]
    assert answers[2].reason.startswith("the worker died")
    assert answers[4] == Failure("RuntimeError: as it was told")


def test_the_command_tells_the_metrics_of_ray(tmp_path, monkeypatch):
    """On its dashboard they are where that is installed; here what is told Ray."""
    from ray.util import metrics

    told = {}

    class Kept(metrics.Gauge):
        def set(self, value, tags):
            super().set(value, tags=tags)
            told[self.info["name"], tags["run"]] = value

    monkeypatch.setattr(metrics, "Gauge", Kept)
    (tmp_path / "in.jsonl").write_text("".join(f'{{"polynomial": "x^2 + {number}"}}\n' for number in range(3)))
    done = command("certify", tmp_path / "in.jsonl", "--engine", "ray", "--workers", 1, "-o", tmp_path / "out.jsonl")
    assert done.exit_code == 0
    assert "SOS" in done.stdout
    assert told == {
        (f"nsos_{name}", "certify"): value
        for name, value in (("answered", 3), ("busy", 0), ("idle", 1), ("died", 0), ("split", 0))
    }


@pytest.mark.slow
def test_a_hanging_item_is_given_up():
    answers = run([0, "hang", 2], size=1, patience=8.0, tries=1)
    assert [answers[0][0], answers[1], answers[2][0]] == [0, Failure("no answer within 8 s"), 2]


@pytest.mark.slow
def test_a_lost_node_loses_nothing():
    """Ray's own cluster of two nodes on this machine; the one that works is taken away."""
    from ray.cluster_utils import Cluster

    ray.shutdown()
    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    lost = nodes.add_node(num_cpus=2)
    paths = os.path.dirname(__file__)
    ray.init(address=nodes.address, log_to_driver=False, runtime_env={"env_vars": {"PYTHONPATH": paths}})
    answers = run_batches([("slow", 0.2)] * 40, RayWorkers(obey), 2, Schedule(size=2))
    received = [next(answers) for _ in range(4)]
    nodes.add_node(num_cpus=2)
    nodes.remove_node(lost)
    received += list(answers)
    assert [item for item, _ in received] == [("slow", 0.2)] * 40
    ray.shutdown()
    nodes.shutdown()
