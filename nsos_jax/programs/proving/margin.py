"""The margin problem on a face of a program, without its unknowns: what central solutions are computed from.

The rows are combined so that the unknowns drop out, T B = 0, and T A_V is a coisometry:
T a = T A(U S U') + t T A(U U') with U the orthonormal parts of the ranges, as `proofs` has it for one polynomial.
"""

from collections.abc import Sequence

import numpy as np
import scipy.linalg as sla
from jaxtyping import Float

from nsos_jax.programs.proving.face import ProgramFace

DEPENDENT = 1e-10
"""Eigenvalues of T A_V A_V' T' below this share of the largest belong to dependent equations."""
MOST_NUMBERS = 6 * 10**7
"""Of the dense equations."""
CORRECTIONS = 3
Stacks = Sequence[np.ndarray]
"""Float [B, r, r] per group of blocks of equal sides."""


class MarginProblem:
    """See the module; the interface is that of `nsos_jax.proofs.central_solver`.

    Attributes:
      size: the sum of the sides r.
      combinations: T, float64 [k, R].
      rhs: T a, float64 [k].
      identity: T A(U U'), float64 [k].
      freedom: dimension of {S : T A(U S U') = 0}.
    """

    def __init__(self, face: ProgramFace) -> None:
        form = face.form
        sizes = face.sizes
        self._members = [
            [block for block, own in enumerate(sizes) if own == size] for size in dict.fromkeys(sizes) if size
        ]
        self._blocks, self.size = len(sizes), sum(sizes)
        kept = _left_kernel(form.free.toarray())
        tensors = []
        for group in self._members:
            wide = [face.frames[block][0] for block in group]
            parts = [u.T @ moments @ u for u, moments in zip(wide, _adjoints(face, group, kept), strict=True)]
            tensors.append(np.stack(parts, axis=1).reshape(len(kept), sum(u.shape[1] ** 2 for u in wide)))
        values, vectors = np.linalg.eigh(sum((f @ f.T for f in tensors), np.zeros((len(kept), len(kept)))))
        spanning = values > DEPENDENT * max(values.max(initial=0.0), 1e-300)
        change = (vectors[:, spanning] / np.sqrt(values[spanning])).T
        self.combinations = change @ kept
        self._tensors = [change @ f for f in tensors]
        self._sides = [sizes[group[0]] for group in self._members]
        self.rhs = self.combinations @ form.rhs
        self.identity = self.apply(self.eyes())
        self.freedom = face.width - len(self.rhs)

    def eyes(self) -> list[Float[np.ndarray, "B r r"]]:
        """The identity."""
        return [
            np.tile(np.eye(side), (len(group), 1, 1)) for side, group in zip(self._sides, self._members, strict=True)
        ]

    def blocks(self, stacks: Stacks) -> tuple[Float[np.ndarray, "r r"], ...]:
        """One matrix per block of the face, in its order."""
        result = [np.zeros((0, 0))] * self._blocks
        for group, stack in zip(self._members, stacks, strict=True):
            for block, matrix in zip(group, stack, strict=True):
                result[block] = matrix
        return tuple(result)

    def stacks(self, blocks: Sequence[np.ndarray]) -> list[Float[np.ndarray, "B r r"]]:
        """The inverse of `blocks`."""
        return [np.stack([blocks[block] for block in group]) for group in self._members]

    def by_row(self, values: Float[np.ndarray, " k"]) -> Float[np.ndarray, " R"]:
        """T'y."""
        return self.combinations.T @ values

    def apply(self, stacks: Stacks) -> Float[np.ndarray, " k"]:
        """T A(U S U')."""
        total = np.zeros(len(self.combinations))
        for tensor, stack in zip(self._tensors, stacks, strict=True):
            total += tensor @ stack.ravel()
        return total

    def adjoint(self, values: Float[np.ndarray, " k"]) -> list[Float[np.ndarray, "B r r"]]:
        """U' A'(T'y) U."""
        pairs = zip(self._tensors, self._sides, strict=True)
        return [(values @ tensor).reshape(-1, side, side) for tensor, side in pairs]

    def correction(self, missing: Float[np.ndarray, " k"]) -> list[Float[np.ndarray, "B r r"]]:
        """The least change of S that adds `missing` to T A(U S U')."""
        return self.adjoint(missing)

    def schur(self, left: Stacks, right: Stacks) -> Float[np.ndarray, "k k"]:
        """The matrix of y -> T A(X adjoint(y) Y), made symmetric."""
        count = len(self.combinations)
        total = np.zeros((count, count))
        for tensor, side, x, y in zip(self._tensors, self._sides, left, right, strict=True):
            products = x @ tensor.reshape(count, -1, side, side) @ y
            total += tensor @ products.reshape(count, -1).T
        return (total + total.T) / 2


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


def _adjoints(
    face: ProgramFace, group: Sequence[int], rows: Float[np.ndarray, "k R"]
) -> list[Float[np.ndarray, "k m m"]]:
    """A'(row) for each row, per block of a group."""
    result = []
    for index in group:
        block, weights = face.form.blocks[index], face.form.weights[index]
        moments = np.zeros((len(rows), block.side, block.side))
        for maps, weight in zip(block.maps, weights, strict=True):
            moments += weight * rows[:, maps]
        result.append(moments)
    return result
