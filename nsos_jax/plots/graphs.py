"""Blocks of Gram matrices as cliques of a graph of monomials."""

from collections import Counter
from itertools import combinations
from typing import Any

import numpy as np

from nsos_jax.certificates import Certificate
from nsos_jax.plots.grams import blocks_of, monomial_name
from nsos_jax.plots.style import BLACK, COLORS, GREY, new_figure

MOST_MONOMIALS = 120
LABELLED = 40
"""Most monomials that are written beside their points."""


def cliques(certificate: Certificate, *, title: str | None = None) -> Any:
    """Draws the basis monomials of a certificate on a circle, joined where a block holds both: each block is a clique.

    The largest blocks have colours; monomials that several blocks share, as cliques of a chordal extension do, have a
    black rim.

    Args:
      certificate: of a sum of squares (p, p + epsilon z'z, p - gamma, or sigma p).
      title: above.

    Returns:
      A `matplotlib.figure.Figure`.

    Raises:
      ImportError: matplotlib is missing.
      ValueError: the certificate has no Gram matrix, or more than `MOST_MONOMIALS` monomials.
    """
    blocks = [
        [tuple(row) for row in block.basis.tolist()]
        for block in sorted(blocks_of(certificate), key=lambda block: -len(block.basis))
    ]
    held = Counter(monomial for block in blocks for monomial in block)
    if len(held) > MOST_MONOMIALS:
        raise ValueError(f"the basis has {len(held)} monomials, drawn are at most {MOST_MONOMIALS}")
    angles = np.pi / 2 - 2 * np.pi * np.arange(len(held)) / len(held)
    places = {monomial: (np.cos(angle), np.sin(angle)) for monomial, angle in zip(held, angles, strict=True)}
    text = f"{len(held)} monomials, {len(blocks)} block{'s' * (len(blocks) > 1)} of up to {len(blocks[0])}"
    figure, axes = new_figure(title or text, ["", ""])
    own: dict[tuple[int, ...], str] = {}
    for index, block in enumerate(blocks):
        color = COLORS[index] if index < len(COLORS) else GREY
        width = 1.2 if len(block) <= 12 else 0.4
        for one, other in combinations(block, 2):
            axes.plot(*zip(places[one], places[other], strict=True), color=color, linewidth=width, zorder=1)
        own |= {monomial: color for monomial in block if monomial not in own}
    rims = [BLACK if held[monomial] > 1 else own[monomial] for monomial in held]
    colors = [own[monomial] for monomial in held]
    axes.scatter(*np.array([*places.values()]).T, s=45, c=colors, edgecolors=rims, zorder=2, gid="monomials")
    if len(held) <= LABELLED:
        for monomial, (x, y) in places.items():
            name = monomial_name(monomial, certificate.variables)
            side = "center" if abs(x) < 0.2 else "left" if x > 0 else "right"
            axes.text(1.08 * x, 1.08 * y, name, ha=side, va="center", fontsize="small")
    axes.set(xticks=[], yticks=[], aspect="equal", xlim=(-1.5, 1.5), ylim=(-1.3, 1.3))
    axes.spines[["left", "bottom"]].set_visible(False)
    return figure
