"""Groups: problems of one bucket that advance together on the device, and how many make a group."""

import os
from dataclasses import dataclass

import jax
import numpy as np
from jax.sharding import Mesh

from nsos_jax.solvers.interpreted.host import Work
from nsos_jax.solvers.iterations import admm, newton
from nsos_jax.solvers.iterations.bounds import Best
from nsos_jax.solvers.iterations.chunks import admm_iterations
from nsos_jax.solvers.iterations.normal_form import Batch
from nsos_jax.solvers.iterations.psd import on_cpu
from nsos_jax.solvers.packing import Bucket, bucket_count

CPU_SLOTS, CPU_SIDE = 4, 64
"""Slots of a group on a CPU, whose members go one after the other, and the side beyond which problems run alone."""
MOST_ENTRIES = 1 << 24
"""Of the Gram matrices of a group on an accelerator: enough to fill one."""
FILLED = 4, 32, 256
"""Sizes of small groups on an accelerator, which 256 problems begin to fill."""
MATRICES, POINT_MATRICES = 5, 3
"""Arrays of the size of the Gram matrices that a chunk in float64 holds at once, at most (measured on a CPU), and those
for each of its iterations."""
USABLE = 0.5
"""Share of the free memory that groups may take."""


@dataclass
class Held:
    """The best bounds so far and the points behind them; outlives the group of those problems that are decided."""

    best: Best


@dataclass
class Group:
    """Problems of one bucket that advance together.

    Attributes:
      members: `members[slot]` is the problem's index; padded slots have none.
      ahead: iterations that the device was given and whose bounds were not read back yet.
      work: those iterations, where the host does them itself.
    """

    members: list[int]
    batch: Batch
    state: admm.State | newton.NewtonState
    held: Held
    iterations: int = 0
    ahead: int = 0
    work: Work | None = None

    @property
    def slots(self) -> int:
        return len(self.held.best.free)


@dataclass(frozen=True)
class Slots:
    """How many problems of one bucket may share a group.

    Attributes:
      limit: what fits into memory, on each device.
      devices: that share a group, each an equal part.
    """

    limit: int
    devices: int = 1

    @classmethod
    def that_fit(cls, bucket: Bucket, max_bytes: int | None, mesh: Mesh | None) -> "Slots":
        """Of `max_bytes`, or of the memory that is free, both on each device."""
        fitting = max(1, (max_bytes or free_bytes()) // problem_bytes(bucket))
        entries = bucket.bins * bucket.side**2
        if on_cpu():
            most = CPU_SLOTS if entries <= CPU_SIDE**2 else 1
        else:
            most = max(1, MOST_ENTRIES // entries)
        return cls(min(fitting, most), mesh.size if mesh else 1)

    @property
    def full(self) -> int:
        """How many problems fill the device."""
        return self.devices * self.limit * (_cores() if on_cpu() else 1)

    def split(self, indices: list[int]) -> list[tuple[list[int], int]]:
        """The members and slots of as many groups as the problems need.

        On a CPU a compiled chunk takes no time for empty slots, so all groups have the same number of them; groups run
        side by side, so there are at least as many as cores. An accelerator takes as long for one problem as for some
        hundred: sizes are those of `FILLED`, powers of 2 above, and one group holds all, if they fit. On a mesh each
        device gets as few slots as hold its share.
        """
        if on_cpu() and self.devices == 1:
            count = max(-(-len(indices) // self.limit), min(_cores(), len(indices)))
            return [(part.tolist(), self.limit) for part in np.array_split(indices, count)] if indices else []
        parts = []
        while indices:
            each = min(-(-len(indices) // self.devices), self.limit)
            if not on_cpu():
                each = min(next((size for size in FILLED if size >= each), bucket_count(each)), self.limit)
            slots = self.devices * each
            parts.append((indices[:slots], slots))
            indices = indices[slots:]
        return parts


def _cores() -> int:
    return os.cpu_count() or 1


def problem_bytes(bucket: Bucket) -> int:
    """Device memory that a problem takes in a chunk."""
    matrices = MATRICES + POINT_MATRICES * admm_iterations(bucket.side)
    return 8 * (matrices * bucket.bins * bucket.side**2 + bucket.rows * (2 * bucket.variables + 12))


def free_bytes() -> int:
    """The memory that groups may take: of the first device if it tells, else of this machine."""
    stats = jax.local_devices()[0].memory_stats() or {}
    if "bytes_limit" in stats:
        return int(USABLE * (stats["bytes_limit"] - stats.get("bytes_in_use", 0)))
    return int(USABLE * os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))


def turns(running: list[int], slots: int, mesh: Mesh | None) -> np.ndarray:
    """The running slots in order, within the part of each device and counted from its start, then -1 [slots]."""
    part = slots // (mesh.size if mesh else 1)
    order = np.full(slots, -1, np.int32)
    for start in range(0, slots, part):
        own = [slot - start for slot in running if start <= slot < start + part]
        order[start : start + len(own)] = own
    return order
