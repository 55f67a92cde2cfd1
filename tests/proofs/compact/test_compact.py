"""Shorter certificates: they hold, they are never longer, and other kinds are refused."""

import time

import numpy as np
import pytest

from nsos_jax import Polynomial, certify, compact
from nsos_jax.certificates import InvalidCertificate, SosCertificate
from nsos_jax.membership import CertifyOptions, Status
from nsos_jax.proofs import compact_certificate
from nsos_jax.proofs.compact.forms import file_length, merged, on_ranges, tidied
from nsos_jax.proofs.compact.patterns import Ranking, free_entries, on_monomials, restricted, term_patterns
from nsos_jax.proofs.gram_system import GramSystem
from nsos_jax.sampling import STRUCTURES, plant


def rational(certificate):
    """The polynomial of a certificate."""
    terms = certificate.polynomial
    return Polynomial.from_arrays(terms.exponents, list(terms.values), certificate.variables)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_shorter_certificates_hold_and_are_of_the_same_polynomial(structure):
    planted = plant(np.random.default_rng(1), 4, 6, 12, structure)
    certificate = certify(planted.polynomial).certificate
    found = compact_certificate(certificate)
    found.certificate.verify()
    assert rational(found.certificate) == planted.polynomial
    assert found.after == file_length(found.certificate) <= found.before == file_length(certificate)
    assert found.finished


def test_needless_monomials_and_entries_go():
    planted = plant(np.random.default_rng(1), 2, 12, 14, "sparse")
    everything = certify(planted.polynomial, proposers=("even_support",)).certificate
    found = compact_certificate(everything)
    assert found.squares_after < found.squares_before
    assert found.after < 0.6 * found.before


def test_the_same_again_without_a_limit():
    certificate = certify(plant(np.random.default_rng(5), 3, 6, 10, "sparse").polynomial).certificate
    texts = {compact_certificate(certificate).certificate.to_json() for _ in range(2)}
    assert len(texts) == 1


def test_no_time_leaves_exact_rewriting_only():
    certificate = certify(plant(np.random.default_rng(5), 3, 6, 10, "sparse").polynomial).certificate
    found = compact_certificate(certificate, deadline=time.monotonic())
    assert (found.trials, found.finished) == (0, False)
    assert found.after <= found.before


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "7/3",
        "x^2",
        "x^2 - 2*x*y + y^2",
        "x^4 - 2*x^2*y + y^2 + 1/1000000000000",
        "x^4*y^2 + x^2*y^4 + 3*x^2*y^2 + 1",
        "2*x^4 + 2*x^3*y - x^2*y^2 + 5*y^4",
        "1000000000000000000000000*x^4 + x^2 + 1/1000000000000000000000000",
        "(x^2 + y^2 + z^2)^3",
        "(x + 2*y + 3*z)^2 + (x^2 - y)^2",
    ],
)
def test_small_degenerate_and_badly_scaled_ones(text):
    p = Polynomial.parse(text)
    result = certify(p, compact=120)
    assert result.status is Status.SOS
    result.certificate.verify()
    assert rational(result.certificate) == p
    assert result.compacted.after <= result.compacted.before


def test_overlapping_blocks_are_added_up():
    basis = np.array([[1, 0], [0, 1]])
    p = Polynomial.parse("3*x^2 + 2*x*y + 2*y^2")
    blocks = [(basis, np.array([[1, 1], [1, 1]]), 1), (basis[::-1], np.array([[2, 0], [0, 4]]), 2)]
    certificate = SosCertificate.create(p, blocks)
    certificate.verify()
    joined = merged(certificate)
    joined.verify()
    assert len(joined.blocks) == 1


def test_unused_monomials_are_dropped_and_components_split():
    p = Polynomial.parse("6*x^2 + 4*y^2")
    basis = np.array([[0, 0], [1, 0], [0, 1]])
    certificate = SosCertificate.create(p, [(basis, np.diag([0, 12, 8]), 2)])
    certificate.verify()
    tidy = tidied(certificate)
    tidy.verify()
    assert [block.to_dict() for block in tidy.blocks] == [
        {"basis": [[1, 0]], "denominator": "1", "gram": [[0, 0, "6"]]},
        {"basis": [[0, 1]], "denominator": "1", "gram": [[0, 0, "4"]]},
    ]


def test_singular_matrices_on_their_range():
    squares = " + ".join(f"x{i}^2" for i in range(1, 9))
    p = Polynomial.parse("(x1 + 2*x2 - 3*x3 + 4*x4 + 5*x5 + 6*x6 - 7*x7 + 8*x8)^2")
    certificate = certify(p).certificate
    short = on_ranges(certificate)
    short.verify()
    assert file_length(short) < file_length(certificate)
    assert sum(block.core.shape[0] for block in short.blocks) == 1
    full = certify(Polynomial.parse(squares)).certificate
    assert on_ranges(full).to_json() == full.to_json()


def test_covers_of_many_blocks():
    terms = " + ".join(f"(x{i}^2 - x{i + 1})^2 + x{i}^2*x{i + 1}^2 + (x{i} - 1)^2" for i in range(1, 7))
    p = Polynomial.parse(terms)
    certificate = certify(p).certificate
    found = compact_certificate(certificate, deadline=time.monotonic() + 2)
    found.certificate.verify()
    assert found.after <= found.before


def test_other_kinds_are_refused_in_words():
    negative = certify(Polynomial.parse("x^2 - 3"), compact=1)
    assert (
        negative.compacted
        == "only certificates of the kind sos are made shorter, this one is of the kind negative_point"
    )
    with pytest.raises(TypeError, match="of the kind negative_point"):
        compact(negative.certificate)
    with pytest.raises(TypeError, match=r"certificate: got Result, wanted a certificate, such as result\.certificate"):
        compact(negative)
    certificate = certify(Polynomial.parse("x^2")).certificate
    for seconds in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="seconds must be a positive number"):
            compact(certificate, seconds)
    with pytest.raises(ValueError, match="compact must be"):
        CertifyOptions(compact=-1)


def test_wrong_certificates_are_refused():
    certificate = certify(Polynomial.parse("x^2 + 1")).certificate
    wrong = SosCertificate.create(
        Polynomial.parse("x^2 + 2"), [(b.basis, b.core, b.denominator) for b in certificate.blocks]
    )
    with pytest.raises(InvalidCertificate):
        compact_certificate(wrong)


def test_results_say_what_they_are_about():
    planted = plant(np.random.default_rng(3), 3, 6, 10, "sparse")
    result = certify(planted.polynomial, proposers=("even_support",), compact=120, close_margins=True)
    assert [len(block) for block in result.blocks] == [len(block.basis) for block in result.certificate.blocks]
    assert result.cover == "compact"
    assert result.attempts[-1].proposer == "compact"
    assert 0 <= result.margin[0] <= result.margin[1]
    assert "compact" in result.seconds


def test_restricted_systems_keep_every_term_or_are_none():
    rng = np.random.default_rng(0)
    planted = plant(rng, 3, 6, 8, "dense")
    p, basis = planted.polynomial, planted.basis
    system = GramSystem.build(p, basis)
    sparse = restricted(system, term_patterns(system))
    assert sparse is not None
    assert all(pattern.diagonal().all() for pattern in free_entries(sparse))
    wanted = {tuple(row): value for row, value in zip(p.exponents.tolist(), p.numerators, strict=True)}
    kept = {tuple(row): int(t) for row, t in zip(sparse.row_exponents.tolist(), sparse.targets, strict=True) if t}
    assert kept == wanted
    vertex = [basis.tolist().index(max(basis.tolist())) != np.arange(len(rows)) for rows in system.rows]
    assert on_monomials(system, vertex) is None
    nothing = [np.zeros((len(rows), len(rows)), bool) for rows in system.rows]
    assert restricted(system, nothing) is None
    ranking = Ranking(sparse, [np.eye(len(rows)) for rows in sparse.rows])
    assert ranking.system(ranking.least) is not None
