"""A task that compiles in a moment, for tests of the training loop, in the process or as one of its own:

python tests/train/line_task.py RUN_FOLDER KEY=VALUE ...
"""

import json
import os
import resource
import signal
import sys
import time
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from nsos_jax.train import main as loop
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


def act_at(step, action, pause=0.0):
    """From now on trainings of this process do something before that step, and make a pause before it and all later
    ones, since JAX looks for signals once a second. Returns what undoes it."""
    original = loop.training_draws

    def acting(config, bucket, at):
        if at == step:
            action()
        if at >= step:
            time.sleep(pause)
        return original(config, bucket, at)

    loop.training_draws = acting
    return lambda: setattr(loop, "training_draws", original)


def send_signal(number, folder):
    """A signal to this process; SIGKILL only after there is a checkpoint."""
    while number == signal.SIGKILL and not list(folder.glob("checkpoints/[0-9]*[0-9]")):
        time.sleep(0.01)
    os.kill(os.getpid(), number)


def set_quota(size):
    """No file of this process may become larger, like a full disk or a quota; None lifts it."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most if size is None else size, most))


if __name__ == "__main__":
    actions = {"SIGNAL_AT": send_signal, "QUOTA_AT": lambda quota, _: set_quota(quota)}
    for name, action in actions.items():
        if name in os.environ:
            step, value = map(int, os.environ[name].split(","))
            act_at(step, partial(action, value, Path(sys.argv[1])), pause=0.1)
    with exit_statuses():
        if "SLURM_JOB_ID" in os.environ:
            connect()
        train(tiny(*sys.argv[2:]), Path(sys.argv[1]), LineTask())
