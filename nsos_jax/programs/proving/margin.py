"""The margin problem on a face of a program, without its unknowns: what central solutions are computed from.

The rows are combined so that the unknowns drop out, T B = 0, and T A_V is a coisometry:
T a = T A(U S U') + t T A(U U') with U the orthonormal parts of the ranges, as `proofs` has it for one polynomial.
"""

from collections.abc import Sequence

import numpy as np
import scipy.linalg as sla
from jaxtyping import Float

from nsos_jax.programs.proving.face import ProgramFace
from nsos_jax.proofs import DenseEquations

DEPENDENT = 1e-10
"""Pivots of the unknowns' columns B below this share of the largest belong to dependent ones."""
MOST_NUMBERS = 6 * 10**7
"""Of the dense equations."""
CORRECTIONS = 3


class MarginProblem(DenseEquations):
    """See the module; `combinations` is T, whose rows annihilate B."""

    def __init__(self, face: ProgramFace) -> None:
        kept = _left_kernel(face.form.free.toarray())
        matrices = [(frame.T @ _adjoint(face, block, kept) @ frame) for block, (frame, _) in enumerate(face.frames)]
        super().__init__(matrices, kept @ face.form.rhs, kept)


def corrected(
    problem: MarginProblem, grams: Sequence[Float[np.ndarray, "r r"]], rhs: Float[np.ndarray, " k"]
) -> list[Float[np.ndarray, "r r"]]:
    """Positive definite matrices on a face, changed so that T A(U S U') = rhs: by S adjoint(y) S, which is small
    against S in all directions."""
    stacks = problem.stacks(grams)
    for _ in range(CORRECTIONS):
        missing = rhs - problem.apply(stacks)
        try:
            multipliers = sla.lstsq(problem.schur(stacks, stacks), missing, cond=1e-15)[0]
        except (sla.LinAlgError, ValueError):
            break
        pairs = zip(stacks, problem.adjoint(multipliers), strict=True)
        stacks = [stack + stack @ change @ stack for stack, change in pairs]
    return list(problem.blocks(stacks))


def is_small(face: ProgramFace, most: int = MOST_NUMBERS) -> bool:
    """Whether dense equations are affordable."""
    numbers = len(face.form.rhs) * sum(
        max(size, 1) * len(columns) for size, columns in zip(face.sizes, face.ranges, strict=True)
    )
    return numbers <= most


def _left_kernel(matrix: Float[np.ndarray, "R W"]) -> Float[np.ndarray, "k R"]:
    """Orthonormal rows that annihilate the columns."""
    if not matrix.shape[1]:
        return np.eye(len(matrix))
    orthonormal, triangle, _ = sla.qr(matrix, pivoting=True)
    diagonal = np.abs(np.diagonal(triangle))
    rank = int((diagonal > DEPENDENT * diagonal.max(initial=0.0)).sum())
    return orthonormal[:, rank:].T


def _adjoint(face: ProgramFace, index: int, rows: Float[np.ndarray, "k R"]) -> Float[np.ndarray, "k m m"]:
    """A'(row) for each row, on one block."""
    block, weights = face.form.blocks[index], face.form.weights[index]
    moments = np.zeros((len(rows), block.side, block.side))
    for maps, weight in zip(block.maps, weights, strict=True):
        moments += weight * rows[:, maps]
    return moments
