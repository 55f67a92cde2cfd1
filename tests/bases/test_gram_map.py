"""From polynomials to arrays."""

import numpy as np
import pytest

import nsos_jax as nsos

X, Y = nsos.variables("x y")
P = X**4 + X**2 * Y**2 / 2 - 3 * X * Y + Y**4 + 1


@pytest.mark.parametrize(
    "basis", [None, [1, X, Y, X * Y, X**2, Y**2], np.array([[0, 0], [1, 0], [0, 1], [2, 0], [0, 2]])]
)
def test_equations_are_those_of_z_q_z(basis):
    """For a random symmetric Q, the sums over rows are the coefficients of z'Qz."""
    map = nsos.gram_map(P, basis)
    gram = np.random.default_rng(0).integers(-9, 10, map.rows.shape)
    gram = gram + gram.T
    sums = np.bincount(map.rows.ravel(), gram.ravel(), minlength=map.equations)
    z = [nsos.Polynomial.from_arrays(row[None], [1], ("x", "y")) for row in map.basis]
    product = nsos.Polynomial.sum([int(gram[i, j]) * z[i] * z[j] for i in range(len(z)) for j in range(len(z))])
    assert product == nsos.Polynomial.from_arrays(map.exponents, sums.astype(int).tolist(), ("x", "y"))
    assert nsos.Polynomial.from_arrays(map.exponents, map.rhs.tolist(), ("x", "y")) == P
    assert (map.exponents[map.terms] == P.exponents).all()


def test_a_support_has_equations_too():
    map, ours = nsos.gram_map(P.exponents), nsos.gram_map(P)
    assert map.rhs is None
    assert (map.rows == ours.rows).all()
    assert (map.terms == ours.terms).all()


@pytest.mark.parametrize(
    ("polynomial", "basis", "said"),
    [
        (P, [1, X, Y], r"exponents \[4, 0\]"),
        (P, [1, X + Y], r"basis\[1\]: got x \+ y"),
        (P, [1, nsos.Polynomial.parse("z")], r"basis\[1\]: got z"),
        (P, [1, 2 * X], r"basis\[1\]: got 2\*x"),
        (P, [X, X], "twice"),
        (P, np.array([[0], [1]]), r"wanted integers \(k, 2\)"),
        (P - P, None, "not empty"),
    ],
)
def test_bad_input(polynomial, basis, said):
    with pytest.raises(ValueError, match=said):
        nsos.gram_map(polynomial, basis)
