"""Limits of work per program: refused before it is begun, with the option that says so."""

import math
import time
from dataclasses import dataclass

from nsos_jax import bases


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
        bases.check_memory(need, self.memory, what)

    def check_time(self, need: float = 0.0, what: str = "") -> None:
        """Refuses to go on without time, or with what takes more seconds than are left.

        Raises:
          DeadlineExceeded: with what is left.
        """
        bases.check_time(self.deadline - time.monotonic(), self.seconds, need, what)


NO_LIMITS = Limits()
