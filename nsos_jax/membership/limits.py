"""Limits of work per polynomial: refused before it is begun, with the option that says so."""

import numpy as np
from jaxtyping import Int

from nsos_jax.bases import DeadlineExceeded, TooLarge
from nsos_jax.certificates import MAX_BASIS
from nsos_jax.membership.results import CertifyOptions
from nsos_jax.membership.search import Task
from nsos_jax.proofs import GramSystem

FIRST_EIGENDECOMPOSITIONS = 20
SECONDS_PER_CUBE = 1e-9
"""An eigendecomposition of side k takes about this times k^3 seconds on one CPU core."""


def check_basis(basis: Int[np.ndarray, "k n"], options: CertifyOptions) -> None:
    """Refuses what no certificate may hold, and what takes too much memory for maps of all pairs and the solver.

    Raises:
      TooLarge: with the size and the limit.
    """
    if len(basis) > MAX_BASIS:
        raise TooLarge(f"a basis of {len(basis)} monomials is beyond what certificates may hold, {MAX_BASIS}")
    need = len(basis) ** 2 * (8 * basis.shape[1] + 200)
    check_memory(need, f"a basis of {len(basis)} monomials", options)


def fits_memory(basis: Int[np.ndarray, "k n"], options: CertifyOptions) -> bool:
    """Whether `check_basis` accepts a basis."""
    try:
        check_basis(basis, options)
    except TooLarge:
        return False
    return True


def check_memory(need: int, what: str, options: CertifyOptions) -> None:
    """Refuses what takes more bytes than `memory_limit`.

    Raises:
      TooLarge: with the size and the limit.
    """
    limit = options.memory_limit
    if need > limit:
        raise TooLarge(f"{what} needs about {need >> 20} MiB, the limit is {limit >> 20} MiB (memory_limit)")


def check_time(task: Task, system: GramSystem | None = None) -> None:
    """Refuses to go on without time, or with a block whose first eigendecompositions alone would take too long.

    Raises:
      DeadlineExceeded: with what is left of the time limit.
    """
    if task.remaining <= 0:
        raise DeadlineExceeded(f"the time limit of {task.time_limit:g} s was reached (time_limit)")
    largest = max(map(len, system.bases)) if system and not system.unique else 0
    need = FIRST_EIGENDECOMPOSITIONS * SECONDS_PER_CUBE * largest**3
    if need > task.remaining:
        raise DeadlineExceeded(
            f"a block of {largest} monomials needs at least about {need:.0f} s, "
            f"{task.remaining:.0f} s of the time limit of {task.time_limit:g} s are left (time_limit)"
        )
