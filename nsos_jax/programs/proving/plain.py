"""Programs whose equations fix all unknowns and whose constraints are sums of squares without multipliers, on whole
bases: cliques of them overlap, and are small enough to be left alone.

Each constraint is then a known polynomial on its own, and `proofs` knows more about those: finer blocks, cliques, and
the rational hull of zeros.
"""

from collections.abc import Iterator

import numpy as np
from flint import fmpq

from nsos_jax.certificates import as_fraction
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.equations import Presolved
from nsos_jax.programs.proving.exact import ExactGram, ExactPoint
from nsos_jax.proofs import GramSystem, UncoveredSupport, prove_on_faces


def plain_points(presolved: Presolved, deadline: float = np.inf) -> Iterator[ExactPoint]:
    """One exact point, if the program is of this kind and `proofs` finds Gram matrices.

    Args:
      presolved: the equations.
      deadline: a value of `time.monotonic()`.
    """
    system = presolved.system
    if system.sparse or presolved.free or any(block.weights != (fmpq(1),) for block in system.blocks):
        return
    grams: list[ExactGram | None] = [None] * len(system.blocks)
    for constraint in dict.fromkeys(block.constraint for block in system.blocks):
        members = [index for index, block in enumerate(system.blocks) if block.constraint == constraint]
        found = _constraint(presolved, constraint, members, deadline)
        if found is None:
            return
        for index, gram in zip(members, found, strict=True):
            grams[index] = gram
    yield ExactPoint(presolved.elimination.values({}, system.unknowns), [gram for gram in grams if gram is not None])


def _constraint(presolved: Presolved, constraint: int, members: list[int], deadline: float) -> list[ExactGram] | None:
    """Gram matrices on the blocks of one constraint."""
    system = presolved.system
    rows = np.flatnonzero(system.row_constraints == constraint)
    numbers = [as_fraction(system.constants[row]) for row in rows]
    target = Polynomial.from_arrays(system.row_exponents[rows], numbers, system.names)
    blocks = [system.blocks[index] for index in members]
    if target.is_zero:
        return [ExactGram(np.zeros((block.side, block.side), dtype=object), 1) for block in blocks]
    try:
        own = GramSystem.build(target, np.concatenate([block.basis for block in blocks]))
    except UncoveredSupport:
        return None
    try:
        proof = prove_on_faces(own, deadline)
    except (ArithmeticError, MemoryError, np.linalg.LinAlgError):
        return None
    exact = proof.exact
    if exact is None:
        return None
    place = {row.tobytes(): (k, at) for k, block in enumerate(blocks) for at, row in enumerate(block.basis)}
    cores = [np.zeros((block.side, block.side), dtype=object) for block in blocks]
    for basis, gram in zip(proof.system.bases, exact.grams, strict=True):
        places = [place[row.tobytes()] for row in basis.astype(blocks[0].basis.dtype)]
        if len({k for k, _ in places}) > 1:
            return None
        at = np.array([position for _, position in places])
        cores[places[0][0]][np.ix_(at, at)] += gram
    return [ExactGram(core, exact.denominator) for core in cores]
