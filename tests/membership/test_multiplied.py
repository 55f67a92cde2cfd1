"""Nonnegative polynomials that are no sums of squares get a multiplier, and nothing else does."""

from fractions import Fraction

import numpy as np
import pytest

from nsos_jax import Certificate, CertifyOptions, Polynomial, Status, certify, certify_batch
from nsos_jax.certificates import NegativePointCertificate, NonnegCertificate, SosCertificate
from nsos_jax.membership.multiplied import nonnegativity_proof
from nsos_jax.membership.results import Result

MOTZKIN = "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1"
LAX = "(a-b)*(a-c)*(a-d)*(a-e) + (b-a)*(b-c)*(b-d)*(b-e) + (c-a)*(c-b)*(c-d)*(c-e)"


@pytest.mark.parametrize(
    ("text", "sigma"),
    [
        (MOTZKIN, "1 + x^2 + y^2"),
        ("x^4*y^2 + x^2*y^4 - 3*x^2*y^2*z^2 + z^6", "x^2 + y^2 + z^2"),
        ("w^4 + x^2*y^2 + y^2*z^2 + z^2*x^2 - 4*w*x*y*z", "w^2 + x^2 + y^2 + z^2"),
        ("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1 + 0*z", "1 + x^2 + y^2"),
    ],
)
def test_multipliers_prove_nonnegativity(text, sigma):
    result = certify(Polynomial.parse(text), nonnegative=True)
    assert result.status is Status.NONNEGATIVE
    assert result.proposer == f"multiplier {sigma}"
    assert isinstance(result.certificate, NonnegCertificate)
    assert Certificate.from_json(result.certificate.to_json()).verify().startswith("nonneg: ")
    product = sum(weight * square**2 for weight, square in result.certificate.product_squares())
    assert product == Polynomial.parse(sigma) * Polynomial.parse(text)
    assert result.to_record()["status"] == "NONNEGATIVE"


def test_only_where_asked_and_needed():
    polynomials = [Polynomial.parse(text) for text in (MOTZKIN, "x^2 + y^2", "x^2 - y^2")]
    without = certify_batch(polynomials)
    wanted = certify_batch(polynomials, CertifyOptions(nonnegative=True))
    assert [result.status for result in without] == [Status.NOT_SOS, Status.SOS, Status.NEGATIVE]
    assert [result.status for result in wanted] == [Status.NONNEGATIVE, Status.SOS, Status.NEGATIVE]


def test_without_a_multiplier_the_answer_stays():
    result = certify(Polynomial.parse(MOTZKIN), nonnegative=True, time_limit=1e-9)
    assert result.status in (Status.UNDECIDED, Status.NOT_SOS)


def by_hand(answers):
    """What decides products: a status and certificate by the product; UNDECIDED for others."""

    def decide(products, seconds):
        assert seconds > 0
        return [answers.get(str(p), Result(p, Status.UNDECIDED)) for p in products]

    return decide


def test_directions_without_effect_are_put_back():
    """(x - y)^4 is (y')^4 with y' = x - y: sigma and sigma p are pulled back to x and y."""
    p = Polynomial.parse("(x - y)^4 + (x - y)^2*z^2 + z^4")
    asked = []

    def decide(products, seconds):
        asked.extend(products)
        (q,) = products
        assert q.num_variables == 2
        return [certify(q)]

    certificate, multiplier = nonnegativity_proof(p, decide, np.inf)
    assert len(asked) == 1
    assert isinstance(certificate, NonnegCertificate)
    certificate.verify()
    assert multiplier.name == "y^2 + z^2"
    sigma = sum(weight * square**2 for weight, square in certificate.multiplier_squares())
    assert sigma == Polynomial.parse("(x - y)^2 + z^2")


def test_a_negative_product_is_a_negative_point():
    p = Polynomial.parse("(x - y)^2 - z^2")

    def decide(products, seconds):
        (q,) = products
        return [Result(q, Status.NEGATIVE, NegativePointCertificate.create(q, [Fraction(0), Fraction(1)]))]

    certificate, _ = nonnegativity_proof(p, decide, np.inf)
    assert isinstance(certificate, NegativePointCertificate)
    certificate.verify()
    assert certificate.point == (0, 0, 1)


def test_the_first_proof_of_a_group_counts_and_time_ends_it():
    p = Polynomial.parse("x^4 + y^4 + z^4")
    assert nonnegativity_proof(p, by_hand({}), np.inf) is None
    assert nonnegativity_proof(p, by_hand({}), -np.inf) is None
    found = Polynomial.parse("x^2 + y^2 + z^2") * p
    proven = Result(found, Status.SOS, certify(found).certificate)
    assert isinstance(proven.certificate, SosCertificate)
    certificate, multiplier = nonnegativity_proof(p, by_hand({str(found): proven}), np.inf)
    assert multiplier.name == "x^2 + y^2 + z^2"
    certificate.verify()


def test_fields_that_do_not_exist_are_named():
    with pytest.raises(TypeError, match="positive"):
        certify(Polynomial.parse("x^2"), positive=True)
    with pytest.raises(ValueError, match="ratio"):
        certify(Polynomial.parse("x^2"), ratio=0)
