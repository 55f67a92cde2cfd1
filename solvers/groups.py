"""Groups: problems of one shape that advance together on the device, and how many make a group."""

from dataclasses import dataclass

import jax
import numpy as np

from nsos_jax.solvers import admm
from nsos_jax.solvers.bracket import Bracket
from nsos_jax.solvers.problem import Batch, bucket_count

CPU_SLOTS = 2  # fills two cores; larger groups only iterate on padding for longer


@dataclass
class Group:
    """Problems of one bucket that advance together; `members[slot]` is the problem's index, padded slots have none.

    `bounds` are those of a chunk that the device was given and that was not recorded yet.
    """

    members: list[int]
    batch: Batch
    state: admm.State
    iterations: int = 0
    bounds: Bracket | None = None


def slot_count(members: int, limit: int) -> int:
    """Slots of a group, at most `limit`. On CPU time is linear in the slots, so little padding; else powers of 8."""
    if members == 1:
        return 1
    if jax.default_backend() == "cpu":
        return min(CPU_SLOTS, limit)
    return min(8 ** -(-(bucket_count(members).bit_length() - 1) // 3), limit)


def most_members(limit: int) -> int:
    """The members of a full group."""
    return min(limit, CPU_SLOTS) if jax.default_backend() == "cpu" else limit


def split(indices: list[int], limit: int) -> list[list[int]]:
    """Parts of at most `limit` problems; on CPU at most CPU_SLOTS."""
    size = most_members(limit)
    return [indices[i : i + size] for i in range(0, len(indices), size)]


def gather(tree, where: np.ndarray, slots: int):
    """Rows `where` of every leaf, on the host (no shape is compiled for it); unused slots repeat the first one."""
    index = np.concatenate([where, np.full(slots - len(where), where[0], where.dtype)])
    return jax.tree.map(lambda leaf: leaf[index], tree)
