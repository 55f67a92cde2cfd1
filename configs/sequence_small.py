"""The paper's kind of model in a size that a CPU can train, on seven cells of the paper's grids.

    python -m nsos_jax.train --config configs/sequence_small.py --dir RUN_FOLDER

Machine: one CPU core or more, or one GPU.
Time: 0.95 s a step on one CPU core, 80 minutes in all.
Score: the votes of four permutations are exact in 51 % of the draws before repair; coverage rank 1.055.
"""

from dataclasses import replace

from nsos_jax.proposers.sequence import SEQUENCE_CONFIGS
from nsos_jax.sampling import Cell, Shape, make_families
from nsos_jax.train.config import Bucket, Checkpoints, Evaluation, Optimiser, TrainConfig

SMALL: tuple[Cell, ...] = ((4, 6, 20), (6, 12, 20), (6, 20, 20), (8, 20, 20))
MEDIUM: tuple[Cell, ...] = ((6, 12, 30), (6, 20, 30), (8, 20, 30))


def config() -> TrainConfig:
    """All structures at these cells, sizes within 4 of the average."""
    return TrainConfig(
        model=replace(SEQUENCE_CONFIGS["small"], variables=8, exponent=20),
        stream=(
            bucket("small", SMALL, Shape(8, 300, 24), candidates=40, batch=16, weight=2.0),
            bucket("medium", MEDIUM, Shape(8, 595, 34), candidates=64, batch=6, weight=1.0),
        ),
        steps=5000,
        optimiser=Optimiser(learning_rate=1e-3, warmup=200),
        checkpoints=Checkpoints(every=250),
        evaluation=Evaluation(every=2500, examples=32),
        log_every=50,
    )


def bucket(name: str, cells: tuple[Cell, ...], shape: Shape, candidates: int, batch: int, weight: float) -> Bucket:
    """The families of some cells, all with the same share."""
    mixture = tuple((1.0, family) for family in make_families(cells, size_spread=4))
    return Bucket(weight, shape, candidates, mixture, batch, name)
