"""The margin problem of classes of blocks: max t such that the sum of <E_r, X_c> + t tr E_r is b_r, X psd.

A class meets a part of the equations only, so these are chosen, not combined, where they depend on each other.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int64

from nsos_jax.proofs.faces import ChosenRows, Stacks


class ClassEquations:
    """See the module; the interface is that of `central.MarginEquations`, with one stack per class that is not empty.

    Attributes:
      size: the sum of the sides r.
      combinations: T, the equations that were chosen.
      rhs: T b, float64 [k].
      identity: T E(I), float64 [k].
      inconsistency: the part of b outside of the range of E, relative to |b|.
      freedom: dimension of {X : E(X) = 0}.
    """

    def __init__(
        self,
        own: Sequence[Int64[np.ndarray, " own"]],
        matrices: Sequence[Float[np.ndarray, "own r r"]],
        rhs: Float[np.ndarray, " R"],
    ) -> None:
        """Per class the equations that it meets, and E of these; and b."""
        self._count, self._classes = len(rhs), len(own)
        self._live = [k for k, values in enumerate(matrices) if values.shape[1]]
        self._own = [own[k] for k in self._live]
        self._matrices = [matrices[k] for k in self._live]
        self._triangles = [np.triu_indices(values.shape[1]) for values in self._matrices]
        self._upper = [
            values[:, i, j] * np.where(i == j, 1.0, 2.0)
            for values, (i, j) in zip(self._matrices, self._triangles, strict=True)
        ]
        self.size = sum(values.shape[1] for values in self._matrices)
        eyes = self.eyes()
        self.combinations, outside = ChosenRows.independent(self._sums(eyes, eyes), rhs)
        self.inconsistency = outside / max(float(np.linalg.norm(rhs)), 1e-300)
        self.rhs = self.combinations.combine(rhs)
        self.identity = self.apply(eyes)
        self.freedom = sum(upper.shape[1] for upper in self._upper) - self.combinations.rank

    def eyes(self) -> list[Float[np.ndarray, "1 r r"]]:
        """The identity."""
        return [np.eye(values.shape[1])[None] for values in self._matrices]

    def blocks(self, stacks: Stacks) -> tuple[Float[np.ndarray, "r r"], ...]:
        """One matrix per class."""
        result = [np.zeros((0, 0))] * self._classes
        for k, stack in zip(self._live, stacks, strict=True):
            result[k] = stack[0]
        return tuple(result)

    def stacks(self, blocks: Sequence[np.ndarray]) -> list[Float[np.ndarray, "1 r r"]]:
        """The inverse of `blocks`."""
        return [blocks[k][None] for k in self._live]

    def by_row(self, values: Float[np.ndarray, " k"]) -> Float[np.ndarray, " R"]:
        """T'y."""
        return self.combinations.by_row(values)

    def apply(self, stacks: Stacks) -> Float[np.ndarray, " k"]:
        """T E(X)."""
        total = np.zeros(self._count)
        for own, upper, (i, j), stack in zip(self._own, self._upper, self._triangles, stacks, strict=True):
            total[own] += upper @ stack[0, i, j]
        return self.combinations.combine(total)

    def adjoint(self, values: Float[np.ndarray, " k"]) -> list[Float[np.ndarray, "1 r r"]]:
        """E'(T'y)."""
        moments = self.by_row(values)
        pairs = zip(self._own, self._matrices, strict=True)
        return [np.tensordot(moments[own], matrices, 1)[None] for own, matrices in pairs]

    def correction(self, missing: Float[np.ndarray, " k"]) -> list[Float[np.ndarray, "1 r r"]]:
        """The least change of X that adds `missing` to T E(X)."""
        return self.adjoint(self.combinations.solve(missing))

    def schur(self, left: Stacks, right: Stacks) -> np.ndarray:
        """The matrix of y -> T E(X adjoint(y) Y), made symmetric."""
        return np.asarray(self.combinations.sandwich(self._sums(left, right)))

    def _sums(self, left: Stacks, right: Stacks) -> Float[np.ndarray, "R R"]:
        """The same for all equations."""
        total = np.zeros((self._count, self._count))
        groups = zip(self._own, self._matrices, self._upper, self._triangles, left, right, strict=True)
        for own, matrices, upper, (i, j), x, y in groups:
            products = x[0] @ matrices @ y[0]
            products = upper @ (products[:, i, j] + products[:, j, i]).T
            total[np.ix_(own, own)] += products + products.T
        return total / 4
