"""The margin problem of few equations with dense matrices: max t such that <A_r, S> + t <A_r, I> = b_r, S psd.

The equations are combined to independent ones, T A being a coisometry, which keeps an interior-point method accurate.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from nsos_jax.proofs.faces.margin.row_pairs import Stacks
from nsos_jax.proofs.faces.margin.stacked_blocks import StackedBlocks

DEPENDENT = 1e-10
"""Eigenvalues of A A' below this share of the largest belong to dependent equations."""


class DenseEquations(StackedBlocks):
    """See the module; the interface is that of `central.MarginEquations`.

    Attributes:
      size: the sum of the sides r.
      combinations: T, float64 [k, R]: the independent equations in terms of the rows.
      rhs: T b, float64 [k].
      identity: T A(I), float64 [k].
      freedom: dimension of {S : A(S) = 0}.
    """

    def __init__(
        self,
        matrices: Sequence[Float[np.ndarray, "equations r r"]],
        rhs: Float[np.ndarray, " equations"],
        rows: Float[np.ndarray, "equations R"] | None = None,
    ) -> None:
        """A as one array of symmetric matrices per block, whose sides r may be 0, and b; the equations may be
        combinations of R rows, by default they are the rows."""
        sizes = [moments.shape[1] for moments in matrices]
        super().__init__([(size, size) for size in sizes])
        self._sides = [sizes[group[0]] for group in self._members]
        self.size = sum(sizes)
        count = len(rhs)
        tensors = [
            np.stack([matrices[block] for block in group], axis=1).reshape(count, len(group) * side**2)
            for group, side in zip(self._members, self._sides, strict=True)
        ]
        values, vectors = np.linalg.eigh(sum((f @ f.T for f in tensors), np.zeros((count, count))))
        spanning = values > DEPENDENT * max(values.max(initial=0.0), 1e-300)
        change = (vectors[:, spanning] / np.sqrt(values[spanning])).T
        self.combinations = change if rows is None else change @ rows
        self._tensors = [change @ f for f in tensors]
        self.rhs = change @ rhs
        self.identity = self.apply(self.eyes())
        self.freedom = sum(size * (size + 1) // 2 for size in sizes) - len(self.rhs)
        dependent = vectors[:, ~spanning].T @ rhs
        self.inconsistency = float(np.linalg.norm(dependent)) / max(float(np.linalg.norm(rhs)), 1e-300)

    def eyes(self) -> list[Float[np.ndarray, "B r r"]]:
        """The identity."""
        return [
            np.tile(np.eye(side), (len(group), 1, 1)) for side, group in zip(self._sides, self._members, strict=True)
        ]

    def by_row(self, values: Float[np.ndarray, " k"]) -> Float[np.ndarray, " R"]:
        """T'y."""
        return self.combinations.T @ values

    def apply(self, stacks: Stacks) -> Float[np.ndarray, " k"]:
        """T A(S)."""
        total = np.zeros(len(self.combinations))
        for tensor, stack in zip(self._tensors, stacks, strict=True):
            total += tensor @ stack.ravel()
        return total

    def adjoint(self, values: Float[np.ndarray, " k"]) -> list[Float[np.ndarray, "B r r"]]:
        """A'(T'y)."""
        pairs = zip(self._tensors, self._sides, strict=True)
        return [(values @ tensor).reshape(-1, side, side) for tensor, side in pairs]

    def correction(self, missing: Float[np.ndarray, " k"]) -> list[Float[np.ndarray, "B r r"]]:
        """The least change of S that adds `missing` to T A(S)."""
        return self.adjoint(missing)

    def schur(self, left: Stacks, right: Stacks) -> Float[np.ndarray, "k k"]:
        """The matrix of y -> T A(X adjoint(y) Y), made symmetric."""
        count = len(self.combinations)
        total = np.zeros((count, count))
        for tensor, side, x, y in zip(self._tensors, self._sides, left, right, strict=True):
            products = x @ tensor.reshape(count, -1, side, side) @ y
            total += tensor @ products.reshape(count, -1).T
        return (total + total.T) / 2
