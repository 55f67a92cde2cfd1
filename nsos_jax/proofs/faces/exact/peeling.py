"""Kernels at corners, cut one after the other: links of a chain show theirs when those before them are taken out.

After the first look at all blocks, only those near what was cut or taken out are looked at, with their neighbours; when
these show nothing more, all are looked at once more.
"""

import time

import numpy as np

from nsos_jax.polynomials import common_denominator
from nsos_jax.proofs.faces.exact.corners import Blocks, cut_corners
from nsos_jax.proofs.faces.exact.determined import DeterminedBlocks, Misread
from nsos_jax.proofs.faces.exact.settled import Settled, determined_blocks, without_known
from nsos_jax.proofs.faces.face import Face
from nsos_jax.proofs.gram_system import integers


def peel(face: Face, deadline: float) -> Settled | None:
    """A face without the kernels that equations show and what is determined then; None if they show none, or that
    there is no Gram matrix.

    Args:
      face: of several blocks, none of which are cut.
      deadline: of `time.monotonic()`; checked between looks.
    """
    blocks, ranges = determined_blocks(face), list(face.ranges)
    try:
        while time.monotonic() <= deadline and _peel_near(face, blocks, ranges, deadline):
            pass
    except Misread:
        return None
    blocks.restore()
    peeled = Face(face.system, tuple(ranges))
    return None if peeled.is_whole else without_known(peeled, blocks.known, blocks.left)


def _peel_near(face: Face, blocks: DeterminedBlocks, ranges: list[np.ndarray], deadline: float) -> bool:
    """Cuts what all blocks show, then what is shown near that; whether there was anything."""
    near, found = set(range(len(ranges))) - blocks.known.keys(), False
    while near and time.monotonic() <= deadline:
        cut = _shown(face, blocks, ranges, near)
        if not cut:
            break
        for place, columns in cut.items():
            ranges[place] = columns
            blocks.cut(place, columns)
        changed = blocks.advance(sorted(near | cut.keys()))
        near, found = changed.union(*map(blocks.near, cut)), True
    return found


def _shown(face: Face, blocks: DeterminedBlocks, ranges: list[np.ndarray], near: set[int]) -> dict[int, np.ndarray]:
    """Smaller ranges of some blocks and their neighbours; what these share with others counts as met elsewhere."""
    inner = near.union(*map(blocks.near, near))
    places = sorted(inner)
    own = [face.system.rows[place] for place in places]
    used, relabelled = np.unique(np.concatenate([rows.ravel() for rows in own]), return_inverse=True)
    parts = np.split(relabelled, np.cumsum([rows.size for rows in own])[:-1])
    left, _ = common_denominator([blocks.left[row] for row in used.tolist()])
    local = Blocks(
        [part.reshape(rows.shape) for part, rows in zip(parts, own, strict=True)],
        [ranges[place] for place in places],
        integers(left),
        np.array([blocks.is_met_outside(row, inner) for row in used.tolist()]),
    )
    return {places[index]: columns for index, columns in cut_corners(local).items()}
