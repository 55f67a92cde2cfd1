"""Polynomials of which no p - gamma is a sum of squares, or has a certificate of some order."""

from nsos_jax import Certificate, Polynomial, SemialgebraicSet
from nsos_jax.programs.bounds import BoundStatus, lower_bound

P = Polynomial.parse


def refuted(result):
    assert result.status is BoundStatus.NO_BOUND, result.error
    assert result.lower is None
    assert result.certificate.kind == "infeasible_program"
    Certificate.from_json(result.certificate.to_json()).verify()
    assert result.falling is None
    return result


def test_motzkin_has_no_bound_and_is_not_called_unbounded():
    result = refuted(lower_bound(P("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1")))
    assert result.upper == 0
    assert set(map(abs, result.point.values())) == {1}
    assert "for no gamma" in result.error
    assert "may still be bounded below" in result.error


def test_an_order_without_certificates():
    """-x^2 on [0, 1], described by x >= 0 and 1 - x >= 0: constants before them cannot cancel -x^2; squares can."""
    on = SemialgebraicSet([P("x"), P("1 - x")])
    result = refuted(lower_bound(P("-x^2"), on, order=1))
    assert "order 1; a higher order may give one" in result.error
    assert result.upper == -1
    assert lower_bound(P("-x^2"), on).status is BoundStatus.OPTIMAL


def test_an_unbounded_polynomial_on_a_set_that_no_simple_ray_shows():
    """-x^2 falls in the cone of 2 y >= x and 5 y <= 3 x, which holds no direction of -1, 0, 1."""
    cone = SemialgebraicSet([P("2*y - x"), P("3*x - 5*y")])
    result = refuted(lower_bound(P("-x^2"), cone, order=1))
    assert result.upper < 0
