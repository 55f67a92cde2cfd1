"""The default proposer trained further, on a stream that leans towards the families which resist.

    python -m nsos_jax.train --config configs/gram_graph_longer.py --dir RUN_FOLDER

Two fifths of the steps are on thin Gram matrices of bases in two and three variables, in crowded sets; the rest keeps
what was learned. A moving average of the parameters is what counts.

Machine: 2 CPU cores or more, or one GPU.
Time: 0.4 to 0.5 s of one CPU core a step, 20 minutes in all; it took 49 on a machine at a load of 15.
Score: a coverage rank of 1.0056 |B*|, the mean over the families of configs/gram_graph.py, as before; block-diagonal
families in crowded sets gain 0.01. Not the weights that ship (docs/benchmarks/learning.md, "What the
Transformer adds").
"""

from nsos_jax.proposers.gram_graph import GramGraphConfig
from nsos_jax.sampling import HELD_OUT_GROUPS, TRAINING_GROUPS, Group, Shape, families, make_families
from nsos_jax.train.config import Bucket, Checkpoints, Evaluation, Optimiser, TrainConfig

EDGES = 2**17
"""Pairs of candidates a step: the work of a step hardly depends on the group."""
SHARES = {
    "small": 5.0,
    "medium": 20.0,
    "crowded": 16.0,
    "small even": 4.0,
    "even": 4.0,
    "large": 6.0,
    "large full": 1.0,
    "wide": 1.0,
    "hundred variables": 0.5,
}
"""Of the steps in per cent, by group of `families`."""
THIN_SHARE = 42.5
"""Of the steps in per cent, on the families in which the model is least sure."""
THIN = Group(
    "thin",
    Shape(3, 630, 35),
    48,
    (
        *((2.0, family) for family in make_families([(2, 20, 25), (3, 12, 35)], families.THIN)),
        *((1.0, family) for family in make_families([(2, 16, 18), (2, 20, 20)], families.THIN)),
        *((1.0, family) for family in make_families([(3, 12, 28), (3, 10, 24)], families.THIN)),
        *((1.0, family) for family in make_families([(3, 8, 12)], families.THIN, constant=True, size_spread=2)),
    ),
)


def config() -> TrainConfig:
    """The group of thin and crowded families, then those of `families`."""
    return TrainConfig(
        model=GramGraphConfig(layers=4, width=64, heads=8, edge_width=16),
        stream=(
            bucket(THIN, THIN_SHARE),
            *(bucket(group, SHARES[group.name]) for group in TRAINING_GROUPS),
        ),
        steps=2400,
        optimiser=Optimiser(learning_rate=6e-4, warmup=50, schedule="linear", average=0.995),
        checkpoints=Checkpoints(every=100),
        evaluation=Evaluation(every=2400, examples=32, also=tuple(bucket(group, 1.0) for group in HELD_OUT_GROUPS)),
        log_every=20,
        weights="gram_graph",
    )


def bucket(group: Group, share: float) -> Bucket:
    """A group with the power of two as batch that comes closest to so many pairs of candidates."""
    batch = 1
    while 2 * batch * group.candidates**2 <= 1.5 * EDGES:
        batch *= 2
    return Bucket(share, group.shape, group.candidates, group.mixture, batch, group.name)
