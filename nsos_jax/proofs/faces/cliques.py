"""Gram matrices with overlapping blocks: the maximal cliques of a chordal extension of the term sparsity graph.

Two basis monomials are joined where their product is a term of p or the square of a basis monomial (Wang, Magron and
Lasserre, TSSOS). Sums of psd matrices on the cliques are a smaller cone than psd matrices on the whole block, but
squares of few terms lie in it, and small blocks are solved, and read as rational, much more easily.
"""

from dataclasses import dataclass

import numpy as np

from nsos_jax.bases import maximal_cliques
from nsos_jax.proofs.gram_system import GramSystem
from nsos_jax.proofs.rounding import ExactGram

WORTHWHILE = 0.6
"""Largest clique, as part of the largest block, up to which cliques are used."""
SMALL_BLOCK = 6


@dataclass(frozen=True, eq=False)
class CliqueSystem:
    """The Gram equations of a system on cliques of its blocks.

    Attributes:
      system: with one block per clique.
      blocks: per clique, the block of the original system that holds it.
      members: per clique, its rows within that block.
      sides: of the original blocks.
    """

    system: GramSystem
    blocks: tuple[int, ...]
    members: tuple[np.ndarray, ...]
    sides: tuple[int, ...]

    @staticmethod
    def of(system: GramSystem) -> "CliqueSystem | None":
        """The cliques of a system, None where they are not much smaller than its blocks."""
        largest = max(map(len, system.rows))
        if largest <= SMALL_BLOCK:
            return None
        squares = np.unique(np.concatenate([rows.diagonal() for rows in system.rows]))
        joined = system.targets.astype(bool)
        joined[squares] = True
        blocks: list[int] = []
        members: list[np.ndarray] = []
        for block, rows in enumerate(system.rows):
            for clique in maximal_cliques(joined[rows], WORTHWHILE * largest):
                blocks.append(block)
                members.append(clique)
            if blocks[-1:] != [block]:
                return None
        pieces = [system.rows[block][np.ix_(own, own)] for block, own in zip(blocks, members, strict=True)]
        used, relabelled = np.unique(np.concatenate([piece.ravel() for piece in pieces]), return_inverse=True)
        parts = np.split(relabelled.astype(np.int32), np.cumsum([piece.size for piece in pieces])[:-1])
        smaller = GramSystem(
            system.polynomial,
            tuple(system.bases[block][own] for block, own in zip(blocks, members, strict=True)),
            tuple(part.reshape(piece.shape) for part, piece in zip(parts, pieces, strict=True)),
            system.row_exponents[used],
            system.targets[used],
            system.scaling,
        )
        return CliqueSystem(smaller, tuple(blocks), tuple(members), tuple(map(len, system.rows)))

    def assemble(self, exact: ExactGram) -> ExactGram:
        """The Gram matrices of the original blocks: the sums of those of their cliques, which are psd if these are."""
        grams = [np.zeros((side, side), dtype=object) for side in self.sides]
        for block, own, gram in zip(self.blocks, self.members, exact.grams, strict=True):
            grams[block][np.ix_(own, own)] += gram.astype(object)
        return ExactGram(tuple(grams), exact.denominator)
