"""Which vectors to cut away: those on which every Gram matrix seems to vanish.

The moments Z of the margin problem at margin 0 satisfy <Z, S> = <b, y> = 0 for every feasible S, so S Z = 0: the range
of Z is kernel, an exposing vector of a smaller face (no auxiliary program is needed). In floating point Z has
no clear rank: its spectrum is cut at the largest gap.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

CAUTIOUS = ((100.0, 1e3), (100.0, 1e2), (0.0, 1e3), (100.0, 3.0))
"""Rules that are tried in this order: how much larger than S, on the same vector, eigenvalues of Z have to be, and the
least ratio of neighbouring ones at the cut. Pairs that are not strictly complementary, both of the order of the square
root of mu, are left for the next round; a fixed threshold would cut clusters apart."""
BOLD = ((0.0, 1e3),)
"""The largest gap of all, with such pairs cut away: right too, for S is of maximal rank, but read less exactly."""
SMALLEST = 1e-11
FLOOR = 1e-13
LEVEL = 1e-4
"""Blocks whose largest eigenvalue of Z is below this share of the largest of all wait for a later round, when they will
be read more exactly."""


class Spectrum(NamedTuple):
    """Eigenvectors of Z of one block, by falling eigenvalue, and the values of S on them."""

    moments: Float[np.ndarray, " r"]
    slacks: Float[np.ndarray, " r"]
    vectors: Float[np.ndarray, "r r"]

    @staticmethod
    def of(moments: Float[np.ndarray, "r r"], slack: Float[np.ndarray, "r r"]) -> "Spectrum":
        values, vectors = np.linalg.eigh(moments)
        values, vectors = values[::-1], vectors[:, ::-1]
        return Spectrum(values, np.abs(np.einsum("ia,ij,ja->a", vectors, slack, vectors)), vectors)

    def cut(self, above: float, gap: float) -> int:
        """How many vectors to cut: up to the largest gap among those that are `above` S, 0 if it is below `gap`."""
        candidates = (self.moments > above * self.slacks) & (self.moments > SMALLEST)
        most = int(np.argmin(candidates)) if not candidates.all() else len(candidates)
        if not most:
            return 0
        after = np.maximum(np.append(self.moments[1:], FLOOR), FLOOR)
        ratios = self.moments[:most] / after[:most]
        best = int(np.argmax(ratios))
        return best + 1 if ratios[best] >= gap else 0


def exposed_vectors(
    moments: tuple[np.ndarray, ...], slacks: tuple[np.ndarray, ...], rules: tuple[tuple[float, float], ...] = CAUTIOUS
) -> list[Float[np.ndarray, "r cut"]]:
    """Orthonormal columns per block, none where nothing is to be cut; all blocks by the first rule that cuts any."""
    spectra = [Spectrum.of(*pair) if len(pair[0]) else None for pair in zip(moments, slacks, strict=True)]
    least = LEVEL * max((spectrum.moments[0] for spectrum in spectra if spectrum), default=0.0)
    spectra = [spectrum if spectrum and spectrum.moments[0] >= least else None for spectrum in spectra]
    for rule in rules:
        cuts = [spectrum.cut(*rule) if spectrum else 0 for spectrum in spectra]
        if any(cuts):
            break
    return [
        spectrum.vectors[:, :cut] if spectrum else np.zeros((len(block), 0))
        for spectrum, cut, block in zip(spectra, cuts, moments, strict=True)
    ]
