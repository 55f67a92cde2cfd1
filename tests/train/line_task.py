"""A task that compiles in a moment, for tests of the training loop, in the process or as one of its own:

python tests/train/line_task.py RUN_FOLDER KEY=VALUE ...
"""

import json
import os
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from nsos_jax.train.cluster import connect, exit_statuses
from nsos_jax.train.config import TrainConfig, load_config
from nsos_jax.train.main import train
from nsos_jax.train.task import Judged


class LineTask:
    """Learns to repeat its input; wide enough for its matrix to be split over the mesh axis "model".

    With `breaks`, small losses are not finite.
    """

    kind = "gram_graph"

    def __init__(self, breaks=False):
        self.breaks = breaks

    def make_model(self, rngs):
        return nnx.Linear(32, 128, rngs=rngs)

    def example(self, key, parameters, bucket):
        return jax.random.normal(key, (32,)) + parameters.variables

    def tokens(self, bucket):
        return 32

    def loss(self, model, batch):
        losses = ((model(batch)[:, :32] - batch) ** 2).mean(-1)
        if self.breaks:
            losses = jnp.where(losses < 2.0, jnp.nan, losses)
        return losses, {"twice": 2 * losses}

    def judge(self, model, batch):
        scores = model(batch)[:, :32]
        return Judged(scores, batch > 0, jnp.ones_like(batch, bool), jnp.zeros(len(batch), jnp.int32))


def tiny(*settings) -> TrainConfig:
    """`configs/tiny.py`, evaluated at the end only."""
    return load_config(Path(__file__).parents[2] / "configs" / "tiny.py", ["evaluation.every=1000", *settings])


def records(folder, kind="train"):
    """The records of one kind that a run has written."""
    found = [json.loads(line) for line in (folder / "metrics.jsonl").read_text("utf-8").splitlines()]
    return [record for record in found if record["kind"] == kind]


def losses(folder):
    """Step, loss and gradient norm, a row per record."""
    return np.array([[r["step"], r["loss"], r["gradient_norm"]] for r in records(folder)])


if __name__ == "__main__":
    with exit_statuses():
        if "SLURM_JOB_ID" in os.environ:
            connect()
        elif "COORDINATOR" in os.environ:
            connect(os.environ["COORDINATOR"], 2, int(os.environ["PROCESS"]))
        train(tiny(*sys.argv[2:]), Path(sys.argv[1]), LineTask())
