"""The text of polynomials and bases is exact in both directions; padded arrays hold the same terms."""

import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsos_jax import Polynomial
from nsos_jax.proposers.padding import bucket, pad_polynomials
from nsos_jax.proposers.sequence.tokenizer import read_basis, read_polynomial, write_basis, write_polynomial
from nsos_jax.sampling.planted import STRUCTURES, plant

fractions = st.builds(
    Fraction, st.integers(-(10**30), 10**30), st.sampled_from([1, 2, 3, 7, 40, 10**17, 2**20, 10**18])
)
terms = st.dictionaries(st.tuples(*[st.integers(0, 40)] * 3), fractions, max_size=8)


def test_text_of_the_paper_example():
    p = Polynomial.parse("(2*x1^2 + 3*x2^2)^2 + 1")
    assert write_polynomial(p) == "C4.0 E4 E0 C12.0 E2 E2 C9.0 E0 E4 C1.0 E0 E0"
    assert write_basis(np.array([[2, 0], [0, 2], [0, 0]])) == "E2 E0 SEP E0 E2 SEP E0 E0 EOS"


@given(terms)
def test_polynomials_survive_the_text(coefficients):
    p = Polynomial.from_dict(coefficients, ("x", "y", "z"))
    assert read_polynomial(write_polynomial(p), ("x", "y", "z")).to_dict() == p.to_dict()


@pytest.mark.parametrize("value", ["1/3", "-0.1", "10^5000", "1/10^5000", "1/10^18", "-7/2^60", "1e-17"])
def test_coefficients_of_any_length_are_exact(value):
    p = Polynomial.parse(f"({value})*x^2 + y")
    text = write_polynomial(p)
    assert re.fullmatch(r"(C-?\d+(\.\d{1,17}|/\d+) E\d E\d ?)+", text)
    assert read_polynomial(text, p.variables) == p


def test_named_polynomials_survive_the_text(named):
    p = named.polynomial
    assert read_polynomial(write_polynomial(p), p.variables) == p


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), unique=True, max_size=6))
def test_bases_survive_the_text(rows):
    basis = np.array(rows, np.int32).reshape(len(rows), 2)
    assert np.array_equal(read_basis(write_basis(basis), 2), basis)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("E1 E2", "token 1: got 'E1', wanted a coefficient such as C1.0 to begin a term"),
        ("C1.0 E1 x2", "token 3: got 'x2', wanted a coefficient such as C1.0 or an exponent such as E2"),
        ("C1.0 E1 E-2", "token 3: got 'E-2'"),
        (
            "C1.0 E99999",
            "token 2: got 'E99999', wanted a coefficient such as C1.0 or an exponent such as E2, up to E10000",
        ),
        ("C1..0 E1", "token 1: got 'C1..0', wanted a coefficient such as C1.0, C-12.5 or C1/3"),
        ("Cnan E1", "token 1: got 'Cnan'"),
        ("C1/0 E1", "token 1: got 'C1/0'"),
        ("C1.0 E1 E0 C2.0 E1", "term 2: got 1 exponents, wanted 2, one for each variable"),
        ("C1.0 E1 C2.0 E0 C3.0 E1", "term 3: got the same exponents as term 1"),
    ],
)
def test_malformed_polynomials_are_refused(text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        read_polynomial(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "token 0: got '', wanted EOS as the last token"),
        ("E1 E0", "token 2: got 'E0', wanted EOS as the last token"),
        ("E1 EOS E0 EOS", "token 2: got 'EOS', wanted an exponent such as E2 or SEP"),
        ("E1 C1 EOS", "token 2: got 'C1'"),
        ("E1 E0 SEP E1 EOS", "monomial 2: got 1 exponents, wanted 2"),
        ("E1 SEP SEP E2 EOS", "monomial 2: got 0 exponents, wanted 1"),
        ("E1 SEP E1 EOS", "monomial 2: got the same exponents as monomial 1"),
    ],
)
def test_malformed_bases_are_refused(text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        read_basis(text)


def test_variables_are_checked():
    with pytest.raises(ValueError, match="term 1: got 1 exponents, wanted 2"):
        read_polynomial("C1.0 E1", ("x", "y"))
    with pytest.raises(ValueError, match="monomial 1: got 1 exponents, wanted 2"):
        read_basis("E1 EOS", 2)
    assert read_polynomial("", ("x", "y")).variables == ("x", "y")
    assert read_basis("EOS", 3).shape == (0, 3)


def test_padded_arrays_hold_the_terms():
    polynomials = [
        plant(np.random.default_rng(i), 2 + i, 6, 6, structure).polynomial for i, structure in enumerate(STRUCTURES)
    ]
    padded = pad_polynomials(polynomials, batch=6)
    assert padded.exponents.shape == (6, bucket(max(p.num_terms for p in polynomials)), 6)
    for i, p in enumerate(polynomials):
        assert np.array_equal(padded.exponents[i, : p.num_terms, : p.num_variables], p.exponents)
        ratios = padded.coefficients[i, : p.num_terms] / p.float_coefficients
        assert np.allclose(ratios, ratios[0], rtol=1e-6)
        assert np.log2(ratios[0]) == pytest.approx(round(np.log2(ratios[0])), abs=1e-6)
        assert padded.valid[i].sum() == p.num_terms
        assert not padded.exponents[i, p.num_terms :].any()
        assert not padded.exponents[i, :, p.num_variables :].any()
    assert not padded.valid[4:].any()
    assert padded.exponents.dtype == np.int32
    assert padded.coefficients.dtype == np.float32


@pytest.mark.parametrize("text", ["1e300*x^4 - x^2 + 1", "10^400*x^4 - x^2/10^400 + 1", "x^4/10^900 - 3*x^2/10^900"])
def test_extreme_coefficients_stay_finite_with_their_sign(text):
    p = Polynomial.parse(text)
    [row] = pad_polynomials([p], terms=p.num_terms).coefficients
    assert np.isfinite(row).all()
    assert np.sign(row).tolist() == [1 if value > 0 else -1 for value in p.numerators]
    if p.num_terms == 2:
        assert row[1] / row[0] == -3


def test_sizes_are_checked():
    p = Polynomial.parse("x^2 + y^2 + 1")
    for name in ("terms", "variables", "batch"):
        with pytest.raises(ValueError, match=f"{name}: got 0, wanted at least"):
            pad_polynomials([p], **{name: 0})
