"""The kind `not_sos_over_q`: a zero in a number field leaves too few rational squares."""

from fractions import Fraction

import numpy as np
import pytest
from certificate_examples import example

from nsos_jax.certificates.certificate import Certificate
from nsos_jax.certificates.data import InvalidCertificate
from nsos_jax.certificates.kinds.not_sos_over_q import NotSosOverQCertificate
from nsos_jax.certificates.number_field import RealField
from nsos_jax.polynomials import Polynomial

PLAIN, WITH_FUNCTIONAL = example("not_sos_over_q"), example("not_sos_over_q with a functional")
LINEAR = np.array([[1, 0], [0, 1]])


def refused(record, message):
    with pytest.raises(InvalidCertificate, match=message):
        Certificate.from_dict(record).verify()


@pytest.mark.parametrize("record", [PLAIN, WITH_FUNCTIONAL], ids=["plain", "functional"])
def test_holds_and_round_trip(record):
    certificate = Certificate.from_dict(record)
    assert certificate.verify().startswith("not_sos_over_q: ")
    assert (certificate.status, certificate.over) == ("NOT_SOS", "Q")
    again = Certificate.from_json(certificate.to_json())
    assert again.to_dict() == certificate.to_dict() == record


def test_what_vanishes_at_the_zero():
    certificate = Certificate.from_dict(WITH_FUNCTIONAL)
    assert isinstance(certificate, NotSosOverQCertificate)
    assert certificate.zero[1:] == ((0, -1), (1,))
    theta = certificate.field.approximate()
    point = [sum(float(c) * theta**i for i, c in enumerate(value)) for value in certificate.zero]
    vanishing = certificate.vanishing_polynomials()
    assert len(vanishing) == 4
    for polynomial in vanishing:
        assert abs(polynomial.evaluate([Fraction(x) for x in point])) < 1e-9


def test_fields_are_what_the_proof_rests_on(monkeypatch):
    """x^2 + y^2 modulo (t - 1) (t^2 + 1): (0, 0) at the real root 1, and at i the complex zero (1, i), where x and y do
    not vanish. Or modulo t^2 + 1, without a real root. In both no linear form vanishes modulo m; only the checks of
    the field tell this from a proof."""
    half = Fraction(1, 2)
    p, tail = Polynomial.parse("x^2 + y^2"), (LINEAR, np.zeros((0, 2), int))
    zero = [[half, 0, -half], [-half, 1, -half]]
    reducible = NotSosOverQCertificate.create(p, [-1, 1, -1, 1], (half, 2), zero, *tail)
    complex_zero = NotSosOverQCertificate.create(p, [1, 0, 1], (-9, 9), [[1], [0, 1]], *tail)
    with pytest.raises(InvalidCertificate, match="expected an irreducible polynomial"):
        reducible.verify()
    with pytest.raises(InvalidCertificate, match="expected exactly one root between its ends, there are 0"):
        complex_zero.verify()
    monkeypatch.setattr(RealField, "check", lambda field: None)
    assert reducible.verify() == complex_zero.verify().replace("degree 2", "degree 3")


def test_rational_zeros_refute_only_what_they_can():
    """At (1, 1) the multiples of x - y vanish: (x - y)^2 is no counterexample, x^2 - x y is one."""
    functional = (np.array([[2, 0], [1, 1], [0, 2]]), [-1, 0, 0])
    tail = ([-1, 1], (0, 2), [[1], [1]], LINEAR, np.zeros((0, 2), int))
    with pytest.raises(
        InvalidCertificate, match="functional: expected one, for 1 independent polynomial over the basis"
    ):
        NotSosOverQCertificate.create(Polynomial.parse("x^2 - 2*x*y + y^2"), *tail).verify()
    with pytest.raises(
        InvalidCertificate, match="a positive semidefinite moment matrix over the polynomials that vanish"
    ):
        NotSosOverQCertificate.create(Polynomial.parse("x^2 - 2*x*y + y^2"), *tail, functional).verify()
    functional = (np.array([[2, 0], [0, 2]]), [-1, 1])
    assert NotSosOverQCertificate.create(Polynomial.parse("x^2 - x*y"), *tail, functional).verify()


def test_a_kernel_that_does_not_annihilate_is_refused():
    record = example("not_sos_over_q with a functional")
    record["functional"][0][0] = "4"
    refused(record, "functional: expected a positive semidefinite moment matrix over the polynomials that vanish at")
    record["functional"] = None
    refused(record, "functional: expected one, for 4 independent polynomials over the basis vanish at the zero")
    record["functional"] = []
    refused(record, r"functional: expected L\(polynomial\) < 0, it is 0")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("zero", [["0", "2", "1/2", "0", "0", "-1/2"], ["0", "1"], ["1"]], "zero: the polynomial is not 0 there"),
        ("zero", [["0"], ["0"]], "zero: expected 3 items, got 2"),
        ("zero", [["0"] * 7, [], []], r"zero\[0\]: expected at most 6 items"),
        ("zero", [[0], [], []], r"zero\[0\]\[0\]: expected a number as a string"),
        (
            "field",
            {"minimal_polynomial": ["-1", "0", "-4", "0", "0", "0", "1"], "interval": ["-2", "2"]},
            "there are 2",
        ),
        (
            "field",
            {"minimal_polynomial": ["-1", "0", "-4", "0", "0", "1"], "interval": ["1", "2"]},
            r"zero\[0\]: expected",
        ),
        ("field", {"minimal_polynomial": ["-1", "0", "-4", "0", "0", "0", "1"], "interval": ["1", "x"]}, "a number as"),
        ("field", None, "field: expected an object"),
        ("basis", [[2, 0, 0]], "basis: expected a complete basis, missing 5 monomials"),
        ("basis", [[2, 0, 0.5]], r"basis\[0\]: expected integers from 0 to 10000"),
        ("polynomial", [], "polynomial: expected a polynomial that is not zero"),
    ],
)
def test_mutations_are_refused_with_the_reason(key, value, message):
    refused({**PLAIN, key: value}, message)


@pytest.mark.parametrize(
    ("zero", "message"),
    [
        ([[0]], "zero: expected 2 coordinates, got 1"),
        ([[0], [-2, 0, 1]], r"zero\[1\]: expected at most 2 coefficients"),
    ],
)
def test_what_no_file_can_hold_proves_nothing(zero, message):
    basis, nothing = np.eye(2, dtype=np.int32), np.zeros((0, 2), np.int32)
    p = Polynomial.parse("x^2 + y^2")
    with pytest.raises(InvalidCertificate, match=message):
        NotSosOverQCertificate.create(p, [-2, 0, 1], (1, 2), zero, basis, nothing).verify()
