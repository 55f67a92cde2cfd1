"""Groups: problems of one bucket that advance together on the device, and how many make a group."""

import os
from dataclasses import dataclass

import jax
import numpy as np
from jax.sharding import Mesh

from nsos_jax.solvers import admm, newton
from nsos_jax.solvers.bracket import Bracket
from nsos_jax.solvers.packing import Batch, Bucket, bucket_count

CPU_SLOTS = 2  # fills two cores; larger groups only iterate on padding for longer
MATRICES = 20
"""Arrays of the size of the Gram matrices that a chunk holds at once, at most."""
USABLE = 0.5
"""Share of the free memory that groups may take."""


@dataclass
class Group:
    """Problems of one bucket that advance together; `members[slot]` is the problem's index, padded slots have none.

    `bounds` are those of a chunk that the device was given and that was not recorded yet.
    """

    members: list[int]
    batch: Batch
    state: admm.State | newton.NewtonState
    iterations: int = 0
    bounds: Bracket | None = None


@dataclass(frozen=True)
class Slots:
    """How many problems of one bucket may share a group.

    Attributes:
      limit: what fits into memory, a multiple of `devices`.
      devices: that share a group, each an equal part.
    """

    limit: int
    devices: int = 1

    @classmethod
    def that_fit(cls, bucket: Bucket, max_bytes: int | None, mesh: Mesh | None) -> "Slots":
        """Of `max_bytes`, or of the memory that is free, both on each device."""
        devices = mesh.size if mesh else 1
        return cls(devices * max(1, (max_bytes or free_bytes()) // problem_bytes(bucket)), devices)

    def count(self, members: int) -> int:
        """Slots of a group. On a CPU time is linear in the slots, so little padding; else powers of 8, so that few
        shapes are compiled."""
        each = -(-members // self.devices)
        if each > 1:
            each = CPU_SLOTS if _on_cpu() else 8 ** -(-(bucket_count(each).bit_length() - 1) // 3)
        return min(self.devices * each, self.limit)

    @property
    def most(self) -> int:
        """The members of a full group."""
        return min(self.limit, self.devices * CPU_SLOTS) if _on_cpu() else self.limit

    def split(self, indices: list[int]) -> list[list[int]]:
        """Parts that fill a group each, but for the last."""
        return [indices[i : i + self.most] for i in range(0, len(indices), self.most)]


def problem_bytes(bucket: Bucket) -> int:
    """Device memory that a problem takes in a chunk."""
    return 8 * (MATRICES * bucket.bins * bucket.side**2 + bucket.rows * (2 * bucket.variables + 12))


def free_bytes() -> int:
    """The memory that groups may take: of the first device if it tells, else of this machine."""
    stats = jax.local_devices()[0].memory_stats() or {}
    if "bytes_limit" in stats:
        return int(USABLE * (stats["bytes_limit"] - stats.get("bytes_in_use", 0)))
    return int(USABLE * os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))


def take(tree, where: int | np.ndarray):
    """One row or several of every leaf."""
    return jax.tree.map(lambda leaf: leaf[where], tree)


def gather(tree, where: np.ndarray, slots: int):
    """Rows `where` of every leaf, on the host (no shape is compiled for it); unused slots repeat the first one."""
    return take(tree, np.concatenate([where, np.full(slots - len(where), where[0], where.dtype)]))


def _on_cpu() -> bool:
    return jax.default_backend() == "cpu"
