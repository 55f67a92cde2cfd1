"""The default proposer, small enough to be trained on a CPU: a Gram-graph Transformer on the whole training mix.

    python -m nsos_jax.train --config configs/gram_graph.py --dir RUN_FOLDER

Machine: 2 CPU cores or more, or one GPU.
Time: 1.1 s a step on one CPU core, an hour and a half in all; making the data is about 3 % of a step.
Score: a coverage rank of 1.0058 |B*|, the mean over all 192 families including the held-out ones (32 draws each); all
candidates are 1.86 |B*|.
"""

from nsos_jax.proposers.gram_graph import GramGraphConfig
from nsos_jax.sampling import HELD_OUT_GROUPS, LARGE_EVEN_GROUPS, TRAINING_MIX, Group, group_families
from nsos_jax.train.config import Bucket, Checkpoints, Evaluation, Optimiser, TrainConfig

GROUPS = group_families(
    TRAINING_MIX,
    (
        ("medium", 8, 36, 64, 1024),
        ("crowded", 8, 36, 96, 3072),
        ("even", 6, 20, 216, 1024),
        ("large", 8, 64, 80, 768),
        ("wide", 8, 64, 224, 14336),
        ("hundred variables", 100, 36, 48, 160),
    ),
)
"""Fewer than `TRAINING_GROUPS`, since each is compiled and padding costs little here."""
PAIRS = 2**14
"""Padded pairs of candidates a step: the work of a step hardly depends on the group."""
LARGEST_BATCH = 64
LARGE_SHARE = 1.5
"""Weight of each of the large even groups."""


def config() -> TrainConfig:
    """All groups of `families`, each with a batch of about the same work."""
    large = (bucket(group, LARGE_SHARE) for group in LARGE_EVEN_GROUPS)
    held_out = tuple(bucket(group, group.weight) for group in HELD_OUT_GROUPS)
    return TrainConfig(
        model=GramGraphConfig(layers=6, width=64, heads=8, edge_width=32),
        stream=(*(bucket(group, group.weight) for group in GROUPS), *large),
        steps=8000,
        optimiser=Optimiser(learning_rate=2e-3, warmup=200, schedule="linear"),
        checkpoints=Checkpoints(every=250),
        evaluation=Evaluation(every=4000, examples=32, also=held_out),
        log_every=50,
    )


def bucket(group: Group, weight: float) -> Bucket:
    """A group with the power of two as batch that comes closest to so many pairs."""
    batch = 1
    while 2 * batch * group.pairs <= 1.5 * PAIRS and batch < LARGEST_BATCH:
        batch *= 2
    return Bucket(weight, group.shape, group.candidates, group.mixture, batch, group.name, group.pairs)
