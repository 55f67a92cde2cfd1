"""The stream as a function: the batch of a step depends on the seed and the step alone, never on what ran before.

Example j of step k comes from the key fold_in(fold_in(fold_in(key(seed), split), k), j), so it is the same for any
number of devices and processes, each of which makes its own examples.
"""

import zlib
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float32, Int, Int32, Key

from nsos_jax.sampling import Family, FamilyParameters
from nsos_jax.train.config import Bucket, TrainConfig
from nsos_jax.train.examples import read_examples
from nsos_jax.train.mesh import replicated
from nsos_jax.train.task import Task

TRAINING, VALIDATION, TEST, _BUCKETS = range(4)
"""Splits: their keys differ, so a draw of one split is never one of another (but for chance)."""
_CHUNK = 1024


def split_key(seed: Int32[Array, ""] | np.int32 | int, split: Int32[Array, ""] | np.int32 | int) -> Key[Array, ""]:
    """The key that all draws of a split come from."""
    return jax.random.fold_in(jax.random.key(seed), split)


def bucket_of_step(config: TrainConfig, step: int) -> int:
    """Which bucket the stream takes at a step: drawn with the weights of the buckets."""
    weights = tuple(bucket.weight for bucket in config.stream)
    return int(_buckets_of_chunk(config.seed, weights, step // _CHUNK)[step % _CHUNK])


@lru_cache(maxsize=8)
def _buckets_of_chunk(seed: int, weights: tuple[float, ...], chunk: int) -> Int[np.ndarray, " chunk"]:
    key = jax.random.fold_in(split_key(seed, _BUCKETS), chunk)
    return np.asarray(jax.random.categorical(key, jnp.log(jnp.array(weights)), shape=(_CHUNK,)))


class Draws(NamedTuple):
    """Which examples a stream makes: traced numbers, so one compilation serves training and evaluation."""

    seed: Int32[Array, ""] | np.int32
    split: Int32[Array, ""] | np.int32
    step: Int32[Array, ""] | np.int32
    """Of the training, or another number that makes draws differ."""
    first: Int32[Array, ""] | np.int32
    """Number j of the first example."""
    weights: Float32[Array, " families"] | np.ndarray
    """Of the families, not normalised."""
    families: FamilyParameters | None
    """With a leading axis; None where the bucket has a file."""


def training_draws(config: TrainConfig, bucket: Bucket, step: int) -> Draws:
    """The batch of a step."""
    return Draws(np.int32(config.seed), np.int32(TRAINING), np.int32(step), np.int32(0), *_mixture(bucket))


def held_back_draws(bucket: Bucket, family: Family, split: int, first: int) -> Draws:
    """Draws of one family of a bucket, from number `first`. They depend on the shape of the bucket, the family and the
    split alone, so that all configurations are judged on the same polynomials."""
    weights, table = _mixture(bucket)
    same = jax.tree.map(lambda column, number: np.full_like(column, number), table, family.parameters())
    number = np.int32(zlib.crc32(repr(family).encode()) % 2**31)
    return Draws(np.int32(0), np.int32(split), number, np.int32(first), weights, same)


def make_stream(task: Task, bucket: Bucket, batch: int, mesh: Mesh) -> Callable[[Draws], Any]:
    """A function that makes a batch on the device, sharded over "data"; every device makes its own examples.

    Raises:
      ValueError: the bucket has a file of examples that cannot be used.
    """

    def example(draws: Draws, table: Any, index: Int32[Array, ""]) -> Any:
        key = jax.random.fold_in(split_key(draws.seed, draws.split), draws.step)
        family_key, draw_key = jax.random.split(jax.random.fold_in(key, index))
        if table is not None:
            number = jax.random.randint(draw_key, (), 0, len(table.coefficients))
            return task.labelled(jax.tree.map(lambda column: column[number], table), bucket)
        shares = jnp.cumsum(draws.weights)
        family = jnp.searchsorted(shares[:-1], jax.random.uniform(family_key) * shares[-1], side="right")
        return task.example(draw_key, jax.tree.map(lambda numbers: numbers[family], draws.families), bucket)

    def some(draws: Draws, table: Any, indices: Int32[Array, " part"]) -> Any:
        return jax.vmap(partial(example, draws, table))(indices)

    split = PartitionSpec("data")
    # shard_map and not XLA's own partitioning: the sorts of the sampler stay on their device
    everywhere = PartitionSpec()
    parts = jax.shard_map(some, mesh=mesh, in_specs=(everywhere, everywhere, split), out_specs=split, check_vma=False)
    make = jax.jit(lambda draws, table: parts(draws, table, draws.first + jnp.arange(batch, dtype=jnp.int32)))
    table = jax.device_put(read_examples(bucket), replicated(mesh)) if bucket.examples else None
    return lambda draws: make(draws, table)


class BucketStream:
    """The stream of one bucket, compiled once, on first use."""

    def __init__(self, task: Task, bucket: Bucket, batch: int, mesh: Mesh) -> None:
        self.bucket, self.batch = bucket, batch
        self.make = make_stream(task, bucket, batch, mesh)


def make_streams(config: TrainConfig, task: Task, mesh: Mesh) -> list[BucketStream]:
    """One per bucket of the stream, then one per bucket that is only evaluated."""
    buckets = (*config.stream, *config.evaluation.also)
    return [BucketStream(task, bucket, config.batch_of(bucket), mesh) for bucket in buckets]


@lru_cache(maxsize=64)
def _mixture(bucket: Bucket) -> tuple[Float32[np.ndarray, " families"], FamilyParameters | None]:
    if bucket.examples:
        return np.zeros(0, np.float32), None
    families = [family.parameters() for _, family in bucket.mixture]
    weights = np.array([weight for weight, _ in bucket.mixture], np.float32)
    return weights, jax.tree.map(lambda *numbers: np.stack(numbers), *families)
