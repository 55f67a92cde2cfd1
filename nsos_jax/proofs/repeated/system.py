"""The Gram equations of a system with one matrix for each class of blocks.

The equation of a row becomes the sum over classes of <E_r, Q_c>, where E_r counts at which places of its blocks the row
stands. Rows with the same equation are one: in a long chain there are as many as in a short one. What solves these
solves the system; it may have other solutions only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from nsos_jax.proofs.gram_system import GramSystem
from nsos_jax.proofs.repeated.classes import Alike, numbered, sums_of_names
from nsos_jax.proofs.rounding import ExactGram


@dataclass(frozen=True, eq=False)
class RepeatedSystem:
    """See the module.

    Attributes:
      system: the equations of p.
      classes: of its blocks.
      first: the first block of each class.
      targets: b, Python's integers over the denominator of p, one per equation.
      own: per class the equations that its blocks meet, ascending.
      equations: per class E, int64 [own, m, m].
    """

    system: GramSystem
    classes: Alike
    first: tuple[int, ...]
    targets: tuple[int, ...]
    own: tuple[Int64[np.ndarray, " own"], ...]
    equations: tuple[Int64[np.ndarray, "own m m"], ...]

    @staticmethod
    def build(system: GramSystem, classes: Alike) -> "RepeatedSystem":
        """The equations for given classes."""
        labels = classes.labels[classes.owners]
        met = sums_of_names(classes.entries, labels, classes.places, len(system.targets))
        numbers = numbered(list(zip(met.tolist(), system.targets.tolist(), strict=True)))
        chosen = np.unique(numbers, return_index=True)[1]
        equation = np.full(len(system.targets), -1)
        equation[chosen] = np.arange(len(chosen))
        kept = np.flatnonzero(equation[classes.entries] >= 0)
        order = kept[np.argsort(labels[kept], kind="stable")]
        first = classes.first
        own, equations = [], []
        for label, part in enumerate(np.split(order, np.cumsum(np.bincount(labels[kept], minlength=len(first)))[:-1])):
            rows, local = np.unique(equation[classes.entries[part]], return_inverse=True)
            i, j = np.triu_indices(len(classes.orders[first[label]]))
            counts = np.zeros((len(rows), len(i)), np.int64)
            np.add.at(counts, (local, classes.places[part]), 1)
            matrices = np.zeros((len(rows), int(i.max()) + 1, int(j.max()) + 1), np.int64)
            matrices[:, i, j] = matrices[:, j, i] = counts
            own.append(rows)
            equations.append(matrices)
        targets = tuple(int(target) for target in system.targets[chosen].tolist())
        return RepeatedSystem(system, classes, tuple(first.tolist()), targets, tuple(own), tuple(equations))

    def logs(self, label: int) -> Int64[np.ndarray, " m"]:
        """log2 of the monomials of a class in the scaling of the system, those of its first block."""
        block = self.first[label]
        basis = self.system.bases[block][self.classes.orders[block]]
        return basis @ self.system.scaling.shifts

    def spread(self, matrices: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        """The matrices of all blocks from those of the classes."""
        result = []
        for label, order in zip(self.classes.labels.tolist(), self.classes.orders, strict=True):
            back = np.argsort(order)
            result.append(matrices[label][np.ix_(back, back)])
        return tuple(result)

    def exact(self, numerators: Sequence[np.ndarray], denominator: int) -> ExactGram:
        """The same of integers over a denominator."""
        return ExactGram(self.spread(numerators), denominator)
