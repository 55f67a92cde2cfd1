"""Pictures of certificates: the drawn points are exponents, and the drawn eigenvalues those of the Gram matrix."""

import numpy as np
import pytest

import nsos_jax as nsos
from nsos_jax import plots

pytest.importorskip("matplotlib").use("Agg")


def proven(text):
    return nsos.certify(nsos.Polynomial.parse(text)).certificate


def points(figure, name):
    [drawn] = [one for one in figure.axes[0].collections if one.get_gid() == name]
    return {tuple(point) for point in np.asarray(drawn.get_offsets()).round().astype(int).tolist()}


def test_a_polytope_with_its_basis():
    figure = plots.newton_polytope(proven("x^4*y^2 + x^2*y^4 + x^2*y^2 + 1 - x*y"))
    assert points(figure, "support") == {(4, 2), (2, 4), (2, 2), (0, 0), (1, 1)}
    assert points(figure, "vertices") == {(4, 2), (2, 4), (0, 0)}
    assert points(figure, "basis") <= {(4, 2), (2, 4), (2, 2), (0, 0)}


@pytest.mark.parametrize("text", ["3", "x^2 + 1", "x^2 + y^2", "x^2*y^2 + x^4*y^4", "x^2 + y^2 + z^2 + w^2", "x*y*z"])
def test_flat_polytopes(text):
    polynomial = nsos.Polynomial.parse(text)
    figure = plots.newton_polytope(polynomial)
    assert figure.axes[0].get_legend() is not None
    if len(polynomial.variables) == 2:
        assert points(figure, "vertices") == points(figure, "support")


def test_a_projection():
    figure = plots.newton_polytope(nsos.Polynomial.parse("x^2 + y^4*z^2 + z^6"), axes=["z", "y"])
    assert points(figure, "support") == {(0, 0), (2, 4), (6, 0)}


@pytest.mark.parametrize("axes", [["x"], ["x", "x"], ["x", "w"], ["x", "y", "z", "w"], []])
def test_axes_that_are_none(axes):
    with pytest.raises(ValueError, match="axes: got"):
        plots.newton_polytope(nsos.Polynomial.parse("x^2 + y^2 + z^2"), axes=axes)


def test_the_zero_polynomial_has_no_picture():
    with pytest.raises(ValueError, match="zero polynomial"):
        plots.newton_polytope(nsos.Polynomial.parse("0"))
    with pytest.raises(ValueError, match="zero polynomial"):
        plots.gram_matrix(proven("0*x"))
    with pytest.raises(TypeError, match=r"subject: got Result, wanted .*result\.certificate"):
        plots.newton_polytope(nsos.certify(nsos.Polynomial.parse("x^2")))


def test_notebooks_show_pictures():
    """Without pyplot nothing tells IPython what to do with a figure."""
    formatters = pytest.importorskip("IPython.core.formatters")
    figure = plots.newton_polytope(nsos.Polynomial.parse("x^2 + y^2"))
    shown, _ = formatters.DisplayFormatter().format(figure)
    assert shown["image/png"].startswith(b"\x89PNG")


def test_a_gram_matrix():
    certificate = proven("x^4 - 2*x^2*y + y^2 + 1 + z^2")
    figure = plots.gram_matrix(certificate)
    drawn = [line.get_ydata() for line in figure.axes[1].lines if line.get_gid() == "spectrum"]
    assert sorted(map(len, drawn)) == sorted(len(block.basis) for block in certificate.blocks)
    assert max(values.max() for values in drawn) == 1
    [image] = figure.axes[0].images
    assert image.get_array().shape[0] == sum(map(len, drawn))


def test_cliques():
    """x, x*y and x^2 may stand in several blocks; each clique has all of its edges."""
    certificate = proven("x^4 - 2*x^2*y + y^2 + 1 + z^2")
    figure = plots.cliques(certificate)
    monomials = {tuple(row) for block in certificate.blocks for row in block.basis.tolist()}
    [drawn] = [one for one in figure.axes[0].collections if one.get_gid() == "monomials"]
    assert len(drawn.get_offsets()) == len(monomials)
    assert {text.get_text() for text in figure.axes[0].texts} == {"1", "x^2", "y", "z"}
    sides = [len(block.basis) for block in certificate.blocks]
    assert len(figure.axes[0].lines) == sum(side * (side - 1) // 2 for side in sides)
    with pytest.raises(ValueError, match="at most 120"):
        plots.cliques(proven("+".join(f"x{i}^2" for i in range(121))))


def test_squares_in_one_variable_add_up():
    figure = plots.squares(proven("x^4 - 2*x^2 + 2"), box=[(-1, 2)])
    [total] = [line for line in figure.axes[0].lines if line.get_gid() == "sum"]
    x, y = total.get_data()
    assert (x[0], x[-1]) == (-1, 2)
    np.testing.assert_allclose(y, x**4 - 2 * x**2 + 2)


def test_squares_in_two_variables_stand_beside_their_sum():
    certificate = proven("x^4 - 2*x^2*y + y^2 + 1")
    figure = plots.squares(certificate)
    roots, *parts = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    assert len(parts) == len(certificate.squares())
    np.testing.assert_allclose(np.square(roots), sum(np.square(part) for part in parts))
    assert [axes.get_title() for axes in figure.axes[:3]] == ["the sum", "(-x^2 + y)^2", "(1)^2"]


def test_squares_that_are_not_drawn():
    with pytest.raises(ValueError, match="here are 3"):
        plots.squares(proven("x^2 + y^2 + z^2"))
    with pytest.raises(ValueError, match="box: got"):
        plots.squares(proven("x^2 + 1"), box=[(1, 0)])
    with pytest.raises(ValueError, match="no Gram matrix"):
        plots.squares(proven("x^2 - 1"))


def test_a_multiplier_has_a_gram_matrix_and_a_point_has_none():
    motzkin = nsos.Polynomial.parse("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1")
    assert plots.gram_matrix(nsos.certify(motzkin, nonnegative=True).certificate).axes
    with pytest.raises(ValueError, match="no Gram matrix"):
        plots.gram_matrix(proven("x^2 - 1"))


@pytest.mark.parametrize(
    ("draw", "text"),
    [
        (plots.gram_matrix, "10^400*x^2 + 1"),
        (plots.squares, "10^400*x^2 + 1"),
        (plots.squares, "10^307*x^6 + 1"),
    ],
)
def test_numbers_beyond_floats_are_not_drawn(draw, text):
    with pytest.raises(ValueError, match="cannot be drawn"):
        draw(proven(text))
