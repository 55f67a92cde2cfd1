"""Certificates of every kind: made, written, read and verified; proofs that fail; limits."""

import json
import subprocess
import sys
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from flint import fmpq, fmpz_mat

from nsos_jax.certificates import checks, completeness, reader
from nsos_jax.certificates.certificate import Certificate
from nsos_jax.certificates.data import InvalidCertificate
from nsos_jax.certificates.kinds.near_sos import NearSosCertificate
from nsos_jax.certificates.kinds.negative_point import NegativePointCertificate
from nsos_jax.certificates.kinds.not_sos import NotSosCertificate
from nsos_jax.certificates.kinds.sos import SosCertificate


def polynomial(*terms: tuple[int, tuple[int, ...]], denominator: int = 1) -> SimpleNamespace:
    exponents = np.array([powers for _, powers in terms])
    names = tuple(f"x{i + 1}" for i in range(exponents.shape[1]))
    numerators = tuple(numerator for numerator, _ in terms)
    return SimpleNamespace(variables=names, exponents=exponents, numerators=numerators, denominator=denominator)


def sos_example() -> Certificate:
    """4 x^4 + 12 x^2 y^2 + 9 y^4 + 1 = (2 x^2 + 3 y^2)^2 + 1, in two blocks, one of them singular."""
    p = polynomial((4, (4, 0)), (12, (2, 2)), (9, (0, 4)), (1, (0, 0)))
    squares = (np.array([[2, 0], [0, 2]]), np.array([[8, 12], [12, 18]]), 2)
    return SosCertificate.create(p, [squares, (np.array([[0, 0]]), fmpz_mat([[3]]), 3)])


def near_sos_example() -> Certificate:
    """x^2 - 2 x y + y^2 - 1/1000 (x^2 + y^2 + 1) is no SOS; adding 1/1000 of it makes it (x - y)^2."""
    p = polynomial((999, (2, 0)), (-2000, (1, 1)), (999, (0, 2)), (-1, (0, 0)), denominator=1000)
    basis = np.array([[1, 0], [0, 1], [0, 0]])
    gram = np.array([[1, -1, 0], [-1, 1, 0], [0, 0, 0]])
    return NearSosCertificate.create(p, Fraction(1, 1000), [(basis, gram, 1)])


def negative_point_example() -> Certificate:
    return NegativePointCertificate.create(polynomial((1, (3, 0)), (-1, (0, 1))), [Fraction(-2, 3), Fraction(1, 7)])


def motzkin_example() -> Certificate:
    p = polynomial((1, (4, 2)), (1, (2, 4)), (-3, (2, 2)), (1, (0, 0)))
    basis = np.array([[0, 0], [1, 1], [2, 1], [1, 2]])
    moments = np.array([[0, 0], [1, 1], [2, 2], [4, 2], [2, 4], [3, 3]])
    values = [Fraction(value) for value in ("1", "1/2", "1", "1/2", "1/2", "-1/3")]
    return NotSosCertificate.create(p, basis, moments, values, np.array([[1, -2], [-2, 1], [1, 1]]))


def singular_functional_example() -> Certificate:
    """x^2 - 3 x y + y^2: point evaluation at (1, 1), whose moment matrix has rank one; no halfspaces needed."""
    p = polynomial((1, (2, 0)), (-3, (1, 1)), (1, (0, 2)))
    moments = np.array([[2, 0], [1, 1], [0, 2]])
    return NotSosCertificate.create(p, np.array([[1, 0], [0, 1]]), moments, [1, 1, 1], np.zeros((0, 2), int))


EXAMPLES = {
    "sos": sos_example(),
    "near_sos": near_sos_example(),
    "negative_point": negative_point_example(),
    "motzkin": motzkin_example(),
    "singular_functional": singular_functional_example(),
}
SUMMARIES = {
    "sos": "sos: 4 terms = 2 blocks of at most 2 monomials",
    "near_sos": "near_sos: 4 terms + 1/1000 z'z = 1 block of 3 monomials",
    "negative_point": "negative_point: the value of 2 terms is -83/189",
    "motzkin": "not_sos: L(4 terms) < 0, complete basis of 4 monomials",
    "singular_functional": "not_sos: L(3 terms) < 0, complete basis of 2 monomials",
}
each_example = pytest.mark.parametrize("name", EXAMPLES)


# The kinds


@each_example
def test_valid_and_round_trip(name, tmp_path):
    certificate = EXAMPLES[name]
    assert certificate.verify() == SUMMARIES[name]
    certificate.save(tmp_path / "certificate.json")
    for again in (
        Certificate.load(tmp_path / "certificate.json"),
        Certificate.from_json(certificate.to_json()),
        Certificate.from_dict(certificate.to_dict()),
    ):
        assert type(again) is type(certificate)
        assert again.to_dict() == certificate.to_dict()
        assert again.verify() == SUMMARIES[name]


def test_written_form():
    record = near_sos_example().to_dict()
    assert list(record) == ["format", "kind", "variables", "polynomial", "blocks", "epsilon", "of"]
    assert record["format"] == "nsos-certificate/1"
    assert record["kind"] == "sos"
    assert near_sos_example().kind == "near_sos"
    assert record["polynomial"] == [["1", [2, 0]], ["-2", [1, 1]], ["1", [0, 2]]]
    assert record["of"][0] == ["999/1000", [2, 0]]
    gram = [[0, 0, "1"], [0, 1, "-1"], [1, 1, "1"]]
    assert record["blocks"] == [{"basis": [[1, 0], [0, 1], [0, 0]], "denominator": "1", "gram": gram}]


def test_zero_polynomial_constants_and_no_variables():
    zero = {"format": "nsos-certificate/1", "kind": "sos", "variables": [], "polynomial": [], "blocks": []}
    assert "0 blocks" in Certificate.from_dict(zero).verify()
    block = {"basis": [[]], "denominator": "2", "gram": [[0, 0, "3"]]}
    assert Certificate.from_dict({**zero, "polynomial": [["3/2", []]], "blocks": [block]}).verify()
    negative = {"format": "nsos-certificate/1", "kind": "negative_point", "variables": [], "point": []}
    assert Certificate.from_dict({**negative, "polynomial": [["-1/9", []]]}).verify()
    with pytest.raises(InvalidCertificate, match="point: expected a negative value, the polynomial is 0 there"):
        Certificate.from_dict({**negative, "polynomial": []}).verify()
    functional = {"basis": [], "functional": [["1", [0]]], "halfspaces": []}
    constant = {**zero, **functional, "kind": "not_sos", "variables": ["x"], "polynomial": [["-2", [0]]]}
    del constant["blocks"]
    assert Certificate.from_dict(constant).verify()


def test_blocks_may_share_monomials_and_near_sos_counts_each_once():
    p = polynomial((-1, (2,)), denominator=1)
    one = np.array([[1]])
    shared = NearSosCertificate.create(p, Fraction(2), [(one, one, 2), (one, one, 2)])
    assert shared.to_dict()["polynomial"] == [["1", [2]]]
    assert shared.verify()


def test_gram_matrices_are_checked_when_blocks_are_made():
    p = polynomial((1, (2,)))
    for gram, denominator in ((np.eye(2, dtype=int), 1), (np.array([[1]]), -1)):
        with pytest.raises(InvalidCertificate, match="expected a"):
            SosCertificate.create(p, [(np.array([[1]]), gram, denominator)])
    with pytest.raises(InvalidCertificate, match="symmetric"):
        SosCertificate.create(p, [(np.array([[1], [0]]), np.array([[1, 1], [0, 1]]), 1)])


def test_integers_are_not_rounded_and_are_copied():
    p = polynomial((1, (2,)), (2, (1,)), (1, (0,)))
    basis, gram = np.array([[1], [0]], np.int32), np.ones((2, 2), np.int64)
    boxed = np.full((2, 2), None)
    for number in (1.9, 1.0, fmpq(3, 2)):
        boxed[:] = number
        with pytest.raises(InvalidCertificate, match="expected integers in the Gram matrix"):
            SosCertificate.create(p, [(basis, boxed, 1)])
    with pytest.raises(InvalidCertificate, match="expected integer exponents, got float64"):
        SosCertificate.create(p, [(basis + 0.9, gram, 1)])
    boxed[:] = np.int64(1)
    assert SosCertificate.create(p, [(basis, boxed, 1)]).verify()
    certificate = SosCertificate.create(p, [(basis, gram, 1)])
    basis += 1
    gram += 1
    p.exponents[:] += 1
    assert certificate.verify()


def test_numbers_with_many_digits(tmp_path):
    """Python refuses to convert more than 4300 digits; certificates don't."""
    huge = 10**50_000 + 1
    p = polynomial((1, (2,)), denominator=huge)
    certificate = SosCertificate.create(p, [(np.array([[1]]), fmpz_mat([[1]]), huge)])
    certificate.save(tmp_path / "huge.json")
    assert Certificate.load(tmp_path / "huge.json").verify() == certificate.verify()
    record = certificate.to_dict()
    record["polynomial"][0][0] = "2/" + "1" * 60_000
    with pytest.raises(InvalidCertificate, match=r"x1\^2: expected a positive number of \d+ bits, the sum"):
        Certificate.from_dict(record).verify()
    point = NegativePointCertificate.create(polynomial((1, (5,))), [Fraction(-huge, 3)])
    assert "is a negative number of 8304" in Certificate.from_json(point.to_json()).verify()


def test_proofs_that_fail_say_where():
    record = sos_example().to_dict()
    record["blocks"][0]["gram"][0][2] = "6"
    with pytest.raises(InvalidCertificate, match=r"polynomial\[0\], x1\^4: expected 3, the sum of the blocks, got 4"):
        Certificate.from_dict(record).verify()
    record = sos_example().to_dict()
    del record["polynomial"][3]
    with pytest.raises(InvalidCertificate, match="blocks: 1 is no term of the polynomial but adds up to 1"):
        Certificate.from_dict(record).verify()
    p = polynomial((1, (2,)), (4, (1,)), (1, (0,)))
    with pytest.raises(InvalidCertificate, match=r"blocks\[0\].gram: expected a positive semidefinite matrix"):
        SosCertificate.create(p, [(np.array([[1], [0]]), np.array([[1, 2], [2, 1]]), 1)]).verify()
    with pytest.raises(InvalidCertificate, match="point: expected 1 coordinates, got 2"):
        NegativePointCertificate.create(polynomial((1, (1,))), [-1, 3]).verify()
    record = motzkin_example().to_dict()
    record["basis"].pop()
    record["halfspaces"].pop(0)
    record["polynomial"].append(["1", [2, 0]])
    with pytest.raises(
        InvalidCertificate, match=r"basis: expected a complete basis, missing 2 monomials .* such as x1"
    ):
        Certificate.from_dict(record).verify()


# Limits


def test_limits_are_refused_not_believed(monkeypatch):
    wide = polynomial((-1, (20,) * 9), (1, (0,) * 9))
    basis = np.zeros((1, 9), int)
    with pytest.raises(InvalidCertificate, match="candidates"):
        NotSosCertificate.create(wide, basis, np.array([[20] * 9]), [1], np.zeros((0, 9), int)).verify()
    point = NegativePointCertificate.create(polynomial((-1, (10_000,))), [Fraction(1, 3**200_000)])
    with pytest.raises(InvalidCertificate, match=r"point: the powers in 1 term.* are too large"):
        Certificate.from_json(point.to_json()).verify()
    monkeypatch.setattr(completeness, "MAX_PAIRS", 1)
    with pytest.raises(InvalidCertificate, match="pairs of equal parity"):
        motzkin_example().verify()
    monkeypatch.setattr(checks, "MAX_BITS", 2)
    with pytest.raises(InvalidCertificate, match="common denominator"):
        sos_example().verify()
    monkeypatch.setattr(reader, "MAX_BYTES", 100)
    with pytest.raises(InvalidCertificate, match="too large"):
        Certificate.from_json(sos_example().to_json())


def test_checker_imports_no_solver():
    heavy = "jax scipy sympy cvxpy mosek flax"
    code = f"import sys, nsos_jax.certificates; print([m for m in {heavy.split()} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_json_is_one_line_of_plain_values():
    assert json.loads(motzkin_example().to_json()) == motzkin_example().to_dict()
    assert "\n" not in motzkin_example().to_json()


def test_a_results_file_is_named_by_load(tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_text('{"id":"a","status":"SOS","certificate":null}\n' * 2, encoding="utf-8")
    with pytest.raises(InvalidCertificate, match=r"results\.jsonl: holds records of nsos certify.*read_results"):
        Certificate.load(path)


def test_only_text_is_read_as_json():
    with pytest.raises(TypeError, match="text: expected str, got NoneType"):
        Certificate.from_json(None)
