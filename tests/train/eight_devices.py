"""Trainings of `LineTask` on parts of eight devices, in one process; their losses as JSON, after a last line mark.

python tests/train/eight_devices.py FOLDER
"""

import json
import os
import signal
import sys
from pathlib import Path

import jax
import numpy as np
from jax.sharding import AxisType
from line_task import LineTask, act_at, losses, tiny

from nsos_jax.train import main as loop
from nsos_jax.train.data import make_stream, training_draws
from nsos_jax.train.errors import TrainingStopped
from nsos_jax.train.step import Trainer

MARK = "results: "
SHAPES = {"8": (8, 1), "4": (4, 1), "1": (1, 1), "1x2": (1, 2), "2x4": (2, 4)}
SETTINGS = ("steps=24", "checkpoints.every=24", "evaluation.examples=8")


def mesh(name):
    data, model = SHAPES[name]
    devices = jax.devices()[: data * model]
    return jax.make_mesh((data, model), ("data", "model"), axis_types=(AxisType.Auto,) * 2, devices=devices)


def run(folder, name, *settings):
    """The losses of a training on a mesh."""
    loop.make_mesh = lambda _: mesh(name)
    loop.train(tiny(*SETTINGS, *settings), folder, LineTask())
    return losses(folder).tolist()


def run_until(step, folder, name):
    """The same, stopped by SIGTERM after a step."""
    undo = act_at(step - 1, lambda: os.kill(os.getpid(), signal.SIGTERM))
    try:
        run(folder, name)
    except TrainingStopped:
        undo()


def batch(name):
    """A batch of a step, whose shards lie on the devices of the mesh."""
    config = tiny()
    bucket = config.stream[0]
    made = make_stream(LineTask(), bucket, 16, mesh(name))(training_draws(config, bucket, 5))
    assert len({shard.index[0].start for shard in made.addressable_shards}) == SHAPES[name][0]
    return np.asarray(made).tolist()


def parameters(folder, name):
    """How the largest matrix of a new state lies on the devices: the shapes of its parts."""
    trainer = Trainer(tiny(), LineTask(), mesh(name))
    largest = max(jax.tree.leaves(trainer.initialise(jax.random.key(0))), key=lambda leaf: leaf.size)
    return sorted({shard.data.shape for shard in largest.addressable_shards})


def main(folder):
    results = {"batches": [batch(name) for name in SHAPES]}
    results["whole"] = run(folder / "whole", "1")
    results["1x2"] = run(folder / "1x2", "1x2", "optimiser.accumulation=4")
    results["2x4"] = run(folder / "2x4", "2x4")
    run_until(8, folder / "moved", "8")
    run_until(16, folder / "moved", "4")
    results["moved"] = run(folder / "moved", "8")
    results["parts"] = [parameters(folder, name) for name in ("8", "1x2", "2x4")]
    print(MARK + json.dumps(results))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
