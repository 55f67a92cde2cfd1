"""A model and a stream of seconds, for tests and for a first look at what a run writes.

    python -m nsos_jax.train --config configs/tiny.py --dir RUN_FOLDER

Machine: any CPU. Time: half a minute, most of it compilation. Score: coverage rank / |B*| below that of all candidates.
"""

from nsos_jax.proposers.gram_graph import GramGraphConfig
from nsos_jax.sampling import Family, Shape
from nsos_jax.train.config import Bucket, Checkpoints, Evaluation, Optimiser, TrainConfig


def config() -> TrainConfig:
    """Two buckets of small families, 40 steps."""
    even = ((1.0, Family(3, 12, 8, "sparse", even=True)), (1.0, Family(3, 12, 8, "block-diagonal", even=True)))
    plain = ((1.0, Family(2, 8, 6, "sparse", constant=True)),)
    return TrainConfig(
        model=GramGraphConfig(layers=1, width=16, heads=2, edge_width=4, mlp_ratio=2),
        stream=(
            Bucket(2.0, Shape(3, 36, 8), 24, even, name="even"),
            Bucket(1.0, Shape(2, 21, 6), 12, plain, name="plain"),
        ),
        steps=40,
        batch=16,
        optimiser=Optimiser(learning_rate=5e-3, warmup=5),
        checkpoints=Checkpoints(every=10),
        evaluation=Evaluation(every=20, examples=32),
        log_every=1,
    )
