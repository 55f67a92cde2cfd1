"""What is written to a run folder, under a quota that stands for a full disk."""

import json

import jax
import jax.numpy as jnp
import pytest
from line_task import set_quota

from nsos_jax.train.config import Checkpoints
from nsos_jax.train.errors import RunFolderError
from nsos_jax.train.run.checkpoint import CheckpointFolder
from nsos_jax.train.run.log import RunLog, was_evaluated

QUOTA = 3000


@pytest.fixture
def quota():
    """Sets it; it ends with the test."""
    yield lambda: set_quota(QUOTA)
    set_quota(None)


def state(seed):
    return {"matrix": jax.random.normal(jax.random.key(seed), (100, 100)), "step": jnp.int32(seed)}


def test_checkpoint_that_fails_costs_no_other(tmp_path, quota):
    with CheckpointFolder(tmp_path, Checkpoints(keep=1)) as checkpoints:
        checkpoints.save(1, state(1))
        checkpoints.wait()
        quota()
        checkpoints.save(2, state(2))
        with pytest.raises(RunFolderError, match=r"step 2 could not be written to .*: File too large"):
            checkpoints.wait()
        assert checkpoints.latest() == 1
        assert checkpoints.restore(state(0), 1)["step"] == 1
        checkpoints.save(3, state(3))
        with pytest.raises(RunFolderError, match="step 3 could not be written"):
            checkpoints.wait()
        set_quota(None)
        checkpoints.save(4, state(4))
        checkpoints.wait()
        assert (checkpoints.restore(state(0), 4)["matrix"] == state(4)["matrix"]).all()
    assert [path.name for path in tmp_path.glob("*[0-9]")] == ["4"]  # Orbax may still have written to what had failed


def test_failure_of_one_checkpoint_is_told_by_the_next_which_is_written(tmp_path, monkeypatch):
    def fail():
        raise OSError("No space left on device")

    with CheckpointFolder(tmp_path, Checkpoints()) as checkpoints:
        checkpoints.save(1, state(1))
        checkpoints.wait()
        monkeypatch.setattr(checkpoints._manager, "wait_until_finished", fail)
        with pytest.raises(RunFolderError, match=r"step 1 could not be written to .*: No space left on device"):
            checkpoints.save(2, state(2))
        checkpoints.wait()
        assert checkpoints.latest() == 2


def test_metrics_wait_for_the_disk(tmp_path, quota, capsys):
    log = RunLog(tmp_path, 0, 100)
    quota()
    for step in range(100):
        log.write("train", step, {"loss": step / 7})
        text = (tmp_path / "metrics.jsonl").read_text()
        assert all(line.endswith("}\n") for line in text.splitlines(keepends=True))
    assert len(text) < QUOTA
    set_quota(None)
    log.write("evaluation", 100, {})
    log.close()
    told = capsys.readouterr().out
    assert told.count("WARNING: metrics.jsonl cannot be written: File too large. Training goes on") == 1
    assert told.count("WARNING: no more TensorBoard files: File too large. Training goes on") == 1
    records = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [record["step"] for record in records] == list(range(101))
    assert was_evaluated(tmp_path, 100)
