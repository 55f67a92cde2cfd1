"""Gram matrices: where their blocks are, how large their entries, and their spectra."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from nsos_jax.certificates import (
    Block,
    Certificate,
    LowerBoundCertificate,
    NearSosCertificate,
    NonnegCertificate,
    SosCertificate,
)
from nsos_jax.plots.style import BLUE, COLORS, DIVERGING, GREY, new_pair
from nsos_jax.polynomials import Polynomial

LABELLED = 30
"""Most monomials that are written at the axes."""
ZERO = 1e-14
"""Of the largest eigenvalue: what is smaller is drawn on this line."""


def gram_matrix(certificate: Certificate, *, title: str | None = None) -> Any:
    """Draws the Gram matrix of a certificate, block by block, and the eigenvalues of each block.

    The monomials come block by block; where blocks overlap, as those of cliques do, their entries are added. Colours
    are signed square roots of entries, so that small ones are seen.

    Args:
      certificate: of a sum of squares (p, p + epsilon z'z, p - gamma, or sigma p).
      title: above.

    Returns:
      A `matplotlib.figure.Figure`.

    Raises:
      ImportError: matplotlib is missing.
      ValueError: the certificate has no Gram matrix, or an empty one, or numbers that are too large.
    """
    blocks = blocks_of(certificate)
    with drawable_numbers():
        dense = [_dense(block) for block in blocks]
    monomials = list(dict.fromkeys(tuple(row) for block in blocks for row in block.basis.tolist()))
    places = {monomial: index for index, monomial in enumerate(monomials)}
    total, held = np.zeros((len(monomials), len(monomials))), np.zeros((len(monomials), len(monomials)), bool)
    for block, values in zip(blocks, dense, strict=True):
        rows = [places[tuple(row)] for row in block.basis.tolist()]
        total[np.ix_(rows, rows)] += values
        held[np.ix_(rows, rows)] = True
    sides = sorted((len(block.basis) for block in blocks), reverse=True)
    text = f"{len(monomials)} monomials, {len(blocks)} blocks of up to {sides[0]}" if len(blocks) > 1 else ""
    figure, left, right = new_pair(title or text or f"{len(monomials)} monomials")
    shown = np.where(held, np.sign(total) * np.sqrt(np.abs(total)), np.nan)
    size = float(np.nanmax(np.abs(shown))) or 1.0
    image = left.imshow(shown, cmap=DIVERGING, vmin=-size, vmax=size)
    image.set_gid("gram")
    bar = figure.colorbar(image, ax=left, shrink=0.8, label="entry")
    bar.set_ticks(ticks := [-size, -size / 2, 0, size / 2, size], labels=[f"{t * abs(t):.3g}" for t in ticks])
    left.set(title="Gram matrix", xlabel="basis monomials", ylabel="basis monomials", xticks=[], yticks=[])
    if len(monomials) <= LABELLED:
        names = [monomial_name(monomial, certificate.variables) for monomial in monomials]
        left.set_yticks(range(len(names)), names, fontsize="x-small")
        left.set_xticks(range(len(names)), names, fontsize="x-small", rotation=90)
    right.set_title("spectrum of each block")
    _draw_spectra(right, dense)
    return figure


def monomial_name(monomial: tuple[int, ...], variables: Sequence[str]) -> str:
    """As polynomials are written."""
    return str(Polynomial.from_arrays([monomial], [1], variables))


@contextmanager
def drawable_numbers() -> Iterator[None]:
    """Raises ValueError for numbers that are too large for float64, in which all is drawn."""
    try:
        with np.errstate(over="raise"):
            yield
    except (OverflowError, FloatingPointError):
        raise ValueError("numbers beyond 10^308 cannot be drawn") from None


def blocks_of(certificate: Certificate) -> tuple[Block, ...]:
    """The blocks of the sum of squares that is drawn.

    Raises:
      ValueError: there is none, or it is empty.
    """
    blocks = _stated_blocks(certificate)
    if not blocks:
        raise ValueError("the zero polynomial has an empty Gram matrix")
    return blocks


def _stated_blocks(certificate: Certificate) -> tuple[Block, ...]:
    if isinstance(certificate, SosCertificate | NearSosCertificate | LowerBoundCertificate):
        return certificate.blocks
    if isinstance(certificate, NonnegCertificate):
        return certificate.product
    raise ValueError(f"certificate: {type(certificate).__name__} has no Gram matrix of one polynomial")


def _dense(block: Block) -> np.ndarray:
    core = np.array([[int(entry) / block.denominator for entry in row] for row in block.core.tolist()], float)
    core = core.reshape(block.core.shape)
    return core if block.range is None else (factor := block.range.astype(float)) @ core @ factor.T


def _draw_spectra(axes: Any, matrices: list[np.ndarray]) -> None:
    spectra = [np.linalg.eigvalsh(matrix)[::-1] for matrix in matrices]
    largest = max((spectrum[0] for spectrum in spectra if len(spectrum)), default=1.0) or 1.0
    for index, spectrum in enumerate(spectra):
        shown = np.maximum(spectrum / largest, ZERO)
        color = COLORS[index % len(COLORS)] if len(spectra) <= len(COLORS) else BLUE
        axes.plot(np.arange(1, len(shown) + 1), shown, "o-", color=color, markersize=3, linewidth=0.8, gid="spectrum")
    has_zeros = any((spectrum <= ZERO * largest).any() for spectrum in spectra)
    if has_zeros:
        axes.axhline(ZERO, color=GREY, linewidth=1)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set(yscale="log", xlabel="number within the block", ylabel="eigenvalue / largest")
    if has_zeros:
        axes.set_ylabel("eigenvalue / largest (zero on the grey line)")
