"""The default proposer, small enough to be trained on a CPU: a Gram-graph Transformer on the whole training mix.

    python -m nsos_jax.train --config configs/gram_graph.py --dir RUN_FOLDER

Machine: 2 CPU cores or more, or one GPU.
Time: 1.1 s a step on one CPU core, an hour and a half in all; making the data is about 3 % of a step.
Score: a coverage rank of 1.0058 |B*|, the mean over all 192 families including the held-out ones (32 draws each); all
candidates are 1.86 |B*|.
"""

from nsos_jax.proposers.gram_graph import GramGraphConfig
from nsos_jax.sampling import HELD_OUT_GROUPS, TRAINING_GROUPS, Group
from nsos_jax.train.config import Bucket, Checkpoints, Evaluation, Optimiser, TrainConfig

EDGES = 2**17
"""Pairs of candidates a step: the work of a step hardly depends on the group."""


def config() -> TrainConfig:
    """All groups of `families`, each with a batch of about the same work."""
    return TrainConfig(
        model=GramGraphConfig(layers=4, width=64, heads=8, edge_width=16),
        stream=tuple(bucket(group, EDGES) for group in TRAINING_GROUPS),
        steps=4500,
        optimiser=Optimiser(learning_rate=1.5e-3, warmup=200, schedule="linear"),
        checkpoints=Checkpoints(every=500),
        evaluation=Evaluation(every=2250, examples=32, also=tuple(bucket(group, EDGES) for group in HELD_OUT_GROUPS)),
        log_every=50,
    )


def bucket(group: Group, edges: int) -> Bucket:
    """A group with the power of two as batch that comes closest to so many pairs of candidates."""
    batch = 1
    while 2 * batch * group.candidates**2 <= 1.5 * edges:
        batch *= 2
    return Bucket(group.weight, group.shape, group.candidates, group.mixture, batch, group.name)
