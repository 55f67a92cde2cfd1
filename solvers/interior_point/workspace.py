"""Memory that is used again."""

import math

import numpy as np


class Workspace:
    """Arrays that are used again and again: fresh ones of this size cost more than the work on them, in page faults."""

    def __init__(self) -> None:
        self._buffers: dict[str, np.ndarray] = {}

    def array(self, name: str, *shape: int) -> np.ndarray:
        """An array of this shape with whatever it held before; the next one of that name overwrites it."""
        size = math.prod(shape)
        if name not in self._buffers or self._buffers[name].size < size:
            self._buffers[name] = np.empty(size)
        return self._buffers[name][:size].reshape(shape)
