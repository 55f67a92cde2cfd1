"""Programs of one structure in the rows of the iterations, and the iterates, as arrays of NumPy.

Letters: B programs, N numbers of all matrices of a program, R rows, K free variables.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np
from jaxtyping import Bool, Float, Int

from nsos_jax.solvers.blocks import Block
from nsos_jax.solvers.interior_point.schur import Schur
from nsos_jax.solvers.interior_point.structure import EntryMap, Layout

Rows = TypeVar("Rows", "Batch", "State")


class Structure:
    """Blocks that many programs share, with A in the rows of the programs (`original`) and of the iterations."""

    def __init__(self, blocks: Sequence[Block], rows: int, sample: bool) -> None:
        self.rows = rows
        self.layout = Layout([len(block) for block in blocks])
        self.identity = self.layout.identity()
        self.original = EntryMap(blocks, rows, self.layout)
        self.schur = Schur(blocks, rows, self.layout, sample)
        self.entries = (
            self.original if self.schur.transform is None else self.original.transformed(self.schur.transform)
        )


class Columns:
    """F of the programs in the slots of a batch, in the rows of the iterations, and F F'.

    Attributes:
      free: [slots, R, K], of which there is one where all programs share F.
      square: F F' [slots, R R].
      trace: of F F' [slots].
    """

    def __init__(self, structure: Structure, slots: int, variables: int) -> None:
        self._transform = structure.schur.transform
        self.free = np.zeros((slots, structure.rows, variables))
        self.square = np.zeros((slots, structure.rows**2))
        self.trace = np.zeros(slots)

    def load(self, slot: int, free: np.ndarray) -> None:
        """Puts the F of a program, in its own rows, into a slot."""
        self.free[slot] = free if self._transform is None else self._transform @ free
        np.matmul(self.free[slot], self.free[slot].T, out=self.square[slot].reshape(2 * self.free.shape[1:2]))
        self.trace[slot] = (self.free[slot] ** 2).sum()

    @property
    def shared(self) -> bool:
        return len(self.free) == 1

    def of(self, slot: int) -> int:
        """The place of the F of a slot."""
        return 0 if self.shared else slot


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
    columns: Columns

    def combine(self, values: Float[np.ndarray, "B K"]) -> Float[np.ndarray, "B R"]:
        """F d."""
        if self.columns.shared:
            return values @ self.columns.free[0].T
        free = self.columns.free
        return np.array([free[slot] @ value for slot, value in zip(self.slots, values, strict=True)])

    def fit(self, values: Float[np.ndarray, "B R"]) -> Float[np.ndarray, "B K"]:
        """F'm."""
        if self.columns.shared:
            return values @ self.columns.free[0]
        free = self.columns.free
        return np.array([value @ free[slot] for slot, value in zip(self.slots, values, strict=True)])


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


def take(tree: Rows, where: Int[np.ndarray, " chosen"] | Bool[np.ndarray, " B"]) -> Rows:
    """Some of the programs."""
    return replace(tree, **{name: part[where] for name, part in _arrays(tree).items()})


def join(first: Rows, second: Rows) -> Rows:
    """The programs of both, which share their columns."""
    other = _arrays(second)
    return replace(first, **{name: np.concatenate([part, other[name]]) for name, part in _arrays(first).items()})


def _arrays(tree: Rows) -> dict[str, np.ndarray]:
    values = {field.name: getattr(tree, field.name) for field in fields(tree)}
    return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
