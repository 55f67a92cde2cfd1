"""Limits of work per program: refused before it is begun, with the option that says so."""

import math
import time
from dataclasses import dataclass

from nsos_jax.bases import DeadlineExceeded, TooLarge


@dataclass(frozen=True)
class Limits:
    """What one program may take.

    Attributes:
      memory: bytes.
      deadline: a value of `time.monotonic()`.
      seconds: the time limit that led to it, for messages.
    """

    memory: float = math.inf
    deadline: float = math.inf
    seconds: float = math.inf

    def check_memory(self, need: float, what: str) -> None:
        """Refuses what needs more bytes.

        Raises:
          TooLarge: with the size and the limit.
        """
        if need > self.memory:
            needed, limit = need / (1 << 20), self.memory / (1 << 20)
            raise TooLarge(f"{what}: about {needed:.3g} MiB are needed, the limit is {limit:.5g} MiB (memory_limit)")

    def check_time(self, need: float = 0.0, what: str = "") -> None:
        """Refuses to go on without time, or with what takes more seconds than are left.

        Raises:
          DeadlineExceeded: with what is left.
        """
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise DeadlineExceeded(f"the time limit of {self.seconds:g} s was reached")
        if need > left:
            raise DeadlineExceeded(
                f"{what}: at least about {need:.0f} s are needed, {left:.0f} s are left (time_limit)"
            )


NO_LIMITS = Limits()
