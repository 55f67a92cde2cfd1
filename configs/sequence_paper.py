"""The paper's model in the paper's size (appendix A.2): 6 + 6 layers of width 512, 8 heads, batches of 128, AdamW.

    python -m nsos_jax.train --config configs/sequence_paper.py --dir RUN_FOLDER

The paper trains one model per number of variables and degree, an epoch of a million polynomials each; this is one model
for all families. Where the copy of the paper that this was written from lacks the numbers (learning rate, weight decay,
warm-up), they are our choice.

The batch is 128 where the activations of a step find room, and smaller for polynomials with many terms: their attention
keeps two numbers for each pair of terms, head, and layer. At batch 128 the 2,080 terms of the group "large" would need
250 GiB.

Machine: one GPU with 80 GB, or eight with less: `mesh.data` takes all of them.
Time: not measured, no GPU could be had.
Score: not measured; the paper's raw predictions at degree 20 are exact in 13 to 73 % of draws, by structure.
"""

from nsos_jax.proposers.sequence import SEQUENCE_CONFIGS
from nsos_jax.sampling import HELD_OUT_GROUPS, TRAINING_GROUPS, Group
from nsos_jax.train.config import Bucket, Checkpoints, Evaluation, Optimiser, TrainConfig

POLYNOMIALS = 10_000_000
"""About: steps on groups with smaller batches see fewer."""
BATCH = 128
ROOM = 48 * 2**30
"""Bytes for the activations of a step, all devices together; weights, gradients and moments take less than 1 GiB."""
MODEL = SEQUENCE_CONFIGS["paper"]


def config() -> TrainConfig:
    """All groups of `families`."""
    buckets = [bucket(group) for group in (*TRAINING_GROUPS, *HELD_OUT_GROUPS)]
    return TrainConfig(
        model=MODEL,
        stream=tuple(buckets[: len(TRAINING_GROUPS)]),
        steps=POLYNOMIALS // BATCH,
        batch=BATCH,
        optimiser=Optimiser(learning_rate=3e-4, warmup=2000),
        checkpoints=Checkpoints(every=2000),
        evaluation=Evaluation(every=10_000, examples=128, also=tuple(buckets[len(TRAINING_GROUPS) :])),
        log_every=100,
    )


def bucket(group: Group) -> Bucket:
    """A group with the largest power of two as batch, up to `BATCH`, that finds room."""
    batch = BATCH
    while batch > 1 and batch * activations(group) > ROOM:
        batch //= 2
    return Bucket(group.weight, group.shape, group.candidates, group.mixture, batch, group.name)


def activations(group: Group) -> int:
    """About how many bytes of float32 are kept for the gradient of one polynomial: for the attention its scores and
    weights, for each position and layer some 16 vectors of the encoder, 20 of the decoder."""
    terms, written = group.shape.terms, group.shape.size + 1
    encoder = MODEL.encoder_layers * (2 * MODEL.heads * terms**2 + 16 * terms * MODEL.width)
    attended = written * (written + terms)
    decoder = MODEL.decoder_layers * (2 * MODEL.heads * attended + 20 * written * MODEL.width)
    return 4 * (encoder + decoder)
