"""What a CPU runs without compiling: chunks of a few problems, each on a core, interpreted by NumPy.

A program is compiled as soon as its interpretation has lost about as much time as that takes, so a process loses about
twice what it must at most; one that runs a few chunks never compiles.
"""

import os
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from typing import Any, NamedTuple

import jax
import numpy as np
from threadpoolctl import ThreadpoolController

from nsos_jax.solvers.interpreted.interpreter import Interpreted
from nsos_jax.solvers.interpreted.primitives import Unsupported
from nsos_jax.solvers.packing import Bucket

_lost: defaultdict[tuple[Callable[..., Any], Bucket], float] = defaultdict(float)
"""Seconds lost so far in this process, by the program and its shape."""


def lost(function: Callable[..., Any], bucket: Bucket) -> float:
    """Seconds that this process lost because it interpreted chunks of a shape, as estimated from their operations."""
    return _lost[function, bucket]


def forget() -> None:
    """Nothing was lost yet, as in a new process."""
    _lost.clear()


@cache
def interpreted(function: Callable[..., Any], *static: Any) -> Interpreted:
    """The function with `static` as its last arguments."""
    return Interpreted(lambda *arguments: function(*arguments, *static))


class Work(NamedTuple):
    """A chunk of the running problems of a group, under way in a thread."""

    key: tuple[Callable[..., Any], Bucket]
    running: list[int]
    before: Any
    future: Future

    def result(self) -> Any:
        """State and bounds of all slots, when the chunk is finished."""
        moved, lost = self.future.result()
        _lost[self.key] += lost
        return jax.tree.map(self._replaced, self.before, moved)

    def _replaced(self, old: Any, new: np.ndarray) -> np.ndarray:
        if len(self.running) == len(old):
            return new
        result = np.array(old)
        result[self.running] = new if len(self.running) == 1 else new[self.running]
        return result


def start(
    function: Callable[..., Any], static: tuple, bucket: Bucket, batch: Any, moving: tuple[Any, Any], running: list[int]
) -> Work | None:
    """Begins a chunk of the problems in these slots: one alone, or else all slots, so that two shapes are traced.

    None where it has to be compiled, for it holds an operation that the interpreter does not know.

    Args:
      moving: state and bounds.
    """
    if not running:
        return None
    chosen = batch, *moving
    if len(running) == 1:
        chosen = take(jax.tree.map(np.asarray, chosen), running)
    try:
        program = interpreted(function, *static).program(*chosen)
    except Unsupported:
        _lost[function, bucket] = np.inf
        return None
    return Work((function, bucket), running, moving, _threads().submit(program, *chosen))


def one_blas_thread() -> AbstractContextManager:
    """Within it, each call of BLAS stays on its core: groups run side by side, and small matrices gain nothing."""
    return _blas().limit(limits=1, user_api="blas")


@cache
def _blas() -> ThreadpoolController:
    """The BLAS libraries of this process; finding them takes milliseconds."""
    return ThreadpoolController()


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count(), "nsos-solver")


def take(tree: Any, where: Any) -> Any:
    """Rows `where` of every leaf, on the host or on the device."""
    return jax.tree.map(lambda leaf: leaf[where], tree)


def fill(where: np.ndarray, slots: int) -> np.ndarray:
    """As many rows as slots: unused ones repeat the first."""
    return np.concatenate([where, np.full(slots - len(where), where[0], where.dtype)])
