"""Exact PSD tests against a plain LDL' in `Fraction`s."""

import time
from fractions import Fraction
from math import lcm

import numpy as np
import pytest
from flint import fmpq, fmpq_mat, fmpz_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from nsos_jax.certificates import definite, exact_psd
from nsos_jax.certificates.data import BeyondLimits, integer_array
from nsos_jax.certificates.exact_psd import is_psd, is_psd_array, ldl
from nsos_jax.certificates.exact_work import Effort

Rows = list[list[int]]


def reference_is_psd(rows: list[list[Fraction]] | Rows) -> bool:
    """Textbook symmetric elimination: a zero pivot needs a zero row, a negative one ends it."""
    matrix = [[Fraction(entry) for entry in row] for row in rows]
    size = len(matrix)
    for k in range(size):
        if matrix[k][k] < 0 or (matrix[k][k] == 0 and any(matrix[k][k:])):
            return False
        for i in range(k + 1, size):
            if matrix[i][k]:
                factor = matrix[i][k] / matrix[k][k]
                for j in range(k, size):
                    matrix[i][j] -= factor * matrix[k][j]
    return True


def gram(factor: np.ndarray) -> np.ndarray:
    return factor.astype(object) @ factor.astype(object).T


def checked(rows: np.ndarray | Rows) -> bool:
    """The answer of `is_psd`, after comparing it with the reference."""
    entries = np.asarray(rows, dtype=object).tolist()
    answer = is_psd(fmpz_mat(entries))
    assert answer == reference_is_psd(entries)
    return answer


def test_size_zero_and_one():
    assert is_psd(fmpz_mat(0, 0))
    assert [is_psd(fmpz_mat([[entry]])) for entry in (-1, 0, 10**5000, -(10**5000))] == [False, True, True, False]


@pytest.mark.parametrize("rows", [[[1, 2], [3, 4]], [[1, 2]]])
def test_unsymmetric_is_refused(rows):
    with pytest.raises(ValueError, match="symmetric"):
        is_psd(fmpz_mat(rows))


@pytest.mark.parametrize("size", [2, 3, 7, 15])
@pytest.mark.parametrize("seed", range(3))
def test_random_ranks_and_tiny_perturbations(size, seed):
    rng = np.random.default_rng(seed)
    for rank in range(1, size + 1):
        matrix = gram(rng.integers(-9, 10, (size, rank))) * 10**40
        assert checked(matrix)
        for change in (-1, 1):
            matrix[seed % size, seed % size] += change
            checked(matrix)
            matrix[seed % size, seed % size] -= change


def test_singular_minus_1e_minus_40_is_not_psd():
    matrix = gram(np.random.default_rng(0).integers(-3, 4, (12, 5))) * 10**40
    assert checked(matrix)
    np.fill_diagonal(matrix, matrix.diagonal() - 1)
    assert not checked(matrix)
    np.fill_diagonal(matrix, matrix.diagonal() + 2)
    assert checked(matrix)


@pytest.mark.parametrize("tiny", [10**-15, 10**-30], ids=str)
def test_hilbert_matrices_are_positive_definite(tiny):
    size = 14
    common = int(np.lcm.reduce(np.arange(1, 2 * size).astype(object)))
    matrix = np.array([[common // (i + j + 1) for j in range(size)] for i in range(size)], dtype=object)
    assert checked(matrix)
    matrix = matrix * 10**30
    matrix[-1, -1] -= int(Fraction(tiny) * 10**30 * common)
    checked(matrix)


def test_huge_and_tiny_entries_together():
    scales = np.array([10**3000, 1, 10**1500, 10**7, 1, 10**2999], dtype=object)
    for rank in (2, 6):
        factor = np.random.default_rng(rank).integers(-5, 6, (6, rank)).astype(object) * scales[:, None]
        matrix = gram(factor)
        assert checked(matrix)
        matrix[1, 1] -= 1
        checked(matrix)
        matrix[1, 0] = matrix[0, 1] = 10**4000
        assert not checked(matrix)


def test_sparse_and_block_matrices():
    rng = np.random.default_rng(5)
    for density in (0.05, 0.15, 0.3):
        for _ in range(10):
            upper = np.triu(rng.integers(-3, 4, (14, 14)) * (rng.random((14, 14)) < density), 1).astype(object)
            matrix = upper + upper.T
            np.fill_diagonal(matrix, np.abs(matrix).sum(axis=1) - (rng.random(14) < 0.1))
            checked(matrix)
            np.fill_diagonal(matrix, np.abs(matrix).sum(axis=1) // 2 - matrix.diagonal())
            checked(matrix)


def test_last_row_decides_after_a_singular_part():
    """The Schur complement is a single negative number: its sign must survive the removal of common factors."""
    assert not checked([[1, 1], [1, -4]])
    assert not checked([[4, 6], [6, 8]])
    assert not checked([[1, 10**20], [10**20, 10**40 - 7]])
    assert checked([[1, 10**20], [10**20, 10**40 + 7]])


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_small_matrices(data):
    size = data.draw(st.integers(0, 5))
    entry = st.one_of(st.integers(-2, 2), st.integers(-(10**25), 10**25))
    if data.draw(st.booleans()):
        rank = data.draw(st.integers(1, 4))
        drawn = data.draw(st.lists(entry, min_size=size * rank, max_size=size * rank))
        matrix = gram(np.array(drawn, dtype=object).reshape(size, rank))
        matrix[:1, :1] += data.draw(st.integers(-1, 1))
    else:
        drawn = data.draw(st.lists(entry, min_size=size * size, max_size=size * size))
        matrix = np.tril(np.array(drawn, dtype=object).reshape(size, size))
        matrix = matrix + np.tril(matrix, -1).T
    entries = matrix.tolist()
    rational = fmpq_mat(fmpz_mat(entries)) * fmpq(1, 7) if size else fmpq_mat(0, 0)
    if checked(matrix):
        assert_squares(ldl(rational), [[Fraction(x, 7) for x in row] for row in entries])
    else:
        with pytest.raises(ValueError, match="not positive semidefinite"):
            ldl(rational)


def assert_squares(squares: list[tuple[Fraction, dict[int, Fraction]]], matrix: list[list[Fraction]]) -> None:
    total = [[Fraction(0)] * len(matrix) for _ in matrix]
    for weight, square in squares:
        assert weight > 0
        assert square[min(square)] == 1
        for i, left in square.items():
            for j, right in square.items():
                total[i][j] += weight * left * right
    assert total == matrix


def test_ldl_has_as_many_squares_as_the_rank():
    matrix = gram(np.random.default_rng(3).integers(-4, 5, (12, 4)))
    squares = ldl(fmpq_mat(fmpz_mat(matrix.tolist())) * fmpq(2, 9))
    assert len(squares) == 4
    assert_squares(squares, [[Fraction(2 * x, 9) for x in row] for row in matrix.tolist()])


def test_ldl_refuses_what_is_not_symmetric():
    with pytest.raises(ValueError, match="symmetric"):
        ldl(fmpq_mat([[1, 2], [3, 4]]))


def test_large_gram_matrix_of_low_rank_is_fast():
    """0.1 to 0.3 s on one idle core; elimination without hints takes minutes."""
    matrix = fmpz_mat(gram(np.random.default_rng(1).integers(-3, 4, (250, 15))).tolist())
    start = time.perf_counter()
    assert is_psd(matrix)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("bits", [52, 53, 54, 61, 62, 63, 64, 65])
@pytest.mark.parametrize("rank", [3, 8])
def test_entries_around_the_limits_of_int64(bits, rank):
    """Full rank is settled in int64 by subtracting a square; the changed diagonals reach the other tests."""
    rng = np.random.default_rng(bits)
    small = gram(rng.integers(-9, 10, (8, rank)))
    matrix = small * (2**bits // max(small.diagonal()))
    for largest in range(2**bits - 2, 2**bits + 2):
        row = int(np.argmax(small.diagonal()))
        matrix[row, row] = largest
        checked(matrix)
        checked(-matrix)
    matrix[0, 1] = matrix[1, 0] = 2**bits
    assert not checked(matrix)
    matrix[0, 1] = matrix[1, 0] = -(2**63)
    checked(matrix)
    assert not checked([[1, -(2**62)], [-(2**62), 1]])


@pytest.mark.parametrize("size", [2, 5, 40, 130])
def test_smallest_eigenvalue_around_the_resolution_of_the_first_test(size):
    """The all-ones matrix plus delta I has the eigenvalue delta: tiny and zero ones must be told from negative ones."""
    for scale in (2**30, 2**80):
        for delta in (scale, scale >> 22, scale >> 29, max(scale >> 36, 1), 1):
            ones = np.full((size, size), scale, dtype=object)
            diagonal = np.diag_indices(size)
            ones[diagonal] += delta
            assert is_psd(fmpz_mat(ones.tolist()))
            ones[diagonal] -= delta
            assert is_psd(fmpz_mat(ones.tolist()))
            ones[diagonal] -= delta
            assert not is_psd(fmpz_mat(ones.tolist()))


def test_wrong_floats_prove_nothing(monkeypatch):
    """Factors of other matrices must not turn an indefinite matrix into a positive definite one."""
    cholesky = np.linalg.cholesky
    small = gram(np.random.default_rng(0).integers(-9, 10, (6, 6)))
    small -= int(np.linalg.eigvalsh(small.astype(float))[0] + 2) * np.eye(6, dtype=object)
    for scale in (1, 10**30):
        for lie in (2.0**-30, 2.0**-20, 2.0**-10, 1.0, 100.0):
            wrong = lambda matrix, lie=lie: cholesky(matrix + lie * np.eye(matrix.shape[-1]))  # noqa: E731
            monkeypatch.setattr(np.linalg, "cholesky", wrong)
            assert not checked(small * scale)
    for root in ([[1, 0], [1, 0]], [[np.nan, 0], [0, np.nan]], [[1e30, 0], [0, 1e30]]):
        monkeypatch.setattr(np.linalg, "cholesky", lambda matrix, root=root: np.full(matrix.shape, root, float))
        assert not checked([[4**40, 4**40 + 1], [4**40 + 1, 4**40]])  # S is the square of the first, but for rounding
        assert not checked([[4**40, 2 * 4**40 - 1], [2 * 4**40 - 1, 4**40]])


def hilbert(size: int) -> np.ndarray:
    """Nearly singular: every elimination in floating point stops after a few rows, and the numbers grow."""
    scale = lcm(*range(1, 2 * size))
    entries = [scale // (i + j + 1) for i in range(size) for j in range(size)]
    return integer_array(entries).reshape(size, size)


def test_work_is_limited_for_all_blocks_together():
    effort, matrix = Effort(2 * 10**6), hilbert(20)
    assert is_psd_array(matrix, effort)
    with pytest.raises(BeyondLimits, match="too much work"):
        all(is_psd_array(matrix, effort) for _ in range(100))


@pytest.mark.parametrize("bits", [0, 10**5])
def test_memory_is_limited(monkeypatch, bits):
    for module in (exact_psd, definite):
        monkeypatch.setattr(module, "MAX_MATRIX_BITS", bits)
    with pytest.raises(BeyondLimits, match="a matrix of side"):
        is_psd_array(hilbert(40), Effort())


def test_columns_solved_piece_by_piece_give_the_same_answers(monkeypatch):
    """Each piece has a denominator of its own."""
    monkeypatch.setattr(exact_psd, "_MOST_AT_ONCE", 1)
    rng = np.random.default_rng(3)
    for rank in (3, 5, 7):
        rows = gram(rng.integers(-9, 10, (12, rank)))
        assert checked(rows)
        rows[-1, -1] -= 1
        assert not checked(rows)
    assert checked(hilbert(15))


@pytest.mark.parametrize("lift", [1, 2**70, 2**2100], ids=["short", "objects", "beyond the bits of the plain test"])
def test_small_blocks_of_any_rank_on_both_sides_of_the_plain_test(lift):
    rng = np.random.default_rng(3)
    for size in (5, 6, 7):
        for rank in range(size + 1):
            matrix = gram(rng.integers(-3, 4, (size, rank)).astype(object)) * lift
            assert checked(matrix)
            matrix[-1, -1] -= 1
            checked(matrix)


@pytest.mark.parametrize("bits", [3, 14, 27])
def test_products_by_halves_are_those_of_integers(bits):
    largest = 3 << bits - 1
    root = np.random.default_rng(bits).integers(-largest, largest + 1, (70, 70))
    root[0], root[1] = largest, -largest
    assert (definite._times_transposed(root) == root @ root.T).all()
