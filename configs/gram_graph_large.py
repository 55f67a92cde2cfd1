"""A larger Gram-graph Transformer with bfloat16 computation, for one GPU or several (`mesh.data` takes all of them).

    python -m nsos_jax.train --config configs/gram_graph_large.py --dir RUN_FOLDER

Machine: one GPU with 40 GB or more; on less, `--set optimiser.accumulation=4`.
Time: not measured, no GPU could be had; the metrics file tells the seconds of a step and the share of the data.
Score: not measured; it should not be worse than that of configs/gram_graph.py.
"""

from nsos_jax.proposers.gram_graph import GramGraphConfig
from nsos_jax.sampling import HELD_OUT_GROUPS, TRAINING_GROUPS, Group
from nsos_jax.train.config import Bucket, Checkpoints, Evaluation, Optimiser, TrainConfig

EDGES = 2**20
"""Pairs of candidates a step; batches are multiples of 16, for up to 16 devices or parts."""


def config() -> TrainConfig:
    """All groups of `families`, each with a batch of about the same work."""
    return TrainConfig(
        model=GramGraphConfig(layers=8, width=256, heads=16, edge_width=32, dtype="bfloat16"),
        stream=tuple(bucket(group) for group in TRAINING_GROUPS),
        steps=200_000,
        optimiser=Optimiser(learning_rate=5e-4, warmup=2000),
        checkpoints=Checkpoints(every=2000),
        evaluation=Evaluation(every=10_000, examples=256, also=tuple(bucket(group) for group in HELD_OUT_GROUPS)),
        log_every=100,
    )


def bucket(group: Group) -> Bucket:
    """A group with a power of two as batch, at least 16."""
    batch = 16
    while 2 * batch * group.candidates**2 <= 1.5 * EDGES:
        batch *= 2
    return Bucket(group.weight, group.shape, group.candidates, group.mixture, batch, group.name)
