"""The kind `sos_over_field`: Gram matrices over a real number field."""

from fractions import Fraction

import numpy as np
import pytest
from certificate_examples import example

from nsos_jax.certificates.certificate import Certificate
from nsos_jax.certificates.data import InvalidCertificate
from nsos_jax.certificates.kinds import sos_over_field
from nsos_jax.certificates.kinds.sos_over_field import SosOverFieldCertificate
from nsos_jax.polynomials import Polynomial

SCHEIDERER = example("scheiderer over the reals")


def refused(record, message):
    with pytest.raises(InvalidCertificate, match=message):
        Certificate.from_dict(record).verify()


@pytest.mark.parametrize("name", ["sos_over_field", "scheiderer over the reals"])
def test_holds_and_round_trip(name):
    certificate = Certificate.from_dict(example(name))
    assert certificate.verify().startswith("sos_over_field: ")
    assert (certificate.status, certificate.over) == ("SOS", "R")
    again = Certificate.from_json(certificate.to_json())
    assert again.to_dict() == certificate.to_dict()


def test_made_from_numbers():
    basis, entries = np.array([[1], [0]]), {(0, 0): [1], (0, 1): [0, Fraction(1, 2)], (1, 1): [Fraction(1, 2)]}
    back = {**entries, (0, 1): [0, Fraction(-1, 2)]}
    p = Polynomial.parse("2*x^2 + 1")
    certificate = SosOverFieldCertificate.create(p, [-2, 0, 1], (1, 2), [(basis, entries), (basis, back)])
    assert certificate.verify() == "sos_over_field: 2 terms = 2 blocks of at most 2 monomials over a field of degree 2"
    assert certificate.blocks[0].entries[0, 1] == (0, Fraction(1, 2))


def test_what_no_file_can_hold_proves_nothing():
    """-1 + 5 theta^2 is positive, but its part at theta^0 is -1; an entry (1, 0) is added up, but is not in Q."""
    unreduced = [(np.array([[1]]), {(0, 0): [-1, 0, 5]})]
    made = SosOverFieldCertificate.create(Polynomial.parse("-x^2"), [-2, 0, 1], (1, 2), unreduced)
    with pytest.raises(InvalidCertificate, match=r"blocks\[0\].gram: expected at most 2 coefficients, got 3"):
        made.verify()
    below = [(np.array([[1], [0]]), {(0, 0): [1], (1, 1): [1], (1, 0): [5]})]
    with pytest.raises(InvalidCertificate, match="expected indices 0 <= i <= j < 2"):
        SosOverFieldCertificate.create(Polynomial.parse("x^2 + 10*x + 1"), [-2, 0, 1], (1, 2), below)
    with pytest.raises(InvalidCertificate, match="a last coefficient that is not 0"):
        SosOverFieldCertificate.create(Polynomial.parse("-x^2"), [-2, 0, 1, 0], (1, 2), unreduced)


def test_scheiderer_is_two_squares_for_each_negative_root():
    """u^2 - theta v^2: for the positive root the weight -theta is negative."""
    for interval, holds in ((["-2", "-1"], True), (["-1", "0"], True), (["2", "3"], False)):
        record = {**SCHEIDERER, "field": {**SCHEIDERER["field"], "interval": interval}}
        certificate = Certificate.from_dict(record)
        assert isinstance(certificate, SosOverFieldCertificate)
        if holds:
            certificate.verify()
            assert [weight for weight, _, _ in certificate.squares()] == [(1,), (0, -1)]
        else:
            refused(record, r"blocks\[0\].gram: the matrix is not positive semidefinite \(found at row 1 of 6\)")


def test_squares_multiply_out():
    """As polynomials in theta with theta^3 = 4 theta + 1."""
    certificate = Certificate.from_dict(SCHEIDERER)
    assert isinstance(certificate, SosOverFieldCertificate)
    theta = Polynomial.parse("t")
    total = Polynomial.parse("0*t*x*y*z")
    for weight, monomials, values in certificate.squares():
        root = Polynomial.parse("0*t*x*y*z")
        for row, value in zip(monomials, values, strict=True):
            factor = sum((c * theta**i for i, c in enumerate(value)), 0 * theta)
            root += factor * Polynomial.from_arrays(row[None], [1], ("x", "y", "z"))
        total += sum((c * theta**i for i, c in enumerate(weight)), 0 * theta) * root**2
    reduced = Polynomial.parse("0*t*x*y*z")
    for row, value in zip(total.exponents.tolist(), total.coefficients, strict=True):
        power = dict(zip(total.variables, row, strict=True)).pop("t")
        rest = [0 if name == "t" else exponent for name, exponent in zip(total.variables, row, strict=True)]
        lowered = [(power, Fraction(1))]
        while any(high > 2 for high, _ in lowered):
            lowered = [
                piece
                for high, c in lowered
                for piece in ([(high, c)] if high < 3 else [(high - 2, 4 * c), (high - 3, c)])
            ]
        for low, c in lowered:
            reduced += value * c * theta**low * Polynomial.from_arrays(np.array([rest]), [1], total.variables)
    x, y, z = map(Polynomial.parse, "xyz")
    expected = x**4 + x * y**3 + y**4 - 3 * x**2 * y * z - 4 * x * y**2 * z + 2 * x**2 * z**2 + x * z**3 + y * z**3
    assert reduced - (expected + z**4) == 0 * reduced


def test_wrong_fields_are_refused():
    for polynomial, message in (
        (["-1", "-4", "0", "0", "1"], "field.interval: expected exactly one root"),
        (["-1", "0", "1"], r"blocks\[0\].gram\[3\]\[2\]: expected at most 2 items"),
        (["0", "-4", "0", "1"], "field.minimal_polynomial: expected an irreducible polynomial"),
        (["-1", "-4", "0", "2"], r"blocks\[0\].gram: the matrix is not positive semidefinite"),
        (["-1", "-4", "0", "1", "0"], "a last coefficient that is not 0"),
        (["1"], "expected a degree of 1 or more"),
        (["-1"] * 66, "expected at most 65 items"),
    ):
        refused({**SCHEIDERER, "field": {**SCHEIDERER["field"], "minimal_polynomial": polynomial}}, message)
    refused({**SCHEIDERER, "field": {"minimal_polynomial": ["-2", "0", "1"]}}, "field: the key 'interval' is missing")


def test_parts_at_theta_have_to_vanish():
    """1 + theta is not 1."""
    record = example("sos_over_field")
    record["blocks"][0]["gram"][0][2] = ["1", "1"]
    refused(record, r"blocks: x\^2 is no term of the part at theta\^1 but adds up to 1")
    record["blocks"][0]["gram"][0][2] = ["2"]
    refused(record, r"part at theta\^0\[0\], x\^2: expected 4, the sum of the blocks, got 3")


def test_limits(monkeypatch):
    monkeypatch.setattr(sos_over_field, "MAX_FIELD_ENTRIES", 107)
    refused(SCHEIDERER, "blocks: expected at most 107 coefficients of Gram matrix entries")
