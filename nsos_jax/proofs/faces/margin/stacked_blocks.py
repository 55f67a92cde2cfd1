"""The blocks of a margin problem by their shapes: equal ones are stacked, empty ones left out."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from nsos_jax.proofs.faces.margin.row_pairs import Stacks


class StackedBlocks:
    """What the interior-point method asks of any equations on blocks, of shapes (_, r) of which each S is [r, r]."""

    def __init__(self, shapes: Sequence[tuple[int, int]]) -> None:
        self._members = [
            [block for block, own in enumerate(shapes) if own == shape] for shape in dict.fromkeys(shapes) if shape[1]
        ]
        self._blocks = len(shapes)

    def blocks(self, stacks: Stacks) -> tuple[Float[np.ndarray, "r r"], ...]:
        """One matrix per block, in their order."""
        result = [np.zeros((0, 0))] * self._blocks
        for group, stack in zip(self._members, stacks, strict=True):
            for block, matrix in zip(group, stack, strict=True):
                result[block] = matrix
        return tuple(result)

    def stacks(self, blocks: Sequence[np.ndarray]) -> list[Float[np.ndarray, "B r r"]]:
        """The inverse of `blocks`."""
        return [np.stack([blocks[block] for block in group]) for group in self._members]
