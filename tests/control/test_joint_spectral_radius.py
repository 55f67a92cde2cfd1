"""Brackets of the joint spectral radius, against products of floats and known values."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from control_cases import check_file

from nsos_jax.control import ControlStatus, joint_spectral_radius

ANDO_SHIH = [[[1, 0], [1, 0]], [[0, 1], [0, -1]]]


def test_one_matrix_has_its_spectral_radius():
    result = joint_spectral_radius([[["1/2", 1], [0, "1/3"]]])
    assert result.lower == Fraction(1, 2)
    assert Fraction(1, 2) <= result.upper < Fraction(1, 2) + Fraction(1, 10**5)
    check_file(result)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_cycle_is_exactly_one():
    result = joint_spectral_radius([[[0, 1], [0, 0]], [[0, 0], [1, 0]]])
    assert (result.lower, result.upper) == (1, 1)
    assert len(result.product) == 2
    assert result.conclusion == "the joint spectral radius of 2 matrices is at most 1"


def test_quadratic_forms_give_the_square_root_of_two():
    """Ando and Shih: 1 is true, and sqrt(2) the best that quadratic forms show."""
    result = joint_spectral_radius(ANDO_SHIH)
    assert result.lower == 1
    assert 2 <= result.upper**2 < 2 + Fraction(1, 10**4)


def test_no_product_grows_faster():
    matrices = np.random.default_rng(2).integers(-3, 4, (2, 3, 3))
    result = joint_spectral_radius(list(matrices), length=3)
    assert result.status is ControlStatus.PROVEN
    assert 0 < result.lower <= result.upper
    for indices in product(range(2), repeat=6):
        whole = np.linalg.multi_dot([matrices[i].astype(float) for i in indices])
        assert np.abs(np.linalg.eigvals(whole)).max() ** (1 / 6) <= float(result.upper) * (1 + 1e-9)


@pytest.mark.parametrize(
    ("matrices", "degree", "message"),
    [([[[1, 0]]], 2, "square"), ([], 2, "square"), ([[[1]], [[1, 0], [0, 1]]], 2, "one size"), ([[[1]]], 3, "even")],
)
def test_bad_questions_are_named(matrices, degree, message):
    with pytest.raises(ValueError, match=message):
        joint_spectral_radius(matrices, degree)


@pytest.mark.parametrize("matrix", [[[0]], [[0, 1], [0, 0]]])
def test_a_radius_of_0_has_no_least_bound(matrix):
    result = joint_spectral_radius([matrix])
    assert result.status is ControlStatus.PROVEN
    assert result.lower == 0
    assert 0 < result.upper < Fraction(1, 500)
