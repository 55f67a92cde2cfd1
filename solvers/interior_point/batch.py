"""Programs of one structure in the rows of the iterations, and the iterates, as arrays of NumPy.

Letters: B programs, N numbers of all matrices of a program, R rows, K free variables.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float, Int

from nsos_jax.solvers.blocks import Block
from nsos_jax.solvers.interior_point.schur import Schur, is_sparse
from nsos_jax.solvers.interior_point.structure import EntryMap, Layout
from nsos_jax.solvers.problem import Matrix, as_dense

Rows = TypeVar("Rows", "Batch", "State", "Residuals")


class Structure:
    """Blocks that many programs share, with A in the rows of the programs (`original`) and of the iterations.

    Attributes:
      large: whether there are so many rows, of which blocks share so few, that matrices of rows are sparse.
    """

    def __init__(self, blocks: Sequence[Block], rows: int, sample: bool) -> None:
        self.rows = rows
        self.large = is_sparse(blocks, rows)
        self.layout = Layout([len(block) for block in blocks])
        self.identity = self.layout.identity()
        self.original = EntryMap.of(blocks, rows, self.layout, self.large)
        self.schur = Schur(blocks, rows, self.layout, sample and not self.large)
        transform = self.schur.transform
        self.entries = self.original if transform is None else self.original.transformed(transform)


class Columns:
    """F of the programs in the slots of a batch, in the rows of the iterations, and F F'.

    Attributes:
      free: [slots, R, K], one where all programs share F.
      square: F F' [slots, R R].
      trace: of F F' [slots].
    """

    def __init__(self, structure: Structure, slots: int, variables: int) -> None:
        self._transform = structure.schur.transform
        self.free = np.zeros((slots, structure.rows, variables))
        self.square = np.zeros((slots, structure.rows**2))
        self.trace = np.zeros(slots)

    def load(self, slot: int, free: Matrix) -> None:
        """Puts the F of a program, in its own rows, into a slot."""
        own = self.free[slot]
        own[:] = as_dense(free) if self._transform is None else self._transform @ free
        np.matmul(own, own.T, out=self.square[slot].reshape(len(own), len(own)))
        self.trace[slot] = (own**2).sum()

    def combine(self, slots: np.ndarray, values: np.ndarray) -> np.ndarray:
        """F d [B, R]."""
        if len(self.free) == 1:
            return values @ self.free[0].T
        return np.array([self.free[slot] @ value for slot, value in zip(slots, values, strict=True)])

    def fit(self, slots: np.ndarray, values: np.ndarray) -> np.ndarray:
        """F'm [B, K]."""
        if len(self.free) == 1:
            return values @ self.free[0]
        return np.array([value @ self.free[slot] for slot, value in zip(slots, values, strict=True)])


class SparseColumns:
    """The same for one program at a time, sparse."""

    def __init__(self) -> None:
        self.matrix = sp.csr_array((0, 0))

    def load(self, slot: int, free: Matrix) -> None:
        """Puts the F of a program into the only slot."""
        self.matrix = sp.csr_array(free)

    def combine(self, slots: np.ndarray, values: np.ndarray) -> np.ndarray:
        """F d [B, R]."""
        return (self.matrix @ values.T).T

    def fit(self, slots: np.ndarray, values: np.ndarray) -> np.ndarray:
        """F'm [B, K]."""
        return (self.matrix.T @ values.T).T


@dataclass
class Batch:
    """B programs min c'd, A(S) + F d = b, S psd.

    Attributes:
      rhs: b; cost: c.
      slots: where their F is.
      columns: those of all slots.
    """

    rhs: Float[np.ndarray, "B R"]
    cost: Float[np.ndarray, "B K"]
    slots: Int[np.ndarray, " B"]
    columns: Columns | SparseColumns

    def combine(self, values: Float[np.ndarray, "B K"]) -> Float[np.ndarray, "B R"]:
        """F d."""
        return self.columns.combine(self.slots, values)

    def fit(self, values: Float[np.ndarray, "B R"]) -> Float[np.ndarray, "B K"]:
        """F'm."""
        return self.columns.fit(self.slots, values)


@dataclass
class State:
    """Iterates.

    Attributes:
      slack: S, positive definite; dual: Z, positive definite, M(m) as soon as a full step was made.
      free: d; moments: m, in the rows of the iterations.
      step: the shorter of the last two step lengths.
      alive: whether the numbers are usable.
    """

    slack: Float[np.ndarray, "B N"]
    dual: Float[np.ndarray, "B N"]
    free: Float[np.ndarray, "B K"]
    moments: Float[np.ndarray, "B R"]
    step: Float[np.ndarray, " B"]
    alive: Bool[np.ndarray, " B"]


@dataclass
class Residuals:
    """Attributes:
    primal: r_p; dual: R_d; cost: r_f.
    gap: mu, <S, Z> over the sum of sides.
    """

    primal: Float[np.ndarray, "B R"]
    dual: Float[np.ndarray, "B N"]
    cost: Float[np.ndarray, "B K"]
    gap: Float[np.ndarray, " B"]


def take(tree: Rows, where: Int[np.ndarray, " chosen"] | Bool[np.ndarray, " B"]) -> Rows:
    """Some of the programs."""
    parts: dict[str, Any] = {name: part[where] for name, part in _arrays(tree).items()}
    return replace(tree, **parts)


def join(first: Rows, second: Rows) -> Rows:
    """The programs of both, which share their columns."""
    other = _arrays(second)
    parts: dict[str, Any] = {name: np.concatenate([part, other[name]]) for name, part in _arrays(first).items()}
    return replace(first, **parts)


def _arrays(tree: Rows) -> dict[str, np.ndarray]:
    values = {field.name: getattr(tree, field.name) for field in fields(tree)}
    return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
