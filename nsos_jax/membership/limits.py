"""Limits of work per polynomial: refused before it is begun, with the option that says so."""

import numpy as np
from jaxtyping import Int

from nsos_jax import bases
from nsos_jax.bases import TooLarge, lossless_blocks
from nsos_jax.certificates import MAX_BASIS
from nsos_jax.membership.results import CertifyOptions
from nsos_jax.membership.rungs import Rung
from nsos_jax.membership.tasks import Task
from nsos_jax.proofs import GramSystem

ENTRY_BYTES, ROW_BYTES = 200, 16
"""Of working memory, per entry of the Gram matrices, and per row and variable."""
FIRST_EIGENDECOMPOSITIONS = 20
SECONDS_PER_CUBE = 1e-9
"""An eigendecomposition of side k takes about this times k^3 seconds on one CPU core."""


def check_rung(task: Task, rung: Rung, options: CertifyOptions) -> None:
    """Refuses what no certificate may hold, and what takes too much memory.

    Raises:
      TooLarge: with the size and the limit.
    """
    size, limit = len(rung.basis), options.memory_limit
    parts = rung.parts
    if parts is None and not fits_memory(rung.basis, options):
        parts = lossless_blocks(rung.basis, task.polynomial.exponents, limit // ENTRY_BYTES)
    largest = size if parts is None else max(map(len, parts))
    if largest > MAX_BASIS:
        raise TooLarge(f"a basis of {largest} monomials is beyond what certificates may hold, {MAX_BASIS}")
    if parts is not None:
        pairs = np.concatenate([np.ravel(part[:, None] * size + part) for part in parts])
        need = _bytes(len(pairs), len(np.unique(pairs)) // 2 + size, rung.basis.shape[1])
        check_memory(need, f"a basis of {size} monomials", options)


def fits_memory(basis: Int[np.ndarray, "k n"], options: CertifyOptions) -> bool:
    """Whether a basis, as one block, fits into memory."""
    size, n = basis.shape
    return _bytes(size**2, size * (size + 1) // 2, n) <= options.memory_limit


def _bytes(entries: int, rows: int, n: int) -> int:
    """For the maps of Gram matrices, their products in n variables, and the solver."""
    return ENTRY_BYTES * entries + ROW_BYTES * n * rows


def check_memory(need: int, what: str, options: CertifyOptions) -> None:
    """Refuses what takes more bytes than `memory_limit`.

    Raises:
      TooLarge: with the size and the limit.
    """
    bases.check_memory(need, options.memory_limit, what)


def check_time(task: Task, system: GramSystem | None = None) -> None:
    """Refuses to go on without time, or with a block whose first eigendecompositions alone would take too long.

    Raises:
      DeadlineExceeded: with what is left of the time limit.
    """
    sides = [*map(len, system.bases)] if system and not system.unique else []
    need = FIRST_EIGENDECOMPOSITIONS * SECONDS_PER_CUBE * sum(side**3 for side in sides)
    bases.check_time(task.remaining, task.time_limit, need, f"a block of {max(sides, default=0)} monomials")
