"""Faces as the last resort of the pipeline: more proposers never give a worse answer, and the option says who helps."""

import itertools

import pytest

from nsos_jax import CertifyOptions, Polynomial, Status, certify, certify_batch
from nsos_jax.solvers.reference import mosek_license_available

parse = Polynomial.parse
HARD = parse(
    "(3*x1*x3 - 2*x2^2)^2 + (-3*x2*x4 + 2*x4*x1 + 1)^2 + (-3*x3^2 + 5*x1^2 + 5*x2*x4 + 2)^2"
    " + (3*x1*x4 - 5*x4^2 - x3*x4)^2 + 1/10*x4^4 + 37/100"
)
"""On the boundary, without a Gram matrix of small denominators."""
PROPOSERS = ("peel", "gram_graph", "even_support")
SUBSETS = [names for size in (1, 2, 3) for names in itertools.permutations(PROPOSERS, size) if names != ("gram_graph",)]


@pytest.mark.parametrize("proposers", SUBSETS, ids="-".join)
def test_every_choice_of_proposers_proves_it(proposers):
    result = certify(HARD, CertifyOptions(proposers=proposers))
    assert result.status is Status.SOS, result.error
    result.certificate.verify()


def test_without_a_last_resort_faces_are_left_out():
    result = certify(HARD, CertifyOptions(last_resort="none"))
    assert result.status in (Status.SOS, Status.NEAR_SOS, Status.UNDECIDED)  # SOS where a limit is rounded to a proof
    assert "faces" not in result.seconds or result.seconds["faces"] < 0.01


def test_clarabel_is_a_last_resort():
    result = certify(HARD, CertifyOptions(last_resort="clarabel"))
    assert result.status is Status.SOS
    assert result.seconds["faces"] > 0


@pytest.mark.skipif(mosek_license_available(), reason="a licence of MOSEK is here")
def test_mosek_without_a_licence_is_refused_before_any_work():
    with pytest.raises(ValueError, match="licence"):
        certify(HARD, CertifyOptions(last_resort="mosek"))


def test_unknown_last_resorts_are_refused():
    with pytest.raises(ValueError, match="last_resort must be one of auto, clarabel, mosek, none, got 'scs'"):
        CertifyOptions(last_resort="scs")


def test_a_functional_from_the_central_solution():
    """The solver has no time for one; the interior-point method finds it."""
    robinson = parse("x^6 + y^6 + 1 - x^4*y^2 - x^4 - x^2*y^4 - y^4 - x^2 - y^2 + 3*x^2*y^2")
    assert certify(robinson, CertifyOptions(max_iterations=1)).status is Status.NOT_SOS


def test_renaming_variables_changes_no_status():
    text = "(x^2 + y*z - 2)^2 + (y^2 - 3*x*z + x)^2 + (z^2 + x*y - y - 1)^2"
    renamed = [text.translate(str.maketrans("xyz", "".join(names))) for names in itertools.permutations("xyz")]
    assert {result.status for result in certify_batch(map(parse, renamed))} == {Status.SOS}


def test_cliques_of_large_blocks_come_before_larger_bases():
    """Chained singular, n = 28: quartic contacts in a chain, which took the solver a minute in vain."""
    quadruples = ([f"x{i + j}" for j in range(4)] for i in range(1, 26, 2))
    text = " + ".join(
        f"({a} + 10*{b})^2 + 5*({c} - {d})^2 + ({b} - 2*{c})^4 + 10*({a} - 10*{d})^4" for a, b, c, d in quadruples
    )
    result = certify(parse(text))
    assert result.status is Status.SOS, result.error
    assert len(result.attempts) == 1
