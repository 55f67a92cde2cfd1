"""Newton polytopes: the hull of the exponents of p, and where products of basis monomials must lie."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Int

from nsos_jax.certificates import NearSosCertificate, PolynomialCertificate, SosCertificate
from nsos_jax.plots.style import BLUE, GREY, ORANGE, VERMILLION, new_figure
from nsos_jax.polynomials import Polynomial


def newton_polytope(
    subject: Polynomial | PolynomialCertificate,
    basis: Int[np.ndarray, "size n"] | None = None,
    *,
    axes: Sequence[str] | None = None,
    title: str | None = None,
) -> Any:
    """Draws the Newton polytope New(p) with the exponents of p, and doubled the monomials of a basis.

    A square z_i^2 needs 2 z_i in New(p) (Reznick 1978, Theorem 1). In more than three variables, what is drawn is the
    projection onto three of them.

    Args:
      subject: p, or a certificate about p, whose basis is drawn, too.
      basis: exponents in the order of p's variables, one row each; None leaves it to the certificate.
      axes: two or three variables that are drawn; the first ones by default.
      title: above.

    Returns:
      A `matplotlib.figure.Figure`.

    Raises:
      ImportError: matplotlib is missing.
      TypeError: the subject is neither a polynomial nor a certificate about one.
      ValueError: p is zero, or an axis is no variable of p or named twice.
    """
    if not isinstance(subject, Polynomial | PolynomialCertificate):
        found = type(subject).__name__
        raise TypeError(
            f"subject: got {found}, wanted a polynomial or a certificate about one, such as result.certificate"
        )
    names, support = tuple(subject.variables), _support(subject)
    if basis is None and isinstance(subject, SosCertificate | NearSosCertificate):
        basis = np.unique(np.concatenate([block.basis for block in subject.blocks]), axis=0) if subject.blocks else None
    if not len(support):
        raise ValueError("the zero polynomial has no Newton polytope")
    chosen = tuple(names[:3]) if axes is None else tuple(axes)
    too_few_or_many = axes is not None and len(chosen) not in (2, 3)
    if too_few_or_many or not set(chosen) <= set(names) or len(set(chosen)) < len(chosen):
        raise ValueError(f"axes: got {', '.join(chosen)}, wanted two or three of {', '.join(names)}")
    columns = [names.index(name) for name in chosen]
    labels = [*chosen, *[""] * (2 - len(chosen))]
    figure, drawing = new_figure(title, labels)
    points = _flat(support, columns)
    _draw_hull(drawing, points)
    if basis is not None:
        doubled = _flat(2 * np.asarray(basis), columns)
        drawing.scatter(*doubled.T, s=70, facecolors="none", edgecolors=ORANGE, label="twice the basis", gid="basis")
    drawing.scatter(*points.T, s=22, color=BLUE, label="exponents of p", gid="support")
    corners = points[_corners(points)]
    drawing.scatter(*corners.T, s=22, color=VERMILLION, label="vertices", gid="vertices")
    for axis in (drawing.xaxis, drawing.yaxis, *([drawing.zaxis] if len(chosen) == 3 else [])):
        axis.get_major_locator().set_params(integer=True)
    drawing.legend(loc="best", fontsize="small")
    return figure


def _support(subject: Polynomial | PolynomialCertificate) -> np.ndarray:
    if isinstance(subject, Polynomial):
        return np.asarray(subject.exponents)
    terms = subject.of if isinstance(subject, NearSosCertificate) else subject.polynomial
    return np.asarray(terms.exponents)


def _flat(exponents: np.ndarray, columns: list[int]) -> np.ndarray:
    """Distinct points of two coordinates at least."""
    points = np.unique(exponents[:, columns], axis=0)
    return np.pad(points, [(0, 0), (0, max(0, 2 - len(columns)))])


def _spanned(points: np.ndarray) -> np.ndarray:
    """Coordinates within the affine hull of the points, a column a dimension."""
    moved = points - points.mean(axis=0)
    _, sizes, directions = np.linalg.svd(moved, full_matrices=False)
    return moved @ directions[sizes > 1e-9 * max(1.0, sizes.max(initial=0))].T


def _corners(points: np.ndarray) -> np.ndarray:
    """The indices of the vertices of the hull."""
    flat = _spanned(points)
    if flat.shape[1] == 0:
        return np.array([0])
    if flat.shape[1] == 1:
        return np.array([flat[:, 0].argmin(), flat[:, 0].argmax()])
    from scipy.spatial import ConvexHull

    return ConvexHull(flat).vertices


def _draw_hull(drawing: Any, points: np.ndarray) -> None:
    flat = _spanned(points)
    if flat.shape[1] <= 1:
        ends = points[_corners(points)]
        drawing.plot(*ends.T, color=GREY, zorder=0)
    elif points.shape[1] == 2:
        drawing.fill(*points[_corners(points)].T, color=GREY, alpha=0.25, linewidth=0, gid="hull")
    else:
        from mpl_toolkits.mplot3d.art3d import Poly3DCollection
        from scipy.spatial import ConvexHull

        faces = [points[_corners(points)]] if flat.shape[1] == 2 else points[ConvexHull(flat).simplices]
        drawing.add_collection3d(Poly3DCollection(faces, color=GREY, alpha=0.15, linewidth=0.5))
