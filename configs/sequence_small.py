"""The paper's kind of model in a size that a CPU can train, on the families with at most 36 basis monomials.

    python -m nsos_jax.train --config configs/sequence_small.py --dir RUN_FOLDER

Machine: 2 CPU cores or more, or one GPU.
Time: about 1.2 s a step on 2 CPU cores that also did other work, so 40,000 steps take thirteen hours; an evaluation
takes minutes, since it decodes four permutations of every polynomial.
Score: not measured; see the model card of the weights that ship.
"""

from nsos_jax.families import TRAINING_GROUPS, Group
from nsos_jax.sequence_model import SEQUENCE_CONFIGS
from nsos_jax.train.config import Bucket, Checkpoints, Evaluation, Optimiser, TrainConfig

PAIRS = 2**21
"""Pairs of terms a step, the work of the encoder."""


def config() -> TrainConfig:
    """The groups without the largest shapes."""
    groups = [group for group in TRAINING_GROUPS if group.shape.size <= 36 and group.shape.variables <= 8]
    return TrainConfig(
        model=SEQUENCE_CONFIGS["small"],
        stream=tuple(bucket(group) for group in groups),
        steps=40_000,
        optimiser=Optimiser(learning_rate=1e-3, warmup=1000),
        checkpoints=Checkpoints(every=500),
        evaluation=Evaluation(every=5000, examples=16),
        log_every=50,
    )


def bucket(group: Group) -> Bucket:
    """A group with a power of two as batch, at most 64."""
    batch = 1
    while batch < 64 and 2 * batch * group.shape.terms**2 <= 1.5 * PAIRS:
        batch *= 2
    return Bucket(group.weight, group.shape, group.candidates, group.mixture, batch, group.name)
