"""The Gram equations of an invariant polynomial on invariant Gram matrices.

An invariant Gram matrix has one value q_o for each orbit o of pairs of monomials, up to signs. It is the mean over the
group of the sum of W A W' over the components W of one block of each orbit of blocks (`bases.Component`), so q_o is the
sum over the components of <F_o, A>, divided by the number of pairs in o. One equation is left of each orbit of rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int, Int64

from nsos_jax.bases import Action, Component, Orbits, Symmetry, TooLarge, actions_on, closure, orbits, pair_actions
from nsos_jax.polynomials import Polynomial
from nsos_jax.proofs.gram_system import GramSystem, Scaling
from nsos_jax.proofs.symmetric.splitting import PairSums, block_components, pair_sums, sum_entries

MOST_PAIRS = 4_100_000
"""Of monomials in blocks: a few hundred bytes each."""
MOST_ENTRIES = 32_000_000
"""Integers in the sums over orbits of pairs, together."""


@dataclass(frozen=True, eq=False)
class SymmetricSystem:
    """See the module.

    Attributes:
      system: the equations of p on all blocks.
      blocks: per component, the block that it belongs to.
      components: all of them.
      sums: F per component.
      pairs: the orbits of all entries of all blocks, block after block.
      starts: where the entries of each block start among these.
      rows: the orbits of the rows.
      row_of: the orbit of rows of each orbit of pairs, -1 where that is odd.
      row_signs: the sign with which an orbit of pairs enters its equation.
    """

    system: GramSystem
    blocks: tuple[int, ...]
    components: tuple[Component, ...]
    sums: tuple[PairSums, ...]
    pairs: Orbits
    starts: Int64[np.ndarray, " blocks"]
    rows: Orbits
    row_of: Int64[np.ndarray, " orbits"]
    row_signs: Int64[np.ndarray, " orbits"]

    @staticmethod
    def build(polynomial: Polynomial, basis: Int[np.ndarray, "k n"], symmetry: Symmetry) -> "SymmetricSystem":
        """The equations of a polynomial that a group fixes, on a basis and what the group makes of it.

        Raises:
          UncoveredSupport: no Gram matrix exists on this basis.
          TooLarge: beyond `MOST_PAIRS` or `MOST_ENTRIES`, and what `symmetric_components` raises.
        """
        generators = symmetry.generators
        scaling = _invariant_scaling(polynomial, symmetry)
        system = GramSystem.build(polynomial, closure(basis, generators), scaling)
        count = sum(len(own) ** 2 for own in system.bases)
        if count > MOST_PAIRS:
            raise TooLarge(f"{count} pairs of monomials in blocks, the limit is {MOST_PAIRS}")
        on_basis, on_rows = actions_on(system.basis, generators), actions_on(system.row_exponents, generators)
        assert on_basis is not None
        assert on_rows is not None, "products within blocks are closed as the basis is"
        members = np.split(np.arange(system.size), np.cumsum([len(own) for own in system.bases])[:-1])
        on_pairs, starts = pair_actions(members, on_basis)
        pairs, rows = orbits(count, on_pairs), orbits(len(system.row_exponents), on_rows)
        row_of_pair = np.concatenate([own.ravel() for own in system.rows])[pairs.leaders]
        chosen, components, sums, entries = [], [], [], 0
        for block in _representatives(members, [action.targets for action in on_basis]):
            side = len(members[block])
            own = slice(starts[block], starts[block] + side**2)
            labels, signs = pairs.labels[own].reshape(side, side), pairs.signs[own].reshape(side, side)
            for component in block_components(system.bases[block], symmetry):
                entries += sum_entries(component, labels)
                if entries > MOST_ENTRIES:
                    raise TooLarge(f"more than {MOST_ENTRIES} entries of sums over pairs")
                chosen.append(block)
                components.append(component)
                sums.append(pair_sums(component, labels, signs))
        return SymmetricSystem(
            system,
            tuple(chosen),
            tuple(components),
            tuple(sums),
            pairs,
            starts,
            rows,
            rows.labels[row_of_pair],
            rows.signs[row_of_pair],
        )

    @property
    def sides(self) -> tuple[int, ...]:
        """The sides of the A."""
        return tuple(component.columns.shape[1] for component in self.components)

    @cached_property
    def equations(self) -> tuple[np.ndarray, ...]:
        """Per component integers [rows, m, m]: the sum of <E_r, A> is `targets`[r]."""
        result = []
        for own in self.sums:
            side = own.matrices.shape[1]
            total = np.zeros((len(self.rows.sizes), side, side), np.int64)
            row, sign = self.row_of[own.orbits], self.row_signs[own.orbits]
            kept = row >= 0
            np.add.at(total, row[kept], own.matrices[kept] * sign[kept][:, None, None])
            result.append(total)
        return tuple(result)

    @cached_property
    def targets(self) -> list[int]:
        """Numerators over the denominator of p: the coefficient of each orbit of rows, times its size."""
        values = self.system.targets[self.rows.leaders].tolist()
        return [int(value) * size for value, size in zip(values, self.rows.sizes.tolist(), strict=True)]

    def orbit_sums(self, cores: Sequence[np.ndarray]) -> np.ndarray:
        """q_o times the size of the orbit for given A, of floats or of Python's integers."""
        total = np.zeros(len(self.pairs.sizes), np.result_type(*cores))
        for own, core in zip(self.sums, cores, strict=True):
            i, j = np.triu_indices(len(core))
            once = own.matrices[:, i, j] * np.where(i == j, 1, 2)
            total[own.orbits] += once.astype(core.dtype) @ core[i, j]
        return total

    def gram(self, block: int, values: np.ndarray) -> np.ndarray:
        """The matrix of a block with these values of the orbits."""
        side = len(self.system.bases[block])
        own = slice(self.starts[block], self.starts[block] + side**2)
        labels, signs = self.pairs.labels[own], self.pairs.signs[own]
        return (np.where(labels >= 0, values[labels], 0) * signs).reshape(side, side)

    def lowest(self, values: Float[np.ndarray, " orbits"]) -> float:
        """The smallest eigenvalue of the Gram matrix with these values of the orbits."""
        lowest = np.inf
        for component, own in zip(self.components, self.sums, strict=True):
            inverse = np.linalg.inv(np.linalg.qr(component.columns.astype(np.float64), mode="r"))
            matrix = inverse.T @ np.tensordot(values[own.orbits], own.matrices, 1) @ inverse
            lowest = min(lowest, float(np.linalg.eigvalsh(matrix)[0]))
        return lowest

    def moments(self, multipliers: Float[np.ndarray, " orbits"]) -> Float[np.ndarray, " rows"]:
        """By row, the values that a functional has by orbit of rows."""
        labels = self.rows.labels
        return np.where(labels >= 0, multipliers[labels], 0.0) * self.rows.signs


def _representatives(
    members: Sequence[Int64[np.ndarray, " k"]], targets: Sequence[Int64[np.ndarray, " monomials"]]
) -> list[int]:
    """The first block of each orbit of blocks."""
    owner = np.repeat(np.arange(len(members)), [len(own) for own in members])
    first = np.array([own[0] for own in members])
    found = orbits(len(members), [Action(owner[own[first]], np.ones(len(members), np.int64)) for own in targets])
    return found.leaders.tolist()


def _invariant_scaling(polynomial: Polynomial, symmetry: Symmetry) -> Scaling:
    """Scaling with the same shift for all variables of an orbit."""
    plain = Scaling.of(polynomial)
    shifts = plain.shifts.copy()
    for lists in symmetry.factors:
        shifts[lists] = np.rint(shifts[lists].mean(axis=0)).astype(np.int64)
    if symmetry.rotation is not None:
        for cycle in symmetry.rotation.cycles():
            shifts[cycle] = np.rint(shifts[cycle].mean()).astype(np.int64)
    return plain if (shifts == plain.shifts).all() else Scaling.with_shifts(polynomial, shifts)
