"""The default proposer trained further, on what the exact engine really needed, and with heads (self-improvement).

    python scripts/search_bases.py runs/searched.jsonl
    python -m nsos_jax.train --config configs/gram_graph_improved.py --dir RUN_FOLDER

A second round searches with the weights of the first, `scripts/search_bases.py runs/again.jsonl --first 20 --proposer
RUN_FOLDER/weights/latest`, and starts from them: `--set weights=RUN_FOLDER/weights/latest`, `--set
stream.0.examples=runs/again.jsonl`. Heads alone learn with `--set loss.membership=0 --set optimiser.weight_decay=0`.

Machine: 2 CPU cores or more, or one GPU.
Time: half a second to two seconds a step on a part of one busy CPU core.
Score: of 400 steps of heads alone, docs/benchmarks/learning.md ("What was really needed, and heads"); the coverage rank
does not move from 1.005 |B*| in two short rounds with all members learning.
"""

from pathlib import Path

from nsos_jax.proposers.gram_graph import GramGraphConfig
from nsos_jax.sampling import TRAINING_GROUPS, Group, Shape
from nsos_jax.train.config import Bucket, Checkpoints, Evaluation, Optimiser, TrainConfig

EDGES = 2**16
"""Pairs of candidates a step."""
GROUPS = ("medium", "crowded", "small even")
"""Where rules fail, and some where they do not; `scripts/eval_proposers.py` judges on all families."""
SEARCHED = Path("runs/searched.jsonl")
SHARE = 0.4
"""Of the steps, on examples of the search."""


def config() -> TrainConfig:
    """The examples of a file, then some groups of `families`."""
    groups = [group for group in TRAINING_GROUPS if group.name in GROUPS]
    total = sum(group.weight for group in groups)
    searched = Bucket(SHARE / (1 - SHARE) * total, Shape(6, 351, 26), 112, (), 8, "searched", examples=str(SEARCHED))
    return TrainConfig(
        model=GramGraphConfig(layers=4, width=64, heads=8, edge_width=16, cover=True, margin=True, boundary=True),
        stream=(searched, *(bucket(group) for group in groups)),
        steps=1000,
        optimiser=Optimiser(learning_rate=3e-4, warmup=50, schedule="linear"),
        checkpoints=Checkpoints(every=100),
        evaluation=Evaluation(every=1000, examples=32),
        log_every=20,
        weights="gram_graph",
    )


def bucket(group: Group) -> Bucket:
    """A group with the power of two as batch that comes closest to so many pairs of candidates."""
    batch = 1
    while 2 * batch * group.candidates**2 <= 1.5 * EDGES:
        batch *= 2
    return Bucket(group.weight, group.shape, group.candidates, group.mixture, batch, group.name)
